//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
//! flags: -pthread
/* What becomes of calls that wait: data on its way when a handler comes, a wake-up just before a signal, a descriptor closed meanwhile. */
#include "observe.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
static volatile int caught, tid, returned;
static void on(int signal) { caught++; }
static void install(int number, int flags) {
  struct sigaction act = {0};
  act.sa_handler = on, act.sa_flags = flags;
  sigaction(number, &act, 0);
}
static void rest(long microseconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += microseconds * 1000, until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0)) ;
}
static int ends[2];
static char sent[200000], got[300000];
static long taken;
static void *reader(void *argument) {
  sigset_t all;
  sigfillset(&all), pthread_sigmask(SIG_SETMASK, &all, 0);
  rest(60000);
  long n;
  while ((n = read(ends[0], got + taken, sizeof got - taken)) > 0) taken += n;
  return 0;
}
/* A write that a handler meets when a part has gone. */
static void halfway(const char *name, int flags, int parts) {
  install(SIGALRM, flags);
  caught = 0, taken = 0;
  pipe(ends);
  pthread_t thread;
  sigset_t alarm;
  sigemptyset(&alarm), sigaddset(&alarm, SIGALRM), pthread_sigmask(SIG_BLOCK, &alarm, 0);
  pthread_create(&thread, 0, reader, 0);
  pthread_sigmask(SIG_UNBLOCK, &alarm, 0);
  struct itimerval soon = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &soon, 0);
  struct iovec vector[2] = {{sent, 100000}, {sent + 100000, 100000}};
  long n = parts == 1 ? write(ends[1], sent, sizeof sent) : writev(ends[1], vector, 2);
  OBSERVE3(name, n, n < 0 ? errno : 0, caught);
  close(ends[1]);
  pthread_join(thread, 0);
  observe_text(name), observe_text(".arrived"), observe_number(taken), observe_number(memcmp(got, sent, taken) == 0), observe_end();
  close(ends[0]);
}
static int word;
static void *waits(void *argument) {
  tid = syscall(SYS_gettid);
  returned = syscall(SYS_futex, &word, FUTEX_WAIT, 0, argument, 0L, 0);
  return 0;
}
static void woken(const char *name, int flags, void *time) {
  install(SIGUSR1, flags);
  pthread_t thread;
  caught = 0;
  pthread_create(&thread, 0, waits, time);
  rest(20000);
  int n = syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0L, 0L, 0);
  syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
  pthread_join(thread, 0);
  OBSERVE2(name, n, returned);
}
static void *reads(void *argument) {
  char c = '?';
  tid = syscall(SYS_gettid);
  returned = read(ends[0], &c, 1);
  got[0] = c;
  return 0;
}
static void *drains(void *argument) {
  rest(20000);
  taken = read(ends[0], got, 65536);
  return 0;
}
static void *polls(void *argument) {
  struct pollfd *p = argument;
  returned = poll(p, 1, 200);
  return 0;
}
static void *sleeps(void *argument) {
  rest(60000);
  return 0;
}

static int lock;
static void *locks(void *argument) {
  tid = syscall(SYS_gettid);
  returned = syscall(SYS_futex, &lock, FUTEX_LOCK_PI, 0, 0L, 0L, 0);
  if (returned < 0) returned = -errno;
  syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, 0L, 0L, 0);
  return 0;
}

int main(void) {
  for (unsigned i = 0; i < sizeof sent; i++) sent[i] = i % 251;
  halfway("write.handler.restart", SA_RESTART, 1);
  halfway("write.handler", 0, 1);
  halfway("writev.handler.restart", SA_RESTART, 2);
  woken("futex.woken-then-signal.restart", SA_RESTART, 0);
  woken("futex.woken-then-signal", 0, 0);
  struct { long seconds, nanoseconds; } long_time = {5, 0};
  woken("futex.woken-then-signal.timed", SA_RESTART, &long_time);

  // Both at once: the byte is read first.
  pthread_t thread;
  install(SIGUSR1, 0);
  pipe(ends), caught = 0;
  pthread_create(&thread, 0, reads, 0), rest(20000);
  write(ends[1], "a", 1), syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
  pthread_join(thread, 0);
  OBSERVE2("read.ready-then-signal", returned, got[0]);

  // A descriptor that is closed while somebody waits.
  pthread_create(&thread, 0, reads, 0), rest(20000);
  int before = ends[0];
  close(ends[0]);
  int taken_over = open("/dev/zero", O_RDONLY);
  OBSERVE("close.number-again", taken_over == before);
  rest(20000);
  OBSERVE("close.write", write(ends[1], "x", 1));
  pthread_join(thread, 0);
  OBSERVE2("close.read", returned, got[0]);
  signal(SIGPIPE, SIG_IGN);
  OBSERVE_CALL("close.then-nobody", write(ends[1], "x", 1));
  OBSERVE_CALL("broken.empty", write(ends[1], "", 0));
  OBSERVE_CALL("broken.bad-address", write(ends[1], (void *)8, 1));
  close(ends[1]), close(taken_over);

  pipe(ends);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  OBSERVE("fill", write(ends[1], sent, 65536));
  fcntl(ends[1], F_SETFL, 0);
  pthread_create(&thread, 0, drains, 0);
  before = ends[1];
  OBSERVE("write.after-room", write(ends[1], sent, 100));
  pthread_join(thread, 0);
  OBSERVE("write.drained", taken);
  close(ends[0]), close(ends[1]);

  // A thread of its own gets SIGPIPE.
  install(SIGPIPE, 0), caught = 0;
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGPIPE);
  pthread_create(&thread, 0, sleeps, 0);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  pipe(ends), close(ends[0]);
  OBSERVE_CALL("sigpipe.write", write(ends[1], "x", 1));
  rest(10000);
  sigset_t pending;
  sigpending(&pending);
  OBSERVE2("sigpipe.mine", caught, sigismember(&pending, SIGPIPE));
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
  pthread_join(thread, 0);
  close(ends[1]);

  // A lock with an owner is waited for whatever signals come.
  install(SIGUSR1, 0);
  syscall(SYS_futex, &lock, FUTEX_LOCK_PI, 0, 0L, 0L, 0);
  pthread_create(&thread, 0, locks, 0), rest(20000);
  syscall(SYS_tgkill, getpid(), tid, SIGUSR1), rest(20000);
  OBSERVE_CALL("lock.unlock", syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, 0L, 0L, 0));
  pthread_join(thread, 0);
  OBSERVE("lock.signal-meanwhile", returned);
  OBSERVE_CALL("close_range.to-the-last", syscall(SYS_close_range, 400, -1L, 0));
  // Descriptors are read once, and told of at the end.
  pipe(ends);
  struct pollfd polled = {ends[0], POLLIN, 7};
  pthread_create(&thread, 0, polls, &polled), rest(20000);
  OBSERVE("poll.meanwhile", polled.revents);
  polled.fd = -1, write(ends[1], "x", 1);
  pthread_join(thread, 0);
  OBSERVE2("poll.after", returned, polled.revents);
  sigset_t none, now;
  sigemptyset(&none), sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, 0);
  install(SIGUSR1, 0), caught = 0, raise(SIGUSR1);
  polled.fd = ends[0];
  OBSERVE2("ppoll.ready-and-pending", ppoll(&polled, 1, 0, &none), caught);
  OBSERVE_CALL("ppoll.pending", ppoll(0, 0, 0, &none));
  OBSERVE("ppoll.pending.caught", caught);
  struct timespec zero = {0, 0};
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &none, 0);
  OBSERVE_CALL("ppoll.bad-address", ppoll((void *)8, 1, &zero, &all));
  sigprocmask(SIG_SETMASK, 0, &now);
  OBSERVE("ppoll.bad-address.mask", sigismember(&now, SIGUSR1));
  close(ends[0]), close(ends[1]);

  int file = syscall(SYS_memfd_create, "f", 0);
  write(file, "abc", 3);
  fcntl(file, F_SETFL, O_APPEND);
  pwrite(file, "X", 1, 0);
  char text[9] = {0};
  pread(file, text, 8, 0);
  OBSERVE_TEXT("append.pwrite", text);
  OBSERVE("append.position", lseek(file, 0, SEEK_CUR));
  return 0;
}
