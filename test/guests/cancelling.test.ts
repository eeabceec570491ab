/** Threads of the MPS that are cancelled: what their cleanup handlers see, in what order, and what dies with them. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain } from '../missing.js';
import { needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/**
 * By POSIX: requested, the mutex taken back and let go, the newer handler (which still has its object), the older one (which
 * leaves the arena), the destructor. The object lives as long as the thread has it, and is dead afterwards.
 */
const expected = [
  'asleep: chrd, died 0 1',
  'waiting: cuhrd, died 0 1',
  'running: chrd, died 0 1',
  'asynchronous: chrd, died 0 1',
  'suspended asleep: chrd, died 0 1',
  'suspended waiting: cuhrd, died 0 1',
  'suspended running: chrd, died 0 1',
  'suspended asynchronous: chrd, died 0 1',
  'exit: hrd, died 1 0',
  '',
];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  const check = needing(missingToolchain(code), test.serial);
  check(`threads that are cancelled leave the arena on ${code}`, async (t) => {
    const path = await compileSource(code, 'cancelling.c');
    for (let seed = 0; seed < 3; seed++) {
      const { status, stdout, stderr } = runProgram(path, code, { seed });
      t.is(stderr, '');
      t.deepEqual(stdout.split('\n'), expected, `seed ${seed}`);
      t.deepEqual(status, { kind: 'exit', code: 0 });
    }
  });
}
