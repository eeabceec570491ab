/* A thread that has the signal of suspension blocked for a while, again and again. */
#include "port.h"
volatile int id = -1, stop, inside;
volatile word cold;
void *worker(void *p) {
  word here;
  cold = (word)&here + 64;
  (void)*(volatile word *)&here;
  id = port_register();
  u32 set[32] = {1 << 24};
  while (!stop) {
    sigprocmask(BLOCK, set, 0);
    inside = 1;
    for (volatile int i = 0; i < 500; i++)
      ;
    inside = 0;
    sigprocmask(UNBLOCK, set, 0);
    for (volatile int i = 0; i < 20; i++)
      ;
  }
  return 0;
}
int main() {
  pthread_t t;
  port_register();
  pthread_create(&t, 0, worker, 0);
  while (id < 0) sched_yield();
  int seen = 0;
  for (int i = 0; i < 60; i++) {
    for (volatile int j = 0; j < 100; j++)
      ;
    seen += inside;
    port_suspend(id);
    if (inside) return 2;
    port_resume(id);
  }
  stop = 1;
  pthread_join(t, 0);
  return seen > 5 ? 0 : 3;
}
