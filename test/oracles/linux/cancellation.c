/* Cancelling threads: states and types, cancellation points, cleanup handlers and destructors, what becomes of locks. */
//! flags: -pthread
#include "../observe.h"
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

static char trail[256];
static unsigned trail_length;
static void mark(const char *text) {
  while (*text) trail[trail_length++] = *text++;
  trail[trail_length] = 0;
}
static void clear(void) { trail[trail_length = 0] = 0; }
static void handler(void *text) { mark(text); }

static pthread_key_t key;
static void destructor(void *text) {
  mark("key:"), mark(text);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static int files[2];
static volatile int ready, go;
static volatile long counter;
static pthread_t main_thread, other;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void pass(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, 0);
}

/* What each thread waits in. */
static void in_sleep(void) { sleep(1000); }
static void in_usleep(void) { usleep(900000000); }
static void in_nanosleep(void) { pass(1000000); }
static void in_clock_nanosleep(void) {
  struct timespec time = {1000, 0};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, 0);
}
static void in_pause(void) { pause(); }
static void in_read(void) {
  char byte;
  (void)!read(files[0], &byte, 1);
}
static void in_sem_wait(void) { sem_wait(&semaphore); }
static void in_sem_timedwait(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += 1000;
  sem_timedwait(&semaphore, &time);
}
static void in_sigwait(void) {
  sigset_t set;
  int number;
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  sigwait(&set, &number);
}
static void in_sigwaitinfo(void) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  sigwaitinfo(&set, 0);
}
static void in_sigsuspend(void) {
  sigset_t set;
  sigemptyset(&set);
  sigsuspend(&set);
}
static void in_join(void) { pthread_join(main_thread, 0); }
static void in_testcancel(void) {
  for (;;) pthread_testcancel(), sched_yield();
}
static void unlock(void *held) {
  mark(pthread_mutex_trylock(held) == 16 ? "held," : "not-held,");
  pthread_mutex_unlock(held);
}
static void in_cond(void) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  for (;;) pthread_cond_wait(&condition, &mutex);
  pthread_cleanup_pop(0);
}
static void in_cond_timed(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_sec += 1000;
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  for (;;) pthread_cond_timedwait(&condition, &mutex, &time);
  pthread_cleanup_pop(0);
}

static void *waits(void *function) {
  pthread_setspecific(key, "data");
  pthread_cleanup_push(handler, "outer,");
  pthread_cleanup_push(handler, "inner,");
  ready = 1;
  ((void (*)(void))function)();
  mark("came-back,");
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return 0;
}

static void cancelled_in(const char *name, void (*function)(void)) {
  pthread_t thread;
  void *value = 0;
  clear();
  ready = 0;
  pthread_create(&thread, 0, waits, (void *)function);
  while (!ready) pass(1);
  pass(20);
  mark(pthread_cancel(thread) == 0 ? "" : "refused,");
  pthread_join(thread, &value);
  mark(value == PTHREAD_CANCELED ? " canceled" : " not-canceled");
  OBSERVE_TEXT(name, trail);
}

/* A request that is there before the call is made. */
static void *requested_before(void *function) {
  pthread_cleanup_push(handler, "handler,");
  pthread_cancel(pthread_self());
  mark("goes-on,");
  ((void (*)(void))function)();
  mark("came-back,");
  pthread_cleanup_pop(0);
  return 0;
}

static void requested(const char *name, void (*function)(void)) {
  pthread_t thread;
  void *value = 0;
  clear();
  pthread_create(&thread, 0, requested_before, (void *)function);
  pthread_join(thread, &value);
  mark(value == PTHREAD_CANCELED ? " canceled" : " not-canceled");
  OBSERVE_TEXT(name, trail);
}
static void sleep_0(void) { sleep(0); }
static void nanosleep_0(void) { pass(0); }
static void post_and_wait(void) { sem_post(&semaphore), sem_wait(&semaphore); }
static void try_wait(void) { sem_trywait(&semaphore); }
static void bad_read(void) { (void)!read(-1, 0, 0); }
static void bad_close(void) { close(-1); }
static void bad_write(void) { (void)!write(-1, 0, 0); }
static void opens(void) { open("/nonexistent", O_RDONLY); }
static void locks(void) { pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex); }
static void yields(void) { sched_yield(); }
static void raises(void) { raise(SIGCONT); }
static void signals(void) { pthread_cond_signal(&condition); }
static void *nothing(void *argument) { return argument; }
static void joins_ended(void) {
  pthread_join(other, 0);
}
static void waits_in_time(void) {
  struct timespec past = {0, 0};
  sem_timedwait(&semaphore, &past);
}
static void cond_past(void) {
  struct timespec past = {0, 0};
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  pthread_cond_timedwait(&condition, &mutex, &past);
  pthread_cleanup_pop(1);
}

/* Disabled, then enabled. */
static void *disabled(void *argument) {
  int old = -1, type = -1;
  OBSERVE2("state.disable", pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), old);
  OBSERVE2("type.old", pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type), type);
  OBSERVE("state.bad", pthread_setcancelstate(7, &old));
  OBSERVE("type.bad", pthread_setcanceltype(7, &old));
  OBSERVE("state.no-place", pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, 0));
  pthread_cleanup_push(handler, "handler");
  ready = 1;
  pass(50);
  pthread_testcancel();
  mark("slept,");
  OBSERVE2("state.enable", pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old), old);
  mark("enabled,");
  pthread_testcancel();
  mark("came-back,");
  pthread_cleanup_pop(0);
  return argument;
}

static void *asynchronous(void *argument) {
  int old = -1;
  OBSERVE2("type.asynchronous", pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old), old);
  pthread_cleanup_push(handler, argument);
  ready = 1;
  for (;;) counter++;
  pthread_cleanup_pop(0);
  return 0;
}

static void *asynchronous_in_lock(void *argument) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  pthread_cleanup_push(handler, argument);
  ready = 1;
  pthread_mutex_lock(&mutex);
  mark("locked,");
  pthread_cleanup_pop(0);
  return 0;
}

static void *asynchronous_cond(void *argument) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  ready = 1;
  in_cond();
  return argument;
}

static void *type_with_request(void *argument) {
  pthread_cleanup_push(handler, "handler,");
  pthread_cancel(pthread_self());
  mark("deferred,");
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  mark("came-back,");
  pthread_cleanup_pop(0);
  return argument;
}

static void *state_with_request(void *argument) {
  pthread_cleanup_push(handler, "handler,");
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, 0);
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  pthread_cancel(pthread_self());
  mark("disabled,");
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, 0);
  mark("came-back,");
  pthread_cleanup_pop(0);
  return argument;
}

/* pthread_exit runs them too; a handler may call cancellation points, and pushes of its own. */
static void pushing(void *text) {
  pthread_cleanup_push(handler, "of-handler,");
  pass(1);
  pthread_testcancel();
  mark(text);
  pthread_cleanup_pop(1);
}
static void deep(int levels) {
  char place[64];
  memset(place, levels, sizeof place);
  pthread_cleanup_push(handler, "d");
  if (levels > 0) deep(levels - 1);
  else pthread_exit(place + 0 == 0 ? 0 : (void *)0x77);
  pthread_cleanup_pop(0);
}
static void *exits(void *argument) {
  pthread_setspecific(key, "last");
  pthread_cleanup_push(handler, "first,");
  pthread_cleanup_push(pushing, "pushing,");
  pthread_cleanup_push(handler, "popped,");
  pthread_cleanup_pop(1);
  deep(5);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return argument;
}

/* The handler sees its frame's variables. */
static void sees(void *place) { OBSERVE("handler.variable", *(volatile int *)place); }
static void *variable(void *argument) {
  volatile int kept = 1;
  pthread_cleanup_push(sees, (void *)&kept);
  kept = 4711;
  pthread_exit(argument);
  pthread_cleanup_pop(0);
}

static void routine(void) {
  ready++;
  if (ready == 1) pass(100000);
  mark("done,");
}
static void *calls_once(void *argument) {
  pthread_once(&once, routine);
  return argument;
}

static volatile int handled;
static void counts(int number) { handled = number; }
static void *in_handler_sleep(void *argument) {
  pthread_cleanup_push(handler, "handler,");
  ready = 1;
  sleep(1000);
  mark("interrupted,");
  sleep(1000);
  pthread_cleanup_pop(0);
  return argument;
}

/* Cancelled in a signal handler that came while it waited for a condition. */
static void waits_in_handler(int number) {
  handled = number;
  for (;;) pause();
}
static void *cond_and_handler(void *argument) {
  ready = 1;
  in_cond();
  return argument;
}

#ifdef _GNU_SOURCE
static void *defers(void *argument) {
  int type = -1;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  pthread_cleanup_push_defer_np(handler, "handler,");
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
  mark(type == PTHREAD_CANCEL_DEFERRED ? "deferred," : "asynchronous,");
  pthread_cancel(pthread_self());
  mark("goes-on,");
  pthread_cleanup_pop_restore_np(1);
  mark("came-back,");
  return argument;
}
#endif

static void *cancels_main(void *argument) {
  pthread_t target = *(pthread_t *)argument;
  pass(20);
  pthread_cancel(target);
  void *value = 0;
  int joined = pthread_join(target, &value);
  OBSERVE2("main.join", joined, value == PTHREAD_CANCELED);
  OBSERVE_TEXT("main.trail", trail);
  return 0;
}

int main(void) {
  pthread_t thread;
  void *value;
  main_thread = pthread_self();
  OBSERVE("enable", PTHREAD_CANCEL_ENABLE);
  OBSERVE("disable", PTHREAD_CANCEL_DISABLE);
  OBSERVE("deferred", PTHREAD_CANCEL_DEFERRED);
  OBSERVE("asynchronous", PTHREAD_CANCEL_ASYNCHRONOUS);
  OBSERVE("canceled", (intptr_t)PTHREAD_CANCELED);
  pthread_key_create(&key, destructor);
  sem_init(&semaphore, 0, 0);
  (void)!pipe(files);
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, 0);

  cancelled_in("in.sleep", in_sleep);
  cancelled_in("in.usleep", in_usleep);
  cancelled_in("in.nanosleep", in_nanosleep);
  cancelled_in("in.clock_nanosleep", in_clock_nanosleep);
  cancelled_in("in.pause", in_pause);
  cancelled_in("in.read", in_read);
  cancelled_in("in.sem_wait", in_sem_wait);
  cancelled_in("in.sem_timedwait", in_sem_timedwait);
  cancelled_in("in.sigwait", in_sigwait);
  cancelled_in("in.sigwaitinfo", in_sigwaitinfo);
  cancelled_in("in.sigsuspend", in_sigsuspend);
  cancelled_in("in.join", in_join);
  cancelled_in("in.testcancel", in_testcancel);
  cancelled_in("in.cond_wait", in_cond);
  cancelled_in("in.cond_timedwait", in_cond_timed);
  OBSERVE("mutex.free", pthread_mutex_trylock(&mutex));
  pthread_mutex_unlock(&mutex);

  requested("requested.sleep-0", sleep_0);
  requested("requested.nanosleep-0", nanosleep_0);
  requested("requested.sem_wait-that-would-not-wait", post_and_wait);
  requested("requested.sem_trywait", try_wait);
  requested("requested.sem_timedwait-past", waits_in_time);
  requested("requested.cond_timedwait-past", cond_past);
  requested("requested.read-bad", bad_read);
  requested("requested.write-bad", bad_write);
  requested("requested.close-bad", bad_close);
  requested("requested.open", opens);
  requested("requested.mutex_lock", locks);
  requested("requested.sched_yield", yields);
  requested("requested.raise", raises);
  requested("requested.cond_signal", signals);
  pthread_create(&other, 0, nothing, 0);
  pass(20);
  requested("requested.join-of-ended", joins_ended);

  clear();
  ready = 0;
  pthread_create(&thread, 0, disabled, (void *)5);
  while (!ready) pass(1);
  OBSERVE("disabled.cancel", pthread_cancel(thread));
  OBSERVE("disabled.cancel-again", pthread_cancel(thread));
  OBSERVE2("disabled.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("disabled.trail", trail);

  clear();
  ready = 0;
  pthread_create(&thread, 0, asynchronous, "handler");
  while (!ready) pass(1);
  pass(5);
  pthread_cancel(thread);
  OBSERVE2("asynchronous.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("asynchronous.trail", trail);

  clear();
  ready = 0;
  pthread_mutex_lock(&mutex);
  pthread_create(&thread, 0, asynchronous_in_lock, "handler");
  while (!ready) pass(1);
  pass(5);
  pthread_cancel(thread);
  OBSERVE2("asynchronous-lock.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("asynchronous-lock.trail", trail);
  pthread_mutex_unlock(&mutex);

  clear();
  ready = 0;
  pthread_create(&thread, 0, asynchronous_cond, "handler");
  while (!ready) pass(1);
  pass(5);
  pthread_mutex_lock(&mutex);
  pthread_cancel(thread);
  pass(5);
  mark("main-unlocks,");
  pthread_mutex_unlock(&mutex);
  OBSERVE2("asynchronous-cond.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("asynchronous-cond.trail", trail);

  clear();
  pthread_create(&thread, 0, type_with_request, 0);
  OBSERVE2("type-with-request.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("type-with-request.trail", trail);
  clear();
  pthread_create(&thread, 0, state_with_request, 0);
  OBSERVE2("state-with-request.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("state-with-request.trail", trail);

  clear();
  pthread_create(&thread, 0, exits, 0);
  OBSERVE2("exit.join", pthread_join(thread, &value), (intptr_t)value);
  OBSERVE_TEXT("exit.trail", trail);
  pthread_create(&thread, 0, variable, (void *)99);
  OBSERVE2("variable.join", pthread_join(thread, &value), (intptr_t)value);

  clear();
  ready = 0;
  pthread_create(&thread, 0, calls_once, 0);
  while (!ready) pass(1);
  pass(5);
  pthread_cancel(thread);
  pthread_join(thread, &value);
  pthread_once(&once, routine);
  OBSERVE("once.calls", ready);
  OBSERVE_TEXT("once.trail", trail);

  clear();
  ready = 0;
  struct sigaction action = {.sa_handler = counts};
  sigaction(SIGUSR1, &action, 0);
  pthread_create(&thread, 0, in_handler_sleep, 0);
  while (!ready) pass(1);
  pass(5);
  pthread_kill(thread, SIGUSR1);
  pass(5);
  pthread_cancel(thread);
  OBSERVE2("interrupted.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE("interrupted.handled", handled == SIGUSR1);
  OBSERVE_TEXT("interrupted.trail", trail);

  clear();
  ready = 0;
  action.sa_handler = waits_in_handler;
  sigaction(SIGUSR1, &action, 0);
  pthread_create(&thread, 0, cond_and_handler, 0);
  while (!ready) pass(1);
  pass(5);
  pthread_kill(thread, SIGUSR1);
  pass(5);
  pthread_cancel(thread);
  OBSERVE2("cond-in-handler.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("cond-in-handler.trail", trail);

  clear();
  pthread_create(&thread, 0, defers, 0);
  OBSERVE2("defer.join", pthread_join(thread, &value), value == PTHREAD_CANCELED);
  OBSERVE_TEXT("defer.trail", trail);

  pthread_create(&thread, 0, nothing, (void *)3);
  pass(20);
  OBSERVE("ended.cancel", pthread_cancel(thread));
  OBSERVE2("ended.join", pthread_join(thread, &value), (intptr_t)value);

  clear();
  pthread_create(&thread, 0, cancels_main, &main_thread);
  pthread_cleanup_push(handler, "main-handler,");
  pthread_setspecific(key, "main");
  for (;;) pause();
  pthread_cleanup_pop(0);
}
