/* Threads of the MPS that are cancelled: while they wait, while the collector has them suspended, at any instruction, and in the
   collector's way. Their cleanup handlers take them out of the arena; what they alone held dies with them, and not before. */
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>
#include "object-format.h"

struct box {
  mps_word_t header;
  struct box *next;
  mps_word_t number;
};

static struct heap heap;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_key_t key;
static char trail[200];
static int trail_length, ready;
static volatile mps_word_t spins;
static pthread_t victim;
static int cancels_in_scan;

static void mark(char step) { trail[trail_length++] = step; }

struct registration {
  mps_thr_t thread;
  mps_root_t root;
  mps_ap_t ap;
};

static void leave(void *argument) {
  struct registration *registration = argument;
  mps_ap_destroy(registration->ap);
  mps_root_destroy(registration->root);
  mps_thread_dereg(registration->thread);
  mark('r');
}
static void holds(void *argument) { mark(((struct box *)argument)->number == 4711 ? 'h' : '!'); }
static void unlocks(void *argument) {
  mark(argument ? 'u' : '!');
  pthread_mutex_unlock(&mutex);
}
static void destructor(void *value) { mark(value == &key ? 'd' : '!'); }

static void announce(void) {
  pthread_mutex_lock(&mutex);
  ready = 1;
  pthread_cond_signal(&condition);
  pthread_mutex_unlock(&mutex);
}

static void sleeps(void) {
  announce();
  /* Being suspended cuts it short. */
  for (;;) sleep(1000);
}
static void waits(void) {
  announce();
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlocks, &mutex);
  for (;;) pthread_cond_wait(&condition, &mutex);
  pthread_cleanup_pop(0);
}
static void runs(void) {
  announce();
  for (;;) {
    spins++;
    if (spins % 4096 == 0) pthread_testcancel();
  }
}
static void runs_asynchronously(void) {
#if defined(__APPLE__)
  /* Nothing reaches a thread there that calls nothing. */
  runs();
#else
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  announce();
  for (;;) spins++;
#endif
}
static void exits(void) {
  announce();
  pthread_exit(PTHREAD_CANCELED);
}

static NOINLINE void hold(struct registration *registration, void (*function)(void)) {
  struct box *box;
  ALLOCATE(box, struct box, 1, registration->ap, (box->next = NULL, box->number = 4711));
  mps_addr_t reference = box;
  check(mps_finalize(heap.arena, &reference), "mps_finalize");
  reference = NULL;
  pthread_cleanup_push(holds, box);
  function();
  pthread_cleanup_pop(0);
}

static void *registered(void *function) {
  void *cold = &cold;
  struct registration registration;
  pthread_setspecific(key, &key);
  check(mps_thread_reg(&registration.thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&registration.root, heap.arena, registration.thread, &cold), "mps_root_create_thread");
  check(mps_ap_create_k(&registration.ap, heap.pool, mps_args_none), "mps_ap_create_k");
  pthread_cleanup_push(leave, &registration);
  hold(&registration, (void (*)(void))function);
  pthread_cleanup_pop(0);
  return NULL;
}

/* How many of the objects have died by now. */
static NOINLINE int dead(void) {
  mps_message_t message;
  int count = 0;
  check(mps_arena_collect(heap.arena), "mps_arena_collect");
  mps_arena_release(heap.arena);
  while (mps_message_get(&message, heap.arena, mps_message_type_finalization())) {
    mps_message_discard(heap.arena, message);
    count++;
  }
  return count;
}

static mps_res_t root_scan(mps_ss_t ss, void *p, size_t s) {
  (void)ss, (void)p, (void)s;
  if (cancels_in_scan) {
    cancels_in_scan = 0;
    mark('c');
    if (pthread_cancel(victim) != 0) mark('!');
  }
  return MPS_RES_OK;
}

static NOINLINE void cancelled(const char *name, void (*function)(void), int in_scan) {
  void *value = NULL;
  int before, after;
  trail_length = ready = 0;
  if (pthread_create(&victim, NULL, registered, (void *)function) != 0) exit(1);
  pthread_mutex_lock(&mutex);
  while (!ready) pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
  usleep(10000);
  before = dead();
  cancels_in_scan = in_scan;
  if (in_scan) before += dead();
  else if (function != exits) {
    mark('c');
    if (pthread_cancel(victim) != 0) mark('!');
  }
  if (pthread_join(victim, &value) != 0) mark('!');
  after = dead();
  trail[trail_length] = 0;
  printf("%s: %s%s, died %d %d\n", name, trail, value == PTHREAD_CANCELED ? "" : " (not cancelled)", before, after);
}

int main(void) {
  mps_root_t root;
  mps_thr_t thread;
  heap_create(&heap, 4 << 20, 64, 128);
  mps_message_type_enable(heap.arena, mps_message_type_finalization());
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create(&root, heap.arena, mps_rank_exact(), 0, root_scan, NULL, 0), "mps_root_create");
  pthread_key_create(&key, destructor);
  cancelled("asleep", sleeps, 0);
  cancelled("waiting", waits, 0);
  cancelled("running", runs, 0);
  cancelled("asynchronous", runs_asynchronously, 0);
  cancelled("suspended asleep", sleeps, 1);
  cancelled("suspended waiting", waits, 1);
  cancelled("suspended running", runs, 1);
  cancelled("suspended asynchronous", runs_asynchronously, 1);
  cancelled("exit", exits, 0);
  mps_root_destroy(root);
  mps_thread_dereg(thread);
  heap_destroy(&heap);
  return 0;
}
