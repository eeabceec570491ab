/** The heaps of the C libraries: where blocks lie, and what becomes of pointers that are none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram, type Outcome } from '../../guests/harness.js';
import { missingToolchain, needing } from '../../needs.js';
import { compileOracle, missingOracle, runToEnd } from '../../oracle.js';

const guests = join(root, 'test', 'platforms', 'clib', 'guests');

/** `body` with a guest's program, and where the platform has an oracle that one's. */
async function programs(code: string, source: string, body: (guest: string, native: string) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heaps-'));
  try {
    const [guest, native] = [join(directory, 'guest'), join(directory, 'native')];
    await compile({ platform: code, sources: [join(guests, source)], output: guest, flags: ['-O0', '-w', '-fno-builtin'] });
    if (code.startsWith('li')) compileOracle(code, [join(guests, source)], native, ['-O0', '-fno-builtin']);
    body(guest, native);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const linux = ['lii6gc', 'lii3gc', 'lia6gc'];
const missing = (code: string): string | undefined => missingOracle(code) ?? missingToolchain(code);

for (const code of linux) {
  needing(missing(code))(`${code}: blocks lie where glibc places them`, async (t) => {
    await programs(code, 'heap-places.c', (guest, native) => {
      for (const args of [
        ['200', '3000'],
        ['3000', '5000', '7'],
        ['20000', '3000'],
        ['100000', '1000', '3'],
        ['400000', '1000'],
      ]) {
        const here = runToEnd(code, native, args);
        t.true(here.stdout.length > 4000);
        t.is(runProgram(guest, code, { args }).stdout, here.stdout, args.join(' '));
      }
    });
  });

  needing(missing(code))(`${code}: what is done to a heap wrongly ends as glibc ends it`, async (t) => {
    await programs(code, 'heap-misuse.c', (guest, native) => {
      const messages = new Set<string>();
      for (let n = 0; ; n++) {
        const args = [String(n)];
        const here = runToEnd(code, native, args);
        if (here.status === 99) break;
        // qemu says on stderr that a signal came.
        const [message] = here.stderr.split('\n').filter((line) => !line.startsWith('qemu'));
        const { status, stdout, stderr } = runProgram(guest, code, { args });
        const signal = status.kind === 'signal' ? { 6: 'SIGABRT', 11: 'SIGSEGV' }[status.signal] : 0;
        t.deepEqual([stdout, stderr.split('\n')[0], signal], [here.stdout, message ?? '', here.status], `case ${n}`);
        messages.add(stderr);
      }
      t.true(messages.size > 15);
    });
  });
}

/** The number of a case in heap-misuse.c. */
const TWICE = 0;
const SMASHED = 24;
const OWN_MAPPING_TWICE = 5;
const IN_THE_MIDDLE = 7;
const ON_THE_STACK = 10;
const STATIC = 11;
const MAPPED = 12;
const NEAR_ZERO = 15;
const RESIZE_STACK = 33;

const run = (guest: string, code: string, n: number): Outcome => runProgram(guest, code, { args: [String(n)] });

for (const code of ['xci6ll', 'xca6ll']) {
  needing(missingToolchain(code))(`${code}: a pointer that macOS has not allocated is told of, and the program aborts`, async (t) => {
    await programs(code, 'heap-misuse.c', (guest) => {
      for (const n of [TWICE, OWN_MAPPING_TWICE, IN_THE_MIDDLE, ON_THE_STACK, STATIC, MAPPED, NEAR_ZERO, RESIZE_STACK]) {
        const { status, stderr } = run(guest, code, n);
        t.like(status, { kind: 'signal', signal: 6 }, `case ${n}`);
        const doing = n === RESIZE_STACK ? "realloc'd" : 'freed';
        const lines = stderr.split('\n');
        t.regex(
          lines[0],
          new RegExp(
            `^guest\\(\\d+,0x[0-9a-f]{6,}\\) malloc: \\*\\*\\* error for object 0x[0-9a-f]+: pointer being ${doing} was not allocated$`,
          ),
        );
        t.regex(lines[1], /^guest\(\d+,0x[0-9a-f]+\) malloc: \*\*\* set a breakpoint in malloc_error_break to debug$/);
        t.deepEqual(lines.slice(2), ['']);
      }
      // Blocks have no headers there.
      t.is(run(guest, code, SMASHED).stdout, 'not noticed\n');
    });
  });
}

for (const code of ['fri6ll', 'fri3ll']) {
  needing(missingToolchain(code))(
    `${code}: a release of jemalloc hands out again what is freed twice, and crashes over what is not its own`,
    async (t) => {
      await programs(code, 'heap-misuse.c', (guest) => {
        for (const n of [TWICE, IN_THE_MIDDLE, SMASHED]) t.is(run(guest, code, n).stdout, 'not noticed\n', `case ${n}`);
        for (const n of [OWN_MAPPING_TWICE, ON_THE_STACK, STATIC, MAPPED, NEAR_ZERO, RESIZE_STACK]) {
          t.like(run(guest, code, n).status, { kind: 'signal', signal: 11 }, `case ${n}`);
        }
      });
    },
  );
}
