/* poll, ppoll, select and pselect by system call: what is told of pipes, files and closed descriptors, time-outs and masks. FreeBSD 13:
   sys/kern/sys_generic.c, sys_pipe.c (pipe_poll), vfs_default.c (vop_nopoll). macOS: bsd/kern/sys_generic.c (poll_nocancel, poll_callback, select). */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include "observe.h"
#include "raw-call.h"

enum { IN = 1, PRI = 2, OUT = 4, ERR = 8, HUP = 16, NVAL = 32, RDNORM = 64, RDBAND = 128 };
struct entry { int fd; short events, revents; };
#if MPSEMU_FREEBSD
#define POLL(list, count, timeout) raw6(209, (long)(list), count, timeout, 0, 0, 0)
#define SELECT(n, r, w, e, t) raw6(93, n, (long)(r), (long)(w), (long)(e), (long)(t), 0)
#define PSELECT(n, r, w, e, t, m) raw6(522, n, (long)(r), (long)(w), (long)(e), (long)(t), (long)(m))
#if defined __x86_64__
#define affinity(level, which, ...) raw6(487, level, which, __VA_ARGS__, 0)
#else
#define affinity(level, which, ...) raw6(487, level, which, __VA_ARGS__)
#endif
#else
#define POLL(list, count, timeout) raw6(UNIX_CLASS + 230, (long)(list), count, timeout, 0, 0, 0)
#define SELECT(n, r, w, e, t) raw6(UNIX_CLASS + 93, n, (long)(r), (long)(w), (long)(e), (long)(t), 0)
#define PSELECT(n, r, w, e, t, m) raw6(UNIX_CLASS + 394, n, (long)(r), (long)(w), (long)(e), (long)(t), (long)(m))
#endif

static volatile int handled;
static void handler(int number) { handled++; }

static void one(const char *name, int fd, int events) {
  struct entry entry = {fd, (short)events, 0x5555};
  long result = POLL(&entry, 1, 0);
  OBSERVE2(name, result, entry.revents);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(void) {
  int files[2], other[2], file;
  int64_t before;
  struct entry list[3];
  uint32_t read_set[4], write_set[4], odd_set[4];
  struct timeval none = {0, 0}, bad = {0, 1000000}, minus = {-1, 0};
  signal(SIGUSR1, handler);
  file = open("/data/f", O_RDWR | O_CREAT, 0644);
  pipe(files), pipe(other);
  one("empty", files[0], IN | RDNORM | PRI);
  one("writable", files[1], OUT);
  one("writable-band", files[1], OUT | 0x100);
  one("file", file, IN | OUT | RDNORM);
  one("closed", 99, IN);
  one("closed-nothing-asked", 99, 0);
  one("minus", -1, IN);
  write(files[1], "x", 1);
  one("readable", files[0], IN);
  one("readable-both", files[0], IN | RDNORM | PRI | RDBAND);
  one("readable-not-asked", files[0], 0);
  close(files[1]);
  one("hung-up-with-data", files[0], IN);
  read(files[0], list, 1);
  one("hung-up", files[0], IN);
  one("hung-up-all", files[0], IN | RDNORM | PRI | RDBAND);
  one("hung-up-not-asked", files[0], 0);
  close(other[0]);
  one("nobody-reads", other[1], OUT);
  OBSERVE("bad-place", POLL((struct entry *)16, 1, 0));
  OBSERVE("many", POLL(list, 100000, 0));
  before = now();
  OBSERVE("time-out", POLL(0, 0, 20));
  before = now() - before;
  OBSERVE("time-out-took", before >= 20000000 && before < 40000000);
#if MPSEMU_FREEBSD
  OBSERVE("minus-two", POLL(list, 0, -2));
#endif
  /* select */
  pipe(files);
  write(files[1], "x", 1);
  memset(read_set, 0, sizeof read_set), memset(write_set, 0, sizeof write_set), memset(odd_set, 0, sizeof odd_set);
  read_set[files[0] / 32] |= 1u << files[0] % 32, write_set[files[1] / 32] |= 1u << files[1] % 32, odd_set[files[0] / 32] |= 1u << files[0] % 32;
  read_set[file / 32] |= 1u << file % 32;
  OBSERVE("select", SELECT(64, read_set, write_set, odd_set, &none));
  OBSERVE3("select-sets", read_set[0] == (1u << files[0] | 1u << file), write_set[0] == 1u << files[1], odd_set[0]);
  read(files[0], list, 1);
  read_set[0] = 1u << files[0];
  OBSERVE("select-none", SELECT(64, read_set, 0, 0, &none));
  OBSERVE("select-none-set", read_set[0]);
  write_set[0] = 1u << other[1];
  OBSERVE("select-nobody-reads", SELECT(64, 0, write_set, 0, &none));
  read_set[0] = 1u << 20;
  OBSERVE("select-closed", SELECT(21, read_set, 0, 0, &none));
  OBSERVE("select-closed-set", read_set[0] == 1u << 20);
  OBSERVE("select-minus", SELECT(-1, 0, 0, 0, &none));
  OBSERVE("select-bad-time", SELECT(0, 0, 0, 0, &bad));
  OBSERVE("select-minus-time", SELECT(0, 0, 0, 0, &minus));
  OBSERVE("select-bad-place", SELECT(31, 16, 0, 0, &none));
  OBSERVE("select-bad-time-place", SELECT(0, 0, 0, 0, 16));
  /* A signal ends them, SA_RESTART or not; a mask lets it come. */
  struct itimerval timer = {{0, 0}, {0, 1000}};
  signal(SIGALRM, handler);
  handled = 0;
  setitimer(ITIMER_REAL, &timer, 0);
  OBSERVE2("poll-interrupted", POLL(0, 0, -1), handled);
  setitimer(ITIMER_REAL, &timer, 0);
  OBSERVE2("select-interrupted", SELECT(0, 0, 0, 0, 0), handled);
  sigset_t mask, empty;
  sigemptyset(&mask), sigemptyset(&empty), sigaddset(&mask, SIGUSR1);
  sigprocmask(SIG_BLOCK, &mask, 0);
  raise(SIGUSR1);
  handled = 0;
  OBSERVE2("pselect-masked", PSELECT(0, 0, 0, 0, 0, &empty), handled);
  sigprocmask(SIG_BLOCK, 0, &mask);
  OBSERVE("mask-back", sigismember(&mask, SIGUSR1));
#if MPSEMU_FREEBSD
  struct timespec odd = {0, 1000000000};
  raise(SIGUSR1);
  OBSERVE2("ppoll-masked", raw6(545, (long)list, 0, 0, (long)&empty, 0, 0), handled);
  OBSERVE("ppoll-bad-time", raw6(545, (long)list, 0, (long)&odd, 0, 0, 0));
  uint8_t set[128];
  memset(set, 0x55, sizeof set);
#if defined __x86_64__
#define ID(id) id
#else
#define ID(id) id, id < 0 ? -1 : 0
#endif
  OBSERVE("getaffinity", affinity(3, 1, ID(-1), sizeof set, (long)set));
  OBSERVE3("getaffinity-set", set[0], set[1], set[127]);
  OBSERVE("getaffinity-level", affinity(9, 1, ID(-1), sizeof set, (long)set));
  OBSERVE("getaffinity-which", affinity(3, 9, ID(-1), sizeof set, (long)set));
  OBSERVE("getaffinity-nobody", affinity(3, 1, ID(55), sizeof set, (long)set));
  OBSERVE("getaffinity-place", affinity(3, 1, ID(-1), sizeof set, 16));
  OBSERVE("getcpu", raw6(581, 0, 0, 0, 0, 0, 0));
#endif
  return 0;
}
