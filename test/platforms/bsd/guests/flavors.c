/* Every flavor of thread state with a size one too small and one too large, on the thread itself, one that runs and one that is suspended; lists of flavors;
   bits that mach_vm_protect and mach_vm_allocate don't know, and what is wrong first. osfmk/i386/pcb.c, osfmk/arm64/status.c (machine_thread_get_state,
   _set_state), mach/thread_status.h, osfmk/vm/vm_user.c, vm_map_protect of osfmk/vm/vm_map.c, VM_FLAGS_USER_ALLOCATE of mach/vm_statistics.h. */
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <pthread.h>
#include <sys/mman.h>
#include "observe.h"

static unsigned state[1300];
static volatile int stop;

static void *body(void *argument) {
  while (!stop) sched_yield();
  return 0;
}

static int got(thread_act_t thread, int flavor, unsigned count) {
  return thread_get_state(thread, flavor, (void *)state, &count) ? -1 : (int)count;
}

static char *line(const char *what, int flavor, const char *who) {
  static char text[64];
  strcpy(text, what);
  char number[] = "-00-";
  number[1] = '0' + flavor / 10, number[2] = '0' + flavor % 10;
  strcat(text, number), strcat(text, who);
  return text;
}

int main(void) {
#ifdef __x86_64__
  static const int flavors[][2] = {{4, 42}, {5, 131}, {6, 4}, {7, 44}, {8, 133}, {9, 6}, {11, 16}, {12, 18}, {22, 1}};
#else
  static const int flavors[][2] = {{1, 70}, {6, 68}, {7, 4}, {15, 130}, {17, 132}, {27, 1}};
#endif
  pthread_t running, suspended;
  pthread_create(&running, 0, body, 0), pthread_create(&suspended, 0, body, 0);
  for (int i = 0; i < 100; i++) sched_yield();
  thread_act_t threads[] = {mach_thread_self(), pthread_mach_thread_np(running), pthread_mach_thread_np(suspended)};
  static const char *const who[] = {"self", "running", "suspended"};
  thread_suspend(threads[2]);
  for (int t = 0; t < 3; t++)
    for (unsigned i = 0; i < sizeof flavors / sizeof *flavors; i++) {
      int flavor = flavors[i][0], count = flavors[i][1];
      OBSERVE3(line("get", flavor, who[t]), got(threads[t], flavor, count - 1), got(threads[t], flavor, count), got(threads[t], flavor, count + 1));
    }
  for (unsigned i = 0; i < sizeof flavors / sizeof *flavors; i++) {
    int flavor = flavors[i][0], count = flavors[i][1];
    if (flavor == 6 && count == 4) continue; /* below */
    got(threads[2], flavor, count);
    int less = flavor == 11 ? 4 : thread_set_state(threads[2], flavor, (void *)state, count - 1);
    OBSERVE3(line("set", flavor, "suspended"), less, thread_set_state(threads[2], flavor, (void *)state, count),
        thread_set_state(threads[2], flavor, (void *)state, count + 1));
  }
  OBSERVE2("list", got(threads[0], 0, 3), got(threads[0], 0, 20));
  OBSERVE3("list-told", state[0], state[1], state[2]);
  OBSERVE3("list-new", got(threads[0], 128, 3), got(threads[0], 128, 20), state[3]);
  OBSERVE3("list-10.15", got(threads[0], 131, 20), state[0], state[4]);
  got(threads[2], 7 - 6 * (sizeof flavors / sizeof *flavors == 6), 1000);
  state[1]++;
  OBSERVE("header-count", thread_set_state(threads[2], 7 - 6 * (sizeof flavors / sizeof *flavors == 6), (void *)state, flavors[sizeof flavors / sizeof *flavors == 6 ? 0 : 3][1]));
  thread_resume(threads[2]);
  stop = 1;
  pthread_join(running, 0), pthread_join(suspended, 0);

  mach_port_t port;
  mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port);
  mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND);
#define PORTS(name, port, behavior, flavor) OBSERVE(name, thread_set_exception_ports(threads[0], EXC_MASK_BAD_ACCESS, port, behavior, flavor))
  PORTS("ports-unknown", port, 1, 99);
  PORTS("ports-list", port, 2, 128);
  PORTS("ports-nothing-unknown", 0, 0, 99);
  PORTS("ports-none", port, 1, THREAD_STATE_NONE);
  PORTS("ports-0", port, 2, 0);
  PORTS("ports-of-32-bits", port, 2, 1 + 8 * (THREAD_STATE_NONE == 5));
  PORTS("ports-no-behavior", port, 0, THREAD_STATE_NONE);
  PORTS("ports-nothing", 0, 0, 0);

  mach_vm_address_t at = 0;
  long p = getpagesize();
  task_t self = mach_task_self();
  OBSERVE("allocate", mach_vm_allocate(self, &at, 4 * p, VM_FLAGS_ANYWHERE));
  char *a = (char *)at;
  OBSERVE("allocate-nothing", mach_vm_allocate(self, &at, 0, VM_FLAGS_ANYWHERE));
  OBSERVE("allocate-nothing-told", at);
  OBSERVE("allocate-bit", mach_vm_allocate(self, &at, p, VM_FLAGS_ANYWHERE | 0x20));
  OBSERVE("allocate-bit-2", mach_vm_allocate(self, &at, p, VM_FLAGS_ANYWHERE | 0x100000));
  OBSERVE("allocate-tag", mach_vm_allocate(self, &at, p, VM_FLAGS_ANYWHERE | (int)(240u << 24)));
  at = (mach_vm_address_t)a;
  OBSERVE("allocate-taken", mach_vm_allocate(self, &at, p, VM_FLAGS_FIXED));
  OBSERVE("allocate-overwrite", mach_vm_allocate(self, &at, p, VM_FLAGS_FIXED | 0x4000));
  at = p;
  OBSERVE("allocate-low", mach_vm_allocate(self, &at, p, VM_FLAGS_FIXED));
  OBSERVE("protect-bit", mach_vm_protect(self, (mach_vm_address_t)a, p, 0, 0x20));
  OBSERVE("protect-bit-nothing", mach_vm_protect(self, (mach_vm_address_t)a, 0, 0, 0x20));
  OBSERVE("protect-nothing", mach_vm_protect(self, 5, 0, 0, 1));
  munmap(a + 2 * p, p);
  mach_vm_protect(self, (mach_vm_address_t)a + p, p, 1, 1);
  OBSERVE("protection-before-hole", mach_vm_protect(self, (mach_vm_address_t)a, 4 * p, 0, 3));
  mach_vm_protect(self, (mach_vm_address_t)a + 3 * p, p, 1, 1);
  OBSERVE("hole-before-protection", mach_vm_protect(self, (mach_vm_address_t)a + 2 * p, 2 * p, 0, 3));
  OBSERVE("hole", mach_vm_protect(self, (mach_vm_address_t)a + 2 * p, p, 0, 1));
  OBSERVE("maximum-hole", mach_vm_protect(self, (mach_vm_address_t)a + p, 2 * p, 1, 1));
  OBSERVE("maximum-execute", mach_vm_protect(self, (mach_vm_address_t)a + p, p, 1, 5));
  return 0;
}
