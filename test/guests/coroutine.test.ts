/** Coroutines on stacks of their own hide references from the collector, unless their stacks and contexts are roots. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/** Two objects, that only the coroutine which doesn't run refers to (manual of the MPS, "Roots": what isn't a root isn't scanned). */
const expected = [
  'registered: died 0 while it slept, 2 afterwards, 0 wrong',
  'not registered: died 2 while it slept, 0 afterwards, 0 wrong',
  '',
];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  for (const optimise of ['-O0', '-O2']) {
    needing(missingToolchain(code), test.serial)(`a coroutine's references on ${code}, ${optimise}`, async (t) => {
      const { status, stdout, stderr } = runProgram(await compileSource(code, 'coroutine.c', [optimise]), code);
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected);
      t.deepEqual(status, { kind: 'exit', code: 0 });
    });
  }
}
