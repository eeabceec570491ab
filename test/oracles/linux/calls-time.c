//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Clocks, sleeping and interval timers by system call. */
#include "observe.h"
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#define BAD ((void *)8)
struct kernel_time { long seconds, nanoseconds; };
struct kernel_timeval { long seconds, microseconds; };
struct kernel_timer { struct kernel_timeval interval, value; };
static volatile int rung;
static void ring(int signal) { rung = signal; }

int main(void) {
  struct kernel_time t, zero = {0, 0}, soon = {0, 1000000}, bad = {0, 1000000000}, negative = {-1, 0}, below = {0, -1}, long_time = {3, 0}, left = {7, 7};
  char name[40] = "clock_gettime.";
  for (int clock = 0; clock < 20; clock++) {
    if (clock >= 8 && clock <= 10) continue;
    name[14] = '0' + clock / 10, name[15] = '0' + clock % 10, name[16] = 0;
    CALL(name, SYS_clock_gettime, clock, &t);
  }
  CALL("clock_gettime.bad", SYS_clock_gettime, 1, BAD);
  CALL("clock_gettime.null", SYS_clock_gettime, 1, 0L);
  CALL("clock_getres.null", SYS_clock_getres, 1, 0L);
  CALL("clock_getres.unknown", SYS_clock_getres, 77, &t);
  CALL("clock_getres.bad", SYS_clock_getres, 1, BAD);
  CALL("clock_getres", SYS_clock_getres, 1, &t);
  OBSERVE2("clock_getres.value", t.seconds, t.nanoseconds);
  syscall(SYS_clock_getres, 6, &t);
  OBSERVE2("clock_getres.coarse", t.seconds, t.nanoseconds);
  CALL("clock_settime.monotonic", SYS_clock_settime, 1, &zero);
  CALL("clock_settime.unknown", SYS_clock_settime, 77, &zero);

  CALL("nanosleep", SYS_nanosleep, &soon, 0L);
  CALL("nanosleep.0", SYS_nanosleep, &zero, &left);
  OBSERVE("nanosleep.0.left", left.seconds);
  CALL("nanosleep.bad-time", SYS_nanosleep, &bad, 0L);
  CALL("nanosleep.negative", SYS_nanosleep, &negative, 0L);
  CALL("nanosleep.below", SYS_nanosleep, &below, 0L);
  CALL("nanosleep.bad", SYS_nanosleep, BAD, 0L);
  CALL("clock_nanosleep", SYS_clock_nanosleep, 1, 0, &soon, 0L);
  CALL("clock_nanosleep.realtime", SYS_clock_nanosleep, 0, 0, &soon, 0L);
  CALL("clock_nanosleep.past", SYS_clock_nanosleep, 1, 1, &soon, 0L);
  CALL("clock_nanosleep.bad-time", SYS_clock_nanosleep, 1, 0, &bad, 0L);
  CALL("clock_nanosleep.unknown", SYS_clock_nanosleep, 77, 0, &soon, 0L);
  CALL("clock_nanosleep.thread", SYS_clock_nanosleep, 3, 0, &soon, 0L);
  CALL("clock_nanosleep.raw", SYS_clock_nanosleep, 4, 0, &soon, 0L);
  CALL("clock_nanosleep.coarse", SYS_clock_nanosleep, 6, 0, &soon, 0L);
  CALL("clock_nanosleep.boottime", SYS_clock_nanosleep, 7, 0, &soon, 0L);
  CALL("clock_nanosleep.tai", SYS_clock_nanosleep, 11, 0, &soon, 0L);
  CALL("clock_nanosleep.bad", SYS_clock_nanosleep, 1, 0, BAD, 0L);
  CALL("clock_nanosleep.unknown-flag", SYS_clock_nanosleep, 1, 8, &soon, 0L);

  struct sigaction act = {0};
  act.sa_handler = ring, act.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &act, 0);
  struct kernel_timer timer = {{0, 0}, {0, 2000}}, was;
  CALL("setitimer", SYS_setitimer, 0, &timer, 0L);
  CALL("nanosleep.interrupted", SYS_nanosleep, &long_time, &left);
  OBSERVE3("nanosleep.left", rung, left.seconds, left.nanoseconds > 0);
  rung = 0;
  syscall(SYS_setitimer, 0, &timer, 0L);
  CALL("nanosleep.interrupted.left-bad", SYS_nanosleep, &long_time, BAD);
  syscall(SYS_setitimer, 0, &timer, 0L);
  CALL("clock_nanosleep.interrupted", SYS_clock_nanosleep, 1, 0, &long_time, &left);
  syscall(SYS_clock_gettime, 1, &t);
  t.seconds += 2, left.seconds = 9;
  syscall(SYS_setitimer, 0, &timer, 0L);
  CALL("clock_nanosleep.interrupted.absolute", SYS_clock_nanosleep, 1, 1, &t, &left);
  OBSERVE("clock_nanosleep.absolute.left", left.seconds);
  signal(SIGALRM, SIG_IGN);
  syscall(SYS_setitimer, 0, &timer, 0L);
  struct kernel_time short_time = {0, 8000000};
  CALL("nanosleep.ignored-signal", SYS_nanosleep, &short_time, &left);
  signal(SIGALRM, ring);

  timer.value.microseconds = 1000000;
  CALL("setitimer.bad-value", SYS_setitimer, 0, &timer, 0L);
  timer.value.microseconds = -1;
  CALL("setitimer.negative", SYS_setitimer, 0, &timer, 0L);
  timer.value.microseconds = 0, timer.value.seconds = 100, timer.interval.seconds = 5;
  CALL("setitimer.unknown", SYS_setitimer, 7, &timer, 0L);
  CALL("setitimer.bad", SYS_setitimer, 0, BAD, 0L);
  CALL("setitimer.long", SYS_setitimer, 0, &timer, 0L);
  CALL("getitimer", SYS_getitimer, 0, &was);
  OBSERVE3("getitimer.values", was.interval.seconds, was.value.seconds >= 99, was.interval.microseconds);
  CALL("getitimer.unknown", SYS_getitimer, 7, &was);
  CALL("getitimer.bad", SYS_getitimer, 0, BAD);
  CALL("setitimer.old-bad", SYS_setitimer, 0, &timer, BAD);
  memset(&timer, 0, sizeof timer);
  CALL("setitimer.off", SYS_setitimer, 0, &timer, &was);
  OBSERVE2("setitimer.old", was.interval.seconds, was.value.seconds >= 99);
  syscall(SYS_getitimer, 0, &was);
  OBSERVE2("getitimer.off", was.value.seconds, was.value.microseconds);
  CALL("setitimer.null", SYS_setitimer, 0, 0L, 0L);
  timer.value.microseconds = 1000, timer.interval.microseconds = 1000;
  rung = 0;
  syscall(SYS_setitimer, 2, &timer, 0L);
  signal(SIGPROF, ring);
  while (!rung) ;
  OBSERVE("setitimer.profile", rung);
  memset(&timer, 0, sizeof timer);
  syscall(SYS_setitimer, 2, &timer, 0L);
#ifdef SYS_alarm
  CALL("alarm", SYS_alarm, 100);
  CALL("alarm.again", SYS_alarm, 0);
  CALL("alarm.none", SYS_alarm, 0);
#else
  OBSERVE2("alarm", 0, 0);
  OBSERVE2("alarm.again", 100, 0);
  OBSERVE2("alarm.none", 0, 0);
#endif
  struct kernel_timeval now;
  int zone[2] = {9, 9};
  CALL("gettimeofday", SYS_gettimeofday, &now, zone);
  OBSERVE2("gettimeofday.zone", zone[0], zone[1]);
  CALL("gettimeofday.null", SYS_gettimeofday, 0L, 0L);
  CALL("gettimeofday.bad", SYS_gettimeofday, BAD, 0L);
  CALL("gettimeofday.zone-bad", SYS_gettimeofday, &now, BAD);
#ifdef SYS_time
  long seconds = 0;
  OBSERVE("time", syscall(SYS_time, &seconds) == seconds);
  CALL("time.bad", SYS_time, BAD);
#else
  OBSERVE("time", 1);
  OBSERVE2("time.bad", -1, 14);
#endif
  return 0;
}
