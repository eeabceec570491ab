/* Where the MPS does not look on some platforms: an object whose only reference is in a vector register or below the
   stack pointer of a suspended thread, or in a callee-saved vector register of the collecting one. Prints for each
   place whether the object was kept or lost, and whether the place itself came through. */
#include "holders.h"
#include "object-format.h"
#include "port-threads.h"

/* Spins with the revealed reference in one place alone: sets flags[0], waits for flags[1], gives back its disguise. */
typedef mps_word_t (*spinner_t)(mps_word_t disguised, volatile int *flags);
mps_word_t spin_in_vector(mps_word_t disguised, volatile int *flags);
mps_word_t spin_below_sp(mps_word_t disguised, volatile int *flags);

#if defined(__i386__)
#define SPIN "movl $1, (%edx)\n1: cmpl $0, 4(%edx)\n je 1b\n"
#define TAKE "movl 4(%esp), %eax\n notl %eax\n movl 8(%esp), %edx\n"
__asm__(BEGIN(spin_in_vector) TAKE "movd %eax, %xmm5\n xorl %eax, %eax\n" SPIN "movd %xmm5, %eax\n notl %eax\n ret\n" END);
__asm__(BEGIN(spin_below_sp) TAKE "movl %eax, -64(%esp)\n xorl %eax, %eax\n" SPIN "movl -64(%esp), %eax\n notl %eax\n ret\n" END);
#elif defined(__x86_64__)
#define SPIN "movl $1, (" ARGUMENT_2 ")\n1: cmpl $0, 4(" ARGUMENT_2 ")\n je 1b\n"
#define TAKE "movq " ARGUMENT_1 ", %rax\n notq %rax\n"
__asm__(BEGIN(spin_in_vector) TAKE "movq %rax, %xmm5\n xorl %eax, %eax\n" SPIN "movq %xmm5, %rax\n notq %rax\n ret\n" END);
__asm__(BEGIN(spin_below_sp) TAKE "movq %rax, -64(%rsp)\n xorl %eax, %eax\n" SPIN "movq -64(%rsp), %rax\n notq %rax\n ret\n" END);
#else
#define SPIN "mov w9, #1\n str w9, [x1]\n1: ldr w9, [x1, #4]\n cbz w9, 1b\n"
__asm__(BEGIN(spin_in_vector) "mvn x0, x0\n fmov d5, x0\n mov x0, xzr\n" SPIN "fmov x0, d5\n mvn x0, x0\n ret\n" END);
__asm__(BEGIN(spin_below_sp) "mvn x0, x0\n stur x0, [sp, #-64]\n mov x0, xzr\n" SPIN "ldur x0, [sp, #-64]\n mvn x0, x0\n ret\n" END);
#endif

/* A callee-saved vector register, where there is one. */
mps_word_t hold_in_vector(mps_word_t disguised, holder_call_t call, void *argument);
#if defined(__aarch64__) || defined(__arm64__)
__asm__(BEGIN(hold_in_vector) "str x30, [sp, #-32]!\n str d8, [sp, #16]\n mvn x9, x0\n fmov d8, x9\n mov x9, x1\n mov x0, x2\n"
  "blr x9\n fmov x0, d8\n mvn x0, x0\n ldr d8, [sp, #16]\n ldr x30, [sp], #32\n ret\n" END);
#define HAS_SAVED_VECTORS 1
#elif defined(_WIN64)
__asm__(BEGIN(hold_in_vector) CLEAR_HOME "subq $56, %rsp\n movaps %xmm6, 32(%rsp)\n notq %rcx\n movq %rcx, %xmm6\n xorl %ecx, %ecx\n"
  "movq %rdx, %rax\n movq %r8, %rcx\n call *%rax\n movq %xmm6, %rax\n notq %rax\n movaps 32(%rsp), %xmm6\n addq $56, %rsp\n ret\n" END);
#define HAS_SAVED_VECTORS 1
#else
#define HAS_SAVED_VECTORS 0
#endif

struct thing {
  mps_word_t header;
  struct thing *self;
};

static struct heap heap;
static mps_ap_t ap;
static volatile int flags[2];
static volatile mps_word_t given, given_back;
static spinner_t spinner;

static NOINLINE mps_word_t make_disguised(void) {
  struct thing *thing;
  mps_addr_t reference;
  ALLOCATE(thing, struct thing, 1, ap, (thing->self = NULL));
  reference = thing;
  check(mps_finalize(heap.arena, &reference), "mps_finalize");
  return DISGUISE(thing);
}

static NOINLINE void clear_free_stack(void) {
  volatile char space[2048];
  size_t i;
  for (i = 0; i < sizeof space; ++i) space[i] = 0;
}

static NOINLINE int gone(void) {
  int count = 0;
  mps_message_t message;
  while (mps_message_get(&message, heap.arena, mps_message_type_finalization())) {
    mps_message_discard(heap.arena, message);
    ++count;
  }
  return count;
}

PORT_THREAD_FUNCTION(spin, argument) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t stack;
  (void)argument;
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&stack, heap.arena, thread, cold), "mps_root_create_thread");
  given_back = spinner(given, flags);
  mps_root_destroy(stack);
  mps_thread_dereg(thread);
  PORT_THREAD_RETURN;
}

static NOINLINE void suspended(const char *place, spinner_t spin_there) {
  port_thread_t thread;
  int lost;
  spinner = spin_there;
  given = make_disguised();
  clear_free_stack();
  flags[0] = flags[1] = 0;
  if (!port_thread_start(&thread, spin, NULL)) exit(1);
  while (flags[0] == 0) continue;
  clear_free_stack();
  mps_arena_collect(heap.arena);
  lost = gone();
  flags[1] = 1;
  if (!port_thread_join(thread)) exit(1);
  printf("%s of a suspended thread: object %s, word %s\n", place, lost ? "lost" : "kept", given_back == given ? "intact" : "changed");
  mps_arena_collect(heap.arena);
  gone();
}

#if HAS_SAVED_VECTORS
static NOINLINE void collecting(void) {
  mps_word_t disguised = make_disguised(), held;
  int lost;
  clear_free_stack();
  held = hold_in_vector(disguised, (holder_call_t)(mps_fun_t)mps_arena_collect, heap.arena);
  lost = gone();
  printf("callee-saved vector register of the collecting thread: object %s, word %s\n", lost ? "lost" : "kept", held == disguised ? "intact" : "changed");
}
#endif

int main(void) {
  void *cold = &cold;
  mps_thr_t thread;
  mps_root_t stack;
  heap_create(&heap, (size_t)16 << 20, 100, 300);
  mps_message_type_enable(heap.arena, mps_message_type_finalization());
  check(mps_thread_reg(&thread, heap.arena), "mps_thread_reg");
  check(mps_root_create_thread(&stack, heap.arena, thread, cold), "mps_root_create_thread");
  check(mps_ap_create_k(&ap, heap.pool, mps_args_none), "mps_ap_create_k");
  suspended("vector register", spin_in_vector);
  suspended("word below the stack pointer", spin_below_sp);
#if HAS_SAVED_VECTORS
  collecting();
#endif
  mps_ap_destroy(ap);
  mps_root_destroy(stack);
  mps_thread_dereg(thread);
  heap_destroy(&heap);
  return 0;
}
