/* Spin locks, joins that don't wait for ever, names of threads. */
//! flags: -pthread
#include "../observe.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#define PR_SET_NAME 15
#define PR_GET_NAME 16

static pthread_spinlock_t lock;
static volatile int counter, go;

static void *spins(void *argument) {
  (void)argument;
  for (int i = 0; i < 200; i++) {
    pthread_spin_lock(&lock);
    int old = counter;
    if (i % 20 == 0) sched_yield();
    counter = old + 1;
    pthread_spin_unlock(&lock);
  }
  return 0;
}

static void *waits(void *argument) {
  while (!go) usleep(1000);
  return argument;
}

static void *named(void *argument) {
  char name[16];
  pthread_getname_np(pthread_self(), name, sizeof name);
  OBSERVE_TEXT("name.inherited", name);
  syscall(SYS_prctl, PR_SET_NAME, "by-the-kernel-and-long");
  pthread_getname_np(pthread_self(), name, sizeof name);
  OBSERVE_TEXT("name.of-prctl", name);
  return argument;
}

int main(void) {
  OBSERVE("spin.init", pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE));
  OBSERVE("spin.trylock", pthread_spin_trylock(&lock));
  OBSERVE("spin.trylock-held", pthread_spin_trylock(&lock));
  OBSERVE("spin.unlock", pthread_spin_unlock(&lock));
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, spins, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  OBSERVE("spin.counter", counter);
  OBSERVE("spin.lock", pthread_spin_lock(&lock));
  OBSERVE("spin.unlock-again", pthread_spin_unlock(&lock));
  OBSERVE("spin.destroy", pthread_spin_destroy(&lock));

  pthread_t thread;
  void *value = 0;
  struct timespec now, soon;
  pthread_create(&thread, 0, waits, (void *)0x1234);
  OBSERVE("tryjoin.running", pthread_tryjoin_np(thread, &value));
  clock_gettime(CLOCK_REALTIME, &now);
  soon = now;
  if ((soon.tv_nsec += 5000000) >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  OBSERVE("timedjoin.running", pthread_timedjoin_np(thread, &value, &soon));
  OBSERVE("timedjoin.past", pthread_timedjoin_np(thread, &value, &now));
  OBSERVE("value.kept", (intptr_t)value);
  go = 1;
  soon.tv_sec += 100;
  OBSERVE("timedjoin.ends", pthread_timedjoin_np(thread, &value, &soon));
  OBSERVE_HEX("timedjoin.value", (uintptr_t)value);
  OBSERVE("tryjoin.self", pthread_tryjoin_np(pthread_self(), &value) != 0);
  pthread_create(&thread, 0, waits, (void *)0x77);
  OBSERVE("timedjoin.no-time", pthread_timedjoin_np(thread, &value, 0));
  OBSERVE_HEX("timedjoin.no-time-value", (uintptr_t)value);

  char name[32];
  OBSERVE("name.set", pthread_setname_np(pthread_self(), "collector"));
  OBSERVE("name.get", pthread_getname_np(pthread_self(), name, sizeof name));
  OBSERVE_TEXT("name", name);
  OBSERVE("name.exact", pthread_setname_np(pthread_self(), "fifteen-letters"));
  OBSERVE("name.too-long", pthread_setname_np(pthread_self(), "sixteen-letters!"));
  OBSERVE("name.short-buffer", pthread_getname_np(pthread_self(), name, 15));
  memset(name, 0, sizeof name);
  syscall(SYS_prctl, PR_GET_NAME, name);
  OBSERVE_TEXT("name.by-prctl", name);
  pthread_create(&thread, 0, named, 0);
  pthread_join(thread, 0);
  return 0;
}
