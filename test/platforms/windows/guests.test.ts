/** The Windows calls, exceptions and threads on compiled guests, against the documented (and under Wine observed) behaviour. */
import type { ExecutionContext } from 'ava';
import { codes, compile, missing, run, values } from './guest.js';
import { needing } from '../../needs.js';

const wide = (code: string): boolean => code === 'w3i6mv';

function guest(name: string, check: (t: ExecutionContext, code: string) => void): void {
  for (const code of codes) needing(missing)(`${code}: ${name}`, (t) => check(t, code));
}

guest('virtual memory', (t, code) => {
  const { output, status } = run(code, compile(code, 'memory'));
  t.deepEqual(status, { kind: 'exit', code: 3 });
  t.deepEqual(values(output), {
    page: 0x1000,
    granularity: 0x10000,
    minimum: 0x10000,
    maximum: wide(code) ? 0x7ffffffeffff : 0x7ffeffff,
    architecture: wide(code) ? 9 : 0,
    unit: 0,
    commit: 0x1000,
    query: 1,
    base: 0x1000,
    allocation: 0,
    allocationprotect: 1,
    size: 0x2000,
    state: 0x1000,
    protect: 4,
    type: 0x20000,
    zero: 0,
    'protect-reserved': 487,
    'protect-null': 998,
    'protect-ok': 0,
    old: 4,
    'release-size': 87,
    'release-inside': 487,
    decommit: 0,
    'zero-again': 0,
    'query-kernel': 87,
    'query-short': 24,
    'write-protected-buffer': 998,
    release: 0,
    'free-again': 487,
    free: 0x10000,
    image: 0x1000000,
    code: 0x20,
    stackbase: 1,
    stacklimit: 1,
    guard: 0x104,
    heapsize: 100,
    heapalign: 0,
    heapfree: 1,
  });
});

guest('exceptions', (t, code) => {
  const { output, status } = run(code, compile(code, 'exceptions'));
  t.deepEqual(status, { kind: 'exit', code: 0 });
  // Where a breakpoint has three parameters, two are what ECX and EDX had.
  const records = output
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.replace(/^(breakpoint: .* parameters 0) [0-9a-f]+ [0-9a-f]+$/, '$1 ecx edx'));
  t.deepEqual(records, [
    'read: c0000005 flags 0 parameters 0 21',
    'write: c0000005 flags 0 parameters 1 22',
    'execute: c0000005 flags 0 parameters 8 0',
    'guard: 80000001 flags 0 parameters 1 23',
    ...(wide(code) ? ['non-canonical: c0000005 flags 0 parameters 0 ffffffffffffffff'] : []),
    'divide: c0000094 flags 0 parameters',
    'overflow: c0000095 flags 0 parameters',
    'illegal: c000001d flags 0 parameters',
    wide(code) ? 'breakpoint: 80000003 flags 0 parameters 0' : 'breakpoint: 80000003 flags 0 parameters 0 ecx edx',
    'privileged: c0000096 flags 0 parameters',
    'raised: e0001234 22',
  ]);
  const shown = values(
    output
      .split('\n')
      .filter((line) => !line.includes(':'))
      .join('\n'),
  );
  const common = { lasterror: 77, unguarded: 4, second: 0, removed: 1, 'removed-again': 0, x87: 0x27f };
  t.deepEqual(
    shown,
    wide(code)
      ? {
          ...common,
          'record-at': 0x4f0,
          'sp-aligned': 1,
          rax: 1,
          rbx: 0x11,
          rsi: 0x12,
          rdi: 0x13,
          r8: 0x14,
          r15: 0x15,
          xmm7: 1,
          segcs: 0x33,
          segss: 0x2b,
          mxcsr: 0x1f80,
        }
      : // The record, cut to its two parameters, lies right below the CONTEXT.
        {
          ...common,
          'record-at': 0x100000000 - 0x1c,
          eax: 1,
          ebx: 0x11,
          esi: 0x12,
          edi: 0x13,
          ebp: 0x14,
          segcs: 0x1b,
          segss: 0x23,
          segfs: 0x3b,
        },
  );
});

guest('threads and synchronisation', (t, code) => {
  const path = compile(code, 'threads');
  const outputs = [1, 2, 3].map((seed) => run(code, path, { seed }));
  const { output, status } = outputs[0];
  t.deepEqual(status, { kind: 'exit', code: 0 });
  const shown = values(output);
  const expected: Record<string, number | number[]> = {
    attach: 1,
    free: 0xffffffff,
    locked: 0xfffffffe,
    recursion: 2,
    owner: 1,
    handle: 0,
    all: 0,
    exit: [5, 6, 7],
    close: [1, 1, 1],
    detach: 3,
    'close-again': 6,
    counter: 900,
    own: 5,
    timeout: 258,
    set: 0,
    reset: 258,
    sem: 0,
    'sem-empty': 258,
    'sem-over': 298,
    'sem-release': 1,
    'sem-before': 0,
    exists: 183,
    abandoned: 0x80,
    exitthread: 9,
    release: 1,
    'release-again': 288,
    'srw-held': 1,
    once: 1,
    'once-context': 0x40,
    suspend: 0,
    'suspend-2': 1,
    stopped: 1,
    'suspend-limit': 156,
    context: 1,
    pc: 1,
    sp: 1,
    untouched: 1,
    'context-0': 87,
    setcontext: 1,
    'no-right': 5,
    resume: 1,
    joined: 0,
    replaced: 0x55,
    'suspend-dead': 1,
    'suspend-dead-error': 5,
    'context-dead': 31,
    'start-args': 1,
    'at-ntdll': 1,
    terminate: 1,
    terminated: 0x66,
    procaddress: 1,
    'no-procaddress': 127,
    'no-module': 126,
    'tls-0': 0,
    tls: 1,
    'tls-get': 0x99,
    'tls-expansion': 0x98,
    slept: 1,
  };
  t.deepEqual(shown, expected);
  for (const other of outputs) t.is(other.output, output);
  t.is(run(code, path, { seed: 2 }).process.instructions, outputs[1].process.instructions, 'the same seed, the same run');
});

const ends: [string, number, (code: string) => object | RegExp][] = [
  ['returning from the entry ends the process', 0, () => ({ kind: 'exit', code: 42 })],
  ['write to null', 1, () => /^11 STATUS_ACCESS_VIOLATION \(0xC0000005\) writing 0x0 at .*!start/],
  ['jump to nowhere', 2, () => /^11 STATUS_ACCESS_VIOLATION \(0xC0000005\) executing 0x1234 at 0x1234$/],
  ['stack overflow', 3, () => /^11 STATUS_STACK_OVERFLOW \(0xC00000FD\) at .*!deep/],
  ['division by zero', 4, () => /^8 STATUS_INTEGER_DIVIDE_BY_ZERO \(0xC0000094\) at .*!start/],
  ['illegal instruction', 5, () => /^4 STATUS_ILLEGAL_INSTRUCTION \(0xC000001D\) at .*!start/],
  ['an exception of the program, past the unhandled-exception filter', 6, () => /^6 exception 0xE0000001 at /],
  ['fail fast', 7, () => /^6 STATUS_STACK_BUFFER_OVERRUN \(0xC0000409\) at /],
  ['deadlock', 8, () => /^deadlock: thread 1 waits for an event$/],
  ['a system call', 9, () => /^system service 0x[0-9a-f]+ called directly at /],
];
for (const [name, way, expected] of ends) {
  guest(name, (t, code) => {
    const { output, status } = run(code, compile(code, 'ends', [`-DWAY=${way}`]));
    t.true(output.startsWith('peb 1\n'));
    if (way === 6) t.is(output, 'peb 1\nfilter\n');
    const wanted = expected(code);
    if (wanted instanceof RegExp)
      t.regex(status.kind === 'signal' ? `${status.signal} ${status.text}` : 'text' in status ? status.text : status.kind, wanted);
    else t.deepEqual(status as object, wanted);
  });
}

needing(missing)('w3i3mv: frame handlers: continue, unwind, nested exceptions', (t) => {
  const { output, status } = run('w3i3mv', compile('w3i3mv', 'frames'));
  t.deepEqual(status, { kind: 'exit', code: 0 });
  t.deepEqual(output.trim().split('\n'), [
    'inner e0000002 0',
    'continued',
    'inner e0000001 0',
    'outer e0000001',
    'inner e0000001 2',
    'unwound',
    'after',
    'inner e0000003 0',
    'outer e0000003',
    'inner c0000005 10',
    'outer c0000005',
    'nested',
    'inner c0000005 12',
    'unwound',
    'chain 1',
  ]);
});
