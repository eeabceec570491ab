/* A registered thread has ended when the collector wants to suspend it. */
#include "port.h"
volatile int id = -1;
void *worker(void *p) {
  id = port_register();
  return 0;
}
int main() {
  pthread_t t;
  port_register();
  pthread_create(&t, 0, worker, 0);
  while (id < 0) sched_yield();
  for (int i = 0; i < 30; i++) sched_yield();
  for (volatile int i = 0; i < 20000; i++)
    ;
  return port_suspend(id) ? 1 : 0;
}
