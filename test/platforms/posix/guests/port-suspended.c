/* A suspended thread with a known word in a register and another on its stack. */
#include "port.h"
volatile int id = -1, stop = 0;
volatile word cold, count = 0;
void *worker(void *p) {
  word here = 0x5a17c0d0;
  cold = (word)&here + 64;
  (void)*(volatile word *)&here;
  volatile word slot[2];
  slot[0] = 0x57ac0001;
  id = port_register();
  register word r = 0x4e600000;
  while (!stop) {
    asm volatile("" : "+r"(r));
    count++;
  }
  return (void *)(r + slot[0]);
}
int main() {
  pthread_t t;
  void *result;
  port_register();
  if (pthread_create(&t, NULL, worker, NULL)) return 9;
  while (id < 0) sched_yield();
  int ok = 0;
  for (int i = 0; i < 200; i++) {
    if (!port_suspend(id)) return 8;
    word before = count;
    for (volatile int j = 0; j < 50; j++)
      ;
    sched_yield();
    if (count != before) return 7;
    ok += port_scan(id, (void *)cold);
    if (!port_resume(id)) return 6;
    if (i % 3)
      for (volatile int j = 0; j < 300; j++)
        ;
  }
  stop = 1;
  pthread_join(t, &result);
  hex(ok);
  out(" ");
  hex((word)result);
  return 0;
}
