/* A thread is suspended while it waits for a mutex, and takes the wait up again. */
#include "port.h"
extern int pthread_mutex_lock(void *), pthread_mutex_unlock(void *), pthread_mutex_init(void *, void *);
word mutex[16];
volatile int id = -1, got = 0;
volatile word cold;
void *worker(void *p) {
  word here;
  cold = (word)&here + 64;
  (void)*(volatile word *)&here;
  id = port_register();
  pthread_mutex_lock(mutex);
  got = 1;
  pthread_mutex_unlock(mutex);
  return NULL;
}
int main() {
  pthread_t t;
  port_register();
  pthread_mutex_init(mutex, NULL);
  pthread_mutex_lock(mutex);
  pthread_create(&t, NULL, worker, NULL);
  while (id < 0) sched_yield();
  for (int i = 0; i < 20; i++) sched_yield();
  for (int i = 0; i < 5; i++) {
    port_suspend(id);
    if (port_scan(id, (void *)cold) != 2) return 3;
    for (int k = 0; k < 5; k++) sched_yield();
    port_resume(id);
    for (int k = 0; k < i; k++) sched_yield();
    if (got) return 2;
  }
  pthread_mutex_unlock(mutex);
  pthread_join(t, NULL);
  return got ? 0 : 1;
}
