/* What a client can see of the moving of its objects: how often each format method is called, and what becomes of
   references to objects that move, are shared, stay, are large, or lie in a full segment; faults in format methods, and
   leaving them by longjmp. */
#include <setjmp.h>
#include <string.h>
#include "object-format.h"
#ifndef _WIN32
#include <signal.h>
#include <sys/mman.h>
#endif

static unsigned long checked, skipped, moved;
static void (*in_skip)(void), (*in_forward)(void);

static mps_addr_t counting_is_forwarded(mps_addr_t object) {
  ++checked;
  return object_is_forwarded(object);
}
static mps_addr_t counting_skip(mps_addr_t object) {
  ++skipped;
  if (in_skip) in_skip();
  return object_skip(object);
}
static void counting_forward(mps_addr_t from, mps_addr_t to) {
  ++moved;
  if (in_forward) in_forward();
  object_forward(from, to);
}
/* A table of references to cells; a cell has a number and what it shares. */
struct cell {
  mps_word_t header;
  struct cell *shared;
  mps_word_t number;
};
enum { CELLS = 1000, LARGE = 5000 };
/* Longer than a segment that the collector takes for small objects. */
struct large {
  mps_word_t header;
  struct cell *cell;
  mps_word_t words[LARGE];
};

static mps_arena_t arena;
static mps_pool_t pool;
static mps_ap_t ap;
static mps_addr_t roots[32];

static struct cell *new_cell(mps_word_t number, struct cell *shared) {
  struct cell *cell;
  ALLOCATE(cell, struct cell, 1, ap, (cell->shared = shared, cell->number = number));
  return cell;
}

/* References of the header's six bits at most: a row of the table is an object. */
enum { ROW = 50, ROWS = CELLS / ROW };
struct row {
  mps_word_t header;
  struct cell *cells[ROW];
};

static NOINLINE void build(void) {
  int i;
  for (i = 0; i < ROWS; ++i) {
    struct row *row;
    ALLOCATE(row, struct row, ROW, ap, memset(row->cells, 0, sizeof row->cells));
    roots[i] = row;
  }
  for (i = 0; i < CELLS; ++i) {
    /* Two cells in three share the one that the row's first slot holds. */
    struct row *row = roots[i / ROW];
    struct cell *cell = new_cell((mps_word_t)i, i % 3 ? row->cells[0] : NULL);
    ((struct row *)roots[i / ROW])->cells[i % ROW] = cell;
  }
}

/* Is everything there, once, and in one piece? */
static NOINLINE int intact(void) {
  int i;
  for (i = 0; i < CELLS; ++i) {
    struct row *row = roots[i / ROW];
    struct cell *cell = row->cells[i % ROW];
    struct cell *shared = i % 3 && i % ROW ? row->cells[0] : NULL;
    if (cell->number != (mps_word_t)i || cell->shared != shared) return 0;
  }
  return 1;
}

static NOINLINE void collect(void) { check(mps_arena_collect(arena), "mps_arena_collect"); }

static void report(const char *what, int right) { printf("%s: %s\n", what, right ? "right" : "WRONG"); }

/* Each object is moved once. It is asked whether it has moved for each reference to it, and for its size once. */
static NOINLINE void counts(void) {
  enum { OBJECTS = CELLS + ROWS };
  /* Cells that share: not those with a number divisible by three, nor the first of a row. */
  unsigned long references = ROWS + CELLS, i;
  for (i = 0; i < CELLS; ++i) references += i % 3 && i % ROW;
  mps_ap_destroy(ap); /* The segment that it allocates in would stay. */
  collect();
  checked = skipped = moved = 0;
  collect();
  check(mps_ap_create_k(&ap, pool, mps_args_none), "mps_ap_create_k");
  report("each object is moved once", moved == OBJECTS && skipped == OBJECTS);
  report("each reference is looked at once", checked == references);
  report("objects are intact", intact());
  printf("moved %lu\n", moved);
}

static NOINLINE void large(void) {
  struct large *big;
  int i, right;
  ALLOCATE(big, struct large, 1, ap, (big->cell = NULL, big->words[0] = 1, big->words[LARGE - 1] = 2));
  roots[ROWS] = big;
  for (i = 0; i < 3; ++i) collect();
  big = roots[ROWS];
  right = big->words[0] == 1 && big->words[LARGE - 1] == 2 && intact();
  roots[ROWS] = NULL;
  report("a large object moves whole", right);
}

/* A table that is protected when it refers to nothing new: what the collector knows of it must be what is in it. */
enum { LARGEST_PAGE = 16384, GUARDED = LARGEST_PAGE / sizeof(mps_addr_t) };
static char room[2 * LARGEST_PAGE];

static NOINLINE void guarded_root(void) {
  /* Whole pages, so that nothing else is protected with them. */
  mps_addr_t *guarded = (mps_addr_t *)(((mps_word_t)room + LARGEST_PAGE - 1) & ~(mps_word_t)(LARGEST_PAGE - 1));
  mps_root_t root;
  int i, right = 1;
  check(mps_root_create_area(&root, arena, mps_rank_exact(), MPS_RM_PROT, guarded, guarded + GUARDED, mps_scan_area, NULL),
        "mps_root_create_area");
  guarded[5] = new_cell(77, NULL);
  for (i = 0; i < 4; ++i) {
    mps_addr_t before = guarded[5];
    collect();
    right &= guarded[5] != before && ((struct cell *)guarded[5])->number == 77;
  }
  mps_root_destroy(root);
  report("a protected table follows what moves", right);
}

/* A reference on the stack keeps its cell where it is, and all others move around it. */
static NOINLINE void pinned(void) {
  struct cell *volatile held = ((struct row *)roots[1])->cells[7];
  mps_word_t number = held->number;
  collect();
  report("a pinned object stays", held == ((struct row *)roots[1])->cells[7] && held->number == number);
  report("what is around it is intact", intact());
}

static jmp_buf landing;
static void leave(void) {
  in_skip = in_forward = 0;
  longjmp(landing, 1);
}

#ifndef _WIN32
static volatile int faults;
static char *page;

static void handler(int signal) {
  (void)signal;
  ++faults;
  mprotect(page, 16384, PROT_READ | PROT_WRITE);
}
static void touch(void) {
  page[0]++;
  in_skip = in_forward = 0;
}

static NOINLINE void fault(void (**where)(void), const char *what) {
  int before = faults;
  mprotect(page, 16384, PROT_NONE);
  *where = touch;
  collect();
  report(what, faults == before + 1 && intact());
}

static NOINLINE void faulting(void) {
  page = mmap(NULL, 16384, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  signal(SIGSEGV, handler);
#ifdef SIGBUS
  signal(SIGBUS, handler);
#endif
  fault(&in_skip, "a skip method faults and goes on");
  fault(&in_forward, "a forward method faults and goes on");
}
#endif

/* The MPS is lost after this, but the program goes on. */
static NOINLINE int leaving(void) {
  volatile int kept = 41;
  in_forward = leave;
  if (setjmp(landing) == 0) {
    collect();
    return 0;
  }
  return kept + 1;
}

int main(int argc, char **argv) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t stack, table;
  mps_fmt_t format;
  (void)argv;
  (void)heap_create;
  (void)heap_destroy;
  check(mps_arena_create_k(&arena, mps_arena_class_vm(), mps_args_none), "mps_arena_create_k");
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ALIGN, sizeof(mps_word_t));
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SCAN, object_scan);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_SKIP, counting_skip);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_FWD, counting_forward);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_ISFWD, counting_is_forwarded);
    MPS_ARGS_ADD(args, MPS_KEY_FMT_PAD, object_pad);
    check(mps_fmt_create_k(&format, arena, args), "mps_fmt_create_k");
  } MPS_ARGS_END(args);
  MPS_ARGS_BEGIN(args) {
    MPS_ARGS_ADD(args, MPS_KEY_FORMAT, format);
    check(mps_pool_create_k(&pool, arena, mps_class_amc(), args), "mps_pool_create_k");
  } MPS_ARGS_END(args);
  check(mps_thread_reg(&thread, arena), "mps_thread_reg");
  check(mps_root_create_area(&table, arena, mps_rank_exact(), 0, roots, roots + 32, mps_scan_area, NULL), "mps_root_create_area");
  check(mps_ap_create_k(&ap, pool, mps_args_none), "mps_ap_create_k");
  mps_arena_park(arena);
  build();
  if (argc > 1) { /* Only what is counted from outside as well. */
    counts();
    return 0;
  }
  counts();
  large();
  guarded_root();
#ifndef _WIN32
  faulting();
#endif
  check(mps_root_create_thread(&stack, arena, thread, cold), "mps_root_create_thread");
  pinned();
  report("a method leaves by longjmp", leaving() == 42);
  return 0;
}
