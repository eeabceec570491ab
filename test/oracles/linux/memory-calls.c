/* mmap and its kin by the library: what is refused, and with what. */
#include "observe.h"
#include <stdint.h>
#include <sys/mman.h>
#define PAGE 4096
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  char *base = mmap(0, 16 * PAGE, 3, ANON, -1, 0);
  munmap(base, 16 * PAGE);
  char *hinted = mmap(base + 1, PAGE, 3, ANON, -1, 0);
  OBSERVE("mmap.hint-unaligned", hinted - base);
  OBSERVE_DONE("mmap.length-0", mmap(0, 0, 3, ANON, -1, 0));
  OBSERVE_DONE("mmap.no-sharing", mmap(0, PAGE, 3, MAP_ANONYMOUS, -1, 0));
  OBSERVE_DONE("mmap.fixed-unaligned", mmap(base + 1, PAGE, 3, ANON | MAP_FIXED, -1, 0));
  OBSERVE_DONE("mmap.closed-file", mmap(0, PAGE, 3, MAP_PRIVATE, 77, 0));
  OBSERVE_DONE("mmap.no-file", mmap(0, PAGE, 3, MAP_PRIVATE, -1, 0));
  return 0;
}
