/** Suspension where it is awkward: a thread that has the signal blocked, sleeps, has ended, is resumed and suspended before it ran. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';
import { newLog, portLibrary } from './port-guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc'];
const run = (code: string, source: string, quirks: string[] = []) =>
  bootGuest(code, `posix/guests/${source}`, { libraries: portLibrary(newLog()), quirks });

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: suspended and resumed again and again without running between`, (t) => {
    const guest = run(code, 'suspend-again.c');
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: the collector waits for a thread that has the signal blocked for a while`, (t) => {
    const guest = run(code, 'suspend-blocked.c');
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: a thread that keeps the signal blocked and waits for the collector's thread is a deadlock`, (t) => {
    const status = run(code, 'suspend-deadlock.c').run();
    t.regex(
      (status as { text: string }).text,
      /^deadlock: the collector waits for thread 2, which has SIGXFSZ blocked and waits for semaphore/,
    );
  });

  compiled(`${code}: a thread that has ended is dead to the collector, or hangs it where the C library does`, (t) => {
    t.deepEqual(run(code, 'suspend-ended.c').run(), { kind: 'exit', code: 0 });
    t.regex(
      (run(code, 'suspend-ended.c', ['suspend-finished-thread-hangs']).run() as { text: string }).text,
      /^deadlock: the collector waits for thread 2, which has ended/,
    );
  });

  compiled(`${code}: suspension cuts a nanosleep short, the handlers' return address and errno are intact`, (t) => {
    const guest = run(code, 'suspend-sleeper.c');
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: a thread in a signal handler on an alternate stack is suspended there`, (t) => {
    const guest = run(code, 'suspend-in-handler.c');
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });
}
