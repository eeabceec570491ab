/* A system call is handed an object that a barrier protects. The kernel does not run fault handlers: the call fails.
   Once the program itself has touched the object, it succeeds. A hazard of collectors with page barriers. */
#include <string.h>
#include "object-format.h"
#if defined(_WIN32)
#include <windows.h>
static int put(const char *text, unsigned length) {
  DWORD written = 0;
  return WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL) ? (int)written : -(int)GetLastError();
}
#else
#include <errno.h>
#include <unistd.h>
static int put(const char *text, unsigned length) {
  int written = (int)write(1, text, length);
  return written >= 0 ? written : -errno;
}
#endif

struct message {
  mps_word_t header;
  struct message *next;
  char text[56];
};

static struct heap heap;
static mps_ap_t ap;
static struct message *list[1];

static NOINLINE void build(void) {
  unsigned i;
  for (i = 0; i < 2000; ++i) {
    struct message *message;
    ALLOCATE(message, struct message, 1, ap, (message->next = list[0]));
    strcpy(message->text, "written by the kernel\n");
    list[0] = message;
  }
}

int main(void) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t stack, root;
  int before, after;
  heap_create(&heap, (size_t)16 << 20, 100, 300);
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&stack, heap.arena, thread, cold), "mps_root_create_thread");
  check(mps_root_create_area(&root, heap.arena, mps_rank_exact(), 0, list, list + 1, mps_scan_area, NULL), "mps_root_create_area");
  build();
  mps_arena_collect(heap.arena);
  mps_arena_release(heap.arena);
  check(mps_arena_start_collect(heap.arena), "mps_arena_start_collect");
  before = put(list[0]->text, 22);
  if (list[0]->text[0] != 'w') return 1;
  after = put(list[0]->text, 22);
  printf("before touching it: %d, after: %d\n", before, after);
  mps_arena_park(heap.arena);
  list[0] = NULL;
  mps_root_destroy(root);
  mps_root_destroy(stack);
  mps_thread_dereg(thread);
  mps_ap_destroy(ap);
  heap_destroy(&heap);
  return 0;
}
