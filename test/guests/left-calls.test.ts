/** A call that a handler has left by siglongjmp leaves nothing behind for the next call at the same place, on every POSIX system. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/** Seconds that each takes: the whole of it, then until the handler; a semaphore that was posted, then until the handler. */
const expected = ['sleep 3', 'sleep 1', 'usleep 3', 'usleep 1', 'nanosleep 3', 'nanosleep 1', 'sem_wait 0', 'sem_wait 1', ''];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  needing(missingToolchain(code), test.serial)(`calls that were left on ${code}`, async (t) => {
    const { status, stdout } = runProgram(await compileSource(code, 'left-calls.c'), code);
    t.deepEqual(stdout.split('\n'), expected);
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
