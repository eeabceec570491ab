/** pthreads and semaphores on Linux and FreeBSD, whatever the schedule; on Linux also against the native C library. */
import test from 'ava';
import { NATIVE_PRELUDE } from '../linux/frame-probe.js';
import { bootGuest, canCompile, runNative } from './guest.js';
import { THREADS_PROBE } from './threads-probe.js';

const NATIVE = NATIVE_PRELUDE + '#include <semaphore.h>\n#include <errno.h>\n#include <sched.h>\n#include <time.h>\n';
const oracle = (code: string): string | undefined => runNative(code, NATIVE + THREADS_PROBE);

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  test(`${code}: threads and semaphores`, (t) => {
    if (!canCompile(code)) return (t.log('left out: no compiler'), t.pass());
    const expected = oracle('lii6gc');
    if (expected === undefined) return (t.log('left out: the native program does not run here'), t.pass());
    for (let seed = 0; seed < 4; seed++) {
      const guest = bootGuest(code, THREADS_PROBE, { headers: true, seed });
      t.deepEqual(guest.run(), { kind: 'exit', code: 0 }, `seed ${seed}: ${guest.output()}`);
      t.deepEqual(guest.output().split('\n'), expected.split('\n'), `seed ${seed}`);
    }
  });
}
