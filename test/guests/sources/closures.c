/* The closures that the MPS passes on to scanners and steppers arrive with all their bits; so do masks and patterns. */
#include <stdint.h>
#include "object-format.h"

static const uint64_t wide[] = {0xffffffffffffffffu, 0xdeadbeefcafef00du, 0x7ff8000000000001u, 0xfffe000000000003u, 5};
#define COUNT (sizeof wide / sizeof wide[0])

struct thing {
  mps_word_t header;
  struct thing *next;
  mps_word_t value;
};

static struct heap heap;
static mps_word_t expected;
static unsigned right, wrong;

static void see(mps_word_t word) {
  if (word == expected) ++right;
  else ++wrong;
}

static mps_res_t scan_root(mps_ss_t ss, void *p, size_t s) {
  (void)ss;
  see((mps_word_t)p);
  see((mps_word_t)s);
  return MPS_RES_OK;
}

static mps_res_t scan_area(mps_ss_t ss, void *base, void *limit, void *closure) {
  (void)ss;
  (void)base;
  (void)limit;
  see((mps_word_t)closure);
  return MPS_RES_OK;
}

static void step(mps_addr_t object, mps_fmt_t format, mps_pool_t pool, void *p, size_t s) {
  (void)object;
  (void)format;
  (void)pool;
  see((mps_word_t)p);
  see((mps_word_t)s);
}

static void apply(mps_addr_t object, void *p, size_t s) {
  (void)object;
  see((mps_word_t)p);
  see((mps_word_t)s);
}

static void report(const char *what) {
  printf("%s: %s, %u wrong\n", what, right > 0 ? "seen" : "never seen", wrong);
  right = wrong = 0;
}

static void *volatile area[1];

/* The only reference to an object is a word with a tag where no address has bits. */
static mps_word_t boxed[1];

static void keep_boxed(mps_ap_t ap, mps_word_t mask, mps_word_t pattern) {
  mps_root_t root;
  struct thing *thing;
  check(mps_root_create_area_tagged(&root, heap.arena, mps_rank_exact(), 0, boxed, boxed + 1, mps_scan_area_tagged, mask, pattern),
        "mps_root_create_area_tagged");
  ALLOCATE(thing, struct thing, 1, ap, (thing->next = NULL, thing->value = 42));
  boxed[0] = (mps_word_t)thing | pattern;
  mps_arena_collect(heap.arena);
  mps_arena_release(heap.arena);
  thing = (struct thing *)(boxed[0] & ~mask);
  printf("boxed: %d, tag %s\n", (int)thing->value, (boxed[0] & mask) == pattern ? "kept" : "lost");
  mps_root_destroy(root);
  boxed[0] = 0;
}

int main(void) {
  mps_ap_t ap;
  struct thing *thing;
  unsigned i;
  heap_create(&heap, (size_t)16 << 20, 100, 300);
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  for (i = 0; i < COUNT; ++i) {
    mps_root_t function, scanned;
    expected = (mps_word_t)wide[i];
    ALLOCATE(thing, struct thing, 1, ap, (thing->next = NULL, thing->value = i));
    check(mps_root_create(&function, heap.arena, mps_rank_exact(), 0, scan_root, (void *)expected, (size_t)expected), "mps_root_create");
    mps_arena_collect(heap.arena);
    report("root");
    mps_root_destroy(function);
    check(mps_root_create_area(&scanned, heap.arena, mps_rank_exact(), 0, (void *)area, (void *)(area + 1), scan_area, (void *)expected),
          "mps_root_create_area");
    mps_arena_collect(heap.arena);
    report("area");
    mps_root_destroy(scanned);
    mps_arena_release(heap.arena);
    ALLOCATE(thing, struct thing, 1, ap, (thing->next = NULL, thing->value = i));
    mps_arena_park(heap.arena);
    mps_arena_formatted_objects_walk(heap.arena, step, (void *)expected, (size_t)expected);
    report("walk");
    mps_amc_apply(heap.pool, apply, (void *)expected, (size_t)expected);
    report("apply");
    mps_arena_release(heap.arena);
  }
  if (sizeof(mps_word_t) == 8) keep_boxed(ap, (mps_word_t)0xffff000000000007u, (mps_word_t)0xfffe000000000003u);
  else keep_boxed(ap, 7, 3);
  return 0;
}
