/* A thread that keeps the signal of suspension blocked and waits for the collector's thread. */
#include "port.h"
extern int sem_init(void *, int, unsigned), sem_wait(void *);
word sem[8];
volatile int id = -1;
void *worker(void *p) {
  u32 set[32] = {1 << 24};
  sigprocmask(BLOCK, set, 0);
  id = port_register();
  sem_wait(sem);
  return 0;
}
int main() {
  pthread_t t;
  port_register();
  sem_init(sem, 0, 0);
  pthread_create(&t, 0, worker, 0);
  while (id < 0) sched_yield();
  for (int i = 0; i < 5; i++) sched_yield();
  port_suspend(id);
  return 0;
}
