//! builds: library static
/* Waits until a moment of a clock: they end at that moment or after it, never before, and each clock's own. A clock that
   counts from 1970 has more nanoseconds than a double holds, so what is computed as one number ends a wait at once. */
#include "observe.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

static const struct {
  const char *name;
  clockid_t id;
} clocks[] = {{"realtime", CLOCK_REALTIME}, {"monotonic", CLOCK_MONOTONIC}, {"boottime", CLOCK_BOOTTIME}, {"tai", CLOCK_TAI}};

static struct timespec later(clockid_t clock, long nanoseconds) {
  struct timespec at;
  clock_gettime(clock, &at);
  at.tv_nsec += nanoseconds;
  at.tv_sec += at.tv_nsec / 1000000000;
  at.tv_nsec %= 1000000000;
  return at;
}

static int reached(clockid_t clock, const struct timespec *at) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}

static char name[64];
static const char *called(const char *what, const char *clock) {
  strcpy(name, what), strcat(name, "."), strcat(name, clock);
  return name;
}

/* Long enough to be seen in the seconds' part too. */
static const long waits[] = {1, 999, 2000000};

static void sleeps(void) {
  for (unsigned c = 0; c < sizeof clocks / sizeof *clocks; c++)
    for (unsigned w = 0; w < sizeof waits / sizeof *waits; w++) {
      struct timespec at = later(clocks[c].id, waits[w]);
      int result = clock_nanosleep(clocks[c].id, TIMER_ABSTIME, &at, NULL);
      static const char *lengths[] = {"sleep-1", "sleep-999", "sleep-2000000"};
      OBSERVE2(called(lengths[w], clocks[c].name), result, reached(clocks[c].id, &at));
    }
}

static void timers(void) {
  for (unsigned c = 0; c < sizeof clocks / sizeof *clocks; c++) {
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    timer_t timer;
    struct itimerspec set = {{0, 0}, {0, 0}}, left;
    OBSERVE_CALL(called("timer", clocks[c].name), timer_create(clocks[c].id, &none, &timer));
    set.it_value = later(clocks[c].id, 500000000);
    OBSERVE_CALL(called("timer.set", clocks[c].name), timer_settime(timer, TIMER_ABSTIME, &set, NULL));
    timer_gettime(timer, &left);
    OBSERVE2(called("timer.left", clocks[c].name), left.it_value.tv_sec, left.it_value.tv_nsec > 100000000 && left.it_value.tv_nsec <= 500000000);
    set.it_value = (struct timespec){0, 1};
    OBSERVE_CALL(called("timer.past", clocks[c].name), timer_settime(timer, TIMER_ABSTIME, &set, NULL));
    timer_gettime(timer, &left);
    OBSERVE2(called("timer.past-left", clocks[c].name), left.it_value.tv_sec, left.it_value.tv_nsec);
    timer_delete(timer);
  }
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER, mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;

static void *waiter(void *unused) {
  struct timespec at = later(CLOCK_REALTIME, 2000000);
  (void)unused;
  OBSERVE2("mutex.timedlock", pthread_mutex_timedlock(&held, &at), reached(CLOCK_REALTIME, &at));
  at = later(CLOCK_REALTIME, 2000000);
  OBSERVE2("rwlock.timedwrlock", pthread_rwlock_timedwrlock(&rwlock, &at), reached(CLOCK_REALTIME, &at));
  at = later(CLOCK_REALTIME, 2000000);
  OBSERVE2("rwlock.timedrdlock", pthread_rwlock_timedrdlock(&rwlock, &at), reached(CLOCK_REALTIME, &at));
  return NULL;
}

static void locks(void) {
  pthread_t thread;
  struct timespec at;
  pthread_mutex_lock(&held);
  pthread_rwlock_wrlock(&rwlock);
  pthread_create(&thread, NULL, waiter, NULL);
  pthread_join(thread, NULL);
  pthread_mutex_lock(&mutex);
  at = later(CLOCK_REALTIME, 2000000);
  OBSERVE2("condition.timedwait", pthread_cond_timedwait(&condition, &mutex, &at), reached(CLOCK_REALTIME, &at));
  at = later(CLOCK_MONOTONIC, 2000000);
  OBSERVE2("condition.clockwait", pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &at), reached(CLOCK_MONOTONIC, &at));
  sem_init(&semaphore, 0, 0);
  at = later(CLOCK_REALTIME, 2000000);
  OBSERVE_CALL("semaphore.timedwait", sem_timedwait(&semaphore, &at));
  OBSERVE("semaphore.reached", reached(CLOCK_REALTIME, &at));
}

enum { FUTEX_LOCK_PI = 6, FUTEX_WAIT_BITSET = 9, FUTEX_CLOCK_REALTIME = 256 };
static unsigned word = 1;
static void futexes(void) {
  static const struct {
    const char *name;
    int operation;
    clockid_t clock;
  } kinds[] = {{"futex.bitset", FUTEX_WAIT_BITSET, CLOCK_MONOTONIC},
               {"futex.bitset-realtime", FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME},
               {"futex.lock-pi", FUTEX_LOCK_PI, CLOCK_REALTIME}};
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct timespec at = later(kinds[i].clock, 2000000);
    struct { long seconds, nanoseconds; } old = {at.tv_sec, at.tv_nsec};
    /* Owned by a thread that is there: the first one. */
    word = kinds[i].operation == FUTEX_LOCK_PI ? (unsigned)syscall(SYS_getpid) : 1;
    errno = 0;
    long result = syscall(SYS_futex, &word, kinds[i].operation, 1, &old, NULL, ~0u);
    OBSERVE3(kinds[i].name, result, errno, reached(kinds[i].clock, &at));
  }
}
static void *elsewhere(void *unused) { return futexes(), unused; }

int main(void) {
  pthread_t thread;
  sleeps();
  timers();
  locks();
  pthread_create(&thread, NULL, elsewhere, NULL);
  pthread_join(thread, NULL);
  return 0;
}
