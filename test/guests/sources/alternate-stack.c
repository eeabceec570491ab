/* Collecting while a signal handler runs on an alternate stack. The MPS scans from the stack pointer up to the thread's cold end, whatever
   lies between: a handler's stack below the interrupted frames leaves them in that range; one above them, nearer to the cold end, leaves them
   out, and what they alone hold is lost. What the handler itself holds is seen either way. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "object-format.h"

struct box {
  mps_word_t header;
  struct box *next;
  mps_word_t number;
};

static struct heap heap;
static volatile int by_other, go, done;

static int dead(void) {
  mps_message_t message;
  int count = 0;
  while (mps_message_get(&message, heap.arena, mps_message_type_finalization())) {
    mps_message_discard(heap.arena, message);
    ++count;
  }
  return count;
}

static NOINLINE void make(volatile mps_word_t *slot) {
  mps_ap_t ap;
  mps_addr_t box;
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  do {
    check(mps_reserve(&box, ap, sizeof(struct box)), "mps_reserve");
    ((struct box *)box)->header = OBJECT_HEADER(struct box, 1);
    ((struct box *)box)->next = NULL;
    ((struct box *)box)->number = 4711;
  } while (!mps_commit(ap, box, sizeof(struct box)));
  check(mps_finalize(heap.arena, &box), "mps_finalize");
  mps_ap_destroy(ap);
  *slot = (mps_word_t)box;
}

/* Nothing of what was called before stays in dead frames, or in registers that calls may change (the signal's frame keeps those). */
static NOINLINE void wipe(void) {
  volatile mps_word_t room[1024];
  for (int i = 0; i < 1024; ++i) room[i] = 0;
#if defined __aarch64__
  __asm__ volatile("mov x2, #0\n mov x3, #0\n mov x4, #0\n mov x5, #0\n mov x6, #0\n mov x7, #0\n mov x8, #0\n mov x9, #0\n mov x10, #0\n mov x11, #0\n"
                   "mov x12, #0\n mov x13, #0\n mov x14, #0\n mov x15, #0\n mov x16, #0\n mov x17, #0"
                   : : : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17");
#elif defined __x86_64__
  __asm__ volatile("xorl %%ecx, %%ecx\n xorl %%edx, %%edx\n xorl %%esi, %%esi\n xorl %%edi, %%edi\n xorl %%r8d, %%r8d\n xorl %%r9d, %%r9d\n"
                   "xorl %%r10d, %%r10d\n xorl %%r11d, %%r11d"
                   : : : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
#else
  __asm__ volatile("xorl %%ecx, %%ecx\n xorl %%edx, %%edx" : : : "ecx", "edx");
#endif
}

/* Between two tries, handlers' stacks of before are wiped too: the next objects may lie where theirs did. */
static NOINLINE void collect_again(void) {
  volatile mps_word_t room[1 << 15];
  for (int i = 0; i < 1 << 15; ++i) room[i] = 0;
  wipe();
  check(mps_arena_collect(heap.arena), "mps_arena_collect");
  mps_arena_release(heap.arena);
  dead();
}

static void handler(int number) {
  volatile mps_word_t own;
  (void)number;
  make(&own);
  wipe();
  if (by_other) {
    go = 1;
    while (!done) sched_yield();
  } else check(mps_arena_collect(heap.arena), "mps_arena_collect");
  if (((struct box *)own)->number != 4711) printf("the handler's own object is gone\n");
  if (!by_other) mps_arena_release(heap.arena);
}

static void use(char *area, size_t size) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = area;
  stack.ss_size = size;
  if (sigaltstack(&stack, NULL) != 0) printf("sigaltstack failed\n");
}
static void unuse(void) {
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_flags = SS_DISABLE;
  stack.ss_size = 1 << 16;
  if (sigaltstack(&stack, NULL) != 0) printf("sigaltstack failed\n");
}

/* The handler's stack is below the frame that holds the object. */
static NOINLINE void inner(void) {
  char area[1 << 16];
  use(area, sizeof area);
  wipe();
  raise(SIGUSR1);
  unuse();
}
static NOINLINE int below(void) {
  volatile mps_word_t slot;
  make(&slot);
  inner();
  int lost = dead();
  slot = 0;
  return lost;
}

/* It is above it. */
static NOINLINE void deep(void) {
  volatile mps_word_t slot;
  make(&slot);
  wipe();
  raise(SIGUSR1);
  slot = 0;
}
static NOINLINE int above(void) {
  char area[1 << 16];
  use(area, sizeof area);
  deep();
  unuse();
  return dead();
}

static void *collects(void *unused) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t root;
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&root, heap.arena, thread, &cold), "mps_root_create_thread");
  while (!go) sched_yield();
  check(mps_arena_collect(heap.arena), "mps_arena_collect");
  mps_arena_release(heap.arena);
  mps_root_destroy(root);
  mps_thread_dereg(thread);
  done = 1;
  return unused;
}

static void suspended(const char *name, int (*how)(void)) {
  pthread_t other;
  by_other = 1;
  go = done = 0;
  pthread_create(&other, NULL, collects, NULL);
  int lost = how();
  pthread_join(other, NULL);
  printf("%s, suspended: %s\n", name, lost ? "lost" : "kept");
  by_other = 0;
  collect_again();
}

int main(void) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t root;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, NULL);
  heap_create(&heap, 4 << 20, 64, 128);
  mps_message_type_enable(heap.arena, mps_message_type_finalization());
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&root, heap.arena, thread, &cold), "mps_root_create_thread");
  printf("below: %s\n", below() ? "lost" : "kept");
  collect_again();
  printf("above: %s\n", above() ? "lost" : "kept");
  collect_again();
  suspended("below", below);
  suspended("above", above);
  mps_root_destroy(root);
  mps_thread_dereg(thread);
  heap_destroy(&heap);
  return 0;
}
