//! flags: -pthread
/* Library functions given memory that can't be touched: EFAULT where the kernel copies, the fault where the library does. */
#include "observe.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf back;
static void leave(int s) { siglongjmp(back, s); }
static char *none, *readable;

/** The call's result and errno, or the signal that it raises. */
#define TOUCH(name, call) \
  do { \
    int signal_ = sigsetjmp(back, 1); \
    if (signal_) { \
      OBSERVE2(name, -1000, signal_); \
    } else { \
      OBSERVE_CALL(name, call); \
    } \
  } while (0)
/** An error number as result. */
#define TOUCH_NUMBER(name, call) \
  do { \
    int signal_ = sigsetjmp(back, 1); \
    if (signal_) { \
      OBSERVE(name, -1000 - signal_); \
    } else { \
      OBSERVE(name, call); \
    } \
  } while (0)

int main(void) {
  struct sigaction act = {0};
  act.sa_handler = leave, act.sa_flags = SA_NODEFER;
  sigaction(SIGSEGV, &act, 0);
  none = mmap(0, 16384, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  readable = mmap(0, 16384, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction *bad_action = (void *)none;
  sigset_t *bad_set = (void *)none, *read_set = (void *)readable, set;
  struct timespec *bad_time = (void *)none, soon = {0, 1000};
  sigemptyset(&set);

  TOUCH("sigpending", sigpending(bad_set));
  TOUCH("sigpending.read-only", sigpending(read_set));
  TOUCH("sigprocmask.set", sigprocmask(SIG_BLOCK, bad_set, 0));
  TOUCH("sigprocmask.old", sigprocmask(SIG_BLOCK, 0, bad_set));
  TOUCH("sigprocmask.old.read-only", sigprocmask(SIG_BLOCK, &set, read_set));
  TOUCH_NUMBER("pthread_sigmask.set", pthread_sigmask(SIG_BLOCK, bad_set, 0));
  TOUCH_NUMBER("pthread_sigmask.old", pthread_sigmask(SIG_BLOCK, 0, bad_set));
  TOUCH("sigaction.new", sigaction(SIGUSR1, bad_action, 0));
  TOUCH("sigaction.old", sigaction(SIGUSR1, 0, bad_action));
  TOUCH("sigaction.old.read-only", sigaction(SIGUSR1, 0, (void *)readable));
  TOUCH("sigaction.bad-signal", sigaction(99, 0, bad_action));
  TOUCH("sigaltstack.new", sigaltstack((void *)none, 0));
  TOUCH("sigaltstack.old", sigaltstack(0, (void *)none));
  TOUCH("sigaltstack.old.read-only", sigaltstack(0, (void *)readable));
  TOUCH("sigsuspend", sigsuspend(bad_set));
  int got;
  TOUCH_NUMBER("sigwait.set", sigwait(bad_set, &got));
  TOUCH("sigemptyset", sigemptyset(bad_set));
  TOUCH("sigfillset", sigfillset(bad_set));
  TOUCH("sigaddset", sigaddset(bad_set, SIGUSR1));
  TOUCH("sigaddset.read-only", sigaddset(read_set, SIGUSR1));
  TOUCH("sigaddset.bad-signal", sigaddset(bad_set, 99));
  TOUCH("sigdelset", sigdelset(bad_set, SIGUSR1));
  TOUCH("sigismember", sigismember(bad_set, SIGUSR1));
  TOUCH("sigismember.read-only", sigismember(read_set, SIGUSR1));

  TOUCH("write", write(1, none, 10));
  TOUCH("write.length-0", write(1, none, 0));
  TOUCH("read.closed", read(77, none, 10));
  TOUCH("write.closed", write(77, none, 10));
  TOUCH("nanosleep", nanosleep(bad_time, 0));
  TOUCH("nanosleep.left-unused", nanosleep(&soon, bad_time));
  TOUCH("clock_gettime", clock_gettime(CLOCK_MONOTONIC, bad_time));
  TOUCH("clock_gettime.unknown", clock_gettime(77, bad_time));
  TOUCH("gettimeofday", gettimeofday((void *)none, 0));
  TOUCH("time", time((void *)none));
  TOUCH("getrusage", getrusage(RUSAGE_SELF, (void *)none));
  TOUCH("getrusage.unknown", getrusage(77, (void *)none));

  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  TOUCH("sem_init", sem_init((void *)none, 0, 1));
  TOUCH("sem_post", sem_post((void *)none));
  TOUCH("sem_wait", sem_wait((void *)none));
  TOUCH("sem_trywait", sem_trywait((void *)none));
  TOUCH("sem_getvalue", sem_getvalue(&semaphore, (void *)none));
  TOUCH("sem_getvalue.semaphore", sem_getvalue((void *)none, &got));
  TOUCH("sem_timedwait.time", sem_timedwait(&semaphore, bad_time));
  TOUCH_NUMBER("mutex_init", pthread_mutex_init((void *)none, 0));
  TOUCH_NUMBER("mutex_lock", pthread_mutex_lock((void *)none));
  TOUCH_NUMBER("mutex_unlock", pthread_mutex_unlock((void *)none));
  TOUCH_NUMBER("mutex_trylock", pthread_mutex_trylock((void *)none));
  TOUCH_NUMBER("cond_init", pthread_cond_init((void *)none, 0));
  TOUCH_NUMBER("cond_signal", pthread_cond_signal((void *)none));
  TOUCH_NUMBER("rwlock_rdlock", pthread_rwlock_rdlock((void *)none));
  TOUCH_NUMBER("rwlock_wrlock", pthread_rwlock_wrlock((void *)none));
  TOUCH_NUMBER("once", pthread_once((void *)none, (void *)leave));
  TOUCH_NUMBER("key_create", pthread_key_create((void *)none, 0));
  TOUCH_NUMBER("attr_init", pthread_attr_init((void *)none));
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  TOUCH_NUMBER("attr_getstacksize", pthread_attr_getstacksize(&attr, (void *)none));
  TOUCH_NUMBER("getattr_np", pthread_getattr_np(pthread_self(), (void *)none));
  pthread_t *bad_thread = (void *)none;
  TOUCH_NUMBER("join.result", ({
    pthread_t t;
    pthread_create(&t, 0, (void *)abs, 0);
    pthread_join(t, (void *)none);
  }));
  return 0;
}
