/** pthreads and semaphores on Linux and FreeBSD, whatever the schedule; on Linux also against the native C library. */
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from './guest.js';

const SOURCE = 'posix/guests/threads.c';

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  needing(missingGuest(code) ?? missingOracle('lii6gc'))(`${code}: threads and semaphores`, (t) => {
    const expected = runNative('lii6gc', SOURCE);
    for (let seed = 0; seed < 4; seed++) {
      const guest = bootGuest(code, SOURCE, { headers: true, seed });
      t.deepEqual(guest.run(), { kind: 'exit', code: 0 }, `seed ${seed}: ${guest.output()}`);
      t.deepEqual(guest.output().split('\n'), expected.split('\n'), `seed ${seed}`);
    }
  });
}
