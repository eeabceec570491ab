/** Programs that die: by which signal, and what is said of it in one line. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from './guest.js';

const GPF = { li: 11, fr: 10 };

interface Death {
  name: string;
  source: string;
  signal: (code: string) => number;
  text: RegExp;
  codes?: string[];
}

const deaths: Death[] = [
  {
    name: 'write to null',
    source: 'int main() { *(volatile int *)0 = 1; return 0; }',
    signal: () => 11,
    text: /^killed by SIGSEGV \(segmentation violation\): write to 0x0, which is not mapped, at guest-\S+!main/,
  },
  {
    name: 'read of a protected page',
    source: 'int main() { return *(volatile int *)mmap(0, 4096, 0, FLAGS, -1, 0); }',
    signal: () => 11,
    text: /read from 0x[0-9a-f]+, which is protected against it, at guest-\S+!main/,
  },
  {
    name: 'jump to nowhere',
    source: 'int main() { ((void (*)(void))0x123450)(); return 0; }',
    signal: () => 11,
    text: /jump to 0x123450, which is not mapped/,
  },
  {
    name: 'jump to data',
    source: 'int main() { void *p = mmap(0, 4096, 3, FLAGS, -1, 0); ((void (*)(void))p)(); return 0; }',
    signal: () => 11,
    text: /jump to 0x[0-9a-f]+, which is protected/,
  },
  {
    name: 'stack overflow',
    source:
      '__attribute__((noinline)) int f(int n) { volatile char a[500]; a[0] = n; return f(n + 1) + a[0] + n; } int main() { return f(0); }',
    signal: () => 11,
    text: /below the stack \(stack overflow\), at guest-\S+!f/,
  },
  {
    name: 'stack overflow of a thread',
    source:
      '__attribute__((noinline)) int f(int n) { volatile char a[500]; a[0] = n; return f(n + 1) + a[0] + n; } void *g(void *p) { return (void *)(word)f(0); } int main() { pthread_t t; pthread_create(&t, 0, g, 0); pthread_join(t, 0); return 0; }',
    signal: () => 11,
    text: /, at guest-\S+!f/,
  },
  {
    name: 'stack overflow with a handler',
    source:
      'void h(int s) { _exit(3); } __attribute__((noinline)) int f(int n) { volatile char a[500]; a[0] = n; return f(n + 1) + a[0] + n; } int main() { word act[24] = {0}; act[0] = (word)h; sigaction(11, act, 0); return f(0); }',
    signal: (code) => (code.startsWith('fr') ? 4 : 11),
    text: /no room at 0x[0-9a-f]+ for the frame of SIGSEGV \(stack overflow\), at guest-\S+!f/,
  },
  {
    name: 'division by zero',
    source: 'int main() { volatile int a = 7, z = 0; return a / z; }',
    signal: () => 8,
    text: /SIGFPE .*division by zero or overflow, at guest-\S+!main/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'undefined instruction',
    source: 'int main() { __builtin_trap(); }',
    signal: (code) => (code.startsWith('lia') ? 5 : 4),
    text: /invalid instruction|brk/,
  },
  {
    name: 'breakpoint',
    source: 'int main() { asm volatile("int3"); return 0; }',
    signal: () => 5,
    text: /SIGTRAP .*breakpoint instruction/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'non-canonical address',
    source: 'int main() { return *(volatile char *)0x1234567890abcdefUL; }',
    signal: (code) => GPF[code.slice(0, 2) as 'li' | 'fr'],
    text: /a non-canonical address/,
    codes: ['lii6gc', 'fri6gc'],
  },
  {
    name: 'privileged instruction',
    source: 'int main() { asm volatile("hlt"); return 0; }',
    signal: (code) => GPF[code.slice(0, 2) as 'li' | 'fr'],
    text: /privileged instruction/,
    codes: ['lii6gc', 'lii3gc', 'fri6gc', 'fri3gc'],
  },
  {
    name: 'raise',
    source: 'int main() { raise(15); return 0; }',
    signal: () => 15,
    text: /^killed by SIGTERM \(terminated\): sent by the program itself/,
  },
  { name: 'kill', source: 'int main() { kill(getpid(), 9); return 0; }', signal: () => 9, text: /^killed by SIGKILL/ },
  {
    name: 'abort',
    source: 'extern void abort(void); int main() { abort(); }',
    signal: () => 6,
    text: /^killed by SIGABRT \(aborted\): abort\(\) was called/,
  },
  {
    name: 'blocked fault',
    source:
      'void h(int s) {} int main() { word act[24] = {0}; act[0] = (word)h; sigaction(11, act, 0); u32 set[32] = {1 << 10}; sigprocmask(SETMASK, set, 0); *(volatile int *)8 = 1; return 0; }',
    signal: () => 11,
    text: /write to 0x8/,
  },
];

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  const constants = [`-DFLAGS=${code.startsWith('li') ? '0x22' : '0x1002'}`, `-DSETMASK=${code.startsWith('li') ? 2 : 3}`];
  for (const death of deaths) {
    if (death.codes && !death.codes.includes(code)) continue;
    needing(missingGuest(code))(`${code}: ${death.name}`, (t) => {
      const status = bootGuest(code, death.source, { flags: [...constants, '-fno-optimize-sibling-calls', '-fno-inline'] }).run();
      t.is(status.kind, 'signal', JSON.stringify(status));
      if (status.kind !== 'signal') return;
      t.is(status.signal, death.signal(code), status.text);
      t.regex(status.text, death.text);
      t.notRegex(status.text, /\n/);
    });
  }
}

for (const code of ['lii6gc', 'lii3gc', 'lia6gc', 'fri6gc', 'fri3gc']) {
  needing(missingGuest(code))(`${code}: abort returns from its handler to die`, (t) => {
    const guest = bootGuest(
      code,
      'extern void abort(void); void h(int s) { out("handled "); } int main() { word act[24] = {0}; act[0] = (word)h; sigaction(6, act, 0); abort(); }',
    );
    t.like(guest.run(), { kind: 'signal', signal: 6 });
    t.is(guest.output(), 'handled ');
  });

  needing(missingGuest(code))(`${code}: the last thread's end ends the process, deadlock is told`, (t) => {
    t.deepEqual(
      bootGuest(
        code,
        'void *g(void *p) { sched_yield(); return 0; } int main() { pthread_t t; pthread_create(&t, 0, g, 0); pthread_exit(0); }',
      ).run(),
      { kind: 'exit', code: 0 },
    );
    const stuck = bootGuest(
      code,
      'extern int pthread_mutex_lock(void *), pthread_mutex_init(void *, void *); word m[8]; void *g(void *p) { pthread_mutex_lock(m); return 0; } int main() { pthread_t t; pthread_mutex_init(m, 0); pthread_mutex_lock(m); pthread_create(&t, 0, g, 0); pthread_join(t, 0); return 0; }',
    ).run();
    t.regex(
      (stuck as { text: string }).text,
      /deadlock: thread 1 waits for the end of thread 2, thread 2 waits for mutex 0x[0-9a-f]+, held by thread 1/,
    );
  });
}
