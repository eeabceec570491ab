/* Calls that a handler has left by siglongjmp, and calls at the same place afterwards, which are calls of their own. */
#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static sigjmp_buf out;
static volatile int leave;
static sem_t *semaphore;

static void on(int number) {
  if (leave) siglongjmp(out, 1);
}
static void after(int microseconds) {
  struct itimerval timer = {{0, 0}, {0, 0}};
  timer.it_value.tv_usec = microseconds;
  setitimer(ITIMER_REAL, &timer, NULL);
}
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void by_sleep(double seconds) { sleep((unsigned)seconds); }
static void by_usleep(double seconds) { usleep((useconds_t)(seconds * 1e6)); }
static void by_nanosleep(double seconds) {
  struct timespec time = {(time_t)seconds, 0};
  nanosleep(&time, NULL);
}
static void by_semaphore(double seconds) { sem_wait(semaphore); }

static const struct {
  const char *name;
  void (*wait)(double seconds);
} kinds[] = {{"sleep", by_sleep}, {"usleep", by_usleep}, {"nanosleep", by_nanosleep}, {"sem_wait", by_semaphore}};

/* One place for all calls of a kind: the same SP, the same return address. */
static void __attribute__((noinline)) call(int kind, double seconds) {
  double start = now();
  kinds[kind].wait(seconds);
  printf("%s %.0f\n", kinds[kind].name, now() - start);
}

int main(void) {
  struct sigaction action = {0};
  action.sa_handler = on;
  sigaction(SIGALRM, &action, NULL);
  semaphore = sem_open("/left", O_CREAT, 0600, 0);
  for (volatile int kind = 0; kind < 4; kind++) {
    leave = 1;
    if (sigsetjmp(out, 1) == 0) {
      after(500000);
      call(kind, 9);
    }
    leave = 0;
    if (kind == 3) sem_post(semaphore);
    call(kind, 3);
    after(900000);
    call(kind, 3);
  }
  return 0;
}
