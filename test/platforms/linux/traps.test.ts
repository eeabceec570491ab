/** What handlers see of traps and faults on the x86 CPUs, compared with the native kernel. */
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from '../posix/guest.js';

const SOURCE = 'linux/guests/traps-x86.c';

for (const code of ['lii6gc', 'lii3gc']) {
  needing(missingGuest(code) ?? missingOracle(code))(`${code}: traps and faults show what the native kernel shows`, (t) => {
    const native = runNative(code, SOURCE).trim().split('\n');
    t.true(native.length > 500);
    const guest = bootGuest(code, SOURCE, { headers: true });
    const status = guest.run();
    t.deepEqual(guest.output().trim().split('\n'), native);
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
