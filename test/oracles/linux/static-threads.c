//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static static-pie musl
//! flags: -pthread
/* A statically linked program with threads: creation, mutexes, conditions, semaphores, keys, once, barriers, robust locks. */
#include "observe.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static int whose, counted;
static __thread int own = 7;
static pthread_key_t key;
static int destroyed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int onced;
static sem_t semaphore;
static pthread_barrier_t barrier;

static void destroy(void *value) { destroyed += (int)(long)value; }
static void initialise(void) { onced++; }

static void *count(void *argument) {
  int me = (int)(long)argument;
  own += me;
  pthread_setspecific(key, argument);
  pthread_once(&once, initialise);
  for (int i = 0; i < 50; i++) {
    pthread_mutex_lock(&lock);
    while (whose != me) pthread_cond_wait(&turn, &lock);
    counted++;
    whose = me == 3 ? 0 : me + 1;
    pthread_cond_broadcast(&turn);
    pthread_mutex_unlock(&lock);
  }
  pthread_barrier_wait(&barrier);
  void *block = malloc(100000);
  memset(block, me, 100000);
  free(block);
  sem_post(&semaphore);
  return (void *)(long)own;
}

static pthread_mutex_t robust;
static void *abandon(void *argument) {
  pthread_mutex_lock(&robust);
  return 0;
}

int main(void) {
  pthread_t threads[4];
  long sum = 0;
  int failed = 0;
  pthread_key_create(&key, destroy);
  sem_init(&semaphore, 0, 0);
  pthread_barrier_init(&barrier, 0, 4);
  for (long i = 0; i < 4; i++) failed |= pthread_create(&threads[i], 0, count, (void *)i);
  OBSERVE("create", failed);
  for (int i = 0; i < 4; i++) sem_wait(&semaphore);
  for (int i = 0; i < 4; i++) {
    void *result;
    failed |= pthread_join(threads[i], &result);
    sum += (long)result;
  }
  OBSERVE("join", failed);
  OBSERVE("results", sum);
  OBSERVE("turns", counted);
  OBSERVE("own", own);
  OBSERVE("key.destroyed", destroyed);
  OBSERVE("once", onced);
  OBSERVE_CALL("sem_trywait.empty", sem_trywait(&semaphore));

  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_create(&threads[0], 0, abandon, 0);
  pthread_join(threads[0], 0);
  OBSERVE("robust.owner-died", pthread_mutex_lock(&robust));
  OBSERVE("robust.consistent", pthread_mutex_consistent(&robust));
  OBSERVE("robust.unlock", pthread_mutex_unlock(&robust));

  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_STALLED);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &attributes);
  pthread_mutex_lock(&checked);
  OBSERVE("errorcheck.twice", pthread_mutex_lock(&checked));
  OBSERVE("errorcheck.try", pthread_mutex_trylock(&checked));

  struct timespec past = {0, 0}, soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 1000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, soon.tv_sec++;
  OBSERVE_CALL("sem_timedwait.past", sem_timedwait(&semaphore, &past));
  OBSERVE_CALL("sem_timedwait.soon", sem_timedwait(&semaphore, &soon));
  pthread_mutex_lock(&lock);
  OBSERVE("cond_timedwait.past", pthread_cond_timedwait(&turn, &lock, &past));
  OBSERVE("mutex_timedlock.past", pthread_mutex_timedlock(&lock, &past));
  pthread_mutex_unlock(&lock);

  pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
  OBSERVE("rwlock.read", pthread_rwlock_rdlock(&rw));
  OBSERVE("rwlock.read-again", pthread_rwlock_tryrdlock(&rw));
  OBSERVE("rwlock.write", pthread_rwlock_trywrlock(&rw));
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  OBSERVE("attr.stacksize-1", pthread_attr_setstacksize(&attr, 1));
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  whose = -1;
  return 9;
}
