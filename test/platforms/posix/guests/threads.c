/* Uses pthreads and semaphores and prints what they answer. */
static void say(const char *k, long v) {
  out(k);
  out(" ");
  hex((u64)v);
  out("\n");
}
static const char *name(int e) {
  return e == 0           ? "0"
         : e == EDEADLK   ? "EDEADLK"
         : e == EBUSY     ? "EBUSY"
         : e == EPERM     ? "EPERM"
         : e == EINVAL    ? "EINVAL"
         : e == ETIMEDOUT ? "ETIMEDOUT"
         : e == EINTR     ? "EINTR"
         : e == EAGAIN    ? "EAGAIN"
         : e == ESRCH     ? "ESRCH"
                          : "?";
}
static void err(const char *k, int e) {
  out(k);
  out(" ");
  out(name(e));
  out("\n");
}
static void *twice(void *p) { return (void *)((word)p * 2); }
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int turn, total;
static void *player(void *p) {
  int me = (int)(word)p;
  for (int i = 0; i < 20; i++) {
    pthread_mutex_lock(&m);
    while (turn != me) pthread_cond_wait(&c, &m);
    turn = (me + 1) % 3;
    total++;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
  }
  return 0;
}
static pthread_key_t k1, k2;
static volatile int destroyed, rounds;
static void gone(void *v) {
  destroyed += (int)(word)v;
  if (rounds++ < 2) pthread_setspecific(k1, (void *)5);
}
static void *keyed(void *p) {
  pthread_setspecific(k1, (void *)7);
  pthread_setspecific(k2, (void *)9);
  if (p) pthread_exit((void *)0x33);
  return (void *)pthread_getspecific(k1);
}
static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int onces;
static void count_once(void) {
  onces++;
  for (volatile int i = 0; i < 3000; i++)
    ;
}
static void *use_once(void *p) {
  pthread_once(&once, count_once);
  return (void *)(word)onces;
}
static volatile int counter;
static pthread_mutex_t guard;
static void *adder(void *p) {
  for (int i = 0; i < 500; i++) {
    pthread_mutex_lock(&guard);
    int v = counter;
    for (volatile int j = 0; j < 3; j++)
      ;
    counter = v + 1;
    pthread_mutex_unlock(&guard);
  }
  return 0;
}
static sem_t items, space;
static volatile int sum;
static volatile int ring[4];
static void *producer(void *p) {
  for (int i = 1; i <= 50; i++) {
    while (sem_wait(&space))
      ;
    ring[i % 4] = i;
    sem_post(&items);
  }
  return 0;
}
static void *consumer(void *p) {
  for (int i = 1; i <= 50; i++) {
    while (sem_wait(&items))
      ;
    sum += ring[i % 4];
    sem_post(&space);
  }
  return 0;
}
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile int readers, writers, clash, ready_readers;
static void *reader(void *p) {
  for (int i = 0; i < 30; i++) {
    pthread_rwlock_rdlock(&rw);
    readers++;
    if (writers) clash++;
    for (volatile int j = 0; j < 50; j++)
      ;
    readers--;
    pthread_rwlock_unlock(&rw);
  }
  return 0;
}
static void *writer(void *p) {
  for (int i = 0; i < 30; i++) {
    pthread_rwlock_wrlock(&rw);
    writers++;
    if (writers > 1) clash++;
    for (volatile int j = 0; j < 50; j++)
      ;
    writers--;
    pthread_rwlock_unlock(&rw);
  }
  return 0;
}
static pthread_barrier_t barrier;
static volatile int serial, before, early;
static void *meet(void *p) {
  __sync_fetch_and_add(&before, 1);
  int r = pthread_barrier_wait(&barrier);
  if (before != 3) early++;
  if (r == PTHREAD_BARRIER_SERIAL_THREAD) __sync_fetch_and_add(&serial, 1);
  return 0;
}
static volatile int got_signal;
static pthread_t target;
static volatile int is_target;
static void on_signal(int s) {
  got_signal++;
  is_target = pthread_equal(pthread_self(), target);
}
static volatile int waiting;
static volatile int wait_error;
static volatile int waited;
static void *sem_waiter(void *p) {
  sem_t *s = p;
  waiting = 1;
  wait_error = sem_wait(s) ? errno : 0;
  waited = 1;
  return 0;
}
static void *spinner(void *p) {
  waiting = 1;
  while (!got_signal)
    ;
  return 0;
}
static void *finish_quickly(void *p) { return 0; }
int main(void) {
  pthread_t t[4];
  void *r;
  struct timespec now;
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, twice, (void *)(word)(i + 1));
  long got = 0;
  for (int i = 0; i < 4; i++) {
    pthread_join(t[i], &r);
    got += (long)r;
  }
  say("joined", got);
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, player, (void *)(word)i);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  say("turns", total);
  pthread_key_create(&k1, gone);
  pthread_key_create(&k2, 0);
  pthread_create(&t[0], 0, keyed, 0);
  pthread_join(t[0], &r);
  say("key value", (long)r);
  say("destroyed", destroyed);
  pthread_create(&t[0], 0, keyed, (void *)1);
  pthread_join(t[0], &r);
  say("exit value", (long)r);
  say("own key", (long)pthread_getspecific(k1));
  pthread_key_delete(k1);
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, use_once, 0);
  got = 0;
  for (int i = 0; i < 3; i++) {
    pthread_join(t[i], &r);
    got += (long)r;
  }
  say("once", got);
  pthread_mutexattr_t ma;
  pthread_mutexattr_init(&ma);
  pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&guard, &ma);
  err("lock", pthread_mutex_lock(&guard));
  err("lock again", pthread_mutex_lock(&guard));
  err("try", pthread_mutex_trylock(&guard));
  err("unlock", pthread_mutex_unlock(&guard));
  err("unlock again", pthread_mutex_unlock(&guard));
  pthread_mutex_destroy(&guard);
  pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&guard, &ma);
  err("rec", pthread_mutex_lock(&guard));
  err("rec again", pthread_mutex_lock(&guard));
  err("rec try", pthread_mutex_trylock(&guard));
  pthread_mutex_unlock(&guard);
  pthread_mutex_unlock(&guard);
  pthread_mutex_unlock(&guard);
  err("rec over", pthread_mutex_unlock(&guard));
  pthread_mutex_destroy(&guard);
  pthread_mutex_init(&guard, 0);
  for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, adder, 0);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  say("counter", counter);
  sem_init(&items, 0, 0);
  sem_init(&space, 0, 4);
  pthread_create(&t[0], 0, producer, 0);
  pthread_create(&t[1], 0, consumer, 0);
  pthread_join(t[0], 0);
  pthread_join(t[1], 0);
  say("sum", sum);
  int value;
  sem_getvalue(&space, &value);
  say("value", value);
  say("trywait", sem_trywait(&items));
  err("trywait errno", errno);
  pthread_create(&t[0], 0, reader, 0);
  pthread_create(&t[1], 0, writer, 0);
  pthread_create(&t[2], 0, reader, 0);
  pthread_create(&t[3], 0, writer, 0);
  for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
  say("clash", clash);
  pthread_barrier_init(&barrier, 0, 3);
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, meet, 0);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  say("serial", serial);
  say("early", early);
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_nsec += 2000000;
  if (now.tv_nsec >= 1000000000) {
    now.tv_nsec -= 1000000000;
    now.tv_sec++;
  }
  pthread_mutex_lock(&m);
  err("timedwait", pthread_cond_timedwait(&c, &m, &now));
  pthread_mutex_unlock(&m);
  say("sem_timedwait", sem_timedwait(&items, &now));
  err("errno", errno);
  struct sigaction a = {0};
  a.sa_handler = on_signal;
  a.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &a, 0);
  pthread_create(&target, 0, spinner, 0);
  while (!waiting) sched_yield();
  err("kill", pthread_kill(target, SIGUSR1));
  pthread_join(target, 0);
  say("signals", got_signal);
  say("in target", is_target);
  a.sa_flags = 0;
  sigaction(SIGUSR1, &a, 0);
  got_signal = waiting = 0;
  pthread_create(&target, 0, sem_waiter, &items);
  while (!waiting) sched_yield();
  while (!waited) {
    usleep(20000);
    if (!waited) pthread_kill(target, SIGUSR1);
  }
  pthread_join(target, 0);
  err("interrupted wait", wait_error);
  say("signals", got_signal > 0);
  a.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &a, 0);
  got_signal = waiting = 0;
  pthread_create(&target, 0, sem_waiter, &items);
  while (!waiting) sched_yield();
  usleep(20000);
  pthread_kill(target, SIGUSR1);
  while (!got_signal) sched_yield();
  sem_post(&items);
  pthread_join(target, 0);
  err("restarted wait", wait_error);
  got_signal = 0;
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  say("blocked", got_signal);
  sigpending(&set);
  say("pending", sigismember(&set, SIGUSR1));
  target = pthread_self();
  pthread_sigmask(SIG_SETMASK, &old, 0);
  say("unblocked", got_signal);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  raise(SIGUSR1);
  sigset_t none;
  sigemptyset(&none);
  say("suspend", sigsuspend(&none));
  err("suspend errno", errno);
  say("suspended", got_signal);
  pthread_sigmask(SIG_SETMASK, 0, &set);
  say("mask back", sigismember(&set, SIGUSR1));
  err("join self", pthread_join(pthread_self(), 0));
  pthread_create(&t[0], 0, finish_quickly, 0);
  pthread_detach(t[0]);
  pthread_attr_t at;
  size_t size;
  pthread_attr_init(&at);
  pthread_attr_setstacksize(&at, 262144);
  pthread_attr_getstacksize(&at, &size);
  say("stack", size);
  pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
  err("create", pthread_create(&t[1], &at, finish_quickly, 0));
  pthread_attr_destroy(&at);
  usleep(1000);
  return 0;
}
