/* Whose copy is it: the kernel's (EFAULT, or a Mach error) or the library's own access (the program's fault). Memory that a barrier
   protects is as good as none. Sources: lib/libthr/thread/thr_sig.c, lib/libc/sys/__vdso_gettimeofday.c and clock_gettime.c (FreeBSD 13); libplatform's
   src/setjmp/generic/sigaction.c, libpthread's pthread_cancelable.c, Libc's gen/nanosleep.c and clock_gettime.c, libsyscall's wrappers and mach/mach_vm.c. */
#include "observe.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#if MPSEMU_MACOS
#include <mach/mach.h>
#include <mach/mach_time.h>
#endif

static sigjmp_buf out;
static void fault(int number) { siglongjmp(out, 1); }
static void nothing(int number) { }

#define TOUCH(name, call) \
  do { \
    if (sigsetjmp(out, 1) == 0) OBSERVE_CALL(name, call); \
    else OBSERVE_TEXT(name, "fault"); \
  } while (0)

int main(void) {
  long p = getpagesize();
  void *none = mmap(0, p, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), *readable = mmap(0, p, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
  struct timespec negative = {-1, 0}, wrong = {0, 1000000000}, second = {1, 0};
  struct itimerval timer;
  struct sigaction action;
  sigset_t set, old;
  signal(SIGSEGV, fault), signal(SIGBUS, fault), signal(SIGALRM, nothing);
  memset(&action, 0, sizeof action);
  action.sa_handler = nothing;
  TOUCH("sigaction.new", sigaction(SIGUSR1, none, 0));
  TOUCH("sigaction.old", sigaction(SIGUSR1, 0, none));
  TOUCH("sigaction.old.read-only", sigaction(SIGUSR1, &action, readable));
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  TOUCH("sigprocmask.block", sigprocmask(SIG_BLOCK, none, 0));
  TOUCH("sigprocmask.unblock", sigprocmask(SIG_UNBLOCK, none, 0));
  TOUCH("sigprocmask.old", sigprocmask(SIG_BLOCK, 0, none));
  TOUCH("pthread_sigmask.block", pthread_sigmask(SIG_BLOCK, none, 0));
  TOUCH("pthread_sigmask.unblock", pthread_sigmask(SIG_UNBLOCK, none, 0));
  TOUCH("pthread_sigmask.old", pthread_sigmask(SIG_BLOCK, 0, none));
  TOUCH("sigpending", sigpending(none));
  TOUCH("sigaltstack.new", sigaltstack(none, 0));
  TOUCH("sigaltstack.old", sigaltstack(0, none));
  TOUCH("sigsuspend", sigsuspend(none));
  sigprocmask(SIG_BLOCK, &set, &old);
  int number;
  TOUCH("sigwait.set", sigwait(none, &number));
  raise(SIGUSR1);
  TOUCH("sigwait.result", sigwait(&set, none));
  TOUCH("sigemptyset", sigemptyset(none));
  TOUCH("sigaddset", sigaddset(none, SIGUSR1));
  TOUCH("nanosleep", nanosleep(none, 0));
  TOUCH("nanosleep.null", nanosleep(0, 0));
  TOUCH("nanosleep.negative", nanosleep(&negative, 0));
  TOUCH("nanosleep.wrong", nanosleep(&wrong, 0));
  memset(&timer, 0, sizeof timer);
  timer.it_value.tv_usec = 1000;
  setitimer(ITIMER_REAL, &timer, 0);
  TOUCH("nanosleep.left", nanosleep(&second, none));
  TOUCH("clock_gettime", clock_gettime(CLOCK_REALTIME, none));
  TOUCH("clock_getres", clock_getres(CLOCK_REALTIME, none));
  TOUCH("gettimeofday", gettimeofday(none, 0));
  TOUCH("gettimeofday.zone", gettimeofday((struct timeval *)&second, none));
  TOUCH("getrusage", getrusage(RUSAGE_SELF, none));
#if MPSEMU_MACOS
  unsigned name;
  TOUCH("mach_vm_allocate", mach_vm_allocate(mach_task_self(), none, 4096, 1));
  TOUCH("mach_vm_allocate.read-only", mach_vm_allocate(mach_task_self(), readable, 4096, 1));
  TOUCH("vm_allocate", vm_allocate(mach_task_self(), none, 4096, 1));
  TOUCH("mach_port_allocate", mach_port_allocate(mach_task_self(), 1, none));
  TOUCH("mach_timebase_info", mach_timebase_info(none));
  TOUCH("mach_msg.send", mach_msg(none, 1, 32, 0, 0, 0, 0));
#if defined __x86_64__
  int flavor = 4;
#else
  int flavor = 6;
#endif
  name = 1296;
  TOUCH("thread_get_state", thread_get_state(mach_thread_self(), flavor, none, &name));
#endif
  return 0;
}
