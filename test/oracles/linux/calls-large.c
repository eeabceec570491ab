//! platforms: lii6gc lia6gc=lii6gc
//! builds: static
/* Much address space and large files, of which little is used: what they cost is what is used. */
#include "observe.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
static char text[1 << 16];

int main(void) {
  long huge = 1l << 40;
  char *reserved = mmap(0, huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  OBSERVE("reserve", reserved != MAP_FAILED);
  char *open_ = mmap(0, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  OBSERVE("reserve.writable", open_ != MAP_FAILED);
  OBSERVE_CALL("mlock.inaccessible", mlock(reserved, huge));
  mprotect(open_ + huge / 2, 4096, PROT_READ);
  int maps = open("/proc/self/maps", O_RDONLY), n, length = 0;
  while ((n = read(maps, text + length, sizeof text - 1 - length)) > 0) length += n;
  char wanted[64];
  // Where the page in the middle is, and what it allows.
  int at = 0;
  for (int shift = 60; shift >= 0; shift -= 4) {
    int digit = ((unsigned long)open_ + huge / 2) >> shift & 15;
    if (digit || at) wanted[at++] = "0123456789abcdef"[digit];
  }
  wanted[at++] = '-', wanted[at] = 0;
  char *line = strstr(text, wanted);
  OBSERVE("maps.middle", line != 0 && strstr(line, " r--p ") != 0 && strstr(line, " r--p ") < strchr(line, '\n'));
  char *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  OBSERVE("shared", shared != MAP_FAILED);
  OBSERVE_CALL("munmap", munmap(reserved, huge) + munmap(open_, huge));

  int file = syscall(SYS_memfd_create, "f", 0);
  OBSERVE_CALL("sparse.truncate", ftruncate(file, 1l << 36));
  OBSERVE_CALL("sparse.pwrite", pwrite(file, "abc", 3, (1l << 35) + 5));
  char *map = mmap(0, 1l << 36, PROT_READ, MAP_PRIVATE, file, 0);
  OBSERVE("sparse.mmap", map != MAP_FAILED);
  OBSERVE2("sparse.mapped", map[0], map[(1l << 35) + 6]);
  OBSERVE("sparse.read", read(file, malloc(1 << 20), 1 << 20));
  munmap(map, 1l << 36);
  int small = syscall(SYS_memfd_create, "g", 0);
  for (int i = 0; i < 50000; i++) write(small, "0123456789", 10);
  OBSERVE("small-writes", lseek(small, 0, SEEK_END));

  char *two = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(two + 2 * 4096, 4096, PROT_READ);
  OBSERVE_DONE("mremap.two.grow", (long)mremap(two, 4 * 4096, 8 * 4096, MREMAP_MAYMOVE));
  OBSERVE_DONE("mremap.two.shrink", (long)mremap(two, 4 * 4096, 3 * 4096, MREMAP_MAYMOVE));
  OBSERVE_DONE("mremap.huge", (long)mremap(two, 4096, 1l << 44, MREMAP_MAYMOVE));
  OBSERVE_DONE("mremap.inaccessible", (long)mremap(mmap(0, 1l << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1l << 30, 1l << 36, MREMAP_MAYMOVE));
  OBSERVE_CALL("populate", madvise(mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1 << 20, 23));
  return 0;
}
