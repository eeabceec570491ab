/** System calls made by instruction: results, errors, handlers installed with a restorer of the guest's own. */
import { needing } from '../../needs.js';
import { bootGuest, missingGuest } from '../posix/guest.js';

const CALL: Record<string, string> = {
  lii6gc:
    'static long sys(long n, long a, long b, long c, long d) { register long r10 asm("r10") = d, r8 asm("r8") = -1, r9 asm("r9") = 0; long r; asm volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory"); return r; }',
  lii3gc:
    'static long sys(long n, long a, long b, long c, long d) { long r; asm volatile("push %%ebp\\n push %%edi\\n mov $-1,%%edi\\n xor %%ebp,%%ebp\\n int $0x80\\n pop %%edi\\n pop %%ebp" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d) : "memory"); return r; }',
  lia6gc:
    'static long sys(long n, long a, long b, long c, long d) { register long x8 asm("x8") = n, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d, x4 asm("x4") = -1, x5 asm("x5") = 0; asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory"); return x0; }',
};
/** write, mmap(2), mprotect, getpid, rt_sigaction, tgkill, gettid, sched_yield, an unused number. */
const NUMBERS: Record<string, string> = {
  lii6gc: '{1, 9, 10, 39, 13, 234, 186, 24, 999}',
  lii3gc: '{4, 192, 125, 20, 174, 270, 224, 158, 999}',
  lia6gc: '{64, 222, 226, 172, 134, 131, 178, 124, 999}',
};
const RESTORER: Record<string, string> = {
  lii6gc: 'void restorer(void); asm(".globl restorer\\nrestorer: incl restored(%rip)\\n mov $15,%eax\\n syscall");',
  lii3gc:
    'void restorer(void); asm(".globl restorer\\nrestorer: call 1f\\n1: pop %eax\\n incl restored-1b(%eax)\\n mov $173,%eax\\n int $0x80");',
  lia6gc:
    'void restorer(void); asm(".globl restorer\\nrestorer: adrp x0,restored\\n add x0,x0,:lo12:restored\\n mov w1,#1\\n str w1,[x0]\\n mov x8,#139\\n svc #0");',
};

for (const code of Object.keys(CALL)) {
  const compiled = needing(missingGuest(code));

  compiled(`${code}: system calls by instruction`, (t) => {
    const guest = bootGuest(
      code,
      `${CALL[code]}
      int restored __attribute__((visibility("hidden"))); ${RESTORER[code]}
      static volatile int got; void handler(int s, word info, void *uc) { got = s + 100 * (*(int *)(info + 8) == -6); }
      static void say(long v) { if (v < 0) { out("-"); v = -v; } hex((u64)v); out(" "); }
      static const int n[] = ${NUMBERS[code]};
      int main() {
        say(sys(n[8], 0, 0, 0, 0)); say(sys(n[3], 0, 0, 0, 0) == getpid());
        say(sys(n[0], 7, 0, 0, 0)); say(sys(n[0], 1, 16, 5, 0));
        u8 *p = (u8 *)sys(n[1], 0, 4096, 3, 0x22); p[5] = 9; say(p[5]);
        say(sys(n[2], (long)p, 4096, 1, 0)); say(sys(n[2], (long)p + 1, 4096, 1, 0));
        word act[8] = {(word)handler, 4 | 0x4000000, (word)restorer}; say(sys(n[4], 10, (long)act, 0, 8)); say(sys(n[4], 10, (long)act, 0, 16)); say(sys(n[4], 9, (long)act, 0, 8));
        word tid = sys(n[6], 0, 0, 0, 0); say(sys(n[5], getpid(), tid, 10, 0)); say(got); say(restored);
        say(sys(n[5], getpid(), 77777, 10, 0)); say(sys(n[7], 0, 0, 0, 0));
        return 0;
      }`,
    );
    t.deepEqual(guest.run(), { kind: 'exit', code: 0 });
    const [ENOSYS, EBADF, EFAULT, EINVAL, ESRCH] = [38, 9, 14, 22, 3].map((n) => `-${n.toString(16)}`);
    t.is(guest.output().trim(), [ENOSYS, 1, EBADF, EFAULT, 9, 0, EINVAL, 0, EINVAL, EINVAL, 0, (110).toString(16), 1, ESRCH, 0].join(' '));
  });
}
