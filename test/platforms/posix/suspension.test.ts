/** Suspension where it is awkward: a thread that has the signal blocked, sleeps, has ended, is resumed and suspended before it ran. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';
import { newLog, PORT_PRELUDE, portLibrary } from './port-guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc'];
const run = (code: string, source: string, quirks: string[] = []) =>
  bootGuest(code, `${PORT_PRELUDE}\n${source}`, {
    libraries: portLibrary(newLog()),
    quirks,
    flags: [`-DBLOCK=${code.startsWith('li') ? 0 : 1}`, `-DUNBLOCK=${code.startsWith('li') ? 1 : 2}`],
  });

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: suspended and resumed again and again without running between`, (t) => {
    const guest = run(
      code,
      `volatile int id = -1, stop; volatile word cold, n;
      void *worker(void *p) { word here; cold = (word)&here + 64; (void)*(volatile word *)&here; id = port_register(); word sum = 0; while (!stop) { sum++; n = sum; } return (void *)(sum == n); }
      int main() {
        pthread_t t; void *r; port_register(); pthread_create(&t, 0, worker, 0); while (id < 0) sched_yield();
        for (int i = 0; i < 300; i++) { port_suspend(id); if (port_scan(id, (void *)cold) != 2) return 2; port_suspend(id); port_resume(id); if (port_scan(id, (void *)cold) != 2) return 3; port_resume(id); }
        stop = 1; pthread_join(t, &r); return r ? 0 : 1;
      }`,
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: the collector waits for a thread that has the signal blocked for a while`, (t) => {
    const guest = run(
      code,
      `volatile int id = -1, stop, inside; volatile word cold;
      void *worker(void *p) {
        word here; cold = (word)&here + 64; (void)*(volatile word *)&here; id = port_register();
        u32 set[32] = {1 << 24};
        while (!stop) { sigprocmask(BLOCK, set, 0); inside = 1; for (volatile int i = 0; i < 500; i++); inside = 0; sigprocmask(UNBLOCK, set, 0); for (volatile int i = 0; i < 20; i++); }
        return 0;
      }
      int main() {
        pthread_t t; port_register(); pthread_create(&t, 0, worker, 0); while (id < 0) sched_yield();
        int seen = 0;
        for (int i = 0; i < 60; i++) { for (volatile int j = 0; j < 100; j++); seen += inside; port_suspend(id); if (inside) return 2; port_resume(id); }
        stop = 1; pthread_join(t, 0); return seen > 5 ? 0 : 3;
      }`,
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: a thread that keeps the signal blocked and waits for the collector's thread is a deadlock`, (t) => {
    const status = run(
      code,
      `extern int sem_init(void *, int, unsigned), sem_wait(void *); word sem[8]; volatile int id = -1;
      void *worker(void *p) { u32 set[32] = {1 << 24}; sigprocmask(BLOCK, set, 0); id = port_register(); sem_wait(sem); return 0; }
      int main() { pthread_t t; port_register(); sem_init(sem, 0, 0); pthread_create(&t, 0, worker, 0); while (id < 0) sched_yield(); for (int i = 0; i < 5; i++) sched_yield(); port_suspend(id); return 0; }`,
    ).run();
    t.regex(
      (status as { text: string }).text,
      /^deadlock: the collector waits for thread 2, which has SIGXFSZ blocked and waits for semaphore/,
    );
  });

  compiled(`${code}: a thread that has ended is dead to the collector, or hangs it where the C library does`, (t) => {
    const source = `volatile int id = -1; void *worker(void *p) { id = port_register(); return 0; }
      int main() { pthread_t t; port_register(); pthread_create(&t, 0, worker, 0); while (id < 0) sched_yield(); for (int i = 0; i < 30; i++) sched_yield(); for (volatile int i = 0; i < 20000; i++); return port_suspend(id) ? 1 : 0; }`;
    t.deepEqual(run(code, source).run(), { kind: 'exit', code: 0 });
    t.regex(
      (run(code, source, ['suspend-finished-thread-hangs']).run() as { text: string }).text,
      /^deadlock: the collector waits for thread 2, which has ended/,
    );
  });

  compiled(`${code}: suspension cuts a nanosleep short, the handlers' return address and errno are intact`, (t) => {
    const guest = run(
      code,
      `extern int nanosleep(void *, void *); extern int *${code.startsWith('li') ? '__errno_location' : '__error'}(void);
      volatile int id = -1, asleep, result, error; volatile word left;
      void *worker(void *p) { word time[2] = {5, 0}, rest[2] = {0, 0}; id = port_register(); *${code.startsWith('li') ? '__errno_location' : '__error'}() = 77; asleep = 1; result = nanosleep(time, rest); error = *${code.startsWith('li') ? '__errno_location' : '__error'}(); left = rest[0]; return 0; }
      int main() {
        pthread_t t; port_register(); pthread_create(&t, 0, worker, 0); while (!asleep) sched_yield(); for (int i = 0; i < 9; i++) sched_yield();
        port_suspend(id); port_resume(id); pthread_join(t, 0); return result == -1 && error == 4 && left == 4 ? 0 : 1;
      }`,
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: a thread in a signal handler on an alternate stack is suspended there`, (t) => {
    const li = code.startsWith('li');
    const guest = run(
      code,
      `volatile int id = -1, inside, stop; u8 *volatile alt;
      void handler(int s) { inside = 1; while (!stop); inside = 2; }
      void *worker(void *p) { word stack[3] = {(word)alt, ${li ? '0, 65536' : '65536, 0'}}; sigaltstack(stack, 0); id = port_register(); raise(${li ? 10 : 30}); return 0; }
      int main() {
        word act[24] = {0}; act[0] = (word)handler; ((u32 *)act)[${li ? 'sizeof(word) == 8 ? 34 : 33' : 'sizeof(word) == 8 ? 2 : 1'}] = ${li ? '0x8000000' : '1'}; sigaction(${li ? 10 : 30}, act, 0);
        alt = mmap(0, 65536, 3, ${li ? '0x22' : '0x1002'}, -1, 0);
        pthread_t t; port_register(); pthread_create(&t, 0, worker, 0); while (!inside) sched_yield();
        for (int i = 0; i < 20; i++) { port_suspend(id); if (port_scan(id, alt + 65536) != 2) return 2; if (port_scan(id, alt) != 0) return 3; port_resume(id); for (volatile int j = 0; j < 300; j++); }
        stop = 1; pthread_join(t, 0); return inside == 2 ? 0 : 1;
      }`,
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });
}
