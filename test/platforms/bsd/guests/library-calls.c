/* Functions of libc that are the kernel's calls and little else: what the kernel copies is EFAULT, what the library touches itself is the
   program's fault (a pipe's ends on macOS, names whose length sysctlbyname counts). Source: lib/libc of FreeBSD 13, libsyscall/wrappers of XNU, Libc. */
#include "observe.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf out;
static volatile int alarms;
static void fault(int number) { siglongjmp(out, 1); }
static void alarmed(int number) { alarms++; }

/** The call's result and errno, or that it faults. */
#define TOUCH(name, call) \
  do { \
    if (sigsetjmp(out, 1) == 0) OBSERVE_CALL(name, call); \
    else OBSERVE_TEXT(name, "fault"); \
  } while (0)

int main(void) {
  long p = getpagesize();
  char *none = mmap(0, p, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), *readable = mmap(0, p, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0), text[64];
  int ends[2];
  struct stat status;
  struct itimerval timer, was;
  struct rlimit limit;
  size_t size;
  int value;
  signal(SIGSEGV, fault), signal(SIGBUS, fault), signal(SIGALRM, alarmed);
  TOUCH("pipe", pipe(ends));
  OBSERVE2("pipe.ends", ends[0], ends[1]);
  TOUCH("pipe.bad", pipe((int *)none));
  TOUCH("pipe.read-only", pipe((int *)readable));
  TOUCH("write", write(ends[1], "abc", 3));
  TOUCH("write.bad", write(ends[1], none, 3));
  TOUCH("read.bad", read(ends[0], none, 3));
  TOUCH("read.read-only", read(ends[0], readable, 3));
  TOUCH("read", read(ends[0], text, sizeof text));
  TOUCH("fcntl.getfl", fcntl(ends[1], F_GETFL) & O_NONBLOCK);
  TOUCH("fcntl.setfl", fcntl(ends[0], F_SETFL, O_NONBLOCK));
  TOUCH("read.again", read(ends[0], text, 1));
  TOUCH("fcntl.cloexec", fcntl(ends[0], F_DUPFD_CLOEXEC, 30));
  TOUCH("fcntl.getfd", fcntl(30, F_GETFD));
  TOUCH("dup2", dup2(ends[0], 31));
  TOUCH("lseek.pipe", lseek(ends[0], 0, SEEK_SET));
  TOUCH("isatty", isatty(ends[0]));
  OBSERVE("isatty.errno", errno);
  TOUCH("isatty.none", isatty(99));
  OBSERVE("isatty.none.errno", errno);
  TOUCH("fstat", fstat(ends[0], &status));
  OBSERVE("fstat.fifo", S_ISFIFO(status.st_mode));
  TOUCH("fstat.bad", fstat(ends[0], (struct stat *)none));
  TOUCH("close", close(ends[0]));
  TOUCH("close.again", close(ends[0]));
  signal(SIGPIPE, SIG_IGN);
  close(30), close(31);
  TOUCH("write.alone", write(ends[1], "abc", 3));
  TOUCH("open.none", open("/none", O_RDONLY));
  TOUCH("open.bad", open(none, O_RDONLY));
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  TOUCH("open.null", null >= 0);
  TOUCH("open.null.cloexec", fcntl(null, F_GETFD));
  TOUCH("open.null.flags", fcntl(null, F_GETFL));
  TOUCH("openat", openat(AT_FDCWD, "/none", O_RDONLY));
  TOUCH("pread.null", pread(null, text, 4, 0));
  TOUCH("lseek.null", lseek(null, 0, SEEK_SET));
  TOUCH("stat.root", stat("/", &status));
  OBSERVE("stat.root.directory", S_ISDIR(status.st_mode));
  TOUCH("lstat.null", lstat("/dev/null", &status));
  OBSERVE("lstat.null.device", S_ISCHR(status.st_mode));
  TOUCH("stat.bad", stat(none, &status));
  TOUCH("access", access("/dev/null", R_OK));
  TOUCH("access.none", access("/none", R_OK));
  TOUCH("readlink.no-link", readlink("/dev/null", text, sizeof text));
  TOUCH("mkdir", mkdir("/none/x", 0755));
  TOUCH("unlink", unlink("/none"));
  TOUCH("getrlimit", getrlimit(RLIMIT_STACK, &limit));
  OBSERVE("getrlimit.stack", limit.rlim_cur >= 8 << 20 || limit.rlim_cur >= (8 << 20) - 16384);
  TOUCH("getrlimit.bad", getrlimit(RLIMIT_STACK, (struct rlimit *)none));
  memset(&timer, 0, sizeof timer);
  timer.it_value.tv_usec = 1000;
  TOUCH("setitimer", setitimer(ITIMER_REAL, &timer, &was));
  pause();
  OBSERVE("setitimer.alarms", alarms);
  TOUCH("setitimer.bad", setitimer(ITIMER_REAL, (struct itimerval *)none, 0));
  TOUCH("getitimer.bad", getitimer(ITIMER_REAL, (struct itimerval *)none));
  OBSERVE("alarm", alarm(5));
  OBSERVE("alarm.left", alarm(0));
  OBSERVE("alarm.none", alarm(0));
  size = sizeof value;
  TOUCH("sysctlbyname", sysctlbyname("hw.ncpu", &value, &size, 0, 0));
  OBSERVE2("sysctlbyname.value", value, size);
  TOUCH("sysctlbyname.none", sysctlbyname("hw.none", &value, &size, 0, 0));
  TOUCH("sysctlbyname.name", sysctlbyname(none, &value, &size, 0, 0));
  TOUCH("sysctlbyname.bad", sysctlbyname("hw.ncpu", none, &size, 0, 0));
  int name[2] = {CTL_HW, HW_PAGESIZE};
  TOUCH("sysctl", sysctl(name, 2, &value, &size, 0, 0));
  OBSERVE("sysctl.pagesize", value == p);
  TOUCH("getentropy", getentropy(text, sizeof text));
  TOUCH("getentropy.many", getentropy(text, 257));
  TOUCH("getentropy.bad", getentropy(none, 4));
  TOUCH("mincore", mincore(readable, p, text));
  TOUCH("mincore.bad", mincore(readable, p, none));
  TOUCH("msync", msync(readable, p, MS_SYNC));
  TOUCH("mlock", mlock(readable, p));
  TOUCH("munlock", munlock(readable, p));
  TOUCH("minherit", minherit(readable, p, 0));
  TOUCH("minherit.unknown", minherit(readable, p, 9));
  TOUCH("mlockall.none", mlockall(0));
#if MPSEMU_FREEBSD
  sigset_t set;
  siginfo_t info;
  union sigval with = {.sival_ptr = (void *)77};
  struct timespec now = {0, 0};
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, 0);
  TOUCH("sigtimedwait.nothing", sigtimedwait(&set, &info, &now));
  TOUCH("sigqueue", sigqueue(getpid(), SIGUSR1, with));
  TOUCH("sigwaitinfo", sigwaitinfo(&set, &info));
  OBSERVE("sigwaitinfo.value", (long)info.si_value.sival_ptr);
  TOUCH("sigtimedwait.set", sigtimedwait((sigset_t *)none, &info, &now));
  TOUCH("pipe2", pipe2(ends, O_NONBLOCK));
  TOUCH("syscall", syscall(20) == getpid());
  TOUCH("syscall.bad", syscall(6, 99));
  TOUCH("getrandom.flags", getrandom(text, 4, 64));
#endif
  OBSERVE("identity", getuid() * 1000 + getgid());
  return 0;
}
