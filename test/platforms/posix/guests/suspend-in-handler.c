/* A thread is suspended in a signal handler on an alternate stack. */
#include "port.h"
volatile int id = -1, inside, stop;
u8 *volatile alt;
void handler(int s) {
  inside = 1;
  while (!stop)
    ;
  inside = 2;
}
void *worker(void *p) {
  word stack[3] = STACK(alt, 65536);
  sigaltstack(stack, 0);
  id = port_register();
  raise(USER_SIGNAL);
  return 0;
}
int main() {
  word act[24] = {0};
  act[0] = (word)handler;
  ((u32 *)act)[ACTION_FLAGS] = ON_STACK;
  sigaction(USER_SIGNAL, act, 0);
  alt = mmap(0, 65536, 3, PRIVATE_MEMORY, -1, 0);
  pthread_t t;
  port_register();
  pthread_create(&t, 0, worker, 0);
  while (!inside) sched_yield();
  for (int i = 0; i < 20; i++) {
    port_suspend(id);
    if (port_scan(id, alt + 65536) != 2) return 2;
    if (port_scan(id, alt) != 0) return 3;
    port_resume(id);
    for (volatile int j = 0; j < 300; j++)
      ;
  }
  stop = 1;
  pthread_join(t, 0);
  return inside == 2 ? 0 : 1;
}
