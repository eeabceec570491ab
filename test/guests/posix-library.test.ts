/** What POSIX programs use besides ISO C: options, 48-bit generators, resource use; and logarithms kept in the x87's registers. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

/** As a native build on Linux prints it (the generators' values are POSIX's, the same everywhere). */
const expected = (os: string): string[] => [
  'short: a b=x b=y | rest',
  'cluster: a b c=v | - z',
  // The BSDs' getopt stops at the first operand, glibc's moves it back.
  os === 'linux' ? 'operands: a | one -b' : 'operands: | one -a -- -b',
  'missing: a ?q :b |',
  'optional: a=foo a b |',
  'long: a b=3 b=4 g=5 a | op1 op2 -z',
  'abbreviated: a ?_ ?_ g |',
  'wrong: ?a ?_ :b |',
  'in order: #=x a #=y |',
  '0.2664441967654092 1464659504 1140273416 0.44199632268870914',
  // clang for macOS makes its own function's call out of it.
  '1000 1000',
  '',
];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  const check = needing(missingToolchain(code), test.serial);
  check(`getopt, rand48 and getrusage on ${code}`, async (t) => {
    const { status, stdout, stderr } = runProgram(await compileSource(code, 'options.c'), code);
    t.is(stderr, '');
    t.deepEqual(stdout.split('\n'), expected(os));
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}

// Measured with glibc 2.36 on IA-32: log's result has 64 bits, so that the quotient of logarithms is not below the whole number.
needing(missingToolchain('lii3gc'))('logarithms on lii3gc keep all bits of st(0)', async (t) => {
  const { status, stdout } = runProgram(await compileSource('lii3gc', 'logarithms.c'), 'lii3gc');
  t.deepEqual(status, { kind: 'exit', code: 0 });
  t.is(stdout, `${'1 '.repeat(28)}\n`);
});
