/* macOS's calls of the UNIX class and Mach traps by instruction: bsd/kern/syscalls.master, bsd/dev/{i386,arm}/systemcalls.c, kern_sig.c, kern_mman.c,
   kern_time.c, kern_newsysctl.c, kern_descrip.c, sys_pipe.c, sys_ulock.c; osfmk/kern/syscall_sw.c, osfmk/ipc/mach_kernelrpc.c, ipc/mach_msg.c. */
#include "observe.h"
#include "raw-call.h"
#include <mach/mach.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#define BAD 16
#define OUT(name, call) OBSERVE(name, call)
enum {
  U_read = 3, U_write = 4, U_open = 5, U_close = 6, U_getpid = 20, U_getuid = 24, U_access = 33, U_kill = 37, U_dup = 41, U_pipe = 42, U_getgid = 47, U_sigpending = 52,
  U_ioctl = 54, U_setitimer = 83, U_dup2 = 90, U_fcntl = 92, U_gettimeofday = 116, U_getrlimit = 194, U_lseek = 199, U_sysctl = 202, U_mlock = 203, U_sysctlbyname = 274,
  U_mlockall = 324, U_issetugid = 327, U_pthread_kill = 328, U_sigmask = 329, U_sigwait = 330, U_fstat64 = 339, U_register = 366, U_selfid = 372, U_getentropy = 500,
  U_ulock_wait = 515, U_ulock_wake = 516
};
static volatile int signals, last;
static unsigned word, unfair;
static unsigned long long wide;
static volatile unsigned long self_port, other_port;
static volatile int phase;

static void on_signal(int number) { signals++, last = number; }

static void *waiter(void *argument) {
  other_port = TRAP(27, 0);
  phase = RAW(U_ulock_wait, 1, &word, 0, 0) == 0 ? 1 : -1;
  phase = RAW(U_ulock_wait, 2, &unfair, unfair, 0) == 0 ? 2 : -2;
  return 0;
}

static void ulocks(void) {
  pthread_t thread;
  self_port = TRAP(27, 0);
  OUT("ulock.differs", RAW(U_ulock_wait, 1, &word, 5, 0));
  OUT("ulock.timeout", RAW(U_ulock_wait, 1, &word, 0, 1000));
  OUT("ulock.timeout.no-errno", (int)RAW(U_ulock_wait, 0x1000001, &word, 0, 1000));
  OUT("ulock.null", RAW(U_ulock_wait, 1, 0, 0, 0));
  OUT("ulock.misaligned", RAW(U_ulock_wait, 1, (char *)&word + 1, 0, 0));
  OUT("ulock.bad", RAW(U_ulock_wait, 1, BAD, 0, 0));
  OUT("ulock.shared.bad", RAW(U_ulock_wait, 3, BAD, 0, 0));
  OUT("ulock.unknown", RAW(U_ulock_wait, 99, &word, 0, 0));
  OUT("ulock.64", RAW(U_ulock_wait, 5, &wide, 0, 1000));
  OUT("ulock.owner", RAW(U_ulock_wait, 2, &word, 0, 0));
  OUT("ulock_wake.nobody", RAW(U_ulock_wake, 1, &word, 0));
  OUT("ulock_wake.thread-and-all", RAW(U_ulock_wake, 0x301, &word, 0));
  unfair = self_port;
  pthread_create(&thread, 0, waiter, 0);
  while (RAW(U_ulock_wake, 5, &word, 0) == -2) TRAP(59, 0);
  OUT("ulock_wake.other-kind", RAW(U_ulock_wake, 5, &word, 0));
  OUT("ulock_wait.other-kind", RAW(U_ulock_wait, 5, (long)&word & ~7l, 0, 1000));
  OUT("ulock_wake.no-thread", RAW(U_ulock_wake, 0x201, &word, 5));
  word = 1;
  OUT("ulock_wake", RAW(U_ulock_wake, 1, &word, 0));
  while (RAW(U_ulock_wake, 1, &unfair, 0) == -2) TRAP(59, 0);
  OUT("ulock.phase", phase);
  OUT("ulock_wake.unfair", RAW(U_ulock_wake, 2, &unfair, 0));
  pthread_join(thread, 0);
  OUT("ulock.end", phase);
}

static void bsd(void) {
  char text[64];
  int left = 0;
  struct stat status;
  long ends = RAW(U_pipe, 0);
  OUT("pipe", ends);
  OUT("write", RAW(U_write, 4, "abcdef", 6));
  OUT("write.bad", RAW(U_write, 4, BAD, 6));
  OUT("write.huge", RAW(U_write, 4, text, 0x80000000l));
  OUT("write.reader", RAW(U_write, 3, text, 1));
  OUT("read.bad", RAW(U_read, 3, BAD, 4));
  OUT("fionread", RAW(U_ioctl, 3, 0x4004667f, &left));
  OBSERVE("fionread.left", left);
  OUT("read", RAW(U_read, 3, text, 8));
  OUT("fstat64", RAW(U_fstat64, 3, &status));
  OBSERVE2("fstat64.mode", status.st_mode == (S_IFIFO | 0660), status.st_uid);
  OUT("nonblock", RAW(U_fcntl, 3, 4, 4));
  OUT("getfl", RAW(U_fcntl, 3, 3));
  OUT("read.empty", RAW(U_read, 3, text, 4));
  OUT("fcntl.unknown", RAW(U_fcntl, 3, 177, 0));
  OUT("fcntl.cloexec", RAW(U_fcntl, 3, 67, 20));
  OUT("getfd", RAW(U_fcntl, 20, 1));
  OUT("dup2.limit", RAW(U_dup2, 3, 256));
  OUT("dup2", RAW(U_dup2, 3, 255));
  OUT("lseek", RAW(U_lseek, 3, 0, 0));
  OUT("close", RAW(U_close, 4));
  OUT("close.again", RAW(U_close, 4));
  OUT("read.end", RAW(U_read, 3, text, 4));
  OUT("open.bad", RAW(U_open, BAD, 0));
  OUT("open.none", RAW(U_open, "/none", 0));
  OUT("open.null", RAW(U_open, "/dev/null", 2));
  OUT("fcntl.unknown.device", RAW(U_fcntl, 4, 177, 0));
  OUT("access", RAW(U_access, "/dev/null", 4));
  OUT("identity", RAW(U_getuid, 0) * 1000 + RAW(U_getgid, 0));
  OUT("issetugid", RAW(U_issetugid, 0));
  OUT("syscall", RAW(0, U_getpid) == RAW(U_getpid, 0));
  OUT("bsdthread_register", RAW(U_register, 0));
  OUT("getentropy", RAW(U_getentropy, text, 64));
  OUT("getentropy.many", RAW(U_getentropy, text, 257));
  OUT("getentropy.bad", RAW(U_getentropy, BAD, 4));
  OUT("mlock", RAW(U_mlock, text, 1));
  OUT("mlock.hole", RAW(U_mlock, BAD, 1));
  OUT("mlockall", RAW(U_mlockall, 1));
  long long limit[2];
  OUT("getrlimit", RAW(U_getrlimit, 8, limit));
  OBSERVE("getrlimit.files", limit[0]);
  OUT("getrlimit.unknown", RAW(U_getrlimit, 9, limit));
  struct { long s; int us; } now;
  unsigned long long ticks = 0;
  OUT("gettimeofday", RAW(U_gettimeofday, &now, 0, &ticks));
  OBSERVE("gettimeofday.ticks", ticks != 0 && now.s > 1000000000);
  OUT("gettimeofday.bad", RAW(U_gettimeofday, BAD, 0, 0));
}

static void variables(void) {
  int name[2] = {6, 7}, value = 0;
  size_t size = 4;
  long long quad = 0;
  char text[64];
  OUT("sysctl", RAW(U_sysctl, name, 2, &value, &size, 0, 0));
  OBSERVE2("sysctl.value", value == getpagesize(), size);
  size = 8;
  OUT("sysctlbyname", RAW(U_sysctlbyname, "hw.pagesize", 11, &quad, &size, 0, 0));
  OBSERVE2("sysctlbyname.value", quad == getpagesize(), size);
  size = 4, value = 0;
  OUT("sysctlbyname.narrow", RAW(U_sysctlbyname, "hw.pagesize", 11, &value, &size, 0, 0));
  OBSERVE2("sysctlbyname.narrow.value", value == getpagesize(), size);
  size = 3;
  OUT("sysctlbyname.small", RAW(U_sysctlbyname, "kern.ostype", 11, text, &size, 0, 0));
  OBSERVE("sysctlbyname.small.size", size);
  OUT("sysctlbyname.size", RAW(U_sysctlbyname, "kern.ostype", 11, 0, &size, 0, 0));
  OBSERVE("sysctlbyname.size.size", size);
  OUT("sysctlbyname.text", RAW(U_sysctlbyname, "kern.ostype", 11, text, &size, 0, 0));
  OBSERVE_TEXT("sysctlbyname.ostype", text);
  OUT("sysctlbyname.none", RAW(U_sysctlbyname, "hw.none", 7, text, &size, 0, 0));
  OUT("sysctlbyname.change", RAW(U_sysctlbyname, "hw.ncpu", 7, 0, 0, &value, 4));
  OUT("sysctl.short", RAW(U_sysctl, name, 1, &value, &size, 0, 0));
}

static void with_signals(void) {
  sigset_t set = 1u << (SIGUSR1 - 1);
  int number = 0;
  struct { struct { long s; int us; } interval, value; } timer = {{0, 0}, {0, 5000}};
  OUT("sigmask", RAW(U_sigmask, 1, &set, 0));
  OUT("sigmask.bad", RAW(U_sigmask, 1, BAD, 0));
  OUT("pthread_kill", RAW(U_pthread_kill, TRAP(27, 0), SIGUSR1));
  OUT("pthread_kill.nobody", RAW(U_pthread_kill, 5, SIGUSR1));
  OUT("sigwait", RAW(U_sigwait, &set, &number));
  OBSERVE("sigwait.number", number);
  OUT("sigwait.null", RAW(U_sigwait, 0, &number));
  set = 0;
  OUT("sigwait.empty", RAW(U_sigwait, &set, &number));
  OUT("setitimer", RAW(U_setitimer, 0, &timer, 0));
  OUT("ulock.interrupted", RAW(U_ulock_wait, 5, &wide, 0, 0));
  OBSERVE2("alarm", signals, last);
  timer.value.us = 1000000;
  OUT("setitimer.invalid", RAW(U_setitimer, 0, &timer, 0));
  OUT("setitimer.which", RAW(U_setitimer, 3, &timer, 0));
}

static void traps(void) {
  unsigned name = 0, type = 0, pid = 0;
  unsigned long address = 0;
  unsigned task = TRAP(28, 0);
  struct { unsigned bits, size, remote, local, voucher, id; unsigned body[2]; char trailer[80]; } m;
  memset(&m, 0, sizeof m);
  OUT("task_self", task == mach_task_self());
  OUT("thread_self", TRAP(27, 0) == mach_thread_self());
  OUT("allocate", TRAP(10, task, &address, 8192, 1));
  OUT("allocate.bad", TRAP(10, task, BAD, 8192, 1));
  OUT("allocate.task", TRAP(10, 0, &address, 8192, 1));
  OUT("protect", TRAP(14, task, address, 4096, 0, 1));
  OUT("protect.hole", TRAP(14, task, BAD * 4096, 4096, 0, 1));
  OUT("deallocate", TRAP(12, task, address, 8192));
  address = 0;
  OUT("map", TRAP(15, task, &address, 4096, 0, 1, 1));
  OUT("map.read-only", RAW(U_getentropy, address, 4));
  OUT("port.allocate", TRAP(16, task, 1, &name));
  OUT("port.allocate.bad", TRAP(16, task, 1, BAD));
  OUT("port.type", TRAP(76, task, name, &type));
  OBSERVE_HEX("port.type.receive", type);
  OUT("port.insert", TRAP(21, task, name, name, 20));
  TRAP(76, task, name, &type);
  OBSERVE_HEX("port.type.both", type);
  OUT("port.type.task", TRAP(76, task, task, &type));
  OBSERVE_HEX("port.type.task.send", type);
  OUT("port.type.none", TRAP(76, task, 0x12345, &type));
  m.bits = 20, m.size = 32, m.remote = name, m.id = 77, m.body[1] = 9;
  OUT("send", TRAP(31, &m, 1, 32, 0, 0, 0));
  memset(&m, 0, sizeof m);
  OUT("receive", TRAP(31, &m, 2, 0, sizeof m, name, 0));
  OBSERVE3("received", m.id, m.size, m.body[1]);
  OUT("receive.timeout", TRAP(31, &m, 0x102, 0, sizeof m, name, 1));
  OUT("receive.no-port", TRAP(31, &m, 2, 0, sizeof m, 0x12345, 0));
  OUT("send.bad", TRAP(31, BAD, 1, 32, 0, 0, 0));
  OUT("send.small", TRAP(31, &m, 1, 8, 0, 0, 0));
  OUT("port.free", TRAP(19, task, name, 1, -1));
  OUT("port.free.again", TRAP(19, task, name, 1, -1));
  OUT("task_for_pid.other", TRAP(45, task, 1, &name));
  OUT("pid_for_task", TRAP(46, task, &pid));
  OBSERVE("pid", pid == RAW(U_getpid, 0));
  OUT("timebase.bad", TRAP(89, BAD));
  OUT("wait_until", TRAP(90, 1));
  OUT("switch", TRAP(61, 0, 2, 1));
  OUT("switch.option", TRAP(61, 0, 9, 1));
  OUT("unknown", TRAP(1, 0));
}

int main(void) {
  signal(SIGSYS, on_signal);
  signal(SIGALRM, on_signal);
  OUT("unknown", RAW(9999, 0));
  OBSERVE2("unknown.signal", signals, last);
  OUT("nosys", RAW(40, 0));
  OBSERVE("nosys.signal", signals);
  OUT("enosys", RAW(17, 0));
  OBSERVE("enosys.signal", signals);
  signals = 0;
  ulocks();
  bsd();
  variables();
  with_signals();
  traps();
  return 0;
}
