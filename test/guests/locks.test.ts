/** Robust mutexes, attributes of mutexes and named semaphores on every POSIX system. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';

/** As POSIX has it, and a native build on Linux prints it; names of semaphores are the systems' own affair (sem_open(2), sem_open(3)). */
const expected = (os: string): string[] => [
  'attributes: 1 1',
  'checking: 0 EDEADLK EPERM 0 EPERM',
  'recursive: 0 0 EPERM 0 0',
  ...(os === 'macos' ? [] : ['robust: 1 0 EOWNERDEAD 0 0 0 EOWNERDEAD 0 ENOTRECOVERABLE']),
  'named: ENOENT open EEXIST open same 0 0 0 0 0 0 EINVAL 0 ENOENT',
  { linux: 'names: EINVAL open open', freebsd: 'names: EINVAL open EINVAL', macos: 'names: open ENAMETOOLONG open' }[os] ?? '',
  '',
];

for (const { code, os } of platforms) {
  if (os === 'windows') continue;
  needing(missingToolchain(code), test.serial)(`robust mutexes and named semaphores on ${code}`, async (t) => {
    const { status, stdout, stderr } = runProgram(await compileSource(code, 'locks.c'), code);
    t.is(stderr, '');
    t.deepEqual(stdout.split('\n'), expected(os));
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
