/* Old objects that are written and read while collections are under way: hits both barriers. */
#include <stdint.h>
#include "object-format.h"
struct cell { mps_word_t header; struct cell *next, *other; mps_word_t tag; };
static struct heap heap;
static mps_ap_t ap;
enum { N = 20000, ROUNDS = 60000, HANDS = 64 };
static struct cell *table[N / 100];
/* The tag of what was last stored in each cell's `other`, kept outside of the heap. */
static mps_word_t shadow[N];
static uint32_t seed = 12345;
static uint32_t rnd(void) { return seed = seed * 1664525u + 1013904223u; }
static NOINLINE struct cell *make(struct cell *n, mps_word_t tag) {
  struct cell *c;
  ALLOCATE(c, struct cell, 2, ap, (c->next = n, c->other = NULL, c->tag = tag));
  return c;
}
static NOINLINE int run(void) {
  struct cell *volatile hands[HANDS] = {0}; /* on the stack: pinned where a flip finds them */
  uint32_t i, bad = 0, sum = 0, want = 0;
  for (i = 0; i < N; i++) table[i % (N / 100)] = make(table[i % (N / 100)], i);
  for (i = 0; i < ROUNDS; i++) {
    struct cell *c, *made;
    uint32_t hand = rnd() >> 16 & (HANDS - 1), steps;
    if (!hands[hand] || (rnd() >> 16 & 7) == 0) {
      c = table[(rnd() >> 16) % (N / 100)];
      steps = (rnd() >> 16) % 90;
      while (steps-- && c->next) c = c->next;
      hands[hand] = c;
    }
    /* An old object comes to refer to a new one. A pointer to an old copy, which only a missing read barrier gives, goes
       stale when the collection advances, and then the store is lost. */
    made = make(NULL, i + 1);
    c = hands[hand];
    c->other = made;
    shadow[c->tag] = i + 1;
    if ((i & 63) == 0) mps_arena_step(heap.arena, 0.0001, 0);
  }
  for (i = 0; i < N / 100; i++) {
    struct cell *c = table[i];
    mps_word_t t = N - N / 100 + i;
    for (; c; c = c->next, t -= N / 100) {
      if (c->tag != t) bad++;
      if ((c->other ? c->other->tag : 0) != shadow[c->tag]) bad++;
      sum += (uint32_t)c->tag; 
    }
  }
  for (i = 0; i < N; i++) want += i;
  printf("mut: bad %lu sum %lu %s\n", (unsigned long)bad, (unsigned long)sum, bad == 0 && sum == want ? "PASS" : "FAIL");
  mps_arena_park(heap.arena);
  return bad != 0 || sum != want;
}

int main(void) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t stack, roots;
  heap_create(&heap, (size_t)32 << 20, 200, 600);
  check(mps_thread_reg(&thread, heap.arena), "reg");
  check(mps_root_create_thread(&stack, heap.arena, thread, cold), "root");
  check(mps_root_create_table(&roots, heap.arena, mps_rank_exact(), 0, (mps_addr_t *)table, N / 100), "table");
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "ap");
  return run();
}
