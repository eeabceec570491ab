//! platforms: lii6gc lii3gc
//! flags: -msse2
/* Frames that a handler has changed, at sigreturn: selectors, flags, MXCSR and the XSAVE area, each good and bad; and what
   the handler of the fault sees that a bad one makes: the registers and the mask of the frame, a fresh floating-point unit. */
#include "observe.h"
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#ifdef __x86_64__
#define PC REG_RIP
#define SCRATCH REG_RBX
#define HEADER 0
#else
#define PC REG_EIP
#define SCRATCH REG_EBX
#define HEADER 112
#endif
enum { MXCSR = 24, SOFTWARE = 464, XSTATE = 512 };
typedef unsigned char u8;
typedef unsigned long word;

static sigjmp_buf back;
static void (*change)(ucontext_t *, u8 *, word);
static word changed_to, next_pc;
static const char *name;

static void put(void *place, unsigned value, int bytes) { memcpy(place, &value, bytes); }

static void changing(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  c->uc_mcontext.gregs[SCRATCH] = 0x1234567;
  next_pc = c->uc_mcontext.gregs[PC];
  sigaddset(&c->uc_sigmask, SIGUSR2);
  change(c, (u8 *)c->uc_mcontext.fpregs + HEADER, changed_to);
}

static void number(const char *what, long long value) {
  observe_text(" ");
  observe_text(what);
  observe_number(value);
}

static void faulted(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  greg_t *r = c->uc_mcontext.gregs;
  u8 *fx = (u8 *)c->uc_mcontext.fpregs + HEADER;
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  observe_text(name);
  number("signal", signal);
  number("code", info->si_code);
  number("error", r[REG_ERR]);
  number("at", (word)r[PC] == next_pc);
  number("scratch", r[SCRATCH] == 0x1234567);
  number("flags", r[REG_EFL] & 0x10500);
  number("mask", sigismember(&c->uc_sigmask, SIGUSR2) + 2 * sigismember(&c->uc_sigmask, SIGUSR1) + 4 * sigismember(&now, SIGUSR2));
  number("control", *(unsigned short *)fx);
  number("mxcsr", *(unsigned *)(fx + MXCSR));
#ifdef __x86_64__
  number("cs", r[REG_CSGSFS] & 0xffff);
  number("ss", r[REG_CSGSFS] >> 48 & 0xffff);
#else
  number("cs", r[REG_CS] & 0xffff);
  number("ss", r[REG_SS] & 0xffff);
#endif
  observe_end();
  siglongjmp(back, 1);
}

static void changing_to(const char *what, void (*how)(ucontext_t *, u8 *, word), word value) {
  unsigned mxcsr = 0x1fa0;
  unsigned short control = 0x27f, status;
  double loaded = 1.5, vector = 0;
  word flags;
  name = what;
  change = how;
  changed_to = value;
  if (!sigsetjmp(back, 1)) {
    __asm__ volatile("ldmxcsr %0; fldcw %1; movsd %2,%%xmm7; fldl %2" ::"m"(mxcsr), "m"(control), "m"(loaded) : "xmm7");
    raise(SIGUSR1);
    __asm__ volatile("pushf; pop %0; push %0; and $~0x44500,%0; push %0; popf; pop %0" : "=r"(flags));
    __asm__ volatile("stmxcsr %0; fnstcw %1; fnstsw %2; movsd %%xmm7,%3" : "=m"(mxcsr), "=m"(control), "=m"(status), "=m"(vector));
    observe_text(what);
    number("flags", how ? flags & ~0x8d5 : 0);
    number("mxcsr", mxcsr);
    number("control", control);
    number("status", status & 0x3800);
    number("vector", vector == 1.5);
    observe_end();
  }
  mxcsr = 0x1f80;
  __asm__ volatile("cld; fninit; ldmxcsr %0" ::"m"(mxcsr));
}

static void flags(ucontext_t *c, u8 *fx, word value) { c->uc_mcontext.gregs[REG_EFL] = value; }
static void mxcsr(ucontext_t *c, u8 *fx, word value) { put(fx + MXCSR, value, 4); }
static void features(ucontext_t *c, u8 *fx, word value) { put(fx + XSTATE, value, 4); }
static void byte_of_header(ucontext_t *c, u8 *fx, word at) { fx[XSTATE + at] = 1; }
static void wanted(ucontext_t *c, u8 *fx, word value) { put(fx + SOFTWARE + 8, value, 4); }
static void magic(ucontext_t *c, u8 *fx, word value) { put(fx + SOFTWARE, value, 4); }
static void magic_and_header(ucontext_t *c, u8 *fx, word value) { magic(c, fx, value), features(c, fx, 8); }
static void second_magic(ucontext_t *c, u8 *fx, word value) {
  put(fx + *(unsigned *)(fx + SOFTWARE + 16), value, 4);
  features(c, fx, 8);
}
static void extended(ucontext_t *c, u8 *fx, word value) { put(fx + SOFTWARE + 4, value, 4); }
static void size(ucontext_t *c, u8 *fx, word value) { put(fx + SOFTWARE + 16, value, 4); }
static void area(ucontext_t *c, u8 *fx, word value) { c->uc_mcontext.fpregs = (void *)value; }
static void code(ucontext_t *c, u8 *fx, word value) {
#ifdef __x86_64__
  put(&c->uc_mcontext.gregs[REG_CSGSFS], value, 2);
#else
  c->uc_mcontext.gregs[REG_CS] = value;
#endif
}
static void stack(ucontext_t *c, u8 *fx, word value) {
#ifdef __x86_64__
  put((u8 *)&c->uc_mcontext.gregs[REG_CSGSFS] + 6, value, 2);
#else
  c->uc_mcontext.gregs[REG_SS] = value;
#endif
}
#ifdef __x86_64__
static void lax_stack(ucontext_t *c, u8 *fx, word value) { c->uc_flags &= ~4, stack(c, fx, value); }
static void moved_area(ucontext_t *c, u8 *fx, word by) { c->uc_mcontext.fpregs = (void *)(fx + by); }
static void pc(ucontext_t *c, u8 *fx, word value) { next_pc = c->uc_mcontext.gregs[PC] = value; }
#endif

int main(void) {
  static char other[32768];
  stack_t alternate = {.ss_sp = other, .ss_size = sizeof other};
  struct sigaction action = {.sa_sigaction = changing, .sa_flags = SA_SIGINFO};
  sigaltstack(&alternate, 0);
  sigaction(SIGUSR1, &action, 0);
  action.sa_sigaction = faulted;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);

  changing_to("flags.none", flags, 0);
  changing_to("flags.iopl", flags, 0x3202);
  changing_to("flags.nested", flags, 0x4202);
  changing_to("flags.virtual-8086", flags, 0x20202);
  changing_to("flags.virtual-interrupt", flags, 0x180202);
  changing_to("flags.id", flags, 0x200202);
  changing_to("flags.resume", flags, 0x10202);
  changing_to("flags.direction", flags, 0x602);
  changing_to("flags.alignment", flags, 0x40202);
  changing_to("mxcsr.zero", mxcsr, 0x40);
  changing_to("mxcsr.all", mxcsr, 0xffc0);
  changing_to("mxcsr.bit-16", mxcsr, 0x10000);
  changing_to("mxcsr.bit-31", mxcsr, 0x80000000);
  changing_to("features.none", features, 0);
  changing_to("features.x87", features, 1);
  changing_to("features.sse", features, 2);
  changing_to("features.both", features, 3);
  changing_to("features.bounds", features, 8);
  changing_to("features.top", features, 0x80000000);
  changing_to("header.compaction", byte_of_header, 8);
  changing_to("header.second-word", byte_of_header, 16);
  changing_to("header.third-word", byte_of_header, 24);
  changing_to("header.last-word", byte_of_header, 56);
  changing_to("wanted.none", wanted, 0);
  changing_to("wanted.x87", wanted, 1);
  changing_to("wanted.sse", wanted, 2);
  changing_to("magic.none", magic, 0);
  changing_to("magic.none-and-bad-header", magic_and_header, 0);
  changing_to("magic.second", second_magic, 1);
  changing_to("extended.small", extended, 512);
  changing_to("size.small", size, 512);
  changing_to("size.odd", size, 575);
  changing_to("size.huge", size, 1 << 20);
  changing_to("area.none", area, 0);
  changing_to("area.unmapped", area, 64);
  static const unsigned short selectors[] = {0, 3, 8, 0x10, 0x18, 0x28, 0x2b, 0x38, 0x43, 0x53, 0x7b, 7, 0xf, 0x1234, 0xffff, 0x30, 0x20};
  static char names[2][17][16];
  for (int i = 0; i < 17; i++) {
    static const char digits[] = "0123456789abcdef";
    unsigned s = selectors[i];
    char text[] = {digits[s >> 12], digits[s >> 8 & 15], digits[s >> 4 & 15], digits[s & 15], 0};
    strcat(strcpy(names[0][i], "cs."), text);
    strcat(strcpy(names[1][i], "ss."), text);
    if (s < 0x30 ? s != 0x20 : s != 0x30) changing_to(names[0][i], code, s);
    changing_to(names[1][i], stack, s);
  }
#ifdef __x86_64__
  changing_to("ss.bad-but-lax", lax_stack, 0x18);
  changing_to("area.by-8", moved_area, 8);
  changing_to("pc.not-canonical", pc, 0x800000000000);
  changing_to("pc.not-canonical-top", pc, 0x8000000000000000);
  changing_to("pc.kernel", pc, 0xffffffff81000000);
  changing_to("pc.null", pc, 0);
#endif
  return 0;
}
