/* Waiting for a pipe that is empty: a handler ends the wait, another thread ends it, and nobody is a deadlock. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int ends[2];
static void on(int number) {}
static void *writes(void *unused) {
  sleep(1);
  write(ends[1], "k", 1);
  return NULL;
}

int main(void) {
  char byte = 0;
  long got;
  pthread_t thread;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on;
  sigaction(SIGALRM, &action, NULL);
  if (pipe(ends) != 0) return 1;
  alarm(1);
  errno = 0;
  got = read(ends[0], &byte, 1);
  printf("interrupted: %ld %d\n", got, errno == EINTR);
  pthread_create(&thread, NULL, writes, NULL);
  got = read(ends[0], &byte, 1);
  printf("written: %ld %c\n", got, byte);
  pthread_join(thread, NULL);
  fflush(stdout);
  return (int)read(ends[0], &byte, 1);
}
