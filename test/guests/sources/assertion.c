/* The client's assertion handler leaves by longjmp, out of the MPS and out of a callback of the MPS. */
#include <setjmp.h>
#include <string.h>
#include "mpslib.h"
#include "object-format.h"

static struct heap heap;
static jmp_buf landing;
static char words[200];

static void handler(const char *file, unsigned line, const char *condition) {
  (void)file;
  (void)line;
  strncpy(words, condition, sizeof words - 1);
  longjmp(landing, 1);
}

static NOINLINE int misuse(void) {
  volatile int kept = 41;
  if (setjmp(landing) == 0) {
    mps_arena_destroy(heap.arena); /* its pools are still there */
    return 0;
  }
  return kept + 1;
}

struct thing {
  mps_word_t header;
  struct thing *next;
};
static struct thing *root[1];
static volatile int calls;

static mps_res_t leaving(mps_ss_t ss, void *p, size_t s) {
  (void)ss;
  (void)p;
  (void)s;
  if (++calls == 1) longjmp(landing, 2);
  return MPS_RES_OK;
}

/* A root's scan method that leaves: the MPS is lost after that, but the program goes on. */
static NOINLINE int leave_scan(void) {
  mps_root_t function;
  mps_ap_t ap;
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  ALLOCATE(root[0], struct thing, 1, ap, (root[0]->next = NULL));
  if (setjmp(landing) == 0) {
    check(mps_root_create(&function, heap.arena, mps_rank_exact(), 0, leaving, root, 1), "mps_root_create");
    mps_arena_collect(heap.arena);
    return 0;
  }
  return calls;
}

int main(void) {
  int misused, left;
  heap_create(&heap, (size_t)16 << 20, 100, 300);
  mps_lib_assert_fail_install(handler);
  misused = misuse();
  printf("assertion: %d, %s\n", misused, words[0] ? "with a condition" : "without a condition");
  heap_create(&heap, (size_t)16 << 20, 100, 300); /* the other one is not to be used any more */
  left = leave_scan();
  printf("scan method: %d\n", left);
  return misused == 42 && left == 1 ? 0 : 1;
}
