//! flags: -pthread
/* Signals by the library: numbers, sets, what interrupts and what is made anew. */
#include "observe.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int handled;
static void on(int s) { handled++; }
static void install(int flags) {
  struct sigaction act = {0};
  act.sa_handler = on, act.sa_flags = flags;
  sigaction(SIGUSR1, &act, 0);
}
static pthread_t main_thread;
static void *later(void *argument) {
  struct timespec a_while = {0, 20000000};
  nanosleep(&a_while, 0);
  pthread_kill(main_thread, SIGUSR1);
  nanosleep(&a_while, 0);
  if (argument) sem_post(argument);
  return 0;
}

int main(void) {
  sigset_t set;
  char name[32];
  static const int numbers[] = {-1, 0, 1, 9, 19, 31, 32, 33, 34, 64, 65, 100};
  sigfillset(&set);
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    int n = numbers[i];
    char *digits = name + 4;
    strcpy(name, "set.");
    if (n < 0) *digits++ = '-', n = -n;
    if (n >= 100) *digits++ = '0' + n / 100;
    if (n >= 10) *digits++ = '0' + n / 10 % 10;
    *digits++ = '0' + n % 10, *digits = 0;
    n = numbers[i];
    strcpy(digits, ".full"); OBSERVE_CALL(name, sigismember(&set, n));
    strcpy(digits, ".del"); OBSERVE_CALL(name, sigdelset(&set, n));
    strcpy(digits, ".add"); OBSERVE_CALL(name, sigaddset(&set, n));
    strcpy(digits, ".has"); OBSERVE_CALL(name, sigismember(&set, n));
    if (n != 1 && n != 31 && n != 34 && n != 64 && n != 19 && n != 9) {
      strcpy(digits, ".raise");
      OBSERVE_CALL(name, raise(n));
    }
    strcpy(digits, ".signal"); OBSERVE_CALL(name, signal(n, SIG_DFL) == SIG_ERR ? -1 : 0);
  }
  sigfillset(&set);
  OBSERVE_CALL("sigprocmask.full", sigprocmask(SIG_SETMASK, &set, 0));
  sigprocmask(SIG_SETMASK, 0, &set);
  OBSERVE("masked.kill", sigismember(&set, SIGKILL));
  OBSERVE("masked.stop", sigismember(&set, SIGSTOP));
  OBSERVE("masked.32", sigismember(&set, 32));
  OBSERVE("masked.usr1", sigismember(&set, SIGUSR1));
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, 0);
  OBSERVE_CALL("sigprocmask.how", sigprocmask(77, &set, 0));
  OBSERVE_CALL("sigprocmask.how.no-set", sigprocmask(77, 0, &set));
  OBSERVE("pthread_sigmask.how", pthread_sigmask(77, &set, 0));
  OBSERVE("pthread_kill.0", pthread_kill(pthread_self(), 0));
  OBSERVE("pthread_kill.65", pthread_kill(pthread_self(), 65));
  OBSERVE("pthread_kill.32", pthread_kill(pthread_self(), 32));
  OBSERVE_CALL("kill.65", kill(getpid(), 65));
  OBSERVE_CALL("kill.0", kill(getpid(), 0));
  OBSERVE_CALL("kill.absent", kill(0x3ffffff, 0));
  OBSERVE_CALL("siginterrupt.bad", siginterrupt(99, 1));

  main_thread = pthread_self();
  pthread_t helper;
  sem_t semaphore, none;
  sem_init(&semaphore, 0, 0), sem_init(&none, 0, 0);
  struct timespec deadline, second = {1, 0}, left = {5, 5};
#define WITH(flags, post) install(flags), handled = 0, pthread_create(&helper, 0, later, post)
#define DONE() pthread_join(helper, 0)
  WITH(0, &semaphore); OBSERVE_CALL("sem_wait", sem_wait(&semaphore)); DONE(), sem_trywait(&semaphore);
  WITH(SA_RESTART, &semaphore); OBSERVE_CALL("sem_wait.restart", sem_wait(&semaphore)); DONE();
#define SOON() clock_gettime(CLOCK_REALTIME, &deadline), deadline.tv_nsec += 100000000, deadline.tv_sec += deadline.tv_nsec / 1000000000, deadline.tv_nsec %= 1000000000
  SOON(), WITH(0, 0); OBSERVE_CALL("sem_timedwait", sem_timedwait(&none, &deadline)); DONE();
  SOON(), WITH(SA_RESTART, 0); OBSERVE_CALL("sem_timedwait.restart", sem_timedwait(&none, &deadline)); DONE();
  SOON(), WITH(SA_RESTART, &semaphore); OBSERVE_CALL("sem_timedwait.posted", sem_timedwait(&semaphore, &deadline)); DONE(), sem_trywait(&semaphore);
  WITH(SA_RESTART, 0); OBSERVE_CALL("nanosleep", nanosleep(&second, &left)); DONE();
  OBSERVE3("nanosleep.left", left.tv_sec, left.tv_nsec > 0, handled);
  errno = 0;
  WITH(SA_RESTART, 0);
  unsigned rest = sleep(3);
  OBSERVE2("sleep", rest, errno); DONE();
  errno = 0;
  OBSERVE2("sleep.whole", sleep(0), errno);
  WITH(0, 0); OBSERVE_CALL("usleep", usleep(500000)); DONE();
  WITH(SA_RESTART, 0); OBSERVE_CALL("pause", pause()); DONE();
  sigset_t empty;
  sigemptyset(&empty);
  WITH(SA_RESTART, 0); OBSERVE_CALL("sigsuspend", sigsuspend(&empty)); DONE();
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  SOON(), WITH(0, 0); OBSERVE("cond_timedwait", pthread_cond_timedwait(&condition, &mutex, &deadline)); OBSERVE("cond_timedwait.handled", handled); DONE();
  WITH(0, 0); OBSERVE("join", pthread_join(helper, 0)); OBSERVE("join.handled", handled);
  deadline.tv_nsec = 1000000000;
  OBSERVE_CALL("sem_timedwait.bad-time", sem_timedwait(&none, &deadline));
  sem_post(&none);
  OBSERVE_CALL("sem_timedwait.bad-time.free", sem_timedwait(&none, &deadline));
  sem_destroy(&none), sem_init(&none, 0, 0);
  deadline.tv_nsec = -1;
  OBSERVE_CALL("sem_timedwait.negative", sem_timedwait(&none, &deadline));
  OBSERVE_CALL("sem_init.huge", sem_init(&none, 0, 0x80000000));
  second.tv_nsec = 1000000000;
  OBSERVE_CALL("nanosleep.bad-time", nanosleep(&second, 0));
  second.tv_nsec = 0, second.tv_sec = -1;
  OBSERVE_CALL("nanosleep.negative", nanosleep(&second, 0));
  return 0;
}
