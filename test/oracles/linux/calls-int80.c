//! platforms: lii6gc
//! builds: static
/* IA-32's system calls made by int 80h in a 64-bit program: their numbers, their registers, 32-bit structures. */
#include "observe.h"
#include <stdint.h>
#include <sys/mman.h>

static long old_call(long number, long a, long b, long c, long d, long e) {
  long r;
  __asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory", "r8", "r9", "r10", "r11");
  return r;
}

int main(void) {
  char *low = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  OBSERVE("low", (uintptr_t)low < 0x80000000);
  OBSERVE("getpid", old_call(20, 0, 0, 0, 0, 0) == getpid());
  OBSERVE("exists-not", old_call(5000, 0, 0, 0, 0, 0));
  OBSERVE("sign-extended", old_call(6, -1, 0, 0, 0, 0));
  strcpy(low, "written\n");
  OBSERVE("write.bad", old_call(4, 1, 8, 5, 0, 0));
  OBSERVE("write.closed", old_call(4, 77, (long)low, 5, 0, 0));
  // The upper halves of arguments don't count.
  OBSERVE("upper-half", old_call(4, 77 + (1L << 32), (long)low, 5, 0, 0));
  int *time = (int *)low;
  time[0] = 0, time[1] = 1000000, time[2] = 77;
  OBSERVE("nanosleep", old_call(162, (long)low, 0, 0, 0, 0));
  time[1] = 1000000000;
  OBSERVE("nanosleep.bad", old_call(162, (long)low, 0, 0, 0, 0));
  OBSERVE("clock_gettime", old_call(265, 1, (long)low, 0, 0, 0));
  OBSERVE("clock_gettime.bytes", time[2]);
  OBSERVE("madvise.unaligned", old_call(219, (long)low + 1, 4096, 4, 0, 0));
  OBSERVE("mprotect", old_call(125, (long)low, 4096, 1, 0, 0));
  OBSERVE("mprotect.back", old_call(125, (long)low, 4096, 3, 0, 0));
  time[0] = 9;
  OBSERVE("futex.other-value", old_call(240, (long)low, 0, 8, 0, 0));
  OBSERVE("futex.wake", old_call(240, (long)low, 1, 1, 0, 0));
  OBSERVE("gettid", old_call(224, 0, 0, 0, 0, 0) == getpid());
  OBSERVE("tgkill.0", old_call(270, getpid(), 0, 0, 0, 0));
  OBSERVE("getrandom", old_call(355, (long)low, 16, 0, 0, 0));
  OBSERVE("pipe2.bad", old_call(331, 8, 0, 0, 0, 0));
  OBSERVE("pipe2", old_call(331, (long)low, 0, 0, 0, 0));
  OBSERVE("pipe2.distance", time[1] - time[0]);
  OBSERVE("set_robust_list.12", old_call(311, 0, 12, 0, 0, 0));
  OBSERVE("set_robust_list.24", old_call(311, 0, 24, 0, 0, 0));
  old_call(252, 5, 0, 0, 0, 0);
  return 1;
}
