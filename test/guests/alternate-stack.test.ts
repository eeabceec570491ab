/** Collecting while a handler runs on an alternate stack: what the interrupted frames hold, by where that stack lies. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain } from '../missing.js';
import { needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/** The MPS scans [SP, cold end): frames above the handler's stack are in it, those below are not, whoever collects. */
const expected = ['below: kept', 'above: lost', 'below, suspended: kept', 'above, suspended: lost', ''];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  const check = needing(missingToolchain(code), test.serial);
  check(`a handler on an alternate stack collects on ${code}`, async (t) => {
    const path = await compileSource(code, 'alternate-stack.c');
    for (let seed = 0; seed < 3; seed++) {
      const { status, stdout, stderr } = runProgram(path, code, { seed });
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected, `seed ${seed}`);
      t.deepEqual(status, { kind: 'exit', code: 0 });
    }
  });
}
