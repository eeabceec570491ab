/** Waits for an empty pipe end as they do on each POSIX system: those of FreeBSD can be written at both ends, which is no input. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  needing(missingToolchain(code), test.serial)(`waits for a pipe on ${code}`, async (t) => {
    const { status, stdout } = runProgram(await compileSource(code, 'pipe-waits.c'), code);
    t.deepEqual(stdout.split('\n'), ['interrupted: -1 1', 'written: 1 k', '']);
    t.is(status.kind, 'deadlock');
    t.regex('text' in status ? status.text : '', /^deadlock: thread 1 waits for input \(descriptor 3\)/);
  });
}
