/** The port over the modelled calls: barriers by SIGSEGV, suspension by signals, what is scanned of whom. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';
import { newLog, PORT_PRELUDE, portLibrary } from './port-guest.js';

const codes = ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc'];

for (const code of codes) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: barrier faults are handled and the instruction runs again`, (t) => {
    const log = newLog();
    const guest = bootGuest(
      code,
      `${PORT_PRELUDE}
      int main() {
        port_setup();
        volatile word *a = port_arena(16 * 4096);
        for (int i = 0; i < 16; i++) a[i * 4096 / sizeof(word)] = i + 100;
        port_protect((void *)a, 16 * 4096, 3);
        double d = 1.5; word sum = 0;
        for (int i = 0; i < 16; i++) { sum += a[i * 4096 / sizeof(word) + 0]; d += 1.0; }
        port_protect((void *)a, 16 * 4096, 2);
        sum += a[0];
        a[8] = 7;
        hex(sum); out(" "); hex((word)(d * 2)); out(" "); hex(a[8]);
        port_release((void *)a, 16 * 4096);
        return 0;
      }`,
      { libraries: portLibrary(log) },
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.is(guest.output(), `${(16 * 100 + 120 + 100).toString(16)} ${(35).toString(16)} 7`);
    t.is(log.faults.length, 17);
    t.is(log.faults[0] % 4096, 0);
    t.is(log.faults[16] - log.faults[0], 8 * (code.includes('i3') ? 4 : 8));
  });

  compiled(`${code}: a suspended thread shows its registers and stack, and goes on`, (t) => {
    const log = newLog();
    const guest = bootGuest(
      code,
      `${PORT_PRELUDE}
      volatile int id = -1, stop = 0; volatile word cold, count = 0;
      void *worker(void *p) {
        word here = 0x5a17c0d0; cold = (word)&here + 64; (void)*(volatile word *)&here;
        volatile word slot[2]; slot[0] = 0x57ac0001;
        id = port_register();
        register word r = 0x4e600000;
        while (!stop) { asm volatile("" : "+r"(r)); count++; }
        return (void *)(r + slot[0]);
      }
      int main() {
        pthread_t t; void *result;
        port_register();
        if (pthread_create(&t, NULL, worker, NULL)) return 9;
        while (id < 0) sched_yield();
        int ok = 0;
        for (int i = 0; i < 200; i++) {
          if (!port_suspend(id)) return 8;
          word before = count;
          for (volatile int j = 0; j < 50; j++);
          sched_yield();
          if (count != before) return 7;
          ok += port_scan(id, (void *)cold);
          if (!port_resume(id)) return 6;
          if (i % 3) for (volatile int j = 0; j < 300; j++);
        }
        stop = 1;
        pthread_join(t, &result);
        hex(ok); out(" "); hex((word)result);
        return 0;
      }`,
      { libraries: portLibrary(log), seed: 3 },
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.is(guest.output(), `${(400).toString(16)} ${(0x4e600000 + 0x57ac0001).toString(16)}`);
    const stack = log.words.filter((w) => w.kind === 'stack' && w.value === 0x57ac0001);
    t.true(stack.length >= 1);
    t.regex(stack[0].name, /^\[(rsp|esp|sp)\+0x/);
    const registers = log.words.filter((w) => w.kind === 'registers' && w.value === 0x4e600000);
    t.true(registers.length >= 1, JSON.stringify(log.words.filter((w) => w.kind === 'registers').slice(0, 30)));
    t.regex(registers[0].name, /^(r[a-z0-9]+|e[a-z]{2}|x\d+)$/);
  });

  compiled(`${code}: a thread suspended in a blocking call takes the wait up again`, (t) => {
    const log = newLog();
    const guest = bootGuest(
      code,
      `${PORT_PRELUDE}
      extern int pthread_mutex_lock(void *), pthread_mutex_unlock(void *), pthread_mutex_init(void *, void *);
      word mutex[16]; volatile int id = -1, got = 0; volatile word cold;
      void *worker(void *p) { word here; cold = (word)&here + 64; (void)*(volatile word *)&here; id = port_register(); pthread_mutex_lock(mutex); got = 1; pthread_mutex_unlock(mutex); return NULL; }
      int main() {
        pthread_t t; port_register(); pthread_mutex_init(mutex, NULL); pthread_mutex_lock(mutex);
        pthread_create(&t, NULL, worker, NULL);
        while (id < 0) sched_yield();
        for (int i = 0; i < 20; i++) sched_yield();
        for (int i = 0; i < 5; i++) { port_suspend(id); if (port_scan(id, (void *)cold) != 2) return 3; for (int k = 0; k < 5; k++) sched_yield(); port_resume(id); for (int k = 0; k < i; k++) sched_yield(); if (got) return 2; }
        pthread_mutex_unlock(mutex);
        pthread_join(t, NULL);
        return got ? 0 : 1;
      }`,
      { libraries: portLibrary(log) },
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
  });

  compiled(`${code}: the calling thread is scanned from its jmp_buf`, (t) => {
    const log = newLog();
    const guest = bootGuest(
      code,
      `${PORT_PRELUDE}
      __attribute__((noinline)) int f(word a, void *cold) {
        volatile word slot = 0x57ac0002; word r = a + 1;
        asm volatile("" : "+r"(r));
        int n = port_scan_self(cold);
        asm volatile("" : "+r"(r));
        return n >= 2 && slot == 0x57ac0002 && r == 0x4e600001 ? 0 : 1;
      }
      int main() { word here; asm volatile("" :: "r"(&here)); return f(0x4e600000, &here); }`,
      { libraries: portLibrary(log) },
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    t.true(log.words.some((w) => w.kind === 'registers' && w.value === 0x4e600001 && /^[er]?[a-z0-9]+$/.test(w.name)));
    t.true(log.words.some((w) => w.kind === 'stack' && w.value === 0x57ac0002));
  });

  compiled(`${code}: a fault that isn't the MPS's goes to the handler before it, or kills`, (t) => {
    const log = newLog();
    const source = (before: string) => `${PORT_PRELUDE}
      volatile int caught = 0; void *target;
      void handler(int s, void *info, void *uc) { caught++; mmap(target, 4096, 3, ${code.startsWith('li') ? '0x32' : '0x1012'}, -1, 0); }
      int main() { ${before} port_setup(); target = port_arena(4096); munmap(target, 4096); *(volatile word *)target = 5; hex(caught); return *(word *)target; }`;
    const dies = bootGuest(code, source(''), { libraries: portLibrary(log) }).run();
    t.is(dies.kind, 'signal');
    t.like(dies, { kind: 'signal', signal: 11 });
    t.regex((dies as { text: string }).text, /SIGSEGV .*write to 0x[0-9a-f]+, which is not mapped, at guest.*!main/);
    const layout = code.startsWith('li')
      ? 'word act[24] = {0}; act[0] = (word)handler; ((u32 *)act)[sizeof(word) == 8 ? 34 : 33] = 4; sigaction(11, act, NULL);'
      : 'word act[8] = {0}; act[0] = (word)handler; ((u32 *)act)[sizeof(word) == 8 ? 2 : 1] = 0x40; sigaction(11, act, NULL);';
    const guest = bootGuest(code, source(layout), { libraries: portLibrary(log) });
    t.deepEqual(guest.run(), { kind: 'exit', code: 5 });
    t.is(guest.output(), '1');
  });
}
