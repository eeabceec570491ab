/* A coroutine on a stack of its own holds the only references to objects of the MPS: in variables on that
   stack or in registers that swapcontext keeps in the ucontext_t. While it is not running, nothing of the thread's own leads there. */
#define _XOPEN_SOURCE 600 /* macOS has contexts for those alone who ask for them */
#define _DARWIN_C_SOURCE
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include "object-format.h"

struct box {
  mps_word_t header;
  struct box *next;
  mps_word_t number;
};

enum { STACK = 64 << 10, ROUNDS = 3 };

static struct heap heap;
static mps_ap_t ap;
static ucontext_t outside, inside;
static char *stack;
static int kept, wrong;

/* References are in registers that calls preserve (swapcontext keeps them) or on the stack, as the compiler likes. */
static NOINLINE void coroutine_body(void) {
  struct box *first, *second;
  int round;
  ALLOCATE(first, struct box, 1, ap, (first->next = NULL, first->number = 1001));
  ALLOCATE(second, struct box, 1, ap, (second->next = NULL, second->number = 2002));
  mps_addr_t reference = first;
  check(mps_finalize(heap.arena, &reference), "mps_finalize");
  reference = second;
  check(mps_finalize(heap.arena, &reference), "mps_finalize");
  reference = NULL;
  for (round = 0; round < ROUNDS; ++round) {
    swapcontext(&inside, &outside);
    if (!kept) break; /* what the references lead to is no object any more */
    if (first->header != OBJECT_HEADER(struct box, 1) || first->number != 1001 || second->number != 2002) wrong++;
  }
}

static void coroutine(void) {
  ucontext_t *next = inside.uc_link;
  coroutine_body();
  memset(&inside, 0, sizeof inside);
  inside.uc_link = next; /* libraries of BSD look here when the coroutine is over */
}

/* What the stack has lost of old frames must not hold anything. */
static NOINLINE void scrub(void) {
  volatile char room[4096];
  memset((char *)room, 0, sizeof room);
}

static NOINLINE int collect(void) {
  mps_message_t message;
  int count = 0;
  mps_word_t i;
  for (i = 0; i < 4; ++i) {
    check(mps_arena_collect(heap.arena), "mps_arena_collect");
    mps_arena_release(heap.arena);
  }
  while (mps_message_get(&message, heap.arena, mps_message_type_finalization())) {
    mps_message_discard(heap.arena, message);
    count++;
  }
  return count;
}

static NOINLINE void run(const char *name, int roots) {
  mps_root_t stack_root, context_root;
  int round, died = 0, late;
  stack = calloc(1, STACK);
  memset(&inside, 0, sizeof inside);
  wrong = 0;
  kept = roots;
  getcontext(&inside);
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = STACK;
  inside.uc_link = &outside;
  makecontext(&inside, coroutine, 0);
  if (roots) {
    check(mps_root_create_area(&stack_root, heap.arena, mps_rank_ambig(), 0, stack, stack + STACK, mps_scan_area, NULL), "stack");
    check(mps_root_create_area(&context_root, heap.arena, mps_rank_ambig(), 0, &inside, &inside + 1, mps_scan_area, NULL), "context");
  }
  swapcontext(&outside, &inside);
  memset(&outside, 0, sizeof outside);
  scrub();
  died = collect();
  for (round = 0; round < (roots ? ROUNDS : 1); ++round) swapcontext(&outside, &inside);
  memset(&outside, 0, sizeof outside);
  if (roots) {
    mps_root_destroy(context_root);
    mps_root_destroy(stack_root);
  }
  memset(stack, 0, STACK);
  scrub();
  late = collect();
  free(stack);
  printf("%s: died %d while it slept, %d afterwards, %d wrong\n", name, died, late, wrong);
}

int main(void) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t root;
  heap_create(&heap, 4 << 20, 64, 128);
  mps_message_type_enable(heap.arena, mps_message_type_finalization());
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&root, heap.arena, thread, &cold), "mps_root_create_thread");
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  run("registered", 1);
  run("not registered", 0);
  mps_ap_destroy(ap);
  mps_root_destroy(root);
  mps_thread_dereg(thread);
  heap_destroy(&heap);
  return 0;
}
