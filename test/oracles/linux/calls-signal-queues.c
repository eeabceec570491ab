//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* How signals of timers wait: periods that passed meanwhile, ignored ones, how many may wait; and CPU time, which stands still in a sleep. */
#include "observe.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
struct kernel_time { long seconds, nanoseconds; };
struct kernel_timer { struct kernel_time interval, value; };
static volatile int caught;
static void on(int signal) { caught++; }
static void rest(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  nanosleep(&time, 0);
}
static long long used(clockid_t clock) {
  struct timespec time;
  return clock_gettime(clock, &time) ? -1 : time.tv_sec * 1000000000ll + time.tv_nsec;
}
static void block(int signal) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signal), sigprocmask(SIG_BLOCK, &set, 0);
}
static siginfo_t info;
static int take(int signal) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signal);
  struct timespec zero = {0, 0};
  int r = sigtimedwait(&set, &info, &zero);
  return r < 0 ? -errno : r;
}

int main(void) {
  signal(SIGALRM, on), signal(SIGVTALRM, on), signal(SIGPROF, on);
  block(40), block(41), block(SIGUSR2);
  struct { long value; int signal, notify, tid; char rest[64]; } event = {7, SIGUSR2, SIGEV_SIGNAL};
  struct kernel_timer periods = {{0, 100000000}, {0, 100000000}}, off = {{0}}, once = {{0, 0}, {0, 1000000}}, was;
  int id = -1;
  CALL("overrun.create", SYS_timer_create, 1, &event, &id);
  syscall(SYS_timer_settime, id, 0, &periods, 0L);
  rest(550000);
  syscall(SYS_timer_gettime, id, &was);
  OBSERVE("overrun.left-while-it-waits", was.value.nanoseconds > 0 && was.value.nanoseconds <= 100000000);
  OBSERVE("overrun.before", syscall(SYS_timer_getoverrun, id));
  OBSERVE2("overrun.first", take(SIGUSR2), info.si_overrun);
  OBSERVE("overrun.first.asked", syscall(SYS_timer_getoverrun, id));
  rest(250000);
  OBSERVE2("overrun.second", take(SIGUSR2), info.si_overrun);
  syscall(SYS_timer_settime, id, 0, &once, 0L);
  rest(5000);
  syscall(SYS_timer_settime, id, 0, &off, 0L);
  OBSERVE("set-anew.drops-its-signal", take(SIGUSR2));
  // It is counted apart from one that was sent.
  event.signal = 40;
  int real = -1;
  union sigval value = {.sival_int = 9};
  syscall(SYS_timer_create, 1, &event, &real);
  sigqueue(getpid(), 40, value), syscall(SYS_timer_settime, real, 0, &once, 0L), rest(5000);
  OBSERVE2("beside-a-queued.first", take(40), info.si_value.sival_int);
  OBSERVE2("beside-a-queued.second", take(40), info.si_value.sival_int);
  OBSERVE("beside-a-queued.third", take(40));
  sigqueue(getpid(), 40, value), syscall(SYS_timer_settime, real, 0, &once, 0L), rest(5000);
  CALL("delete", SYS_timer_delete, real);
  OBSERVE2("deleted.first", take(40), info.si_value.sival_int);
  OBSERVE("deleted.second", take(40));

  event.signal = SIGUSR1;
  signal(SIGUSR1, SIG_IGN);
  int ignored = -1;
  syscall(SYS_timer_create, 1, &event, &ignored);
  syscall(SYS_timer_settime, ignored, 0, &periods, 0L);
  rest(350000), caught = 0;
  signal(SIGUSR1, on);
  OBSERVE("ignored.then-not", caught);
  signal(SIGUSR1, SIG_IGN), syscall(SYS_timer_delete, ignored);
  struct itimerval each = {{0, 2000}, {0, 2000}}, left;
  signal(SIGALRM, SIG_IGN), setitimer(ITIMER_REAL, &each, 0), rest(20000);
  getitimer(ITIMER_REAL, &left);
  OBSERVE2("itimer.ignored", left.it_value.tv_usec, left.it_interval.tv_usec);
  signal(SIGALRM, on), caught = 0, rest(10000);
  OBSERVE("itimer.ignored.is-over", caught);

  event.notify = SIGEV_NONE;
  struct kernel_timer instants = {{0, 1}, {0, 1}};
  syscall(SYS_timer_create, 1, &event, &id), syscall(SYS_timer_settime, id, 0, &instants, 0L), rest(20000);
  syscall(SYS_timer_gettime, id, &was);
  OBSERVE2("silent.every-nanosecond", was.value.nanoseconds, was.interval.nanoseconds);

  long long before = used(CLOCK_PROCESS_CPUTIME_ID), own = used(CLOCK_THREAD_CPUTIME_ID);
  struct itimerval soon = {{0, 0}, {0, 20000}};
  caught = 0;
  setitimer(ITIMER_VIRTUAL, &soon, 0), setitimer(ITIMER_PROF, &soon, 0);
  rest(80000);
  OBSERVE("cpu.asleep.process", used(CLOCK_PROCESS_CPUTIME_ID) - before < 40000000);
  OBSERVE("cpu.asleep.thread", used(CLOCK_THREAD_CPUTIME_ID) - own < 40000000);
  OBSERVE("cpu.asleep.timers", caught);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  OBSERVE("cpu.asleep.getrusage", usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 60000);
  while (caught < 2) ;
  OBSERVE("cpu.awake.timers", caught);
  OBSERVE("cpu.by-number.process", used((~(long)getpid() << 3) | 2) >= before);
  OBSERVE("cpu.by-number.thread", used((~syscall(SYS_gettid) << 3) | 6) >= own);
  OBSERVE("cpu.by-number.this-process", used((~0l << 3) | 2) >= before);
  OBSERVE("cpu.by-number.nobody", used((~12345678l << 3) | 6));
  OBSERVE("cpu.by-number.kind", used((~0l << 3) | 3));
  struct kernel_time little = {0, 1000000};
  CALL("cpu.sleep.own-thread", SYS_clock_nanosleep, (~0l << 3) | 6, 0, &little, 0L);
  CALL("cpu.timer", SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &id);

  struct rlimit few = {20, 20};
  setrlimit(RLIMIT_SIGPENDING, &few);
  int queued = 0, failed = 0;
  while (queued < 100 && !(failed = sigqueue(getpid(), 40, value))) queued++;
  OBSERVE2("limit.sigqueue", failed, failed ? errno : 0);
  CALL("limit.timer", SYS_timer_create, 1, &event, &id);
  CALL("limit.tgkill", SYS_tgkill, getpid(), syscall(SYS_gettid), 41);
  CALL("limit.kill", SYS_kill, getpid(), 41);
  CALL("limit.ordinary", SYS_kill, getpid(), SIGUSR2);
  OBSERVE2("limit.ordinary.taken", take(SIGUSR2), info.si_code);
  return 0;
}
