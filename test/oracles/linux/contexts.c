/* getcontext, makecontext, swapcontext, setcontext: coroutines, arguments, uc_link, masks, what a context keeps. */
//! flags: -lm
#include "../observe.h"
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

static ucontext_t main_context, first, second;
static char first_stack[65536], second_stack[65536];
static int steps[16], count;

static void step(int what) { steps[count++] = what; }

static void one(int a, int b) {
  step(a), step(b);
  swapcontext(&first, &second);
  step(3);
  swapcontext(&first, &second);
  step(5);
}

static void two(void) {
  step(2);
  swapcontext(&second, &first);
  step(4);
  swapcontext(&second, &first);
  step(99);
}

static long sum;
static void many(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j) {
  sum = a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
  char here;
  OBSERVE("many.on-its-stack", &here > first_stack && &here < first_stack + sizeof first_stack);
  OBSERVE("many.aligned", (uintptr_t)__builtin_frame_address(0) % (2 * sizeof(void *)));
}

static void prepare(ucontext_t *context, char *stack, size_t size, ucontext_t *link) {
  getcontext(context);
  context->uc_stack.ss_sp = stack;
  context->uc_stack.ss_size = size;
  context->uc_link = link;
}

static void masked(void) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, 0, &now);
  OBSERVE2("mask.inside", sigismember(&now, SIGUSR1), sigismember(&now, SIGUSR2));
  OBSERVE("round.inside", fegetround() == FE_UPWARD);
  sigaddset(&now, SIGUSR2);
  sigprocmask(SIG_SETMASK, &now, 0);
  fesetround(FE_DOWNWARD);
}

static void last(void) { OBSERVE("last", 1); }

int main(void) {
  prepare(&first, first_stack, sizeof first_stack, &main_context);
  makecontext(&first, (void (*)(void))one, 2, 1, 11);
  prepare(&second, second_stack, sizeof second_stack, &main_context);
  makecontext(&second, two, 0);
  OBSERVE_CALL("swap", swapcontext(&main_context, &first));
  for (int i = 0; i < count; i++) {
    char name[] = "step.a";
    name[5] = (char)('a' + i);
    OBSERVE(name, steps[i]);
  }
  prepare(&first, first_stack, sizeof first_stack, &main_context);
  makecontext(&first, (void (*)(void))many, 10, 1l, 2l, 3l, 4l, 5l, 6l, 7l, 8l, 9l, 10l);
  swapcontext(&main_context, &first);
  OBSERVE("many.sum", sum);

  volatile int again = 0;
  ucontext_t here;
  int got = getcontext(&here);
  if (again == 0) OBSERVE("getcontext", got);
  if (again++ < 2) setcontext(&here);
  OBSERVE("again", again);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  fesetround(FE_UPWARD);
  prepare(&first, first_stack, sizeof first_stack, &main_context);
  OBSERVE2("mask.kept", sigismember(&first.uc_sigmask, SIGUSR1), sigismember(&first.uc_sigmask, SIGUSR2));
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, 0);
  fesetround(FE_TONEAREST);
  makecontext(&first, masked, 0);
  swapcontext(&main_context, &first);
  sigprocmask(SIG_BLOCK, 0, &set);
  OBSERVE2("mask.after", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
  OBSERVE("round.after", fegetround() == FE_TONEAREST);

  /* What it keeps of the registers. */
  memset(&here, 0x5a, sizeof here);
  getcontext(&here);
  OBSERVE("flags-untouched", (uint32_t)here.uc_flags == 0x5a5a5a5a);
  OBSERVE("link-untouched", (uint32_t)(uintptr_t)here.uc_link == 0x5a5a5a5a);
#if defined(__x86_64__)
  OBSERVE("rax-untouched", (uint32_t)here.uc_mcontext.gregs[REG_RAX] == 0x5a5a5a5a);
  OBSERVE("r10-untouched", (uint32_t)here.uc_mcontext.gregs[REG_R10] == 0x5a5a5a5a);
  OBSERVE("rdi", here.uc_mcontext.gregs[REG_RDI] == (long long)&here);
  OBSERVE("xmm-untouched", here.__fpregs_mem._xmm[8].element[0] == 0x5a5a5a5a);
  OBSERVE("fpregs", here.uc_mcontext.fpregs == &here.__fpregs_mem);
  OBSERVE_HEX("mxcsr", here.__fpregs_mem.mxcsr & ~0x3fu);
#elif defined(__i386__)
  OBSERVE("eax", here.uc_mcontext.gregs[REG_EAX]);
  OBSERVE("gs-untouched", here.uc_mcontext.gregs[REG_GS] == 0x5a5a5a5a);
  OBSERVE("fpregs", here.uc_mcontext.fpregs == &here.__fpregs_mem);
#else
  OBSERVE("x0", here.uc_mcontext.regs[0]);
  OBSERVE("x1-untouched", (uint32_t)here.uc_mcontext.regs[1] == 0x5a5a5a5a);
  OBSERVE("x17-untouched", (uint32_t)here.uc_mcontext.regs[17] == 0x5a5a5a5a);
  OBSERVE("pc-is-lr", here.uc_mcontext.pc == here.uc_mcontext.regs[30]);
  struct fpsimd_context *fp = (struct fpsimd_context *)here.uc_mcontext.__reserved;
  OBSERVE2("fpsimd", fp->head.magic == FPSIMD_MAGIC, fp->head.size);
  OBSERVE2("v7-and-v16-untouched", (uint32_t)fp->vregs[7] == 0x5a5a5a5a, (uint32_t)fp->vregs[16] == 0x5a5a5a5a);
#endif

  /* A context without a successor ends the process with status 0. */
  prepare(&first, first_stack, sizeof first_stack, 0);
  makecontext(&first, last, 0);
  setcontext(&first);
  return 7;
}
