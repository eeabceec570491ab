/* Suspension cuts a nanosleep short; errno and what is left of the time are told, other errors left alone. */
#include "port.h"
extern int nanosleep(void *, void *);
volatile int id = -1, asleep, result, error;
volatile word left;
void *worker(void *p) {
  word time[2] = {5, 0}, rest[2] = {0, 0};
  id = port_register();
  errno = 77;
  asleep = 1;
  result = nanosleep(time, rest);
  error = errno;
  left = rest[0];
  return 0;
}
int main() {
  pthread_t t;
  port_register();
  pthread_create(&t, 0, worker, 0);
  while (!asleep) sched_yield();
  for (int i = 0; i < 9; i++) sched_yield();
  port_suspend(id);
  port_resume(id);
  pthread_join(t, 0);
  return result == -1 && error == 4 && left == 4 ? 0 : 1;
}
