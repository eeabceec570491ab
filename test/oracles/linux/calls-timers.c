//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Timers by system call. */
#include "observe.h"
#include <signal.h>
#include <sys/syscall.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#define BAD ((void *)8)
struct kernel_time { long seconds, nanoseconds; };
struct kernel_timer { struct kernel_time interval, value; };
static volatile int got, code, rings;
static volatile long carried;
static void on(int s, siginfo_t *info, void *context) {
  got = s, code = info->si_code, carried = info->si_value.sival_int, rings++;
}

int main(void) {
  struct { long value; int signal, notify, tid; char rest[64]; } event = {77, SIGUSR1, SIGEV_SIGNAL};
  struct sigaction act = {0};
  act.sa_sigaction = on, act.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &act, 0), sigaction(SIGALRM, &act, 0);
  int id = -1, other = -1, silent = -1;
  CALL("create", SYS_timer_create, 1, &event, &id);
  OBSERVE("create.id", id >= 0);
  CALL("create.default", SYS_timer_create, 0, 0L, &other);
  CALL("create.unknown-clock", SYS_timer_create, 77, &event, &silent);
  CALL("create.raw", SYS_timer_create, 4, &event, &silent);
  CALL("create.coarse", SYS_timer_create, 6, &event, &silent);
  CALL("create.bad", SYS_timer_create, 1, BAD, &silent);
  CALL("create.place-bad", SYS_timer_create, 1, &event, BAD);
  event.signal = 0;
  CALL("create.signal-0", SYS_timer_create, 1, &event, &silent);
  event.signal = 65;
  CALL("create.signal-65", SYS_timer_create, 1, &event, &silent);
  event.signal = SIGUSR1, event.notify = 9;
  CALL("create.notify-9", SYS_timer_create, 1, &event, &silent);
  event.notify = SIGEV_THREAD_ID, event.tid = 0x3ffffff;
  CALL("create.absent-thread", SYS_timer_create, 1, &event, &silent);
  event.notify = SIGEV_NONE;
  CALL("create.silent", SYS_timer_create, 1, &event, &silent);

  struct kernel_timer timer = {{0, 0}, {0, 1000000}}, was;
  struct kernel_time second = {1, 0};
  CALL("settime", SYS_timer_settime, id, 0, &timer, 0L);
  CALL("nanosleep", SYS_nanosleep, &second, 0L);
  OBSERVE3("rung", got, code, carried);
  CALL("gettime.over", SYS_timer_gettime, id, &was);
  OBSERVE2("gettime.over.value", was.value.seconds, was.value.nanoseconds);
  CALL("settime.null", SYS_timer_settime, id, 0, 0L, 0L);
  CALL("settime.bad", SYS_timer_settime, id, 0, BAD, 0L);
  CALL("settime.unknown", SYS_timer_settime, 12345, 0, &timer, 0L);
  timer.value.nanoseconds = 1000000000;
  CALL("settime.bad-time", SYS_timer_settime, id, 0, &timer, 0L);
  timer.value.nanoseconds = 0, timer.value.seconds = 100, timer.interval.seconds = 5;
  CALL("settime.long", SYS_timer_settime, silent, 0, &timer, 0L);
  CALL("gettime", SYS_timer_gettime, silent, &was);
  OBSERVE2("gettime.value", was.interval.seconds, was.value.seconds >= 99);
  CALL("gettime.unknown", SYS_timer_gettime, 12345, &was);
  CALL("gettime.bad", SYS_timer_gettime, silent, BAD);
  timer.value.seconds = 0;
  CALL("settime.off", SYS_timer_settime, silent, 0, &timer, &was);
  OBSERVE("settime.old", was.value.seconds >= 99);
  timer.value.seconds = 1, timer.value.nanoseconds = 0, timer.interval.seconds = 0;
  CALL("settime.past", SYS_timer_settime, other, 1, &timer, 0L);
  while (got != SIGALRM) ;
  OBSERVE2("default.rung", got, code);
  rings = 0;
  timer.value.seconds = 0, timer.value.nanoseconds = timer.interval.nanoseconds = 1000000;
  syscall(SYS_timer_settime, id, 0, &timer, 0L);
  while (rings < 3) ;
  OBSERVE("interval", rings >= 3);
  CALL("getoverrun.unknown", SYS_timer_getoverrun, 12345);
  CALL("delete", SYS_timer_delete, id);
  CALL("delete.twice", SYS_timer_delete, id);
  CALL("settime.deleted", SYS_timer_settime, id, 0, &timer, 0L);
  return 0;
}
