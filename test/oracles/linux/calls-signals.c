//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Signals by system call: refusals, masks, what is pending, senders, alternate stacks. */
#include "observe.h"
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#define BAD ((void *)8)
struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint64_t mask;
};
static volatile int got, code, from;
static volatile long carried;
static void on(int s, siginfo_t *info, void *context) {
  got = s, code = info->si_code, from = info->si_pid == getpid(), carried = (long)info->si_value.sival_ptr;
}
static void install(int s, int flags) {
  struct sigaction a = {0};
  a.sa_sigaction = on, a.sa_flags = SA_SIGINFO | flags;
  sigaction(s, &a, 0);
}

int main(void) {
  struct kernel_action act = {(void *)SIG_IGN}, old;
  uint64_t set = 0, before = 0;
  int pid = getpid(), tid = syscall(SYS_gettid);
  char *readable = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  CALL("sigaction.0", SYS_rt_sigaction, 0, 0L, &old, 8L);
  CALL("sigaction.65", SYS_rt_sigaction, 65, 0L, &old, 8L);
  CALL("sigaction.-1", SYS_rt_sigaction, -1, 0L, &old, 8L);
  CALL("sigaction.64", SYS_rt_sigaction, 64, 0L, &old, 8L);
  CALL("sigaction.32", SYS_rt_sigaction, 32, 0L, &old, 8L);
  CALL("sigaction.kill.ask", SYS_rt_sigaction, SIGKILL, 0L, &old, 8L);
  CALL("sigaction.kill.set", SYS_rt_sigaction, SIGKILL, &act, 0L, 8L);
  CALL("sigaction.stop.set", SYS_rt_sigaction, SIGSTOP, &act, 0L, 8L);
  CALL("sigaction.size", SYS_rt_sigaction, SIGUSR1, &act, 0L, 4L);
  CALL("sigaction.size.before-number", SYS_rt_sigaction, 99, &act, 0L, 16L);
  CALL("sigaction.new-bad", SYS_rt_sigaction, SIGUSR1, BAD, 0L, 8L);
  CALL("sigaction.new-bad.number", SYS_rt_sigaction, 99, BAD, 0L, 8L);
  CALL("sigaction.old-bad", SYS_rt_sigaction, SIGUSR2, &act, BAD, 8L);
  CALL("sigaction.old-read-only", SYS_rt_sigaction, SIGUSR2, 0L, readable, 8L);
  syscall(SYS_rt_sigaction, SIGUSR2, 0L, &old, 8L);
  OBSERVE("sigaction.old-bad.changed", old.handler == (void *)SIG_IGN);
  act.handler = (void *)on, act.flags = 0xffffffff & ~(SA_RESTART | SA_ONSTACK), act.mask = ~0ull;
  syscall(SYS_rt_sigaction, SIGUSR2, &act, 0L, 8L);
  syscall(SYS_rt_sigaction, SIGUSR2, 0L, &old, 8L);
  OBSERVE_HEX("sigaction.kept-flags", (unsigned)old.flags & ~(unsigned)0x400);
  OBSERVE_HEX("sigaction.kept-mask", old.mask);
  act.handler = SIG_DFL, act.flags = 0, act.mask = 0;
  syscall(SYS_rt_sigaction, SIGUSR2, &act, 0L, 8L);

  CALL("sigprocmask.size", SYS_rt_sigprocmask, SIG_BLOCK, &set, 0L, 16L);
  CALL("sigprocmask.how", SYS_rt_sigprocmask, 7, &set, 0L, 8L);
  CALL("sigprocmask.how.no-set", SYS_rt_sigprocmask, 7, 0L, &before, 8L);
  CALL("sigprocmask.bad", SYS_rt_sigprocmask, SIG_BLOCK, BAD, 0L, 8L);
  CALL("sigprocmask.old-bad", SYS_rt_sigprocmask, SIG_BLOCK, 0L, BAD, 8L);
  set = 1ull << (SIGUSR1 - 1);
  CALL("sigprocmask.both-old-bad", SYS_rt_sigprocmask, SIG_BLOCK, &set, BAD, 8L);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0L, &before, 8L);
  OBSERVE_HEX("sigprocmask.both-old-bad.changed", before);
  set = ~0ull;
  CALL("sigprocmask.all", SYS_rt_sigprocmask, SIG_SETMASK, &set, 0L, 8L);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0L, &before, 8L);
  OBSERVE_HEX("sigprocmask.all.kept", before);
  set = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, 0L, 8L);
  CALL("sigpending", SYS_rt_sigpending, &set, 8L);
  CALL("sigpending.4", SYS_rt_sigpending, &set, 4L);
  CALL("sigpending.0", SYS_rt_sigpending, &set, 0L);
  CALL("sigpending.16", SYS_rt_sigpending, &set, 16L);
  CALL("sigpending.bad", SYS_rt_sigpending, BAD, 8L);
  CALL("sigpending.read-only", SYS_rt_sigpending, readable, 8L);
  CALL("sigsuspend.size", SYS_rt_sigsuspend, &set, 4L);
  CALL("sigsuspend.bad", SYS_rt_sigsuspend, BAD, 8L);

  install(SIGUSR1, 0);
  CALL("kill", SYS_kill, pid, SIGUSR1);
  OBSERVE3("kill.handled", got, code, from);
  CALL("kill.0", SYS_kill, pid, 0);
  CALL("kill.bad-signal", SYS_kill, pid, 65);
  CALL("kill.negative-signal", SYS_kill, pid, -1);
  CALL("kill.absent", SYS_kill, 0x3ffffff, SIGUSR1);
  CALL("kill.absent.0", SYS_kill, 0x3ffffff, 0);
  CALL("kill.absent.bad", SYS_kill, 0x3ffffff, 99);
  CALL("kill.absent-group", SYS_kill, -0x3ffffff, 0);
  CALL("kill.minimum", SYS_kill, 0x80000000, 0);
  CALL("tkill", SYS_tkill, tid, SIGUSR1);
  OBSERVE3("tkill.handled", got, code, from);
  CALL("tkill.0", SYS_tkill, 0, 0);
  CALL("tkill.-1", SYS_tkill, -1, 0);
  CALL("tkill.absent", SYS_tkill, 0x3ffffff, 0);
  CALL("tkill.bad-signal", SYS_tkill, tid, 65);
  CALL("tgkill", SYS_tgkill, pid, tid, SIGUSR1);
  CALL("tgkill.0-tid", SYS_tgkill, pid, 0, 0);
  CALL("tgkill.-1-tid", SYS_tgkill, pid, -1, 0);
  CALL("tgkill.0-pid", SYS_tgkill, 0, tid, 0);
  CALL("tgkill.-1-pid", SYS_tgkill, -1, tid, 0);
  CALL("tgkill.other-group", SYS_tgkill, 1, tid, 0);
  CALL("tgkill.absent", SYS_tgkill, pid, 0x3ffffff, 0);
  CALL("tgkill.bad-signal", SYS_tgkill, pid, tid, 65);
  CALL("tgkill.negative-signal", SYS_tgkill, pid, tid, -1);

  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_code = SI_QUEUE, info.si_value.sival_ptr = (void *)0x12345678, info.si_pid = pid;
  CALL("sigqueueinfo", SYS_rt_sigqueueinfo, pid, SIGUSR1, &info);
  OBSERVE3("sigqueueinfo.handled", got, code, carried);
  CALL("sigqueueinfo.bad-signal", SYS_rt_sigqueueinfo, pid, 65, &info);
  CALL("sigqueueinfo.bad", SYS_rt_sigqueueinfo, pid, SIGUSR1, BAD);
  CALL("sigqueueinfo.absent", SYS_rt_sigqueueinfo, 0x3ffffff, SIGUSR1, &info);
  CALL("sigqueueinfo.0", SYS_rt_sigqueueinfo, pid, 0, &info);
  CALL("tgsigqueueinfo", SYS_rt_tgsigqueueinfo, pid, tid, SIGUSR1, &info);
  CALL("tgsigqueueinfo.0-tid", SYS_rt_tgsigqueueinfo, pid, 0, SIGUSR1, &info);
  CALL("tgsigqueueinfo.absent", SYS_rt_tgsigqueueinfo, pid, 0x3ffffff, SIGUSR1, &info);
  info.si_code = SI_USER;
  CALL("tgsigqueueinfo.self-as-user", SYS_rt_tgsigqueueinfo, pid, tid, SIGUSR1, &info);
  info.si_code = -77;
  syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info);
  OBSERVE("sigqueueinfo.own-code", code);

  // What waits: ordinary signals once, real-time signals as often as they were sent, lower numbers first.
  install(40, 0), install(35, 0);
  set = 1ull << (SIGUSR1 - 1) | 1ull << 34 | 1ull << 39;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0L, 8L);
  got = 0;
  syscall(SYS_kill, pid, SIGUSR1), syscall(SYS_kill, pid, SIGUSR1), syscall(SYS_kill, pid, 40), syscall(SYS_kill, pid, 35), syscall(SYS_kill, pid, 35);
  before = 0;
  syscall(SYS_rt_sigpending, &before, 8L);
  OBSERVE_HEX("pending", before);
  struct timespec zero = {0, 0}, soon = {0, 1000000}, bad = {0, 1000000000}, negative = {-1, 0};
  CALL("sigtimedwait.first", SYS_rt_sigtimedwait, &set, &info, &zero, 8L);
  CALL("sigtimedwait.second", SYS_rt_sigtimedwait, &set, &info, &zero, 8L);
  OBSERVE2("sigtimedwait.info", info.si_signo, info.si_code);
  CALL("sigtimedwait.third", SYS_rt_sigtimedwait, &set, 0L, &zero, 8L);
  CALL("sigtimedwait.fourth", SYS_rt_sigtimedwait, &set, 0L, 0L, 8L);
  CALL("sigtimedwait.empty", SYS_rt_sigtimedwait, &set, 0L, &zero, 8L);
  CALL("sigtimedwait.timeout", SYS_rt_sigtimedwait, &set, 0L, &soon, 8L);
  CALL("sigtimedwait.bad-time", SYS_rt_sigtimedwait, &set, 0L, &bad, 8L);
  CALL("sigtimedwait.negative-time", SYS_rt_sigtimedwait, &set, 0L, &negative, 8L);
  CALL("sigtimedwait.size", SYS_rt_sigtimedwait, &set, 0L, &zero, 4L);
  CALL("sigtimedwait.bad", SYS_rt_sigtimedwait, BAD, 0L, &zero, 8L);
  CALL("sigtimedwait.bad-time-place", SYS_rt_sigtimedwait, &set, 0L, BAD, 8L);
  syscall(SYS_kill, pid, SIGUSR1);
  CALL("sigtimedwait.info-bad", SYS_rt_sigtimedwait, &set, BAD, &zero, 8L);
  CALL("sigtimedwait.info-bad.taken", SYS_rt_sigtimedwait, &set, 0L, &zero, 8L);
  uint64_t open = 0;
  syscall(SYS_kill, pid, SIGUSR1);
  CALL("sigsuspend", SYS_rt_sigsuspend, &open, 8L);
  OBSERVE("sigsuspend.handled", got);
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0L, &before, 8L);
  OBSERVE_HEX("sigsuspend.mask-after", before);
  syscall(SYS_kill, pid, SIGUSR1);
  signal(SIGUSR1, SIG_IGN);
  syscall(SYS_rt_sigpending, &before, 8L);
  OBSERVE_HEX("ignored.pending", before);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &open, 0L, 8L);
  CALL("restart_syscall", SYS_restart_syscall);

  // Alternate stacks.
  static char area[65536];
  stack_t stack = {.ss_sp = area, .ss_size = sizeof area}, was;
  CALL("sigaltstack.ask", SYS_sigaltstack, 0L, &was);
  OBSERVE3("sigaltstack.none", was.ss_sp == 0, was.ss_size, was.ss_flags);
  CALL("sigaltstack.bad", SYS_sigaltstack, BAD, 0L);
  CALL("sigaltstack.old-bad", SYS_sigaltstack, 0L, BAD);
  stack.ss_size = 1000;
  CALL("sigaltstack.small", SYS_sigaltstack, &stack, 0L);
  stack.ss_size = sizeof area, stack.ss_flags = 3;
  CALL("sigaltstack.flags-3", SYS_sigaltstack, &stack, 0L);
  stack.ss_flags = 4;
  CALL("sigaltstack.flags-4", SYS_sigaltstack, &stack, 0L);
  stack.ss_flags = SS_ONSTACK;
  CALL("sigaltstack.onstack", SYS_sigaltstack, &stack, 0L);
  stack.ss_flags = 1u << 31;
  CALL("sigaltstack.autodisarm", SYS_sigaltstack, &stack, 0L);
  syscall(SYS_sigaltstack, 0L, &was);
  OBSERVE3("sigaltstack.autodisarm.shown", was.ss_sp == area, was.ss_size, was.ss_flags);
  stack.ss_flags = 1u << 31 | SS_DISABLE;
  CALL("sigaltstack.disable-autodisarm", SYS_sigaltstack, &stack, 0L);
  syscall(SYS_sigaltstack, 0L, &was);
  OBSERVE3("sigaltstack.disabled", was.ss_sp == 0, was.ss_size, was.ss_flags);
  stack.ss_flags = 0, stack.ss_size = -1;
  CALL("sigaltstack.absurd", SYS_sigaltstack, &stack, 0L);
  return 0;
}
