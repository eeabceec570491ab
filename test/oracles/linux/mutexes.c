/* Mutexes: types and their errors, robustness, attributes; timed and named locks of all kinds. */
//! flags: -pthread
//! platforms: lii6gc lii3gc lia6gc=lii6gc
#include "../observe.h"
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>

static pthread_mutex_t mutex, initialised_recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, initialised_checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static char name[64];
static const char *of(const char *prefix, const char *part) { return strcat(strcat(strcpy(name, prefix), "."), part); }

static void *other(void *function) { return (void *)(intptr_t)((int (*)(pthread_mutex_t *))function)(&mutex); }
/* What the call answers on another thread. */
static int elsewhere(int (*function)(pthread_mutex_t *)) {
  pthread_t thread;
  void *value;
  pthread_create(&thread, 0, other, (void *)function);
  pthread_join(thread, &value);
  return (int)(intptr_t)value;
}

static struct timespec soon(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  if ((time.tv_nsec += 3000000) >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
  return time;
}
static int locks_in_time(pthread_mutex_t *it) {
  struct timespec time = soon(CLOCK_REALTIME);
  return pthread_mutex_timedlock(it, &time);
}
static int locks_by_clock(pthread_mutex_t *it) {
  struct timespec time = soon(CLOCK_MONOTONIC);
  return pthread_mutex_clocklock(it, CLOCK_MONOTONIC, &time);
}
static int locks_badly(pthread_mutex_t *it) {
  struct timespec time = {0, 1000000000};
  return pthread_mutex_timedlock(it, &time);
}

static void create(int type, int robust, int protocol) {
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, type);
  pthread_mutexattr_setrobust(&attr, robust);
  pthread_mutexattr_setprotocol(&attr, protocol);
  memset(&mutex, 0x55, sizeof mutex);
  pthread_mutex_init(&mutex, &attr);
  pthread_mutexattr_destroy(&attr);
}

static void types(const char *kind, int type, int robust, int protocol) {
  create(type, robust, protocol);
  if (type != PTHREAD_MUTEX_NORMAL || robust || protocol) OBSERVE(of(kind, "unlock-free"), pthread_mutex_unlock(&mutex));
  OBSERVE(of(kind, "timedlock-free-bad-time"), locks_badly(&mutex));
  OBSERVE(of(kind, "trylock-again"), pthread_mutex_trylock(&mutex));
  OBSERVE(of(kind, "timedlock-again"), locks_in_time(&mutex));
  OBSERVE(of(kind, "destroy-held"), robust ? 0 : pthread_mutex_destroy(&mutex));
  OBSERVE(of(kind, "elsewhere.trylock"), elsewhere(pthread_mutex_trylock));
  OBSERVE(of(kind, "elsewhere.timedlock"), elsewhere(locks_in_time));
  OBSERVE(of(kind, "elsewhere.clocklock"), protocol ? 0 : elsewhere(locks_by_clock));
  OBSERVE(of(kind, "elsewhere.bad-time"), elsewhere(locks_badly));
  if (type != PTHREAD_MUTEX_NORMAL || robust || protocol) OBSERVE(of(kind, "elsewhere.unlock"), elsewhere(pthread_mutex_unlock));
  OBSERVE(of(kind, "consistent"), pthread_mutex_consistent(&mutex));
  OBSERVE(of(kind, "unlock"), pthread_mutex_unlock(&mutex));
  if (type == PTHREAD_MUTEX_RECURSIVE) {
    OBSERVE(of(kind, "elsewhere.after-one"), elsewhere(pthread_mutex_trylock));
    OBSERVE(of(kind, "unlock-2"), pthread_mutex_unlock(&mutex));
    OBSERVE(of(kind, "unlock-3"), pthread_mutex_unlock(&mutex));
    OBSERVE(of(kind, "unlock-4"), pthread_mutex_unlock(&mutex));
  }
}

static void *ends_with_it(void *argument) {
  int times = (int)(intptr_t)argument;
  while (times-- > 0) pthread_mutex_lock(&mutex);
  return 0;
}
static void die_with_it(int times) {
  pthread_t thread;
  pthread_create(&thread, 0, ends_with_it, (void *)(intptr_t)times);
  pthread_join(thread, 0);
}
static pthread_barrier_t barrier;
static void *waits_for_it(void *argument) {
  pthread_barrier_wait(&barrier);
  int first = pthread_mutex_lock(&mutex);
  pthread_mutex_consistent(&mutex);
  pthread_mutex_unlock(&mutex);
  return (void *)(intptr_t)first;
}
static void *holds_and_ends(void *argument) {
  pthread_mutex_lock(&mutex);
  pthread_barrier_wait(&barrier);
  usleep(20000);
  return 0;
}
static volatile int asleep;
static void *waits_for_condition(void *argument) {
  pthread_mutex_lock(&mutex);
  asleep = 1;
  intptr_t r = pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
  return (void *)r;
}
static void *signals_and_ends(void *argument) {
  pthread_mutex_lock(&mutex);
  pthread_cond_signal(&condition);
  return 0;
}

static void robust(const char *kind, int type) {
  pthread_t threads[2];
  void *value;
  create(type, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
  die_with_it(1);
  OBSERVE(of(kind, "died.trylock"), pthread_mutex_trylock(&mutex));
  OBSERVE(of(kind, "died.elsewhere"), elsewhere(pthread_mutex_trylock));
  OBSERVE(of(kind, "died.consistent"), pthread_mutex_consistent(&mutex));
  OBSERVE(of(kind, "died.consistent-again"), pthread_mutex_consistent(&mutex));
  OBSERVE(of(kind, "died.unlock"), pthread_mutex_unlock(&mutex));
  OBSERVE(of(kind, "mended.lock"), pthread_mutex_lock(&mutex));
  OBSERVE(of(kind, "mended.unlock"), pthread_mutex_unlock(&mutex));
  die_with_it(type == PTHREAD_MUTEX_RECURSIVE ? 3 : 1);
  OBSERVE(of(kind, "again.timedlock"), locks_in_time(&mutex));
  OBSERVE(of(kind, "again.relock"), type == PTHREAD_MUTEX_NORMAL ? 0 : pthread_mutex_lock(&mutex));
  OBSERVE(of(kind, "again.unlock"), pthread_mutex_unlock(&mutex));
  OBSERVE(of(kind, "again.unlock-2"), pthread_mutex_unlock(&mutex));
  OBSERVE(of(kind, "lost.lock"), pthread_mutex_lock(&mutex));
  OBSERVE(of(kind, "lost.timedlock"), locks_in_time(&mutex));
  OBSERVE(of(kind, "lost.consistent"), pthread_mutex_consistent(&mutex));
  OBSERVE(of(kind, "lost.unlock"), pthread_mutex_unlock(&mutex));
  OBSERVE(of(kind, "lost.destroy"), pthread_mutex_destroy(&mutex));
  create(type, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
  die_with_it(1);
  pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex);
  OBSERVE(of(kind, "lost.trylock"), pthread_mutex_trylock(&mutex));
  create(type, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
  pthread_barrier_init(&barrier, 0, 2);
  pthread_create(&threads[0], 0, waits_for_it, 0);
  pthread_create(&threads[1], 0, holds_and_ends, 0);
  pthread_join(threads[0], &value);
  OBSERVE(of(kind, "waited.lock"), (intptr_t)value);
  pthread_join(threads[1], 0);
  asleep = 0;
  pthread_create(&threads[0], 0, waits_for_condition, 0);
  while (!asleep) usleep(1000);
  usleep(5000);
  pthread_create(&threads[1], 0, signals_and_ends, 0);
  pthread_join(threads[1], 0);
  pthread_join(threads[0], &value);
  OBSERVE(of(kind, "condition"), (intptr_t)value);
  OBSERVE(of(kind, "condition.lost"), pthread_mutex_lock(&mutex));
}

static void attributes(void) {
  pthread_mutexattr_t attr;
  int value = -1;
  pthread_mutexattr_init(&attr);
  OBSERVE2("attr.type", pthread_mutexattr_gettype(&attr, &value), value);
  OBSERVE2("attr.robust", pthread_mutexattr_getrobust(&attr, &value), value);
  OBSERVE2("attr.protocol", pthread_mutexattr_getprotocol(&attr, &value), value);
  OBSERVE2("attr.pshared", pthread_mutexattr_getpshared(&attr, &value), value);
  OBSERVE2("attr.ceiling", pthread_mutexattr_getprioceiling(&attr, &value), value);
  OBSERVE("attr.settype-3", pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP));
  OBSERVE("attr.settype-4", pthread_mutexattr_settype(&attr, 4));
  OBSERVE("attr.settype-negative", pthread_mutexattr_settype(&attr, -1));
  OBSERVE("attr.setrobust", pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
  OBSERVE("attr.setrobust-2", pthread_mutexattr_setrobust(&attr, 2));
  OBSERVE("attr.setprotocol", pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
  OBSERVE("attr.setprotocol-3", pthread_mutexattr_setprotocol(&attr, 3));
  OBSERVE("attr.setpshared", pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED));
  OBSERVE("attr.setpshared-2", pthread_mutexattr_setpshared(&attr, 2));
  OBSERVE("attr.setceiling", pthread_mutexattr_setprioceiling(&attr, 50));
  OBSERVE("attr.setceiling-0", pthread_mutexattr_setprioceiling(&attr, 0));
  OBSERVE("attr.setceiling-100", pthread_mutexattr_setprioceiling(&attr, 100));
  OBSERVE2("attr.type-set", pthread_mutexattr_gettype(&attr, &value), value);
  OBSERVE2("attr.robust-set", pthread_mutexattr_getrobust(&attr, &value), value);
  OBSERVE2("attr.protocol-set", pthread_mutexattr_getprotocol(&attr, &value), value);
  OBSERVE2("attr.pshared-set", pthread_mutexattr_getpshared(&attr, &value), value);
  OBSERVE2("attr.ceiling-set", pthread_mutexattr_getprioceiling(&attr, &value), value);
  pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT);
  OBSERVE("attr.robust-and-protect", pthread_mutex_init(&mutex, &attr));
  pthread_mutexattr_destroy(&attr);
  create(PTHREAD_MUTEX_NORMAL, 0, 0);
  OBSERVE("mutex.getceiling", pthread_mutex_getprioceiling(&mutex, &value));
  OBSERVE("mutex.setceiling", pthread_mutex_setprioceiling(&mutex, 3, &value));
  OBSERVE("mutex.destroy", pthread_mutex_destroy(&mutex));
  OBSERVE("mutex.destroyed-lock", pthread_mutex_lock(&mutex));
  OBSERVE("mutex.destroyed-trylock", pthread_mutex_trylock(&mutex));
  OBSERVE("mutex.destroyed-unlock", pthread_mutex_unlock(&mutex));

  pthread_condattr_t cond;
  clockid_t clock = 99;
  pthread_condattr_init(&cond);
  OBSERVE2("condattr.clock", pthread_condattr_getclock(&cond, &clock), clock);
  OBSERVE2("condattr.pshared", pthread_condattr_getpshared(&cond, &value), value);
  OBSERVE("condattr.setclock", pthread_condattr_setclock(&cond, CLOCK_MONOTONIC));
  OBSERVE("condattr.setclock-bad", pthread_condattr_setclock(&cond, CLOCK_PROCESS_CPUTIME_ID));
  OBSERVE("condattr.setpshared", pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED));
  OBSERVE("condattr.setpshared-9", pthread_condattr_setpshared(&cond, 9));
  OBSERVE2("condattr.clock-set", pthread_condattr_getclock(&cond, &clock), clock);
  OBSERVE2("condattr.pshared-set", pthread_condattr_getpshared(&cond, &value), value);
  pthread_cond_t by_clock;
  pthread_cond_init(&by_clock, &cond);
  struct timespec time = soon(CLOCK_MONOTONIC);
  create(PTHREAD_MUTEX_NORMAL, 0, 0);
  pthread_mutex_lock(&mutex);
  OBSERVE("cond.timedwait", pthread_cond_timedwait(&by_clock, &mutex, &time));
  time = soon(CLOCK_REALTIME);
  OBSERVE("cond.clockwait", pthread_cond_clockwait(&by_clock, &mutex, CLOCK_REALTIME, &time));
  OBSERVE("cond.clockwait-bad-clock", pthread_cond_clockwait(&by_clock, &mutex, 7, &time));
  time.tv_nsec = -1;
  OBSERVE("cond.clockwait-bad-time", pthread_cond_clockwait(&by_clock, &mutex, CLOCK_REALTIME, &time));
  OBSERVE("cond.still-mine", elsewhere(pthread_mutex_trylock));

  pthread_rwlockattr_t rw;
  pthread_rwlockattr_init(&rw);
  OBSERVE2("rwlockattr.pshared", pthread_rwlockattr_getpshared(&rw, &value), value);
  OBSERVE2("rwlockattr.kind", pthread_rwlockattr_getkind_np(&rw, &value), value);
  OBSERVE("rwlockattr.setpshared", pthread_rwlockattr_setpshared(&rw, 1));
  OBSERVE("rwlockattr.setpshared-2", pthread_rwlockattr_setpshared(&rw, 2));
  OBSERVE("rwlockattr.setkind", pthread_rwlockattr_setkind_np(&rw, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP));
  OBSERVE("rwlockattr.setkind-3", pthread_rwlockattr_setkind_np(&rw, 3));
  OBSERVE2("rwlockattr.kind-set", pthread_rwlockattr_getkind_np(&rw, &value), value);
  OBSERVE2("rwlockattr.pshared-set", pthread_rwlockattr_getpshared(&rw, &value), value);
  pthread_barrierattr_t bar;
  pthread_barrierattr_init(&bar);
  OBSERVE2("barrierattr.pshared", pthread_barrierattr_getpshared(&bar, &value), value);
  OBSERVE("barrierattr.setpshared", pthread_barrierattr_setpshared(&bar, 1));
  OBSERVE("barrierattr.setpshared-2", pthread_barrierattr_setpshared(&bar, 2));
  OBSERVE2("barrierattr.pshared-set", pthread_barrierattr_getpshared(&bar, &value), value);
}

static void *reads(void *argument) {
  struct timespec time = soon(CLOCK_REALTIME);
  return (void *)(intptr_t)pthread_rwlock_timedrdlock(&rwlock, &time);
}
static void *writes(void *argument) {
  struct timespec time = soon(CLOCK_MONOTONIC);
  return (void *)(intptr_t)pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &time);
}
static int threaded(void *(*function)(void *)) {
  pthread_t thread;
  void *value;
  pthread_create(&thread, 0, function, 0);
  pthread_join(thread, &value);
  return (int)(intptr_t)value;
}
static void read_write(void) {
  struct timespec time = soon(CLOCK_REALTIME), bad = {0, 1000000000};
  OBSERVE("rwlock.timedwrlock-bad", pthread_rwlock_timedwrlock(&rwlock, &bad));
  OBSERVE("rwlock.timedwrlock", pthread_rwlock_timedwrlock(&rwlock, &time));
  OBSERVE("rwlock.timedwrlock-again", pthread_rwlock_timedwrlock(&rwlock, &time));
  OBSERVE("rwlock.timedrdlock-again", pthread_rwlock_timedrdlock(&rwlock, &time));
  OBSERVE("rwlock.elsewhere-reads", threaded(reads));
  OBSERVE("rwlock.elsewhere-writes", threaded(writes));
  pthread_rwlock_unlock(&rwlock);
  OBSERVE("rwlock.timedrdlock", pthread_rwlock_timedrdlock(&rwlock, &time));
  OBSERVE("rwlock.reader-elsewhere-writes", threaded(writes));
  OBSERVE("rwlock.clock-bad", pthread_rwlock_clockrdlock(&rwlock, 5, &time));
}

static void named(void) {
  int value = -1;
  sem_t *one, *two, *three;
  sem_unlink("/mpsemu-oracle");
  OBSERVE_CALL("named.absent", sem_open("/mpsemu-oracle", 0) == SEM_FAILED ? -1 : 0);
  OBSERVE_CALL("named.no-name", sem_open("/", O_CREAT, 0600, 1) == SEM_FAILED ? -1 : 0);
  OBSERVE_CALL("named.empty", sem_open("", O_CREAT, 0600, 1) == SEM_FAILED ? -1 : 0);
  OBSERVE_CALL("named.slash", sem_open("/a/b", O_CREAT, 0600, 1) == SEM_FAILED ? -1 : 0);
  OBSERVE_CALL("named.too-much", sem_open("/mpsemu-oracle", O_CREAT, 0600, 0x80000000u) == SEM_FAILED ? -1 : 0);
  one = sem_open("/mpsemu-oracle", O_CREAT | O_EXCL, 0600, 2);
  OBSERVE("named.open", one != SEM_FAILED);
  OBSERVE_CALL("named.exists", sem_open("/mpsemu-oracle", O_CREAT | O_EXCL, 0600, 2) == SEM_FAILED ? -1 : 0);
  two = sem_open("/mpsemu-oracle", O_CREAT, 0600, 7);
  OBSERVE("named.same", one == two);
  three = sem_open("mpsemu-oracle", 0);
  OBSERVE2("named.without-slash", sem_getvalue(three, &value), value);
  OBSERVE2("named.value", sem_getvalue(two, &value), value);
  OBSERVE_CALL("named.wait", sem_wait(one));
  OBSERVE_CALL("named.close", sem_close(three));
  OBSERVE_CALL("named.close-2", sem_close(two));
  OBSERVE2("named.value-2", sem_getvalue(one, &value), value);
  OBSERVE_CALL("named.close-3", sem_close(one));
  OBSERVE_CALL("named.close-4", sem_close(one));
  one = sem_open("/mpsemu-oracle", 0);
  OBSERVE2("named.kept", sem_getvalue(one, &value), value);
  OBSERVE_CALL("named.unlink", sem_unlink("/mpsemu-oracle"));
  OBSERVE_CALL("named.unlink-again", sem_unlink("/mpsemu-oracle"));
  OBSERVE_CALL("named.unlink-bad", sem_unlink("/a/b"));
  OBSERVE_CALL("named.unlinked-absent", sem_open("/mpsemu-oracle", 0) == SEM_FAILED ? -1 : 0);
  OBSERVE_CALL("named.unlinked-post", sem_post(one));
  two = sem_open("/mpsemu-oracle", O_CREAT, 0600, 5);
  OBSERVE("named.another", one != two);
  OBSERVE2("named.another-value", sem_getvalue(two, &value), value);
  OBSERVE2("named.unlinked-value", sem_getvalue(one, &value), value);
  OBSERVE_CALL("named.unlink-another", sem_unlink("mpsemu-oracle"));
  sem_t local;
  sem_init(&local, 0, 0);
  OBSERVE_CALL("named.close-unnamed", sem_close(&local));
  struct timespec time = soon(CLOCK_MONOTONIC);
  OBSERVE_CALL("sem.clockwait", sem_clockwait(&local, CLOCK_MONOTONIC, &time));
  OBSERVE_CALL("sem.clockwait-bad-clock", sem_clockwait(&local, 3, &time));
  time.tv_nsec = 1000000000;
  OBSERVE_CALL("sem.clockwait-bad-time", sem_clockwait(&local, CLOCK_MONOTONIC, &time));
}

int main(void) {
  types("normal", PTHREAD_MUTEX_NORMAL, 0, 0);
  types("recursive", PTHREAD_MUTEX_RECURSIVE, 0, 0);
  types("checking", PTHREAD_MUTEX_ERRORCHECK, 0, 0);
  types("robust-normal", PTHREAD_MUTEX_NORMAL, 1, 0);
  types("robust-recursive", PTHREAD_MUTEX_RECURSIVE, 1, 0);
  types("robust-checking", PTHREAD_MUTEX_ERRORCHECK, 1, 0);
  types("inherit-recursive", PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_INHERIT);
  types("inherit-checking", PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_INHERIT);
  robust("normal", PTHREAD_MUTEX_NORMAL);
  robust("recursive", PTHREAD_MUTEX_RECURSIVE);
  robust("checking", PTHREAD_MUTEX_ERRORCHECK);
  attributes();
  read_write();
  named();
  OBSERVE("static.recursive", pthread_mutex_lock(&initialised_recursive) + pthread_mutex_lock(&initialised_recursive));
  OBSERVE("static.checking", pthread_mutex_lock(&initialised_checking) + 1000 * pthread_mutex_lock(&initialised_checking));
  return 0;
}
