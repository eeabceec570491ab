/* getcontext, setcontext, swapcontext and makecontext. FreeBSD 13: sys/kern/kern_context.c, get_mcontext and set_mcontext of
   sys/{amd64/amd64,i386/i386}/exec_machdep.c, lib/libc/{amd64,i386}/gen/makecontext.c, libthr's thr_sig.c. macOS: libplatform's src/ucontext.
   Where the CPU decides, the line says whether what was found is what that CPU's library does. */
#define _XOPEN_SOURCE 600
#define _DARWIN_C_SOURCE
#include <fenv.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <ucontext.h>
#include "observe.h"
#include "raw-call.h"

static ucontext_t here, inside, other;
static char stack[65536] __attribute__((aligned(16))), alternate[65536];
static volatile int count, handled, sum, entered;
static volatile long wide;

static void handler(int number) { handled++; }
static void six(int a, int b, int c, int d, int e, int f) { sum = a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f; }
static void nine(int a, int b, int c, int d, int e, int f, int g, int h, int i) { sum = a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i; }
static void one(long value) { wide = value; }
static void nothing(void) { entered++; }

static void prepare(ucontext_t *context, ucontext_t *link) {
  getcontext(context);
  context->uc_stack.ss_sp = stack;
  context->uc_stack.ss_size = sizeof stack;
  context->uc_link = link;
}

static int blocked(int number) {
  sigset_t set;
  sigprocmask(SIG_BLOCK, 0, &set);
  return sigismember(&set, number);
}

static void on_alternate(int number) {
  getcontext(&other);
  entered = 77;
}

#if MPSEMU_FREEBSD
static volatile int resumed;
static void with_context(int number, siginfo_t *info, void *context) {
  resumed++;
  setcontext(context);
}

static void kernel(void) {
  ucontext_t bad;
  OBSERVE_CALL("get-null", getcontext(0));
  OBSERVE_CALL("get-nowhere", getcontext((ucontext_t *)16));
  OBSERVE("raw-set-null", raw6(422, 0, 0, 0, 0, 0, 0));
  OBSERVE("raw-set-nowhere", raw6(422, 16, 0, 0, 0, 0, 0));
  OBSERVE("raw-swap-null", raw6(423, (long)&other, 0, 0, 0, 0, 0));
  OBSERVE("raw-swap-nowhere", raw6(423, 16, (long)&other, 0, 0, 0, 0));
  memset(&other, 0, sizeof other);
  OBSERVE("raw-swap-from-nowhere", raw6(423, (long)&other, 16, 0, 0, 0, 0));
  OBSERVE("swap-told-first", other.uc_mcontext.mc_len == sizeof(mcontext_t));
  memset(&other, 0x5a, sizeof other);
  OBSERVE_CALL("get", getcontext(&other));
  OBSERVE("len", other.uc_mcontext.mc_len == sizeof(mcontext_t));
#if defined __x86_64__
  OBSERVE("flags", other.uc_mcontext.mc_flags == 1);
  OBSERVE2("result", other.uc_mcontext.mc_rax, other.uc_mcontext.mc_rdx);
  OBSERVE("carry", other.uc_mcontext.mc_rflags & 1);
#else
  OBSERVE("flags", other.uc_mcontext.mc_flags == 0);
  OBSERVE2("result", other.uc_mcontext.mc_eax, other.uc_mcontext.mc_edx);
  OBSERVE("carry", other.uc_mcontext.mc_eflags & 1);
#endif
  OBSERVE_HEX("format", other.uc_mcontext.mc_fpformat);
  OBSERVE2("extended", other.uc_mcontext.mc_xfpustate, other.uc_mcontext.mc_xfpustate_len);
  OBSERVE2("trap", other.uc_mcontext.mc_trapno, other.uc_mcontext.mc_err);
  OBSERVE("onstack", other.uc_mcontext.mc_onstack);
  OBSERVE("link-left", (unsigned char)(uintptr_t)other.uc_link == 0x5a && other.uc_flags == 0x5a5a5a5a);
  bad = other, bad.uc_mcontext.mc_len--;
  OBSERVE_CALL("bad-len", setcontext(&bad));
  bad = other, bad.uc_mcontext.mc_flags = 8;
  OBSERVE_CALL("bad-flags", setcontext(&bad));
  bad = other, bad.uc_mcontext.mc_fpformat = 0x10003;
  OBSERVE_CALL("bad-format", setcontext(&bad));
  bad = other, bad.uc_mcontext.mc_ownedfp = 0x20003;
  OBSERVE_CALL("bad-owner", setcontext(&bad));
  bad = other, bad.uc_mcontext.mc_flags |= 4, bad.uc_mcontext.mc_xfpustate = 16, bad.uc_mcontext.mc_xfpustate_len = 8;
  OBSERVE_CALL("bad-extended", setcontext(&bad));
  bad = other, bad.uc_mcontext.mc_flags |= 4, bad.uc_mcontext.mc_xfpustate_len = 100000;
  OBSERVE_CALL("long-extended", setcontext(&bad));
  bad = other, bad.uc_sigmask.__bits[0] = 0x80000001u, count = 0;
  /* Both ways come back here. */
  getcontext(&here);
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  if (count == 1) OBSERVE_HEX("mask-by-library", now.__bits[0]);
  if (count == 2) OBSERVE_HEX("mask-by-kernel", now.__bits[0]);
  here.uc_sigmask.__bits[0] = 0x80000001u;
  if (count++ == 0) setcontext(&here);
  if (count == 2) raw6(422, (long)&here, 0, 0, 0, 0, 0);
  sigemptyset(&now);
  here.uc_sigmask = now;
  if (count == 3) raw6(422, (long)&here, 0, 0, 0, 0, 0);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = with_context, action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  OBSERVE2("set-from-handler", resumed, blocked(SIGUSR2));
}
#else
static void library(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  memset(&other, 0x5a, sizeof other);
  OBSERVE_CALL("get", getcontext(&other));
  OBSERVE("size", other.uc_mcsize == sizeof(_STRUCT_MCONTEXT));
  OBSERVE("inside", (char *)other.uc_mcontext == (char *)&other.__mcontext_data);
  OBSERVE("link", (long)other.uc_link);
  OBSERVE("onstack-left", other.uc_onstack == 0x5a5a5a5a);
  OBSERVE("stack-size", other.uc_stack.ss_size == limit.rlim_cur);
#if defined __x86_64__
  OBSERVE("stack-flags", other.uc_stack.ss_flags == 0);
  OBSERVE("mxcsr-left", other.__mcontext_data.__fs.__fpu_mxcsr == 0x5a5a5a5a);
#else
  OBSERVE("stack-flags", other.uc_stack.ss_flags == SS_DISABLE);
  OBSERVE("mxcsr-left", other.__mcontext_data.__ns.__fpcr == 0x5a5a5a5a);
#endif
}
#endif

static void at_exit(void) { observe_write("exit handlers run\n", 18); }

int main(void) {
  volatile int local = 0;
  stack_t own;
  struct sigaction action;
#if MPSEMU_FREEBSD
  kernel();
#else
  library();
#endif
  OBSERVE_CALL("swap-null", swapcontext(0, &other));
  OBSERVE_CALL("swap-to-null", swapcontext(&other, 0));
  count = 0;
  getcontext(&here);
  local++;
  if (++count < 3) setcontext(&here);
  OBSERVE2("again", count, local);

  prepare(&inside, &here);
  makecontext(&inside, (void (*)(void))six, 6, 1, 2, 3, 4, 5, 6);
  count = 0;
  getcontext(&here);
  if (count++ == 0) setcontext(&inside);
  OBSERVE2("six", sum, count);
  sum = 0;
  prepare(&inside, &here);
  makecontext(&inside, (void (*)(void))nine, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  count = 0;
  getcontext(&here);
#if MPSEMU_FREEBSD && defined __x86_64__
  OBSERVE("nine", setcontext(&inside) == -1 && errno == EINVAL && sum == 0);
#else
  if (count++ == 0) setcontext(&inside);
  OBSERVE("nine", sum == 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81);
#endif
  prepare(&inside, &here);
  stack[0] = 7;
  makecontext(&inside, (void (*)(void))one, 1, (long)0x1122334455667788ull);
  count = 0;
  getcontext(&here);
  if (count++ == 0) setcontext(&inside);
#if defined __aarch64__
  OBSERVE("width", wide == 0x55667788 && stack[0] == 0);
#else
  OBSERVE("width", wide == (long)0x1122334455667788ull && stack[0] == 7);
#endif
  prepare(&inside, &here);
  makecontext(&inside, nothing, 0);
  count = entered = 0;
  getcontext(&here);
  if (count++ == 0) setcontext(&inside);
#if MPSEMU_FREEBSD && defined __x86_64__
  if (count == 2) setcontext(&inside);
  OBSERVE("begun-again", entered == 2);
#else
  OBSERVE("begun-again", setcontext(&inside) == -1 && errno == EINVAL && entered == 1);
#endif
  prepare(&inside, &here);
  inside.uc_stack.ss_sp = 0;
  makecontext(&inside, nothing, 0);
  OBSERVE_CALL("no-stack", setcontext(&inside));
  prepare(&inside, &here);
  makecontext(&inside, nothing, -1);
  OBSERVE_CALL("minus", setcontext(&inside));

  /* A signal mask, and a signal that it lets come. */
  signal(SIGUSR1, handler);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  count = 0;
  getcontext(&here);
  if (count == 1) OBSERVE2("mask", blocked(SIGUSR1), handled);
  if (count++ == 0) {
    sigprocmask(SIG_BLOCK, &set, 0);
    raise(SIGUSR1);
    setcontext(&here);
  }
  /* The rounding mode belongs to the context, or not. */
  count = 0;
  getcontext(&here);
  if (count == 1) OBSERVE("rounding-back", fegetround() == FE_TONEAREST);
  if (count++ == 0) {
    fesetround(FE_UPWARD);
    setcontext(&here);
  }
  fesetround(FE_TONEAREST);

  /* On the alternate stack. */
  own.ss_sp = alternate, own.ss_size = sizeof alternate, own.ss_flags = 0;
  sigaltstack(&own, 0);
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alternate, action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
#if MPSEMU_FREEBSD
  OBSERVE2("alternate", entered, other.uc_mcontext.mc_onstack);
#else
  OBSERVE3("alternate", entered, other.uc_stack.ss_sp == (void *)alternate, other.uc_stack.ss_flags);
#endif
  atexit(at_exit);
  prepare(&inside, 0);
  makecontext(&inside, nothing, 0);
  setcontext(&inside);
  return 5;
}
