/* thread_suspend, thread_get_state, thread_set_state of another thread; messages between threads; thread-local variables. */
#include <mach/mach.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
typedef x86_thread_state64_t state_t;
#define SP(s) ((s).__rsp)
#define ARGUMENT(s) ((s).__rbx)
#else
typedef arm_thread_state64_t state_t;
#define SP(s) ((s).__sp)
#define ARGUMENT(s) ((s).__x[20])
#endif
#define MUST(x) do { int r_ = (x); if (r_ != 0) { printf("%s: %d\n", #x, r_); exit(1); } } while (0)
static _Thread_local int counter = 40;
static _Thread_local long zeros[8];
static volatile uint64_t spins;
static mach_port_t inbox;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int locals;

static void *spin(void *argument) {
  counter++;
  zeros[3] = counter;
  pthread_mutex_lock(&mutex);
  locals += (int)zeros[3];
  pthread_mutex_unlock(&mutex);
  /* A register that thread_set_state changes ends the loop. */
#if defined(__x86_64__)
  __asm__ volatile("movq $0x1234, %%rbx\n1: incq %0\n cmpq $0x1234, %%rbx\n je 1b\n" : "+m"(spins) : : "rbx", "memory", "cc");
#else
  __asm__ volatile("mov x20, #0x1234\n1: ldr x9, [%0]\n add x9, x9, #1\n str x9, [%0]\n mov x10, #0x1234\n cmp x20, x10\n b.eq 1b\n" : : "r"(&spins) : "x9", "x10", "x20", "memory", "cc");
#endif
  return (void *)(size_t)counter;
}

static void *sender(void *argument) {
  struct { mach_msg_header_t header; int body[2]; } m;
  memset(&m, 0, sizeof m);
  m.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
  m.header.msgh_size = sizeof m;
  m.header.msgh_remote_port = inbox;
  m.header.msgh_id = 77;
  m.body[0] = 5;
  m.body[1] = 6;
  MUST(mach_msg(&m.header, MACH_SEND_MSG, sizeof m, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
  return NULL;
}

int main(void) {
  pthread_t thread, other;
  state_t state;
  mach_msg_type_number_t count = sizeof state / 4, small = 3;
  mach_port_t port;
  uint64_t before, after;
  void *result;
  int i;
  struct { mach_msg_header_t header; int body[2]; char trailer[64]; } m;
  char here;
  MUST(pthread_create(&thread, NULL, spin, NULL));
  port = pthread_mach_thread_np(thread);
  while (spins < 1000) ;
  printf("not suspended %d\n", thread_resume(port));
  MUST(thread_suspend(port));
  before = spins;
  for (i = 0; i < 20000; ++i) __asm__ volatile("");
  after = spins;
  MUST(thread_get_state(port, MACHINE_THREAD_STATE, (thread_state_t)&state, &count));
  printf("held %d count %u register %llx small %d\n", before == after, count, (unsigned long long)ARGUMENT(state), thread_get_state(port, MACHINE_THREAD_STATE, (thread_state_t)&state, &small));
  printf("on its stack %d not on ours %d\n", SP(state) != 0, SP(state) < (uint64_t)(uintptr_t)&here - 65536 || SP(state) > (uint64_t)(uintptr_t)&here + 65536);
  ARGUMENT(state) = 1;
  MUST(thread_set_state(port, MACHINE_THREAD_STATE, (thread_state_t)&state, count));
  MUST(thread_resume(port));
  MUST(pthread_join(thread, &result));
  counter += 2;
  printf("result %d main's %d locals %d dead %d\n", (int)(size_t)result, counter, locals, thread_suspend(port));
  MUST(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &inbox));
  MUST(mach_port_insert_right(mach_task_self(), inbox, inbox, MACH_MSG_TYPE_MAKE_SEND));
  printf("empty %x\n", mach_msg(&m.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof m, inbox, 10, MACH_PORT_NULL));
  MUST(pthread_create(&other, NULL, sender, NULL));
  MUST(mach_msg(&m.header, MACH_RCV_MSG, 0, sizeof m, inbox, 0, MACH_PORT_NULL));
  printf("message %d size %u body %d %d\n", m.header.msgh_id, m.header.msgh_size, m.body[0], m.body[1]);
  MUST(pthread_join(other, NULL));
  return 0;
}
