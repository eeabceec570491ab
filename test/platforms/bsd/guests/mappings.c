/* Files that are mapped, descriptors of anonymous mappings, advice by kind of memory, residency of holes. FreeBSD 13: sys/vm/vm_mmap.c (kern_mmap,
   kern_mincore), vn_mmap of sys/kern/vfs_vnops.c. macOS: bsd/kern/kern_mman.c, vm_map_behavior_set and vm_map_page_range_info_internal of osfmk/vm/vm_map.c. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "observe.h"

#define ANON (MAP_PRIVATE | MAP_ANON)
#define MAPPED(name, ...) OBSERVE_DONE(name, (long)mmap(__VA_ARGS__))

int main(void) {
  long p = getpagesize();
  int both = open("/data/f", O_RDWR | O_CREAT, 0644), reading, writing, folder = open("/data", O_RDONLY), files[2];
  char *a, *b, vector[4];
  for (int i = 0; i < 3 * 16384 / 16; i++) write(both, "0123456789abcdef", 16);
  lseek(both, 16384, SEEK_SET), write(both, "second", 6), lseek(both, p == 4096 ? 4096 : 0, SEEK_SET), write(both, "page", 4);
  reading = open("/data/f", O_RDONLY), writing = open("/data/f", O_WRONLY);
  pipe(files);
  a = mmap(0, 20000, PROT_READ, MAP_PRIVATE, reading, 0);
  OBSERVE2("private", a[0] == (p == 4096 ? '0' : 'p'), memcmp(a + 16384, "second", 6));
  b = mmap(0, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE, reading, 16384);
  OBSERVE("at-offset", memcmp(b, "second", 6));
  b[0] = 'S';
  OBSERVE2("copied", a[16384], b[0]);
  close(reading);
  OBSERVE("after-close", memcmp(a + 16384, "second", 6));
  MAPPED("shared-reading", 0, p, PROT_READ, MAP_SHARED, both, 0);
  reading = open("/data/f", O_RDONLY);
  MAPPED("shared-writing", 0, p, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0);
  MAPPED("unreadable", 0, p, PROT_READ, MAP_PRIVATE, writing, 0);
#if MPSEMU_MACOS
  MAPPED("unreadable-writing", 0, p, PROT_WRITE, MAP_PRIVATE, writing, 0);
#endif
  MAPPED("closed", 0, p, PROT_READ, MAP_PRIVATE, 99, 0);
  MAPPED("minus", 0, p, PROT_READ, MAP_PRIVATE, -1, 0);
  MAPPED("pipe", 0, p, PROT_READ, MAP_PRIVATE, files[0], 0);
  MAPPED("directory", 0, p, PROT_READ, MAP_PRIVATE, folder, 0);
  MAPPED("null", 0, p, PROT_READ, MAP_PRIVATE, open("/dev/null", O_RDONLY), 0);
  MAPPED("zero", 0, p, PROT_READ, MAP_PRIVATE, open("/dev/zero", O_RDONLY), 0);
  MAPPED("anonymous-file", 0, p, PROT_READ, ANON, both, 0);
  MAPPED("anonymous-0", 0, p, PROT_READ, ANON, 0, 0);
  MAPPED("anonymous-2", 0, p, PROT_READ, ANON, 2, 0);
  MAPPED("anonymous-minus-2", 0, p, PROT_READ, ANON, -2, 0);
  MAPPED("anonymous-tag", 0, p, PROT_READ, ANON, (int)0xf0000000, 0);
  MAPPED("anonymous-offset", 0, p, PROT_READ, ANON, -1, p);
#if MPSEMU_FREEBSD
  b = mmap(0, 100, PROT_READ, MAP_PRIVATE, reading, 16384 + 2);
  OBSERVE2("odd-offset", (long)b % p, memcmp(b, "cond", 4));
#else
  MAPPED("odd-offset", 0, 100, PROT_READ, MAP_PRIVATE, reading, 16384 + 2);
#endif

  /* Advice: no access, read only, writable, executable; a hole; where nobody's memory lies. */
  static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
  static const char *const kinds[] = {"none", "read", "write", "execute"};
  for (int kind = 0; kind < 4; kind++) {
    a = mmap(0, p, protections[kind], ANON, -1, 0);
    for (int advice = 0; advice < 12; advice++) {
      char name[] = "advice-aa-none-------";
      name[7] = '0' + advice / 10, name[8] = '0' + advice % 10;
      strcpy(name + 10, kinds[kind]);
      OBSERVE_CALL(name, madvise(a, p, advice));
    }
  }
  a = mmap(0, 3 * p, PROT_READ | PROT_WRITE, ANON, -1, 0);
  a[0] = 5, a[2 * p] = 6;
#if MPSEMU_MACOS
  OBSERVE2("zeroed", madvise(a, p, 11), a[0]);
  OBSERVE_CALL("low", madvise((void *)p, p, MADV_NORMAL));
  OBSERVE_CALL("low-nothing", madvise((void *)p, 0, MADV_NORMAL));
  OBSERVE_CALL("low-unknown", madvise((void *)p, p, 77));
  OBSERVE_CALL("high", madvise((void *)(1l << 55), p, MADV_NORMAL));
#endif
  memset(vector, 0x55, sizeof vector);
  a[p] = 1, munmap(a + p, p);
  OBSERVE_CALL("mincore-hole", mincore(a, 3 * p, vector));
#if MPSEMU_MACOS
  OBSERVE3("mincore-hole-told", vector[0] & 1, (unsigned char)vector[1], vector[3]);
#endif
  a = mmap(0, 2 * p, PROT_READ | PROT_WRITE, ANON, -1, 0);
  a[0] = 1;
  OBSERVE_CALL("mincore", mincore(a, 2 * p, vector));
  OBSERVE2("mincore-told", vector[0] & 1, vector[1] & 1);
  return 0;
}
