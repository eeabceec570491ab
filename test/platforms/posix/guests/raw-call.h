/* System calls by instruction on Linux: RAW(name, a, b, c, d) gives what the kernel puts into the result register. */
#if defined __x86_64__
static long raw(long n, long a, long b, long c, long d) {
  register long r10 asm("r10") = d;
  long r;
  asm volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return r;
}
#define NUMBER(ia32, x64, arm64) x64
#elif defined __i386__
static long raw(long n, long a, long b, long c, long d) {
  long r;
  asm volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return r;
}
#define NUMBER(ia32, x64, arm64) ia32
#else
static long raw(long n, long a, long b, long c, long d) {
  register long x8 asm("x8") = n, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#define NUMBER(ia32, x64, arm64) arm64
#endif
#define N_rt_sigaction NUMBER(174, 13, 134)
#define N_rt_sigprocmask NUMBER(175, 14, 135)
#define N_rt_sigpending NUMBER(176, 127, 136)
#define N_rt_sigsuspend NUMBER(179, 130, 133)
#define N_sigaltstack NUMBER(186, 131, 132)
#define N_kill NUMBER(37, 62, 129)
#define N_tkill NUMBER(238, 200, 130)
#define N_tgkill NUMBER(270, 234, 131)
#define N_gettid NUMBER(224, 186, 178)
#define N_clock_gettime NUMBER(265, 228, 113)
#define N_clock_getres NUMBER(266, 229, 114)
#define N_gettimeofday NUMBER(78, 96, 169)
#define N_close NUMBER(6, 3, 57)
#define N_read NUMBER(3, 0, 63)
#define N_write NUMBER(4, 1, 64)
#define RAW(name, a, b, c, d) raw(N_##name, (long)(a), (long)(b), (long)(c), (long)(d))
