/* System calls by instruction on FreeBSD and macOS: raw(number, ...) gives the result, or an errno number negated (carry set).
   TRAP is a Mach trap, whose result says all. Conventions: sys/amd64/amd64/vm_machdep.c and its like (FreeBSD), osfmk/mach/i386/syscall_sw.h,
   bsd/dev/arm/systemcalls.c (XNU). */
#ifndef RAW_CALL_H
#define RAW_CALL_H
static long raw6(long n, long a, long b, long c, long d, long e, long f) {
#if defined __x86_64__
  register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
  long result = n;
  char carry;
  asm volatile("syscall" : "+a"(result), "=@ccc"(carry), "+r"(r10), "+r"(r8), "+r"(r9), "+D"(a), "+S"(b), "+d"(c) : : "rcx", "r11", "memory");
  return carry ? -result : result;
#elif defined __i386__
  long block[8] = {0, a, b, c, d, e, f, 0}, result = n;
  char carry;
  asm volatile("mov %%esp, %%esi\n mov %2, %%esp\n int $0x80\n mov %%esi, %%esp" : "+a"(result), "=@ccc"(carry) : "r"(block) : "esi", "edx", "memory");
  return carry ? -result : result;
#else
  register long x16 asm("x16") = n, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d, x4 asm("x4") = e, x5 asm("x5") = f;
  long carry;
  asm volatile("svc #0x80\n cset %1, cs" : "+r"(x0), "=r"(carry), "+r"(x1) : "r"(x16), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return carry ? -x0 : x0;
#endif
}
#if MPSEMU_MACOS && defined __x86_64__
#define UNIX_CLASS 0x2000000l
#define MACH_CLASS(n) (0x1000000l + (n))
#else
#define UNIX_CLASS 0l
#define MACH_CLASS(n) (-(long)(n))
#endif
#define RAW(n, ...) RAW_(n, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_(n, a, b, c, d, e, f, ...) raw6(UNIX_CLASS + (n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define TRAP(n, ...) TRAP_(n, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define TRAP_(n, a, b, c, d, e, f, ...) raw6(MACH_CLASS(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#endif
