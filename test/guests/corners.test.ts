/** Where guests and collector meet in less usual ways: system calls on protected memory, and longjmp out of the MPS. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

/** EFAULT, or ERROR_NOACCESS of Windows. */
const refused = { windows: -998, linux: -14, freebsd: -14, macos: -14 } as const;

for (const { code, os } of platforms) {
  const check = needing(missingToolchain(code), test.serial);
  check(`a system call on memory that a barrier protects fails as the kernel's does, on ${code}`, async (t) => {
    const { stdout, status } = runProgram(await compileSource(code, 'system-calls.c'), code);
    t.deepEqual(status, { kind: 'exit', code: 0 });
    t.is(stdout.replaceAll('\r', ''), `written by the kernel\nbefore touching it: ${refused[os]}, after: 22\n`);
  });

  check(`longjmp out of an assertion handler and out of a scan method, on ${code}`, async (t) => {
    const { stdout, status, machine } = runProgram(await compileSource(code, 'assertion.c'), code);
    t.is(stdout.replaceAll('\r', ''), 'assertion: 42, with a condition\nscan method: 1\n');
    t.deepEqual(status, { kind: 'exit', code: 0 });
    t.is(machine.process.threads[0].callbacks.length, 0);
  });
}
