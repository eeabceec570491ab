//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Memory by system call. */
#include "observe.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#define PAGE 4096
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#ifndef SYS_mmap2
#define SYS_mmap2 SYS_mmap
#endif
static char *map(void *at, long size, int prot, int flags, int fd) { return (char *)syscall(SYS_mmap2, at, size, prot, flags, fd, 0L); }
#define MAP(name, at, size, prot, flags, fd) OBSERVE_DONE(name, map((void *)(at), size, prot, flags, fd))
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
static char *fresh(int pages) { return map(0, pages * PAGE, RW, ANON, -1); }

int main(void) {
  char *p = fresh(16), *q;
  munmap(p, 16 * PAGE);
  OBSERVE("mmap.hint.unaligned", map(p + 1, PAGE, RW, ANON, -1) - p);
  OBSERVE("mmap.hint.aligned", map(p + 4 * PAGE, PAGE, RW, ANON, -1) - p);
  MAP("mmap.length-0", 0, 0, RW, ANON, -1);
  MAP("mmap.length-huge", 0, -1L, RW, ANON, -1);
  MAP("mmap.length-minus-page", 0, -4096L, RW, ANON, -1);
  MAP("mmap.no-type", 0, PAGE, RW, MAP_ANONYMOUS, -1);
  MAP("mmap.both-types", 0, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED | MAP_PRIVATE, -1);
  MAP("mmap.type-4", 0, PAGE, RW, MAP_ANONYMOUS | 4, -1);
  MAP("mmap.type-15", 0, PAGE, RW, MAP_ANONYMOUS | 15, -1);
  MAP("mmap.shared", 0, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED, -1);
  MAP("mmap.anonymous-with-fd", 0, PAGE, RW, ANON, 1);
  MAP("mmap.anonymous-with-closed-fd", 0, PAGE, RW, ANON, 99);
  MAP("mmap.no-fd", 0, PAGE, RW, MAP_PRIVATE, -1);
  MAP("mmap.closed-fd", 0, PAGE, RW, MAP_PRIVATE, 77);
  MAP("mmap.closed-fd.length-0", 0, 0, RW, MAP_PRIVATE, 77);
  MAP("mmap.fixed-unaligned", p + 1, PAGE, RW, ANON | MAP_FIXED, -1);
  MAP("mmap.fixed-beyond", -8192L, PAGE, RW, ANON | MAP_FIXED, -1);
  MAP("mmap.fixed-beyond-unaligned", -8191L, PAGE, RW, ANON | MAP_FIXED, -1);
  MAP("mmap.fixed", p, PAGE, RW, ANON | MAP_FIXED, -1);
  MAP("mmap.noreplace-occupied", p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1);
  MAP("mmap.noreplace-unaligned", p + 1, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1);
  MAP("mmap.noreplace-free", p + 8 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1);
  MAP("mmap.prot-8", 0, PAGE, RW | 8, ANON, -1);
  MAP("mmap.prot-100", 0, PAGE, 0x100, ANON, -1);
  MAP("mmap.prot-all", 0, PAGE, -1, ANON, -1);
  MAP("mmap.growsdown", 0, PAGE, RW, ANON | MAP_GROWSDOWN, -1);
  MAP("mmap.growsdown-shared", 0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1);
  MAP("mmap.stack", 0, PAGE, RW, ANON | MAP_STACK, -1);
  MAP("mmap.populate", 0, PAGE, RW, ANON | MAP_POPULATE, -1);
  MAP("mmap.norereserve", 0, PAGE, RW, ANON | MAP_NORESERVE, -1);
  MAP("mmap.locked", 0, PAGE, RW, ANON | MAP_LOCKED, -1);
  MAP("mmap.hugetlb", 0, PAGE, RW, ANON | MAP_HUGETLB, -1);
  MAP("mmap.unknown-flags", 0, PAGE, RW, ANON | 0x4000000, -1);
  int memory = syscall(SYS_memfd_create, "m", 0);
  syscall(SYS_ftruncate, memory, 2L * PAGE);
  MAP("mmap.file.private", 0, PAGE, RW, MAP_PRIVATE, memory);
  MAP("mmap.file.no-type", 0, PAGE, RW, 0, memory);
  MAP("mmap.file.type-4", 0, PAGE, RW, 4, memory);
  MAP("mmap.file.validate-unknown", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x200, memory);
  MAP("mmap.file.validate-noreplace", p + 12 * PAGE, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, memory);
  MAP("mmap.file.validate", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_POPULATE, memory);
  MAP("mmap.file.growsdown", 0, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN, memory);
  syscall(SYS_pwrite64, memory, "hello", 5L, 0L, 0L);
  q = map(0, PAGE, PROT_READ, MAP_PRIVATE, memory);
  OBSERVE("mmap.file.contents", q[0] * 256 + q[4]);
  int null = syscall(SYS_openat, -100, "/dev/null", 2), zero = syscall(SYS_openat, -100, "/dev/zero", 2);
  MAP("mmap.dev-null", 0, PAGE, RW, MAP_PRIVATE, null);
  MAP("mmap.dev-zero", 0, PAGE, RW, MAP_PRIVATE, zero);
  int ends[2];
  syscall(SYS_pipe2, ends, 0);
  MAP("mmap.pipe", 0, PAGE, PROT_READ, MAP_PRIVATE, ends[0]);
  MAP("mmap.pipe-writing", 0, PAGE, PROT_READ, MAP_PRIVATE, ends[1]);
  int writing = syscall(SYS_openat, -100, "/dev/zero", 1);
  MAP("mmap.write-only", 0, PAGE, PROT_READ, MAP_PRIVATE, writing);
  int reading = syscall(SYS_openat, -100, "/dev/zero", 0);
  MAP("mmap.read-only.shared-write", 0, PAGE, RW, MAP_SHARED, reading);

  p = fresh(8);
  CALL("munmap", SYS_munmap, p + 7 * PAGE, PAGE);
  CALL("munmap.hole", SYS_munmap, p + 7 * PAGE, PAGE);
  CALL("munmap.length-0", SYS_munmap, p, 0L);
  CALL("munmap.unaligned", SYS_munmap, p + 1, PAGE);
  CALL("munmap.length-odd", SYS_munmap, p + 6 * PAGE, 1L);
  CALL("munmap.beyond", SYS_munmap, -4096L, 4096L);
  CALL("munmap.too-long", SYS_munmap, p, -4096L);

  p = fresh(8);
  munmap(p + 4 * PAGE, PAGE);
  CALL("mprotect", SYS_mprotect, p, PAGE, PROT_READ);
  CALL("mprotect.unaligned", SYS_mprotect, p + 1, PAGE, RW);
  CALL("mprotect.length-0", SYS_mprotect, p, 0L, RW);
  CALL("mprotect.length-0.bad-prot", SYS_mprotect, p, 0L, 0x100);
  CALL("mprotect.length-0.unaligned", SYS_mprotect, p + 1, 0L, RW);
  CALL("mprotect.sem", SYS_mprotect, p, PAGE, RW | 8);
  CALL("mprotect.bad-prot", SYS_mprotect, p, PAGE, RW | 0x100);
  CALL("mprotect.prot-negative", SYS_mprotect, p, PAGE, -1);
  CALL("mprotect.hole", SYS_mprotect, p + 4 * PAGE, PAGE, RW);
  CALL("mprotect.over-hole", SYS_mprotect, p, 8L * PAGE, PROT_READ);
  CALL("mprotect.wraps", SYS_mprotect, p, -4096L, RW);
  CALL("mprotect.bad-prot.hole", SYS_mprotect, p + 4 * PAGE, PAGE, 0x100);
  CALL("mprotect.growsdown", SYS_mprotect, p, PAGE, RW | PROT_GROWSDOWN);
  CALL("mprotect.growsup", SYS_mprotect, p, PAGE, RW | PROT_GROWSUP);
  CALL("mprotect.grows-both", SYS_mprotect, p, PAGE, RW | PROT_GROWSUP | PROT_GROWSDOWN);
  CALL("mprotect.exec", SYS_mprotect, p, PAGE, PROT_READ | PROT_EXEC);
  CALL("mprotect.kernel", SYS_mprotect, -4096L, 4096L, RW);

  p = fresh(8);
  char *shared = map(0, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
  char *file = map(0, PAGE, PROT_READ, MAP_PRIVATE, memory);
  munmap(p + 4 * PAGE, PAGE);
  static const struct { const char *name; int number; } advice[] = {
    {"normal", 0}, {"random", 1}, {"sequential", 2}, {"willneed", 3}, {"dontneed", 4}, {"5", 5}, {"6", 6}, {"7", 7}, {"free", 8}, {"remove", 9},
    {"dontfork", 10}, {"dofork", 11}, {"dontdump", 16}, {"dodump", 17}, {"wipeonfork", 18}, {"keeponfork", 19}, {"cold", 20}, {"pageout", 21},
    {"populate-read", 22}, {"populate-write", 23}, {"dontneed-locked", 24}, {"26", 26}, {"99", 99}, {"-1", -1}, {"1000", 1000},
  };
  char name[64];
  for (unsigned i = 0; i < sizeof advice / sizeof *advice; i++) {
    static const char *const kinds[] = {"private", "shared", "hole", "file"};
    char *places[] = {p, shared, p + 4 * PAGE, file};
    for (int k = 0; k < 4; k++) {
      strcpy(name, "madvise."), strcat(name, advice[i].name), strcat(name, "."), strcat(name, kinds[k]);
      CALL(name, SYS_madvise, places[k], PAGE, advice[i].number);
    }
  }
  CALL("madvise.unaligned", SYS_madvise, p + 1, PAGE, 0);
  CALL("madvise.length-0", SYS_madvise, p, 0L, 0);
  CALL("madvise.length-0.unknown", SYS_madvise, p, 0L, 5);
  CALL("madvise.wraps", SYS_madvise, p, -4096L, 0);
  CALL("madvise.over-hole", SYS_madvise, p, 8L * PAGE, 4);
  p[0] = 5, p[5 * PAGE] = 6, shared[0] = 7;
  syscall(SYS_madvise, p, 8L * PAGE, 4);
  OBSERVE2("madvise.dontneed.effect", p[0], p[5 * PAGE]);
  syscall(SYS_madvise, shared, PAGE, 4);
  OBSERVE("madvise.dontneed.shared-effect", shared[0]);
  syscall(SYS_madvise, shared, PAGE, 9);
  OBSERVE("madvise.remove.effect", shared[0]);
  p = fresh(2);
  syscall(SYS_mprotect, p, PAGE, PROT_NONE);
  CALL("madvise.populate-read.none", SYS_madvise, p, PAGE, 22);
  syscall(SYS_mprotect, p, PAGE, PROT_READ);
  CALL("madvise.populate-write.read-only", SYS_madvise, p, PAGE, 23);

  p = fresh(8);
  p[0] = 1, p[PAGE] = 2;
  CALL("mremap.unaligned", SYS_mremap, p + 1, PAGE, PAGE, 1, 0L);
  CALL("mremap.new-0", SYS_mremap, p, PAGE, 0L, 1, 0L);
  CALL("mremap.bad-flags", SYS_mremap, p, PAGE, PAGE, 8, 0L);
  CALL("mremap.fixed-without-maymove", SYS_mremap, p, PAGE, PAGE, 2, p + 4 * PAGE);
  CALL("mremap.fixed-overlap", SYS_mremap, p, 2L * PAGE, 2L * PAGE, 3, p + PAGE);
  CALL("mremap.fixed-unaligned", SYS_mremap, p, PAGE, PAGE, 3, p + 4 * PAGE + 1);
  CALL("mremap.dontunmap-sizes", SYS_mremap, p, PAGE, 2L * PAGE, 5, 0L);
  CALL("mremap.dontunmap-without-maymove", SYS_mremap, p, PAGE, PAGE, 4, 0L);
  CALL("mremap.old-0.private", SYS_mremap, p, 0L, PAGE, 1, 0L);
  OBSERVE_DONE("mremap.old-0.shared", syscall(SYS_mremap, shared, 0L, PAGE, 1, 0L));
  OBSERVE("mremap.same", (char *)syscall(SYS_mremap, p, 8L * PAGE, 8L * PAGE, 0, 0L) == p);
  OBSERVE("mremap.shrink", (char *)syscall(SYS_mremap, p, 8L * PAGE, 4L * PAGE, 0, 0L) == p);
  CALL("mremap.shrunk-is-free", SYS_mprotect, p + 4 * PAGE, PAGE, RW);
  OBSERVE("mremap.grow-in-place", (char *)syscall(SYS_mremap, p, 4L * PAGE, 6L * PAGE, 0, 0L) == p);
  map(p + 6 * PAGE, PAGE, PROT_NONE, ANON | MAP_FIXED, -1);
  CALL("mremap.grow-no-room", SYS_mremap, p, 6L * PAGE, 16L * PAGE, 0, 0L);
  q = (char *)syscall(SYS_mremap, p, 6L * PAGE, 16L * PAGE, 1, 0L);
  OBSERVE("mremap.moved", q != p && q != (char *)-1);
  OBSERVE3("mremap.moved.contents", q[0], q[PAGE], q[15 * PAGE]);
  CALL("mremap.moved.old-is-free", SYS_mprotect, p, PAGE, RW);
  CALL("mremap.hole", SYS_mremap, p, PAGE, PAGE, 1, 0L);
  OBSERVE("mremap.fixed", (char *)syscall(SYS_mremap, q, PAGE, PAGE, 3, p) == p);
  OBSERVE("mremap.fixed.contents", p[0]);
  q[PAGE] = 9;
  char *kept = (char *)syscall(SYS_mremap, q + PAGE, PAGE, PAGE, 5, 0L);
  OBSERVE3("mremap.dontunmap", kept != (char *)-1, kept[0], q[PAGE]);
  CALL("mremap.beyond-mapping", SYS_mremap, q + PAGE, 64L * PAGE, 128L * PAGE, 1, 0L);

  unsigned char vector[8] = {9, 9, 9, 9, 9, 9, 9, 9};
  p = fresh(4);
  p[0] = 1, p[2 * PAGE] = 1;
  CALL("mincore", SYS_mincore, p, 4L * PAGE, vector);
  OBSERVE_HEX("mincore.pages", vector[0] & 1 | (vector[1] & 1) << 4 | (vector[2] & 1) << 8 | (vector[3] & 1) << 12);
  CALL("mincore.unaligned", SYS_mincore, p + 1, PAGE, vector);
  CALL("mincore.length-0", SYS_mincore, p, 0L, vector);
  munmap(p + PAGE, PAGE);
  CALL("mincore.hole", SYS_mincore, p, 4L * PAGE, vector);
  CALL("mincore.bad-vector", SYS_mincore, p, PAGE, 8L);
  CALL("mincore.beyond", SYS_mincore, -4096L, 4096L, vector);

  CALL("msync.async", SYS_msync, p, PAGE, MS_ASYNC);
  CALL("msync.sync", SYS_msync, p, PAGE, MS_SYNC);
  CALL("msync.both", SYS_msync, p, PAGE, MS_SYNC | MS_ASYNC);
  CALL("msync.none", SYS_msync, p, PAGE, 0);
  CALL("msync.invalidate", SYS_msync, p, PAGE, MS_INVALIDATE | MS_SYNC);
  CALL("msync.bad-flags", SYS_msync, p, PAGE, 8);
  CALL("msync.unaligned", SYS_msync, p + 1, PAGE, MS_SYNC);
  CALL("msync.hole", SYS_msync, p + PAGE, PAGE, MS_SYNC);
  CALL("msync.length-0", SYS_msync, p, 0L, MS_SYNC);

  CALL("mlock", SYS_mlock, p, PAGE);
  CALL("mlock.unaligned", SYS_mlock, p + 5, 10L);
  CALL("mlock.length-0", SYS_mlock, p, 0L);
  CALL("mlock.hole", SYS_mlock, p, 3L * PAGE);
  CALL("mlock.wraps", SYS_mlock, p, -1L);
  CALL("munlock", SYS_munlock, p, PAGE);
  CALL("munlock.hole", SYS_munlock, p + PAGE, PAGE);
  q = map(0, PAGE, PROT_NONE, ANON, -1);
  CALL("mlock.none", SYS_mlock, q, PAGE);
  CALL("mlock2", SYS_mlock2, p, PAGE, 0);
  CALL("mlock2.onfault", SYS_mlock2, p, PAGE, 1);
  CALL("mlock2.bad-flags", SYS_mlock2, p, PAGE, 2);
  CALL("mlockall.current", SYS_mlockall, MCL_CURRENT);
  CALL("mlockall.none", SYS_mlockall, 0);
  CALL("mlockall.onfault-alone", SYS_mlockall, 4);
  CALL("mlockall.unknown", SYS_mlockall, 8);
  CALL("munlockall", SYS_munlockall);

  long start = syscall(SYS_brk, 0L);
  OBSERVE("brk.query", start > 0);
  OBSERVE("brk.grow", syscall(SYS_brk, start + 8192) - start);
  ((char *)start)[8191] = 4;
  OBSERVE("brk.byte", syscall(SYS_brk, start + 8193) - start);
  OBSERVE("brk.shrink", syscall(SYS_brk, start + 100) - start);
  syscall(SYS_brk, start + 8192);
  OBSERVE("brk.zeroed", ((char *)start)[8191]);
  OBSERVE("brk.below", syscall(SYS_brk, 4096L) - start);
  OBSERVE("brk.absurd", syscall(SYS_brk, -4096L) - start);
  CALL("pkey_mprotect.none", SYS_pkey_mprotect, p, PAGE, RW, -1);
  CALL("pkey_mprotect.bad-key", SYS_pkey_mprotect, p, PAGE, RW, 77);
  CALL("pkey_alloc.bad-flags", SYS_pkey_alloc, 1, 0);
  CALL("pkey_alloc.bad-rights", SYS_pkey_alloc, 0, 8);
  return 0;
}
