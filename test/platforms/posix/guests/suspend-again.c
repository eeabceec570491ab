/* Suspended and resumed again and again without running between. */
#include "port.h"
volatile int id = -1, stop;
volatile word cold, n;
void *worker(void *p) {
  word here;
  cold = (word)&here + 64;
  (void)*(volatile word *)&here;
  id = port_register();
  word sum = 0;
  while (!stop) {
    sum++;
    n = sum;
  }
  return (void *)(sum == n);
}
int main() {
  pthread_t t;
  void *r;
  port_register();
  pthread_create(&t, 0, worker, 0);
  while (id < 0) sched_yield();
  for (int i = 0; i < 300; i++) {
    port_suspend(id);
    if (port_scan(id, (void *)cold) != 2) return 2;
    port_suspend(id);
    port_resume(id);
    if (port_scan(id, (void *)cold) != 2) return 3;
    port_resume(id);
  }
  stop = 1;
  pthread_join(t, &r);
  return r ? 0 : 1;
}
