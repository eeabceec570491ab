/**
 * Calls that make the host work much for one instruction: with a budget, a run of them takes no more of the host's time than
 * in proportion, which is a hundredth of the speed of a program that only computes. A bare loop does a million instructions
 * in some five milliseconds; what is too long below is ten times the half second that this comes to.
 */
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

const BUDGET = 1_000_000;
const SECONDS = 5;
const MEMORY = 1 << 30;

const kinds = ['strtod', 'strtol', 'sscanf', 'string', 'digits', 'width', 'printf', 'setlocale', 'fopen', 'remove'].concat([
  'calloc',
  'malloc',
  'realloc',
  'tmpfile',
  'fread',
  'raise',
  'arena',
  'collect',
]);
/** `code`: pages that are written and executed at once, which macOS on ARM64 does not have. */
const posix = (code: string): string[] => ['mmap', 'mprotect', 'thread', ...(code === 'xca6ll' ? [] : ['code'])];

for (const code of ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri6ll', 'xci6ll', 'xca6ll']) {
  needing(missingToolchain(code))(`${code}: calls that cost much use up the budget`, async (t) => {
    t.timeout(10 * 60_000);
    const program = await compileSource(code, 'costly.c', ['-Wno-unused', '-fno-builtin']);
    for (const kind of [...kinds, ...(code.startsWith('w3') ? [] : posix(code))]) {
      const began = process.cpuUsage();
      const { status, machine } = runProgram(program, code, { args: [kind], budget: BUDGET, memory: MEMORY });
      const { user, system } = process.cpuUsage(began);
      t.deepEqual(status, { kind: 'budget' }, kind);
      t.true(user + system < SECONDS * 1e6, `${kind}: ${(user + system) / 1e6} s of CPU time`);
      t.true(machine.process.engine.peakResidentBytes <= MEMORY, kind);
    }
  });
}
