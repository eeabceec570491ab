/* FreeBSD's system calls by instruction: sys/kern/kern_thr.c, kern_umtx.c, kern_sig.c, kern_time.c, kern_sysctl.c, kern_descrip.c,
   sys_pipe.c, sys_generic.c, kern_prot.c, kern_resource.c, vm/vm_mmap.c, subr_syscall.c; numbers of sys/sys/syscall.h. */
#include "observe.h"
#include "raw-call.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define BAD 16
enum {
  SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_getpid = 20, SYS_access = 33, SYS_kill = 37, SYS_dup = 41, SYS_ioctl = 54, SYS_dup2 = 90,
  SYS_fcntl = 92, SYS_setitimer = 83, SYS_sysarch = 165, SYS_getrlimit = 194, SYS_sysctl = 202, SYS_mlock = 203, SYS_munlock = 204, SYS_nanosleep = 240,
  SYS_clock_gettime = 232, SYS_clock_nanosleep = 244, SYS_issetugid = 253, SYS_mlockall = 324, SYS_sigprocmask = 340, SYS_sigpending = 343,
  SYS_sigtimedwait = 345, SYS_sigwait = 429, SYS_thr_exit = 431, SYS_thr_self = 432, SYS_thr_kill = 433, SYS_thr_suspend = 442, SYS_thr_wake = 443,
  SYS_umtx = 454, SYS_thr_new = 455, SYS_sigqueue = 456, SYS_lseek = 478, SYS_thr_kill2 = 481, SYS_openat = 499, SYS_pipe2 = 542, SYS_fstat = 551,
  SYS_getrandom = 563, SYS_sysctlbyname = 570
};
enum { WAIT = 2, WAKE = 3, TRYLOCK = 4, LOCK = 5, UNLOCK = 6, CV_WAIT = 8, CV_SIGNAL = 9, WAIT_UINT_PRIVATE = 15, WAKE_PRIVATE = 16, SEM_WAIT = 23, SEM_WAKE = 24 };

#define OUT(name, call) OBSERVE(name, call)
static struct timespec soon = {0, 1000000}, negative = {-1, 0}, wrong = {0, 1000000000};
static volatile int sys_signals, code_of_sys;

static void on_sys(int number, siginfo_t *info, void *context) { sys_signals++, code_of_sys = number; }
static void nothing(int number) { }

/* Threads of our own, without libthr. */
static long child_tid, parent_tid, state;
static unsigned word, mutex[8], condition[4], semaphore[2];
static char stack[65536] __attribute__((aligned(16)));
static volatile int seen, owner_seen;

static void run(void *argument) {
  long self = 0;
  RAW(SYS_thr_self, &self);
  seen = argument == (void *)&seen && self == child_tid;
  RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 0);
  seen += 10;
  RAW(SYS_umtx, mutex, LOCK, 0);
  owner_seen = (mutex[0] & 0x7fffffff) == self;
  RAW(SYS_umtx, mutex, UNLOCK, 0);
  RAW(SYS_umtx, mutex, LOCK, 0);
  RAW(SYS_umtx, condition, CV_SIGNAL, 0);
  RAW(SYS_umtx, mutex, UNLOCK, 0);
  seen += RAW(SYS_umtx, semaphore, SEM_WAIT, 0) == 0 ? 100 : 0;
  seen += RAW(SYS_thr_suspend, 0) == 0 ? 1000 : 0;
  RAW(SYS_thr_exit, &state);
}

static void threads(void) {
  struct { void (*start)(void *); void *arg; char *stack_base; size_t stack_size; char *tls; size_t tls_size; long *child, *parent; int flags; void *rtp, *spare[3]; } p;
  struct timespec wait = {5, 0};
  memset(&p, 0, sizeof p);
  long self = 0;
  OUT("thr_self.bad", RAW(SYS_thr_self, BAD));
  RAW(SYS_thr_self, &self);
  OUT("thr_new.too-long", RAW(SYS_thr_new, &p, sizeof p + 1));
  OUT("thr_new.bad", RAW(SYS_thr_new, BAD, sizeof p));
  p.start = run, p.arg = (void *)&seen, p.stack_base = stack, p.stack_size = sizeof stack, p.child = &child_tid, p.parent = &parent_tid;
  RAW(SYS_umtx, mutex, TRYLOCK, 0);
  OUT("mutex.try.own", RAW(SYS_umtx, mutex, TRYLOCK, 0));
  OUT("thr_new", RAW(SYS_thr_new, &p, sizeof p));
  OBSERVE2("thr_new.tid", child_tid == parent_tid, child_tid != self && child_tid > 100000);
  OUT("wait.differs", RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 7));
  OUT("wait.bad", RAW(SYS_umtx, BAD, WAIT_UINT_PRIVATE, 0));
  OUT("wait.shared.bad", RAW(SYS_umtx, BAD, WAKE, 1));
  OUT("wake.private.bad", RAW(SYS_umtx, BAD, WAKE_PRIVATE, 1));
  OUT("wait.timeout", RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 0, sizeof soon, &soon));
  OUT("wait.timeout.invalid", RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 0, sizeof soon, &wrong));
  OUT("wait.timeout.bad", RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 0, sizeof soon, BAD));
  OUT("umtx.old", RAW(SYS_umtx, &word, 0, 1));
  OUT("umtx.unknown", RAW(SYS_umtx, &word, 99, 1));
  while (RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, 0, sizeof soon, &soon) != -60) { }
  word = 1;
  OUT("wake", RAW(SYS_umtx, &word, WAKE_PRIVATE, 1));
  while (seen != 11) RAW(331, 0);
  RAW(SYS_nanosleep, &soon, 0);
  OUT("mutex.contested", (mutex[0] & 0x80000000) != 0);
  OUT("mutex.unlock", RAW(SYS_umtx, mutex, UNLOCK, 0));
  OUT("mutex.unlock.not-ours", RAW(SYS_umtx, mutex, UNLOCK, 0));
  RAW(SYS_umtx, mutex, LOCK, 0);
  OUT("cv_wait", RAW(SYS_umtx, condition, CV_WAIT, 0, mutex, &wait));
  RAW(SYS_nanosleep, &soon, 0);
  OBSERVE3("cv_wait.unlocked", owner_seen, mutex[0], condition[0]);
  semaphore[0] = (semaphore[0] & 0x80000000) | 1;
  OUT("sem2_wake", RAW(SYS_umtx, semaphore, SEM_WAKE, 0));
  RAW(SYS_nanosleep, &soon, 0);
  OBSERVE2("sem2_wait", seen, semaphore[0]);
  OUT("thr_kill.nobody", RAW(SYS_thr_kill, 5, SIGUSR1));
  OUT("thr_kill.number", RAW(SYS_thr_kill, self, 129));
  OUT("thr_kill.probe", RAW(SYS_thr_kill, child_tid, 0));
  OUT("thr_kill.all", RAW(SYS_thr_kill, -1, 0));
  OUT("thr_kill2.process", RAW(SYS_thr_kill2, 1, self, 0));
  OUT("thr_wake.nobody", RAW(SYS_thr_wake, 5));
  OUT("thr_wake", RAW(SYS_thr_wake, child_tid));
  OUT("thr_exit.wait", RAW(SYS_umtx, &state, WAIT, 0, 0, 0));
  OBSERVE2("thr_exit", seen, state);
  RAW(SYS_nanosleep, &soon, 0);
  OUT("thr_kill.ended", RAW(SYS_thr_kill, child_tid, 0));
  OUT("thr_kill.all.alone", RAW(SYS_thr_kill, -1, 0));
  OUT("thr_wake.self", RAW(SYS_thr_wake, self));
  OUT("thr_suspend.woken", RAW(SYS_thr_suspend, 0));
  OUT("thr_suspend.timeout", RAW(SYS_thr_suspend, &soon));
  OUT("thr_exit.last", RAW(SYS_thr_exit, 0));
}

/* A wait until a moment of CLOCK_REALTIME (0): not over before. */
static struct timespec soon_by_clock(void) {
  struct timespec at;
  RAW(SYS_clock_gettime, 0, &at);
  at.tv_nsec += 2000000;
  at.tv_sec += at.tv_nsec / 1000000000;
  at.tv_nsec %= 1000000000;
  return at;
}
static int reached(struct timespec at) {
  struct timespec now;
  RAW(SYS_clock_gettime, 0, &now);
  return now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec);
}
static void moments(void) {
  struct timespec at = soon_by_clock();
  struct { struct timespec time; unsigned flags, clock; } until = {at, 1, 0};
  OBSERVE2("moment.clock_nanosleep", RAW(SYS_clock_nanosleep, 0, 1, &at, 0), reached(at));
  until.time = soon_by_clock();
  OBSERVE2("moment.umtx", RAW(SYS_umtx, &word, WAIT_UINT_PRIVATE, word, sizeof until, &until), reached(until.time));
}

static int taken(sigset_t *set) {
  struct timespec now = {0, 0};
  int count = 0;
  while (RAW(SYS_sigtimedwait, set, 0, &now) > 0) count++;
  return count;
}

static void signals(void) {
  sigset_t set, old;
  siginfo_t info;
  int number = 0;
  struct timespec now = {0, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OUT("sigprocmask", RAW(SYS_sigprocmask, SIG_BLOCK, &set, &old));
  OUT("sigprocmask.how", RAW(SYS_sigprocmask, 9, &set, &old));
  OUT("sigprocmask.bad", RAW(SYS_sigprocmask, SIG_BLOCK, BAD, 0));
  OUT("sigtimedwait.nothing", RAW(SYS_sigtimedwait, &set, &info, &now));
  OUT("sigtimedwait.invalid", RAW(SYS_sigtimedwait, &set, &info, &wrong));
  OUT("sigqueue", RAW(SYS_sigqueue, RAW(SYS_getpid, 0), SIGUSR1, 0x1234));
  OUT("sigqueue.number", RAW(SYS_sigqueue, RAW(SYS_getpid, 0), 129, 0));
  OUT("sigqueue.group", RAW(SYS_sigqueue, 0, SIGUSR1, 0));
  OUT("sigpending", RAW(SYS_sigpending, &old));
  OBSERVE("sigpending.set", sigismember(&old, SIGUSR1));
  memset(&info, 0x55, sizeof info);
  OUT("sigtimedwait", RAW(SYS_sigtimedwait, &set, &info, &now));
  OBSERVE3("sigtimedwait.info", info.si_signo, info.si_code, (long)info.si_value.sival_ptr);
  RAW(SYS_kill, RAW(SYS_getpid, 0), SIGUSR1);
  OUT("sigwait", RAW(SYS_sigwait, &set, &number));
  OBSERVE("sigwait.number", number);
  for (int i = 0; i < 3; i++) RAW(SYS_kill, RAW(SYS_getpid, 0), SIGUSR1);
  OBSERVE("all.wait", taken(&set));
  /* 128 wait, and of those for which there is no room one. */
  for (int i = 0; i < 128; i++) RAW(SYS_sigqueue, RAW(SYS_getpid, 0), SIGUSR1, i + 1);
  OUT("all.sigqueue.full", RAW(SYS_sigqueue, RAW(SYS_getpid, 0), SIGUSR1, 999));
  OUT("all.kill.full", RAW(SYS_kill, RAW(SYS_getpid, 0), SIGUSR1));
  OUT("all.kill.full-again", RAW(SYS_kill, RAW(SYS_getpid, 0), SIGUSR1));
  memset(&info, 0x55, sizeof info);
  OUT("all.first", RAW(SYS_sigtimedwait, &set, &info, &now));
  OBSERVE2("all.first.info", info.si_signo, info.si_code);
  OUT("all.second", RAW(SYS_sigtimedwait, &set, &info, &now));
  OBSERVE3("all.second.info", info.si_signo, info.si_code, (long)info.si_value.sival_ptr);
  OBSERVE("all.rest", taken(&set));
  OUT("sigwait.bad", RAW(SYS_sigwait, BAD, &number));
  OUT("kill.number", RAW(SYS_kill, RAW(SYS_getpid, 0), 129));
  OUT("kill.nobody", RAW(SYS_kill, 77, 0));
}

static void files(void) {
  int ends[2];
  char text[8];
  struct stat status;
  OUT("pipe2.flags", RAW(SYS_pipe2, ends, 1));
  OUT("pipe2.bad", RAW(SYS_pipe2, BAD, 0));
  OUT("pipe2", RAW(SYS_pipe2, ends, 0x100004));
  OBSERVE2("pipe2.ends", ends[0], ends[1]);
  OUT("read.empty", RAW(SYS_read, ends[0], text, 4));
  OUT("getfl", RAW(SYS_fcntl, ends[0], 3));
  OUT("getfd", RAW(SYS_fcntl, ends[0], 1));
  OUT("setfl", RAW(SYS_fcntl, ends[0], 4, 0));
  OUT("getfl.cleared", RAW(SYS_fcntl, ends[0], 3));
  OUT("write", RAW(SYS_write, ends[1], "abcdef", 6));
  OUT("write.bad", RAW(SYS_write, ends[1], BAD, 6));
  OUT("read.bad", RAW(SYS_read, ends[0], BAD, 4));
  int left = 0;
  OUT("fionread", RAW(SYS_ioctl, ends[0], 0x4004667f, &left));
  OBSERVE("fionread.left", left);
  OUT("ioctl.unknown", RAW(SYS_ioctl, ends[0], 0x40045499, &left));
  OUT("read", RAW(SYS_read, ends[0], text, 8));
  OBSERVE2("pipe.back", RAW(SYS_write, ends[0], "xy", 2), RAW(SYS_read, ends[1], text, 8));
  OUT("fstat", RAW(SYS_fstat, ends[0], &status));
  OBSERVE("fstat.fifo", S_ISFIFO(status.st_mode));
  OUT("lseek.pipe", RAW(SYS_lseek, ends[0], 0, 0, 0));
  OUT("dup", RAW(SYS_dup, ends[0]));
  OUT("dup2.negative", RAW(SYS_dup2, ends[0], -1));
  OUT("dupfd", RAW(SYS_fcntl, ends[0], 0, 9));
  OUT("dupfd.negative", RAW(SYS_fcntl, ends[0], 0, -1));
  OUT("dupfd.cloexec", RAW(SYS_fcntl, ends[0], 17, 11));
  OUT("getfd.cloexec", RAW(SYS_fcntl, 11, 1));
  OUT("fcntl.unknown", RAW(SYS_fcntl, ends[0], 77, 0));
  OUT("close", RAW(SYS_close, ends[1]));
  OUT("close.again", RAW(SYS_close, ends[1]));
  OUT("read.end", RAW(SYS_read, ends[0], text, 4));
  OUT("open.none", RAW(SYS_open, "/none", 0, 0));
  OUT("open.bad", RAW(SYS_open, BAD, 0, 0));
  OUT("open.mode", RAW(SYS_open, "/dev/null", 3, 0));
  long null = RAW(SYS_openat, -100, "/dev/null", 2, 0);
  OUT("open.null", null >= 0);
  OUT("write.null", RAW(SYS_write, null, "abc", 3));
  OUT("read.null", RAW(SYS_read, null, text, 3));
  OUT("access.mode", RAW(SYS_access, "/dev/null", 99));
  OUT("access", RAW(SYS_access, "/dev/null", 4));
  OUT("write.read-only", RAW(SYS_write, 0, "abc", 3));
}

static void kernel(void) {
  int name[2] = {6, 3}, oid[8], value = 0;
  size_t size = sizeof value, small = 2, text_size = 4;
  char text[64];
  struct timespec left;
  long long limit[2];
  struct { struct { long s, us; } interval, value; } timer = {{0, 0}, {1, 0}}, was;
  OUT("sysctl.ncpu", RAW(SYS_sysctl, name, 2, &value, &size, 0, 0));
  OBSERVE2("sysctl.ncpu.value", value, size);
  OUT("sysctl.small", RAW(SYS_sysctl, name, 2, &value, &small, 0, 0));
  OBSERVE("sysctl.small.size", small);
  OUT("sysctl.change", RAW(SYS_sysctl, name, 2, 0, 0, &value, 4));
  OUT("sysctl.short-name", RAW(SYS_sysctl, name, 1, &value, &size, 0, 0));
  name[1] = 999;
  OUT("sysctl.none", RAW(SYS_sysctl, name, 2, &value, &size, 0, 0));
  name[0] = 0, name[1] = 3, size = sizeof oid;
  OUT("sysctl.name", RAW(SYS_sysctl, name, 2, oid, &size, "hw.pagesize", 11));
  OBSERVE3("sysctl.name.oid", size, oid[0], oid[1]);
  size = sizeof value;
  OUT("sysctlbyname", RAW(SYS_sysctlbyname, "hw.pagesize", 11, &value, &size, 0, 0));
  OBSERVE("sysctlbyname.value", value);
  OUT("sysctlbyname.text", RAW(SYS_sysctlbyname, "kern.ostype", 11, text, &text_size, 0, 0));
  text_size = sizeof text;
  OUT("sysctlbyname.whole", RAW(SYS_sysctlbyname, "kern.ostype", 11, text, &text_size, 0, 0));
  OBSERVE_TEXT("sysctlbyname.ostype", text);
  OUT("sysctlbyname.none", RAW(SYS_sysctlbyname, "hw.none", 7, &value, &size, 0, 0));
  OUT("getrlimit", RAW(SYS_getrlimit, 0, limit));
  OBSERVE("getrlimit.cpu", limit[0] == 0x7fffffffffffffffll);
  OUT("getrlimit.unknown", RAW(SYS_getrlimit, 99, limit));
  OUT("getrlimit.bad", RAW(SYS_getrlimit, 0, BAD));
  OUT("issetugid", RAW(SYS_issetugid, 0));
  OUT("getrandom", RAW(SYS_getrandom, text, 16, 0));
  OUT("getrandom.flags", RAW(SYS_getrandom, text, 16, 8));
  OUT("getrandom.bad", RAW(SYS_getrandom, BAD, 16, 0));
  OUT("mlock", RAW(SYS_mlock, text, 1));
  OUT("mlock.hole", RAW(SYS_mlock, BAD, 1));
  OUT("munlock.hole", RAW(SYS_munlock, BAD, 1));
  OUT("mlockall.none", RAW(SYS_mlockall, 0));
  OUT("mlockall", RAW(SYS_mlockall, 1));
  OUT("nanosleep", RAW(SYS_nanosleep, &soon, &left));
  OUT("nanosleep.negative", RAW(SYS_nanosleep, &negative, &left));
  OUT("nanosleep.invalid", RAW(SYS_nanosleep, &wrong, &left));
  OUT("nanosleep.bad", RAW(SYS_nanosleep, BAD, &left));
  OUT("clock_nanosleep.invalid", RAW(SYS_clock_nanosleep, 4, 0, &wrong, 0));
  OUT("clock_nanosleep.cpu", RAW(SYS_clock_nanosleep, 15, 0, &soon, 0));
  OUT("clock_nanosleep.past", RAW(SYS_clock_nanosleep, 0, 1, &soon, 0));
  moments();
  OUT("clock_gettime.bad", RAW(SYS_clock_gettime, 0, BAD));
  OUT("clock_gettime.unknown", RAW(SYS_clock_gettime, 99, &left));
  signal(SIGALRM, nothing);
  OUT("setitimer", RAW(SYS_setitimer, 0, &timer, 0));
  struct timespec two = {2, 0};
  OUT("nanosleep.alarm", RAW(SYS_nanosleep, &two, &left));
  OBSERVE("nanosleep.left", left.tv_sec * 10 + left.tv_nsec / 100000000);
  timer.value.us = 1000000;
  OUT("setitimer.invalid", RAW(SYS_setitimer, 0, &timer, 0));
  OUT("setitimer.which", RAW(SYS_setitimer, 3, 0, &was));
  OUT("sysarch.unknown", RAW(SYS_sysarch, 99, &left));
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_sys;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, 0);
  OUT("unknown", RAW(9999, 0));
  OBSERVE2("unknown.signal", sys_signals, code_of_sys);
  OUT("obsolete", RAW(8, 0));
  OBSERVE("obsolete.signal", sys_signals);
  OUT("syscall", RAW(0, SYS_getpid) == RAW(SYS_getpid, 0));
  threads();
  signals();
  files();
  kernel();
  return 0;
}
