//! builds: static static-pie musl
/* A statically linked program with signals: handlers, masks, faults, alternate stacks, queued values, timers. */
#include "observe.h"
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile int got, code;
static volatile long value;
static sigjmp_buf back;
static char *page;

static void handler(int signal, siginfo_t *info, void *context) {
  got = signal;
  code = info->si_code;
  value = info->si_value.sival_int;
}
static void repair(int signal, siginfo_t *info, void *context) {
  got = signal;
  code = info->si_code;
  value = (char *)info->si_addr - page;
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}
static void leave(int signal) { siglongjmp(back, signal); }
static volatile int on_stack;
static void deep(int signal) {
  stack_t stack;
  sigaltstack(0, &stack);
  on_stack = stack.ss_flags;
}
static void install(int signal, void (*action)(int, siginfo_t *, void *), int flags) {
  struct sigaction a = {0};
  a.sa_sigaction = action;
  a.sa_flags = SA_SIGINFO | flags;
  sigaction(signal, &a, 0);
}

int main(void) {
  install(SIGUSR1, handler, 0);
  OBSERVE_CALL("raise", raise(SIGUSR1));
  OBSERVE2("raise.handled", got, code);
  union sigval queued = {.sival_int = 1234567};
  OBSERVE_CALL("sigqueue", sigqueue(getpid(), SIGUSR1, queued));
  OBSERVE3("sigqueue.handled", got, code, value);

  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OBSERVE_CALL("sigprocmask", sigprocmask(SIG_BLOCK, &set, &old));
  got = 0;
  raise(SIGUSR1);
  OBSERVE("blocked", got);
  sigset_t pending;
  sigpending(&pending);
  OBSERVE("pending", sigismember(&pending, SIGUSR1));
  siginfo_t info;
  struct timespec none = {0, 0};
  OBSERVE_CALL("sigtimedwait", sigtimedwait(&set, &info, &none));
  OBSERVE_CALL("sigtimedwait.empty", sigtimedwait(&set, &info, &none));
  raise(SIGUSR1);
  sigprocmask(SIG_SETMASK, &old, 0);
  OBSERVE("unblocked", got);

  page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  install(SIGSEGV, repair, 0);
  page[5] = 3;
  OBSERVE3("fault", got, code, value);
  struct sigaction plain = {0};
  plain.sa_handler = leave;
  sigaction(SIGSEGV, &plain, 0);
  int jumped = sigsetjmp(back, 1);
  if (!jumped) *(volatile int *)16 = 1;
  OBSERVE("siglongjmp", jumped);
  jumped = sigsetjmp(back, 1);
  if (!jumped) *(volatile int *)16 = 1;
  OBSERVE("siglongjmp.again", jumped);

  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  OBSERVE_CALL("sigaltstack", sigaltstack(&stack, 0));
  plain.sa_handler = deep;
  plain.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &plain, 0);
  raise(SIGUSR2);
  OBSERVE("sigaltstack.in-use", on_stack);

  plain.sa_flags = 0;
  install(SIGALRM, handler, 0);
  struct itimerval timer = {{0, 0}, {0, 2000}};
  OBSERVE_CALL("setitimer", setitimer(ITIMER_REAL, &timer, 0));
  struct timespec second = {2, 0};
  got = 0;
  OBSERVE_CALL("nanosleep.interrupted", nanosleep(&second, &second));
  OBSERVE2("alarm", got, second.tv_sec);
  OBSERVE_CALL("sigsuspend", (setitimer(ITIMER_REAL, &timer, 0), sigsuspend(&old)));
  signal(SIGUSR1, SIG_IGN);
  OBSERVE_CALL("ignored", raise(SIGUSR1));
  signal(SIGABRT, leave);
  jumped = sigsetjmp(back, 1);
  if (!jumped) abort();
  OBSERVE("abort.left", jumped);
  signal(SIGTERM, SIG_DFL);
  raise(SIGTERM);
  return 0;
}
