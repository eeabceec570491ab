/** Programs that die: by which signal, and what is said of it in one line. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';

const GPF = { li: 11, fr: 10 };

interface Death {
  name: string;
  /** A function of deaths.c. */
  way: string;
  signal: (code: string) => number;
  text: RegExp;
  codes?: string[];
}

const deaths: Death[] = [
  {
    name: 'write to null',
    way: 'write_to_null',
    signal: () => 11,
    text: /^killed by SIGSEGV \(segmentation violation\): write to 0x0, which is not mapped, at guest-\S+!write_to_null/,
  },
  {
    name: 'read of a protected page',
    way: 'read_protected',
    signal: () => 11,
    text: /read from 0x[0-9a-f]+, which is protected against it, at guest-\S+!read_protected/,
  },
  {
    name: 'jump to nowhere',
    way: 'jump_to_nowhere',
    signal: () => 11,
    text: /jump to 0x123450, which is not mapped/,
  },
  {
    name: 'jump to the last byte of 64 bits',
    way: 'jump_to_last_byte',
    signal: () => 11,
    text: /jump to 0xffffffffffffffff, which is not mapped, at 0xffffffffffffffff$/,
    codes: ['lii6gc', 'lia6gc', 'fri6gc'],
  },
  {
    name: 'read from the upper half',
    way: 'read_upper_half',
    signal: () => 11,
    text: /read from 0xffff800000001234, which is not mapped, at guest-\S+!read_upper_half/,
    codes: ['lii6gc', 'lia6gc', 'fri6gc'],
  },
  {
    name: 'jump to a program counter that no double holds',
    way: 'jump_to_odd_place',
    signal: (code) => (code.startsWith('lia') ? 11 : GPF[code.slice(0, 2) as 'li' | 'fr']),
    // x86-64: the jump itself faults; ARM64: what is fetched there, which is named whole.
    text: /jump to a non-canonical address, at (\S+!jump_to_odd_place\+0x\w+|0x8123456789abcdef)$/,
    codes: ['lii6gc', 'lia6gc', 'fri6gc'],
  },
  {
    name: 'jump to data',
    way: 'jump_to_data',
    signal: () => 11,
    text: /jump to 0x[0-9a-f]+, which is protected/,
  },
  {
    name: 'stack overflow',
    way: 'stack_overflow',
    signal: () => 11,
    text: /below the stack \(stack overflow\), at guest-\S+!f/,
  },
  {
    name: 'stack overflow of a thread',
    way: 'stack_overflow_of_thread',
    signal: () => 11,
    text: /, at guest-\S+!f/,
  },
  {
    name: 'stack overflow with a handler',
    way: 'stack_overflow_with_handler',
    signal: (code) => (code.startsWith('fr') ? 4 : 11),
    text: /no room at 0x[0-9a-f]+ for the frame of SIGSEGV \(stack overflow\), at guest-\S+!f/,
  },
  {
    name: 'division by zero',
    way: 'division',
    signal: () => 8,
    text: /SIGFPE .*division by zero or overflow, at guest-\S+!division/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'undefined instruction',
    way: 'undefined_instruction',
    signal: (code) => (code.startsWith('lia') ? 5 : 4),
    text: /invalid instruction|brk/,
  },
  {
    name: 'breakpoint',
    way: 'breakpoint',
    signal: () => 5,
    text: /SIGTRAP .*breakpoint instruction/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'non-canonical address',
    way: 'non_canonical',
    signal: (code) => GPF[code.slice(0, 2) as 'li' | 'fr'],
    text: /a non-canonical address/,
    codes: ['lii6gc', 'fri6gc'],
  },
  {
    name: 'privileged instruction',
    way: 'privileged',
    signal: (code) => GPF[code.slice(0, 2) as 'li' | 'fr'],
    text: /privileged instruction/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'raise',
    way: 'raises',
    signal: () => 15,
    text: /^killed by SIGTERM \(terminated\): sent by the program itself/,
  },
  { name: 'kill', way: 'kills', signal: () => 9, text: /^killed by SIGKILL/ },
  {
    name: 'abort',
    way: 'aborts',
    signal: () => 6,
    text: /^killed by SIGABRT \(aborted\): abort\(\) was called/,
  },
  {
    name: 'blocked fault',
    way: 'blocked_fault',
    signal: () => 11,
    text: /write to 0x8/,
  },
];

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  for (const death of deaths) {
    if (death.codes && !death.codes.includes(code)) continue;
    needing(missingGuest(code))(`${code}: ${death.name}`, (t) => {
      const flags = [`-DDEATH=${death.way}`, '-fno-optimize-sibling-calls', '-fno-inline'];
      const status = bootGuest(code, 'posix/guests/deaths.c', { flags }).run();
      t.is(status.kind, 'signal', JSON.stringify(status));
      if (status.kind !== 'signal') return;
      t.is(status.signal, death.signal(code), status.text);
      t.regex(status.text, death.text);
      t.notRegex(status.text, /\n/);
    });
  }
}

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  needing(missingGuest(code))(`${code}: abort returns from its handler to die`, (t) => {
    const guest = bootGuest(code, 'posix/guests/abort-handled.c');
    t.like(guest.run(), { kind: 'signal', signal: 6 });
    t.is(guest.output(), 'handled ');
  });

  needing(missingGuest(code))(`${code}: the last thread's end ends the process, deadlock is told`, (t) => {
    t.deepEqual(bootGuest(code, 'posix/guests/last-thread.c').run(), { kind: 'exit', code: 0 });
    const stuck = bootGuest(code, 'posix/guests/deadlock.c').run();
    t.regex(
      (stuck as { text: string }).text,
      /deadlock: thread 1 waits for the end of thread 2, thread 2 waits for mutex 0x[0-9a-f]+, held by thread 1/,
    );
  });
}
