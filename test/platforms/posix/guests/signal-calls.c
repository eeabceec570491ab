/*
 * Every signal call that has an error, by the library and by instruction: what it answers, and what it has changed all
 * the same. Printed without addresses, so that a native run prints the same.
 * LIKE_ARM64 leaves out where ARM64 is meant to differ from x86-64: restorers, the smallest stack, when sigreturn restores the stack.
 */
#if defined __aarch64__ && !defined LIKE_ARM64
#define LIKE_ARM64
#endif
#ifdef LIKE_ARM64
#define SHOWN_FLAGS 0xfbffffff
#define SIZES 0, 1024, 2047, 5120, 16384
#define ALTERNATE_KINDS 2
#else
#define SHOWN_FLAGS 0xffffffff
#define SIZES 0, 1024, 2047, 2048, 5119, 5120, 16384
#define ALTERNATE_KINDS 3
#endif
#include "raw-call.h"

static void say(const char *what, long value) {
  out(what);
  out(value < 0 ? " -" : " ");
  hex(value < 0 ? -value : value);
  out("\n");
}
/* A library call's result, and errno where it fails. */
static void lib(const char *what, long value) {
  say(what, value);
  if (value == -1) say("  errno", errno);
}

struct kernel_action {
  word handler, flags, restorer;
  unsigned long long mask;
} __attribute__((packed, aligned(sizeof(word))));
/* On IA-32 the mask follows three words too, but is aligned to 4. */
static struct kernel_action kact, kold;
static unsigned long long set, old;
static char *bad, *unwritable;
static volatile int got, code;
static void handler(int s) { got = s; }
static void info_handler(int s, siginfo_t *info, void *context) { got = s; code = info->si_code; }
void act_on_pending(void);
static char stack_memory[32768];

static void show_action(const char *what, int signal) {
  struct sigaction now;
  out(what);
  out("\n");
  sigaction(signal, 0, &now);
  say("  handled", now.sa_handler == SIG_DFL ? 0 : now.sa_handler == SIG_IGN ? 1 : 2);
  say("  flags", (u32)now.sa_flags & SHOWN_FLAGS);
  say("  mask", *(u32 *)&now.sa_mask);
  say("  mask above", ((u32 *)&now.sa_mask)[1]);
}

static void actions(void) {
  struct sigaction act;
  out("actions\n");
  for (int i = 0; i < sizeof act; i++) ((char *)&act)[i] = 0;
  act.sa_handler = handler;
  static const int numbers[] = {0, -1, 9, 19, 32, 33, 34, 64, 65, 1000};
  for (int i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    say("signal", numbers[i]);
    lib(" set", sigaction(numbers[i], &act, 0));
    lib(" ask", sigaction(numbers[i], 0, &act));
    act.sa_handler = SIG_DFL;
    lib(" default", sigaction(numbers[i], &act, 0));
    act.sa_handler = handler;
    lib(" signal()", (long)signal(numbers[i], SIG_DFL));
    lib(" siginterrupt", siginterrupt(numbers[i], 0));
    kact.handler = (word)SIG_DFL;
    say(" raw set", RAW(rt_sigaction, numbers[i], &kact, 0, 8));
    say(" raw ask", RAW(rt_sigaction, numbers[i], 0, &kold, 8));
    say(" raw bad new", RAW(rt_sigaction, numbers[i], bad, 0, 8));
    say(" raw bad old", RAW(rt_sigaction, numbers[i], 0, bad, 8));
  }
  act.sa_flags = 0;
  sigfillset(&act.sa_mask);
  sigaction(10, &act, 0);
  show_action("full mask", 10);
  kact.handler = (word)handler;
  kact.flags = (word)-1;
  kact.restorer = 0x1234;
  kact.mask = -1;
  say("raw, all flags", RAW(rt_sigaction, 10, &kact, 0, 8));
  kold.flags = kold.mask = 0;
  RAW(rt_sigaction, 10, 0, &kold, 8);
  say("  flags", kold.flags);
  say("  mask", (u32)kold.mask);
  say("  mask above", (u32)(kold.mask >> 32));
  say("wrong size", RAW(rt_sigaction, 10, 0, 0, 4));
  say("wrong size 16", RAW(rt_sigaction, 10, 0, 0, 16));
  kact.handler = (word)SIG_IGN;
  kact.flags = 0;
  say("old can't be written", RAW(rt_sigaction, 12, &kact, unwritable, 8));
  show_action("changed all the same", 12);
  say("signal", signal(15, handler) == SIG_DFL);
  show_action("by signal()", 15);
  say("siginterrupt", siginterrupt(15, 1));
  show_action("interrupts", 15);
  say("signal", signal(15, SIG_IGN) == handler);
  show_action("ignored", 15);
  lib("SIG_ERR", (long)signal(15, SIG_ERR));
}

static void masks(void) {
  sigset_t wanted, before;
  out("masks\n");
  sigemptyset(&wanted);
  sigaddset(&wanted, 10);
  lib("block", sigprocmask(SIG_BLOCK, &wanted, &before));
  lib("bad how", sigprocmask(77, &wanted, &before));
  lib("bad how, nothing wanted", sigprocmask(77, 0, &before));
  say("  it", sigismember(&before, 10));
  lib("bad old", sigprocmask(SIG_UNBLOCK, &wanted, (void *)unwritable));
  sigprocmask(SIG_BLOCK, 0, &before);
  say("  unblocked", !sigismember(&before, 10));
  say("pthread, bad how", pthread_sigmask(77, &wanted, 0));
  say("pthread, bad old", pthread_sigmask(SIG_BLOCK, &wanted, (void *)unwritable));
  sigfillset(&wanted);
  say("filled", *(u32 *)&wanted);
  say("above", ((u32 *)&wanted)[1]);
  sigprocmask(SIG_SETMASK, &wanted, 0);
  sigprocmask(SIG_SETMASK, 0, &before);
  say("all", *(u32 *)&before);
  say("above", ((u32 *)&before)[1]);
  set = -1ull;
  say("raw all", RAW(rt_sigprocmask, 2, &set, 0, 8));
  say("raw ask", RAW(rt_sigprocmask, 0, 0, &old, 8));
  say("  low", (u32)old);
  say("  high", (u32)(old >> 32));
  set = 0;
  say("raw none", RAW(rt_sigprocmask, 2, &set, 0, 8));
  say("raw bad new", RAW(rt_sigprocmask, 2, bad, 0, 8));
  set = 0x200;
  say("raw bad old", RAW(rt_sigprocmask, 0, &set, unwritable, 8));
  RAW(rt_sigprocmask, 0, 0, &old, 8);
  say("  blocked", old);
  old = 5;
  say("raw bad how", RAW(rt_sigprocmask, 9, &set, &old, 8));
  say("  untouched", old);
  say("wrong size", RAW(rt_sigprocmask, 0, &set, 0, 16));
  act_on_pending();
}

void act_on_pending(void) {
  signal(10, handler);
  lib("pending bad", sigpending((void *)unwritable));
  say("raw pending bad", RAW(rt_sigpending, bad, 8, 0, 0));
  old = -1ull;
  say("raw pending, 4 bytes", RAW(rt_sigpending, &old, 4, 0, 0));
  say("  low", (u32)old);
  say("  high", (u32)(old >> 32));
  say("raw pending, 16 bytes", RAW(rt_sigpending, &old, 16, 0, 0));
  say("raise 10", raise(10));
  say("raw pending", RAW(rt_sigpending, &old, 8, 0, 0));
  say("  it", old);
  got = 0;
  set = ~0x200ull;
  say("raw suspend", RAW(rt_sigsuspend, &set, 8, 0, 0));
  say("  got", got);
  say("raw suspend bad", RAW(rt_sigsuspend, bad, 8, 0, 0));
  say("raw suspend size", RAW(rt_sigsuspend, &set, 4, 0, 0));
  lib("suspend bad", sigsuspend((void *)bad));
  RAW(rt_sigprocmask, 0, 0, &old, 8);
  say("mask restored", old);
  int taken = 0;
  say("sigwait bad", sigwait((void *)bad, &taken));
  raise(10);
  sigset_t ten;
  sigemptyset(&ten);
  sigaddset(&ten, 10);
  say("sigwait", sigwait(&ten, &taken));
  say("  it", taken);
  set = 0;
  RAW(rt_sigprocmask, 2, &set, 0, 8);
}

static void show_stack(const char *what) {
  stack_t now;
  out(what);
  out("\n");
  sigaltstack(0, &now);
  say("  sp", now.ss_sp == 0 ? 0 : (char *)now.ss_sp - stack_memory + 1);
  say("  size", now.ss_size);
  say("  flags", (u32)now.ss_flags);
}
static int used_flags, nested_error, nested_disable, auto_flags, auto_error;
static void on_stack(int s, siginfo_t *info, void *context) {
  stack_t now = {stack_memory, 0, 16384}, none = {0, SS_DISABLE, 0};
  now.ss_size = 16384;
  now.ss_flags = 0;
  nested_error = RAW(sigaltstack, &now, 0, 0, 0);
  none.ss_flags = SS_DISABLE;
  nested_disable = RAW(sigaltstack, &none, 0, 0, 0);
  sigaltstack(0, &now);
  used_flags = now.ss_flags;
}
static void stacks(void) {
  stack_t s, before;
  out("stacks\n");
  show_stack("none");
  static const u32 flags[] = {0, 1, 2, 3, 4, 8, 0x80000000, 0x80000001, 0x80000002, 0x40000000};
  static const word sizes[] = {SIZES};
  for (int f = 0; f < sizeof flags / sizeof *flags; f++) {
    for (int i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      s.ss_sp = stack_memory;
      s.ss_size = sizes[i];
      s.ss_flags = flags[f];
      say("flags", flags[f]);
      say(" size", sizes[i]);
      lib(" library", sigaltstack(&s, &before));
      say(" raw", RAW(sigaltstack, &s, 0, 0, 0));
      show_stack(" now");
    }
  }
  s.ss_flags = 0;
  s.ss_size = 16384;
  lib("bad new", sigaltstack((void *)bad, 0));
  lib("bad old", sigaltstack(0, (void *)unwritable));
  lib("both", sigaltstack(&s, (void *)unwritable));
  show_stack("changed all the same");
  s.ss_flags = 2;
  s.ss_size = 0;
  say("disabled, old can't be written", RAW(sigaltstack, &s, bad, 0, 0));
  show_stack("disabled");
  before.ss_flags = 77;
  s.ss_flags = 4;
  lib("refused", sigaltstack(&s, &before));
  say("  old untouched", before.ss_flags);
  struct sigaction act;
  for (int i = 0; i < sizeof act; i++) ((char *)&act)[i] = 0;
  act.sa_sigaction = on_stack;
  act.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(12, &act, 0);
  static const u32 kinds[] = {0, 1, 0x80000000};
  for (int i = 0; i < ALTERNATE_KINDS; i++) {
    s.ss_sp = stack_memory;
    s.ss_size = 16384;
    s.ss_flags = kinds[i];
    sigaltstack(&s, 0);
    raise(12);
    say("in use", (u32)used_flags);
    say("  change", nested_error);
    say("  disable", nested_disable);
    show_stack("after it");
    s.ss_flags = 2;
    sigaltstack(&s, 0);
  }
}

static void sending(void) {
  out("sending\n");
  struct sigaction act;
  for (int i = 0; i < sizeof act; i++) ((char *)&act)[i] = 0;
  act.sa_sigaction = info_handler;
  act.sa_flags = SA_SIGINFO;
  sigaction(10, &act, 0);
  int pid = getpid(), tid = RAW(gettid, 0, 0, 0, 0);
  static const int signals[] = {-1, 0, 10, 65, 1000};
  int pids[] = {pid, 999999, -999999, 0x80000000};
  for (int s = 0; s < 5; s++) {
    say("signal", signals[s]);
    for (int p = 0; p < 4; p++) {
      got = code = 0;
      lib(" kill", kill(pids[p], signals[s]));
      say(" raw", RAW(kill, pids[p], signals[s], 0, 0));
      say("  got", got);
      say("  code", code);
    }
    static const int wrong[] = {0, -1, 999999};
    got = code = 0;
    say(" tgkill", RAW(tgkill, pid, tid, signals[s], 0));
    say(" tkill", RAW(tkill, tid, signals[s], 0, 0));
    say("  got", got);
    say("  code", code);
    for (int i = 0; i < 3; i++) {
      say(" wrong thread", RAW(tgkill, pid, wrong[i], signals[s], 0));
      say(" wrong process", RAW(tgkill, wrong[i], tid, signals[s], 0));
      say(" both", RAW(tgkill, wrong[i], wrong[i], signals[s], 0));
      say(" tkill", RAW(tkill, wrong[i], signals[s], 0, 0));
    }
    got = 0;
    lib(" raise", raise(signals[s]));
    say(" pthread_kill", pthread_kill(pthread_self(), signals[s]));
    say("  got", got);
  }
  say("pthread_kill 32", pthread_kill(pthread_self(), 32));
}

static void others(void) {
  struct timespec time;
  out("others\n");
  for (int c = -1; c < 14; c++) {
    say("clock", c);
    say(" raw", RAW(clock_gettime, c, &time, 0, 0));
    say(" resolution", RAW(clock_getres, c, 0, 0, 0));
    lib(" library", clock_gettime(c, &time));
  }
  say("raw far away", RAW(clock_gettime, 1, -64, 0, 0));
  say("raw bad", RAW(clock_gettime, 1, bad, 0, 0));
  say("raw bad resolution", RAW(clock_getres, 1, bad, 0, 0));
  say("time of day, nowhere", RAW(gettimeofday, 0, 0, 0, 0));
  say("time of day, bad", RAW(gettimeofday, bad, 0, 0, 0));
  say("zone, bad", RAW(gettimeofday, 0, bad, 0, 0));
#ifndef __i386__ /* There the library reads it itself. */
  lib("sleep bad", nanosleep((void *)bad, 0));
#endif
  time.tv_sec = 0;
  time.tv_nsec = 1000000000;
  lib("sleep too many", nanosleep(&time, 0));
  time.tv_sec = -1;
  time.tv_nsec = 0;
  lib("sleep negative", nanosleep(&time, 0));
  say("write bad", RAW(write, 1, bad, 5, 0));
  say("write 77 bad", RAW(write, 77, bad, 5, 0));
  say("write nothing", RAW(write, 1, bad, 0, 0));
  say("read 77", RAW(read, 77, bad, 5, 0));
  say("close 77", RAW(close, 77, 0, 0, 0));
}

int main() {
  bad = mmap(0, 8192, 0, MAP_PRIVATE | MAP_ANON, -1, 0);
  unwritable = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
  actions();
  masks();
  stacks();
  sending();
  others();
  return 0;
}
