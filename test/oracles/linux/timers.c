/* Timers of the library: by signal, by thread, to one thread, and silent ones. */
//! flags: -pthread
#include "../observe.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

static volatile int taken, code, value, overrun, taker;
static sem_t called;
static volatile int given, on_another, blocked;
static pthread_t main_thread;
static size_t stack_size;

static void handler(int number, siginfo_t *info, void *context) {
  taken++;
  code = info->si_code;
  value = info->si_value.sival_int;
  overrun = info->si_overrun;
  taker = (int)syscall(SYS_gettid);
}
static void call(union sigval argument) {
  sigset_t set;
  pthread_attr_t attr;
  int state;
  pthread_sigmask(SIG_BLOCK, 0, &set);
  blocked = !sigisemptyset(&set);
  given += argument.sival_int;
  on_another = !pthread_equal(pthread_self(), main_thread);
  pthread_getattr_np(pthread_self(), &attr);
  pthread_attr_getstacksize(&attr, &stack_size);
  pthread_attr_getdetachstate(&attr, &state);
  on_another |= (state == PTHREAD_CREATE_DETACHED) << 1;
  sem_post(&called);
}
static void pass(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000}, left;
  while (nanosleep(&time, &left) == -1) time = left;
}
static volatile int tid, stop;
static void *other(void *argument) {
  tid = (int)syscall(SYS_gettid);
  while (!stop) usleep(1000);
  return argument;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  struct itimerspec once = {{0, 0}, {0, 5000000}}, often = {{0, 5000000}, {0, 5000000}}, never = {{0, 0}, {0, 0}}, found, old;
  struct sigevent event;
  timer_t timer, second;
  sigset_t set, before;
  pthread_t thread;
  main_thread = pthread_self();
  sigaction(SIGUSR1, &action, 0), sigaction(SIGALRM, &action, 0), sigaction(SIGRTMIN, &action, 0);
  sem_init(&called, 0, 0);

  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_SIGNAL, event.sigev_signo = SIGUSR1, event.sigev_value.sival_int = 4711;
  OBSERVE_CALL("signal.create", timer_create(CLOCK_MONOTONIC, &event, &timer));
  OBSERVE_CALL("signal.gettime-idle", timer_gettime(timer, &found));
  OBSERVE2("signal.idle", found.it_value.tv_sec, found.it_value.tv_nsec);
  OBSERVE_CALL("signal.settime", timer_settime(timer, 0, &once, &old));
  OBSERVE_CALL("signal.gettime", timer_gettime(timer, &found));
  OBSERVE("signal.runs", found.it_value.tv_nsec > 0 && found.it_value.tv_nsec <= 5000000 && found.it_interval.tv_nsec == 0);
  pass(30);
  OBSERVE3("signal.taken", taken, code == SI_TIMER, value);
  OBSERVE_CALL("signal.overrun", timer_getoverrun(timer));
  OBSERVE_CALL("signal.settime-often", timer_settime(timer, 0, &often, &old));
  pass(30);
  OBSERVE("signal.often", taken > 3);
  OBSERVE_CALL("signal.settime-never", timer_settime(timer, 0, &never, &old));
  OBSERVE2("signal.old", old.it_interval.tv_nsec, old.it_value.tv_nsec > 0);
  int so_far = taken;
  pass(20);
  OBSERVE("signal.stopped", taken == so_far);
  sigemptyset(&set), sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &before);
  OBSERVE_CALL("overrun.settime", timer_settime(timer, 0, &often, 0));
  pass(42);
  sigprocmask(SIG_SETMASK, &before, 0);
  OBSERVE("overrun.told", overrun >= 3);
  OBSERVE("overrun.asked", timer_getoverrun(timer) == overrun);
  struct itimerspec absolute = once;
  clock_gettime(CLOCK_MONOTONIC, &absolute.it_value);
  absolute.it_value.tv_sec++;
  OBSERVE_CALL("absolute.settime", timer_settime(timer, TIMER_ABSTIME, &absolute, 0));
  timer_gettime(timer, &found);
  OBSERVE("absolute.left", found.it_value.tv_sec == 0 && found.it_value.tv_nsec > 900000000);
  absolute.it_value.tv_nsec = 1000000000;
  OBSERVE_CALL("settime.bad", timer_settime(timer, 0, &absolute, 0));
  OBSERVE_CALL("delete", timer_delete(timer));

  taken = 0;
  OBSERVE_CALL("default.create", timer_create(CLOCK_REALTIME, 0, &timer));
  timer_settime(timer, 0, &once, 0);
  pass(30);
  OBSERVE2("default.taken", taken, value);
  timer_delete(timer);

  event.sigev_notify = SIGEV_NONE;
  OBSERVE_CALL("none.create", timer_create(CLOCK_MONOTONIC, &event, &timer));
  taken = 0;
  timer_settime(timer, 0, &once, 0);
  pass(20);
  timer_gettime(timer, &found);
  OBSERVE3("none.taken", taken, found.it_value.tv_sec, found.it_value.tv_nsec);
  timer_delete(timer);

  pthread_create(&thread, 0, other, 0);
  while (!tid) usleep(1000);
  event.sigev_notify = SIGEV_THREAD_ID, event.sigev_signo = SIGRTMIN, event._sigev_un._tid = tid;
  OBSERVE_CALL("thread-id.create", timer_create(CLOCK_MONOTONIC, &event, &timer));
  taken = 0;
  timer_settime(timer, 0, &once, 0);
  pass(30);
  OBSERVE3("thread-id.taken", taken, taker == tid, value);
  timer_delete(timer);
  stop = 1;
  pthread_join(thread, 0);

  event.sigev_notify = SIGEV_THREAD, event.sigev_value.sival_int = 100, event.sigev_notify_function = call, event.sigev_notify_attributes = 0;
  OBSERVE_CALL("thread.create", timer_create(CLOCK_MONOTONIC, &event, &timer));
  timer_settime(timer, 0, &once, 0);
  OBSERVE_CALL("thread.called", sem_wait(&called));
  OBSERVE3("thread.given", given, on_another, blocked);
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 1 << 20);
  event.sigev_notify_attributes = (void *)&attr, event.sigev_value.sival_int = 1;
  OBSERVE_CALL("thread.create-second", timer_create(CLOCK_REALTIME, &event, &second));
  pthread_attr_destroy(&attr);
  timer_settime(second, 0, &often, 0);
  for (int i = 0; i < 3; i++) sem_wait(&called);
  OBSERVE_CALL("thread.delete-second", timer_delete(second));
  OBSERVE("thread.given-second", given >= 103);
  OBSERVE("thread.stack", stack_size == 1 << 20);
  OBSERVE_CALL("thread.gettime", timer_gettime(timer, &found));
  OBSERVE2("thread.idle", found.it_value.tv_sec, found.it_value.tv_nsec);
  OBSERVE_CALL("thread.overrun", timer_getoverrun(timer));
  OBSERVE_CALL("thread.delete", timer_delete(timer));

  event.sigev_notify = SIGEV_SIGNAL, event.sigev_signo = 65;
  OBSERVE_CALL("create.bad-signal", timer_create(CLOCK_MONOTONIC, &event, &timer));
  event.sigev_signo = SIGUSR1;
  OBSERVE_CALL("create.bad-clock", timer_create(77, &event, &timer));
  event.sigev_notify = SIGEV_THREAD;
  OBSERVE_CALL("create.thread-bad-clock", timer_create(77, &event, &timer));
  OBSERVE_CALL("delete.absent", timer_delete((timer_t)(uintptr_t)77));
  OBSERVE_CALL("gettime.absent", timer_gettime((timer_t)(uintptr_t)77, &found));
  OBSERVE_CALL("settime.absent", timer_settime((timer_t)(uintptr_t)77, 0, &once, &found));
  OBSERVE_CALL("overrun.absent", timer_getoverrun((timer_t)(uintptr_t)77));
  return 0;
}
