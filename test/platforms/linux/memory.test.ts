/** mmap, munmap, mprotect and madvise: results, errors and what is left mapped, compared with the native kernel. */
import type { ExecutionContext } from 'ava';
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, runNative } from '../posix/guest.js';

const SOURCE = 'linux/guests/memory-calls.c';

/** What both kinds of processor make of PROT_EXEC alone, by the quirk that stands for the kind. */
const EXECUTE_ONLY = { off: 'exec alone page 0 2', on: 'exec alone page 4 4' };

/** Compares the guest with what a kernel printed, on the kind of processor that this kernel runs on. */
function compare(t: ExecutionContext, code: string, native: string): void {
  const lines = native.split('\n');
  t.true(lines.length > 40);
  const quirks = lines.includes(EXECUTE_ONLY.on) ? ['execute-only'] : [];
  const guest = bootGuest(code, SOURCE, { quirks });
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  t.deepEqual(guest.output().split('\n'), lines);
}

for (const code of ['lii6gc', 'lii3gc']) {
  const compared = needing(missingGuest(code) ?? missingOracle(code));
  compared(`${code}: memory calls behave as the native kernel's`, (t) => compare(t, code, runNative(code, SOURCE)));

  compared(`${code}: memory calls behave as those of a kernel with memory protection keys, and of one without`, (t) => {
    const native = runNative(code, SOURCE);
    for (const line of Object.values(EXECUTE_ONLY)) compare(t, code, native.replace(/^exec alone page .*$/m, line));
  });
}

for (const code of ['lii6gc', 'lii3gc']) {
  // The error code's bits: protection, write, user, key. Source: arch/x86/mm/fault.c, and siginfo.h for si_pkey.
  needing(missingGuest(code))(`${code}: pages that can only be run, by the first protection key`, (t) => {
    const guest = bootGuest(code, 'linux/guests/execute-only.c', { quirks: ['execute-only'] });
    t.deepEqual(guest.run(), { kind: 'exit', code: 2 });
    const read = ['code 4', 'key 1', 'error 25', 'at 1'];
    const write = ['code 4', 'key 1', 'error 27', 'at 1'];
    t.deepEqual(guest.output().trim().split('\n'), ['ran 0', ...read, 'readable c3', ...write]);
  });
}

// The error code's bits: protection (set for every address of the kernel's), write, user, fetch. Source: sanitize_error_code in arch/x86/mm/fault.c.
needing(missingGuest('lii6gc'))("lii6gc: the kernel's half of the address space", (t) => {
  const guest = bootGuest('lii6gc', 'linux/guests/upper-half.c');
  t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  const fault = (address: string, error: string): string[] => ['code 1', `address ${address}`, `error ${error}`, `cr2 ${address}`];
  t.deepEqual(guest.output().trim().split('\n'), [
    ...fault('ffff800000001234', '5'),
    ...fault('ffffffffffffffff', '7'),
    ...fault('fffffffffffffff8', '15'),
    'rip fffffffffffffff8',
  ]);
});
