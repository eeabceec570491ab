/* Floating-point exceptions of both units as a handler sees them, and the flags that MXCSR shows. */
#include <signal.h>
#include <ucontext.h>
#ifdef __x86_64__
#define SP "rsp"
#define AX "rax"
#define PLACE(label) "lea " label "(%%rip), %%rax\n"
#define REG(name) REG_R##name
#define STATUS(c) ((c)->uc_mcontext.fpregs->swd)
#define MXCSR(c) ((c)->uc_mcontext.fpregs->mxcsr)
#else
#define SP "esp"
#define AX "eax"
#define PLACE(label) "call 77f\n77: pop %%eax\nadd $" label "-77b, %%eax\n"
#define REG(name) REG_E##name
#define STATUS(c) ((c)->uc_mcontext.fpregs->sw & 0xffff)
#define MXCSR(c) (*(u32 *)((char *)(c)->uc_mcontext.fpregs + 112 + 24))
#endif
static volatile word resume, stack, at;
static double zero = 0, one = 1, minus = -1, huge = 1e308, tiny = 1e-300, three = 3;
static float ones[4] __attribute__((aligned(16))) = {1, 1, 1, 1}, mixed[4] __attribute__((aligned(16))) = {1, 0, 2, 3};
static void field(const char *name, u64 value) { out(" "), out(name), out("="), hex(value); }
static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  field("signal", signal);
  field("code", (u32)info->si_code);
  if (signal == SIGFPE) field("address", (word)info->si_addr - at);
  field("trap", c->uc_mcontext.gregs[REG_TRAPNO]);
  field("pc", c->uc_mcontext.gregs[REG(IP)] - at);
  field("status", STATUS(c) & 0xbf);
  field("mxcsr", MXCSR(c));
  field("rf", c->uc_mcontext.gregs[REG_EFL] >> 16 & 1);
  c->uc_mcontext.gregs[REG(IP)] = resume;
  c->uc_mcontext.gregs[REG(SP)] = stack;
}
/* `control`: x87 and MXCSR. The code runs with the units fresh but for these; afterwards the state that it has left is shown. */
#define TRY(name, control, mx, insn) do { \
  unsigned short control_ = control, sw; u32 mxcsr_ = mx, left; word a; double result = 77; \
  out(name); \
  __asm__ volatile(PLACE("88f") "mov %%" AX ", %1\n" PLACE("99f") "mov %%" AX ", %0\nmov %%" SP ", %2\n" \
    "fninit\nfldcw %5\nldmxcsr %6\njmp 88f\n88: " insn "\nnop\n99: fnstsw %3\nstmxcsr %4\nfnclex\nfninit\n" \
    : "=m"(resume), "=m"(at), "=m"(stack), "=m"(sw), "=m"(left) : "m"(control_), "m"(mxcsr_), "m"(zero), "m"(one), "m"(minus), "m"(huge), "m"(tiny), "m"(three), "m"(ones), "m"(mixed), "m"(result) : "eax", "memory", "cc"); \
  u32 usual = 0x1f80; __asm__ volatile("ldmxcsr %0" :: "m"(usual)); \
  field("after", sw & 0xbf); field("mxcsr", left); field("result", *(u64 *)&result >> 32); \
  out("\n"); } while (0)
#define ZERO "%7"
#define ONE "%8"
#define MINUS "%9"
#define HUGE "%10"
#define TINY "%11"
#define THREE "%12"
#define ONES "%13"
#define MIXED "%14"
#define RESULT "%15"
static void all(unsigned cw, u32 mx) {
  out("control "), hex(cw), out(" "), hex(mx), out("\n");
  TRY("sse divide by zero", cw, mx, "movsd " ONE ",%%xmm0; divsd " ZERO ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse zero by zero", cw, mx, "movsd " ZERO ",%%xmm0; divsd " ZERO ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse root of minus one", cw, mx, "movsd " THREE ",%%xmm0; sqrtsd " MINUS ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse overflow", cw, mx, "movsd " HUGE ",%%xmm0; mulsd " HUGE ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse underflow", cw, mx, "movsd " TINY ",%%xmm0; mulsd " TINY ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse inexact", cw, mx, "movsd " ONE ",%%xmm0; divsd " THREE ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse exact", cw, mx, "movsd " ONE ",%%xmm0; addsd " THREE ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("sse packed", cw, mx, "movaps " ONES ",%%xmm0; divps " MIXED ",%%xmm0");
  TRY("sse conversion", cw, mx, "mov $5,%%eax; cvttsd2si " HUGE ",%%eax; mov %%eax," RESULT);
  TRY("sse two in a row", cw, mx, "movsd " ONE ",%%xmm0; divsd " THREE ",%%xmm0; divsd " ZERO ",%%xmm0; movsd %%xmm0," RESULT);
  TRY("x87 divide by zero", cw, mx, "fldl " ONE "; fdivl " ZERO "; nop; fwait");
  TRY("x87 zero by zero", cw, mx, "fldl " ZERO "; fdivl " ZERO "; nop; fld1");
  TRY("x87 root of minus one", cw, mx, "fldl " MINUS "; fsqrt; nop; nop; fstpl " RESULT);
  TRY("x87 inexact", cw, mx, "fldl " ONE "; fdivl " THREE "; fwait; fstpl " RESULT);
  TRY("x87 not waiting", cw, mx, "fldl " ZERO "; fdivl " ZERO "; fnstsw %%ax; fnclex; fwait");
  TRY("x87 conversion", cw, mx, "fldl " HUGE "; fistpl " RESULT "; fwait");
  TRY("x87 whole conversion", cw, mx, "fldl " HUGE "; fistpl 4+" RESULT "; fwait");
  TRY("x87 short conversion", cw, mx, "fldl " HUGE "; fistp 6+" RESULT "; fwait");
  TRY("x87 long conversion", cw, mx, "fldl " HUGE "; fistpll " RESULT "; fwait");
  TRY("x87 single overflow", cw, mx, "fldl " HUGE "; fstps 4+" RESULT "; fwait");
  TRY("x87 single underflow", cw, mx, "fldl " TINY "; fsts 4+" RESULT "; fwait");
  TRY("x87 single inexact", cw, mx, "fldl " ONE "; fdivl " THREE "; fnclex; fstps 4+" RESULT "; fwait");
  TRY("x87 exact", cw, mx, "fld1; fadd %%st,%%st; fstpl " RESULT "; fwait");
  TRY("x87 overflow", cw, mx, "fldl " HUGE "; fmull " HUGE "; fstpl " RESULT "; fwait");
  TRY("x87 underflow", cw, mx, "fldl " TINY "; fmull " TINY "; fstpl " RESULT "; fwait");
  TRY("x87 comparison", cw, mx, "fld1; fldl " ZERO "; fdivl " ZERO "; fnclex; fcompp; fnstsw %%ax; sahf; fwait");
  TRY("x87 two in a row", cw, mx, "fldl " ONE "; fdivl " THREE "; fstpl " RESULT "; fldl " ZERO "; fdivl " ZERO "; fwait");
  TRY("x87 stored and cleared", cw, mx, "fldl " ONE "; fdivl " THREE "; fnstsw " RESULT "; fnclex");
  TRY("x87 environment", cw, mx, "fldl " ONE "; fdivl " THREE "; sub $128,%%" SP "; fnstenv (%%" SP "); mov 4(%%" SP "),%%eax; mov %%eax,4+" RESULT "; add $128,%%" SP);
  TRY("x87 cleared, then again", cw, mx, "fldl " ONE "; fdivl " THREE "; fnclex; fdivl " THREE "; fstpl " RESULT);
  TRY("x87 kept over ldmxcsr", cw, mx, "fldl " ONE "; fdivl " THREE "; fstpl " RESULT "; push $0x1f80; ldmxcsr (%%" SP "); pop %%" AX);
  TRY("sse kept over fnclex", cw, mx, "movsd " ONE ",%%xmm0; divsd " THREE ",%%xmm0; fnclex");
  TRY("x87 unmasked later", cw, mx, "fldl " ONE "; fdivl " THREE "; fstpl " RESULT "; push $0x340; fldcw (%%" SP "); pop %%" AX "; nop; fwait");
  TRY("x87 masked in time", cw, mx, "fldl " ONE "; fdivl " THREE "; nop; push $0x37f; fldcw (%%" SP "); pop %%" AX "; fstpl " RESULT);
}
static void bad_mxcsr(void) {
  static u32 values[] = {0x10000, 0x80000000, 0xffffffff, 0x1f80, 0xffbf};
  static u8 image[512] __attribute__((aligned(64)));
  for (int i = 0; i < 5; i++) {
    u32 mx = values[i];
    out("ldmxcsr "), hex(mx);
    __asm__ volatile(PLACE("88f") "mov %%" AX ", %1\n" PLACE("99f") "mov %%" AX ", %0\nmov %%" SP ", %2\n88: ldmxcsr %3\n99:" : "=m"(resume), "=m"(at), "=m"(stack) : "m"(mx) : "eax", "memory");
    __asm__ volatile("ldmxcsr %0" :: "m"(values[3]));
    out("\nfxrstor ");
    __asm__ volatile("fxsave %0" : "=m"(image));
    *(u32 *)(image + 24) = mx;
    __asm__ volatile(PLACE("88f") "mov %%" AX ", %1\n" PLACE("99f") "mov %%" AX ", %0\nmov %%" SP ", %2\n88: fxrstor %3\n99:" : "=m"(resume), "=m"(at), "=m"(stack) : "m"(image) : "eax", "memory");
    __asm__ volatile("ldmxcsr %0" :: "m"(values[3]));
    out("\n");
  }
}
int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  static const unsigned controls[] = {0x37f, 0x37e, 0x37b, 0x372, 0x340};
  static const u32 mxcsrs[] = {0x1f80, 0x1f00, 0x1d80, 0x1b80, 0x1780, 0xf80, 0x180};
  for (int i = 0; i < 5; i++) all(controls[i], 0x1f80);
  for (int i = 1; i < 7; i++) all(0x37f, mxcsrs[i]);
  all(0x340, 0x180);
  bad_mxcsr();
  return 0;
}
