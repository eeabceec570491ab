/** Signal calls by the library and by instruction: results, errors and what they change, compared with the native kernel and C library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { bootGuest, missingGuest, root, runNative } from '../posix/guest.js';
import { NATIVE_PRELUDE } from './frame-probe.js';

const guests = join(root, 'test', 'platforms', 'posix', 'guests');
const source = (name: string): string => readFileSync(join(guests, name), 'utf8');
const PROGRAM = source('signal-calls.c').replace('#include "raw-call.h"', () => source('raw-call.h'));

/** qemu answers these calls itself, so what ARM64's kernel says is what x86-64's does, where the two are meant to agree. */
const oracles = { lii6gc: ['lii6gc', ''], lii3gc: ['lii3gc', ''], lia6gc: ['lii6gc', '#define LIKE_ARM64\n'] };

for (const [code, [oracle, define]] of Object.entries(oracles)) {
  const compared = needing(missingGuest(code) ?? missingOracle(oracle));
  compared(`${code}: signal calls answer as the native kernel and library do`, (t) => {
    const native = runNative(oracle, `${define}${NATIVE_PRELUDE}#include <errno.h>\n#include <time.h>\n${PROGRAM}`).trim().split('\n');
    t.true(native.length > 900);
    const guest = bootGuest(code, PROGRAM, { headers: true });
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.deepEqual(guest.output().trim().split('\n'), native);
  });
}
