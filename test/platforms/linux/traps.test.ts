/** What handlers see of traps and faults on the x86 CPUs, compared with the native kernel. */
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from '../posix/guest.js';

const programs = {
  'traps and faults': { source: 'linux/guests/traps-x86.c', lines: 500 },
  'floating-point exceptions': { source: 'linux/guests/float-traps-x86.c', lines: 300 },
};

for (const [code, [what, { source, lines }]] of ['lii6gc', 'lii3gc'].flatMap((c) => Object.entries(programs).map((p) => [c, p] as const))) {
  needing(missingGuest(code) ?? missingOracle(code))(`${code}: ${what} show what the native kernel shows`, (t) => {
    const native = runNative(code, source).trim().split('\n');
    t.true(native.length > lines);
    const guest = bootGuest(code, source, { headers: true });
    const status = guest.run();
    t.deepEqual(guest.output().trim().split('\n'), native);
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
