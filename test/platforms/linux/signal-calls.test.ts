/** Signal calls by the library and by instruction: results, errors and what they change, compared with the native kernel and C library. */
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from '../posix/guest.js';

const SOURCE = 'posix/guests/signal-calls.c';

/** qemu answers these calls itself, so what ARM64's kernel says is what x86-64's does, where the two are meant to agree. */
const oracles = { lii6gc: ['lii6gc'], lii3gc: ['lii3gc'], lia6gc: ['lii6gc', '-DLIKE_ARM64'] };

for (const [code, [oracle, ...flags]] of Object.entries(oracles)) {
  const compared = needing(missingGuest(code) ?? missingOracle(oracle));
  compared(`${code}: signal calls answer as the native kernel and library do`, (t) => {
    const native = runNative(oracle, SOURCE, flags).trim().split('\n');
    t.true(native.length > 900);
    const guest = bootGuest(code, SOURCE, { headers: true });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.deepEqual(guest.output().trim().split('\n'), native);
  });
}
