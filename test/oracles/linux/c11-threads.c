/* C11's threads, mutexes, conditions and thread-specific storage. */
//! flags: -pthread
#include "../observe.h"
#include <signal.h>
#include <stdint.h>
#include <threads.h>
#include <time.h>

static mtx_t mutex;
static cnd_t condition;
static once_flag once = ONCE_FLAG_INIT;
static tss_t key;
static int calls, destroyed, ready;
static thread_local int own = 5;

static void called(void) { calls++; }
static void destructor(void *value) { destroyed += (int)(intptr_t)value; }
static int returns(void *argument) {
  call_once(&once, called);
  own += (int)(intptr_t)argument;
  return -own;
}
static int exits(void *argument) {
  tss_set(key, argument);
  thrd_exit(77);
}
static int tries(void *argument) { return mtx_trylock(argument); }
static struct timespec after(long nanoseconds) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  if ((time.tv_nsec += nanoseconds) >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
  return time;
}
static int timed(void *argument) {
  struct timespec time = after(3000000);
  return mtx_timedlock(argument, &time);
}
static int signals(void *argument) {
  mtx_lock(&mutex);
  ready = 1;
  int r = cnd_signal(&condition);
  mtx_unlock(&mutex);
  return r;
}
static int elsewhere(thrd_start_t function, void *argument) {
  thrd_t thread;
  int result = 99;
  if (thrd_create(&thread, function, argument) != thrd_success) return 98;
  return thrd_join(thread, &result) == thrd_success ? result : 97;
}
static void handler(int number) { (void)number; }
static int interrupts(void *argument) {
  struct timespec time = {0, 5000000};
  thrd_sleep(&time, 0);
  pthread_kill(*(thrd_t *)argument, SIGUSR1);
  return 0;
}

int main(void) {
  thrd_t thread, self = thrd_current();
  OBSERVE3("results", thrd_success, thrd_busy, thrd_error);
  OBSERVE2("more-results", thrd_nomem, thrd_timedout);
  OBSERVE3("types", mtx_plain, mtx_recursive, mtx_timed);
  OBSERVE("sizes", sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t) && sizeof(once_flag) == 4);
  OBSERVE("iterations", TSS_DTOR_ITERATIONS);
  OBSERVE("returns", elsewhere(returns, (void *)3));
  OBSERVE("returns-again", elsewhere(returns, (void *)4));
  OBSERVE2("once", calls, own);
  OBSERVE("tss.create", tss_create(&key, destructor));
  OBSERVE("exits", elsewhere(exits, (void *)1000));
  OBSERVE("tss.destroyed", destroyed);
  OBSERVE("tss.set", tss_set(key, &key));
  OBSERVE("tss.get", tss_get(key) == &key);
  OBSERVE("tss.set-bad", tss_set(12345, &key));
  tss_delete(key);
  OBSERVE("equal", thrd_equal(self, thrd_current()) != 0);
  for (int type = -1; type <= 4; type++) {
    char name[] = "mtx_init.0";
    name[9] = type < 0 ? 'n' : '0' + type;
    OBSERVE(name, mtx_init(&mutex, type));
  }
  mtx_init(&mutex, mtx_timed);
  OBSERVE("lock", mtx_lock(&mutex));
  OBSERVE("trylock", mtx_trylock(&mutex));
  OBSERVE("elsewhere.trylock", elsewhere(tries, &mutex));
  OBSERVE("elsewhere.timedlock", elsewhere(timed, &mutex));
  OBSERVE("unlock", mtx_unlock(&mutex));
  OBSERVE("cnd_init", cnd_init(&condition));
  mtx_lock(&mutex);
  thrd_create(&thread, signals, 0);
  int r = 0;
  while (!ready) r |= cnd_wait(&condition, &mutex);
  OBSERVE("cnd_wait", r);
  struct timespec time = after(3000000);
  OBSERVE("cnd_timedwait", cnd_timedwait(&condition, &mutex, &time));
  OBSERVE("cnd_broadcast", cnd_broadcast(&condition));
  mtx_unlock(&mutex);
  OBSERVE2("join", thrd_join(thread, &r), r);
  cnd_destroy(&condition), mtx_destroy(&mutex);
  mtx_init(&mutex, mtx_recursive);
  OBSERVE("recursive", mtx_lock(&mutex) + mtx_lock(&mutex) + mtx_trylock(&mutex));
  OBSERVE("recursive.unlock", mtx_unlock(&mutex) + mtx_unlock(&mutex) + mtx_unlock(&mutex));
  time.tv_sec = 0, time.tv_nsec = 1000000;
  OBSERVE("sleep", thrd_sleep(&time, 0));
  time.tv_nsec = 1000000000;
  OBSERVE("sleep.bad", thrd_sleep(&time, 0) < -1);
  signal(SIGUSR1, handler);
  thrd_create(&thread, interrupts, &self);
  struct timespec left = {0, 0};
  time.tv_sec = 100, time.tv_nsec = 0;
  OBSERVE("sleep.interrupted", thrd_sleep(&time, &left));
  OBSERVE("sleep.left", left.tv_sec == 99);
  thrd_join(thread, 0);
  thrd_create(&thread, returns, 0);
  OBSERVE("detach", thrd_detach(thread));
  thrd_yield();
  return 0;
}
