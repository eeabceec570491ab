/* Names that are no task, thread or right, flavors that are refused, mach_vm_protect's maximum: osfmk/kern/ipc_tt.c, osfmk/i386/pcb.c,
   osfmk/arm64/status.c, osfmk/vm/vm_map.c (vm_map_protect); 0x10000003 is MACH_SEND_INVALID_DEST. */
#include "observe.h"
#include <mach/mach.h>
#include <sys/mman.h>

static unsigned state[1300];

static int get(int flavor, unsigned count) {
  return thread_get_state(mach_thread_self(), flavor, (void *)state, &count) ? -1 : (int)count;
}

int main(void) {
  unsigned port, count = 1300, text;
  long p = getpagesize();
  char *a = mmap(0, 2 * p, 3, MAP_PRIVATE | MAP_ANON, -1, 0);
  mach_port_allocate(mach_task_self(), 1, &port);
  OBSERVE("allocate.no-name", mach_port_allocate(0, 1, &text));
  OBSERVE("allocate.other-right", mach_port_allocate(port, 1, &text));
  OBSERVE("suspend.no-name", thread_suspend(0x7fff03));
  OBSERVE("suspend.other-right", thread_suspend(port));
  OBSERVE("resume.other-right", thread_resume(port));
  OBSERVE("get-state.no-name", thread_get_state(0, 4, (void *)state, &count));
  OBSERVE("vm.no-name", vm_protect(0, (long)a, p, 0, 1));
  OBSERVE("vm.other-right", vm_protect(port, (long)a, p, 0, 1));
  OBSERVE("exception-ports.other-right", thread_set_exception_ports(port, 2, 0, 1, 0));
#ifdef __x86_64__
  OBSERVE3("flavor.64", get(4, 42), get(4, 41), get(4, 100));
  OBSERVE3("flavor.32-bit", get(1, 1000), get(2, 1000), get(3, 1000));
  OBSERVE2("flavor.float", get(5, 1000), get(8, 1000));
  OBSERVE2("flavor.exception", get(6, 1000), get(9, 1000));
  OBSERVE3("flavor.debug", get(10, 1000), get(11, 1000), get(12, 1000));
  OBSERVE2("flavor.none-unknown", get(13, 1000), get(99, 1000));
  get(7, 1000);
  OBSERVE2("flavor.unified-header", state[0], state[1]);
  OBSERVE("set.exception", thread_set_state(mach_thread_self(), 6, (void *)state, 4));
  get(8, 1000);
  OBSERVE("set.longer", thread_set_state(mach_thread_self(), 8, (void *)state, 134));
  OBSERVE("set.float", thread_set_state(mach_thread_self(), 8, (void *)state, 133));
  state[0] = 4;
  OBSERVE("set.other-header", thread_set_state(mach_thread_self(), 8, (void *)state, 133));
#else
  OBSERVE3("flavor.64", get(6, 68), get(6, 67), get(6, 100));
  OBSERVE3("flavor.32-bit", get(9, 1000), get(3, 1000), get(16, 1000));
  OBSERVE("flavor.float", get(17, 1000));
  OBSERVE("flavor.exception", get(7, 1000));
  OBSERVE3("flavor.debug", get(4, 1000), get(14, 1000), get(15, 1000));
  OBSERVE2("flavor.none-unknown", get(5, 1000), get(99, 1000));
  get(1, 1000);
  OBSERVE2("flavor.unified-header", state[0], state[1]);
  OBSERVE("set.exception", thread_set_state(mach_thread_self(), 7, (void *)state, 4));
#endif
  OBSERVE("maximum", vm_protect(mach_task_self(), (long)a, p, 1, 1));
  OBSERVE("maximum.raised", vm_protect(mach_task_self(), (long)a, p, 1, 3));
  OBSERVE("maximum.beyond", vm_protect(mach_task_self(), (long)a, p, 0, 3));
  OBSERVE("maximum.within", vm_protect(mach_task_self(), (long)a, p, 0, 1));
  OBSERVE_CALL("maximum.mprotect", mprotect(a, p, 3));
  munmap(a + p, p);
  OBSERVE("maximum.hole", vm_protect(mach_task_self(), (long)a, 2 * p, 1, 1));
  return 0;
}
