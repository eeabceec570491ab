//! builds: library static
//! flags: -pthread
/* Calls that a handler has ended, or has left by siglongjmp: the next call at the same place is a call of its own. A sleep
   that is left keeps no deadline, a wait that was interrupted shortly before its end answers EINTR then, and not later. */
#include "observe.h"
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
static sigjmp_buf out;
static volatile int leave, posts, caught;
static sem_t semaphore;
static sigset_t all_but_alarm;

static void on(int number) {
  caught++;
  if (posts) sem_post(&semaphore);
  if (leave) siglongjmp(out, 1);
}
static void after(long microseconds) {
  struct itimerval timer = {{0, 0}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, NULL);
}
static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int by_sleep(long milliseconds) { return (int)sleep((unsigned)(milliseconds + 999) / 1000) != 0; }
static int by_usleep(long milliseconds) { return usleep((useconds_t)milliseconds * 1000); }
static int by_nanosleep(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return nanosleep(&time, NULL);
}
static int by_clock(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return -(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) != 0);
}
static int by_semaphore(long milliseconds) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += milliseconds % 1000 * 1000000;
  time.tv_sec += milliseconds / 1000 + time.tv_nsec / 1000000000;
  time.tv_nsec %= 1000000000;
  return sem_timedwait(&semaphore, &time);
}
static const struct {
  const char *name;
  int (*wait)(long milliseconds);
} kinds[] = {{"sleep", by_sleep}, {"usleep", by_usleep}, {"nanosleep", by_nanosleep}, {"clock_nanosleep", by_clock},
             {"sem_timedwait", by_semaphore}};

static char name[64];
static const char *called(const char *kind, const char *what) { return strcpy(name, kind), strcat(name, what); }

/* One place for all calls of a kind: the same SP, the same return address. */
static void __attribute__((noinline)) call(int kind, long milliseconds, const char *what) {
  long start = now();
  errno = 0;
  int result = kinds[kind].wait(milliseconds), error = errno;
  if (what) OBSERVE3(called(kinds[kind].name, what), result, result == -1 ? error : 0, now() - start >= milliseconds - 1);
}

int main(void) {
  struct sigaction action = {0};
  action.sa_handler = on;
  sigaction(SIGALRM, &action, NULL);
  sem_init(&semaphore, 0, 0);
  for (volatile int kind = 0; kind < (int)(sizeof kinds / sizeof *kinds); kind++) {
    leave = 1;
    if (sigsetjmp(out, 1) == 0) after(20000), call(kind, 3000, NULL);
    leave = 0;
    call(kind, kind == 0 ? 1000 : 60, ".after-leaving");
    after(20000);
    call(kind, kind == 0 ? 1000 : 60, ".interrupted");
    call(kind, kind == 0 ? 1000 : 60, ".again");
  }
  /* Left while it waits for ever. */
  leave = 1;
  if (sigsetjmp(out, 1) == 0) after(20000), sem_wait(&semaphore);
  leave = 0;
  sem_post(&semaphore);
  OBSERVE_CALL("sem_wait.after-leaving", sem_wait(&semaphore));
  posts = 1;
  after(20000);
  OBSERVE_CALL("sem_wait.handler-posts", sem_wait(&semaphore));
  OBSERVE_CALL("sem_wait.posted", sem_wait(&semaphore));
  posts = 0;
  leave = 1;
  if (sigsetjmp(out, 1) == 0) after(20000), pause();
  leave = 0;
  after(20000);
  OBSERVE_CALL("pause.after-leaving", pause());
  sigfillset(&all_but_alarm);
  sigdelset(&all_but_alarm, SIGALRM);
  leave = 1;
  if (sigsetjmp(out, 1) == 0) after(20000), sigsuspend(&all_but_alarm);
  leave = 0;
  after(20000);
  OBSERVE_CALL("sigsuspend.after-leaving", sigsuspend(&all_but_alarm));
  OBSERVE("caught", caught);
  return 0;
}
