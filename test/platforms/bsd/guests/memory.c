/* mmap, munmap, mprotect, madvise: kern_mmap, kern_munmap, kern_mprotect, kern_madvise of sys/vm/vm_mmap.c (FreeBSD); bsd/kern/kern_mman.c, vm_map_behavior_set (XNU). */
#include "observe.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf out;
static void handler(int signal) { siglongjmp(out, 1); }

static int writable(char *address) {
  if (sigsetjmp(out, 1)) return 0;
  *(volatile char *)address = 1;
  return 1;
}

#define ANON (MAP_PRIVATE | MAP_ANON)

int main(void) {
  long p = getpagesize();
  char *a, *b;
  int advice;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigaction(SIGBUS, &action, 0), sigaction(SIGSEGV, &action, 0);
  OBSERVE_DONE("mmap.length-0", (long)mmap(0, 0, 3, ANON, -1, 0));
  OBSERVE_DONE("mmap.closed-file", (long)mmap(0, p, 3, MAP_PRIVATE, 77, 0));
  OBSERVE_DONE("mmap.no-file", (long)mmap(0, p, 3, MAP_PRIVATE, -1, 0));
  OBSERVE_DONE("mmap.anon-with-file", (long)mmap(0, p, 3, ANON, 0, 0));
  OBSERVE_DONE("mmap.anon-with-offset", (long)mmap(0, p, 3, ANON, -1, p));
  OBSERVE_DONE("mmap.both-sharings", (long)mmap(0, p, 3, MAP_SHARED | ANON, -1, 0));
  OBSERVE_DONE("mmap.no-sharing", (long)mmap(0, p, 3, MAP_ANON, -1, 0));
  OBSERVE_DONE("mmap.fixed-unaligned", (long)mmap((void *)(p * 300000 + 1), p, 3, ANON | MAP_FIXED, -1, 0));
  a = mmap(0, 4 * p, 3, ANON, -1, 0);
  OBSERVE("mmap.hint-taken-rounds-up", (char *)mmap(a + 64 * p + 1, p, 3, ANON, -1, 0) == a + 65 * p);
  OBSERVE_CALL("munmap.unaligned", munmap(a + 3 * p + 5, 1));
  OBSERVE("munmap.unaligned-left", writable(a + 3 * p));
  OBSERVE_CALL("munmap.length-0", munmap(a, 0));
  OBSERVE_CALL("mprotect.unaligned", mprotect(a + 1, 1, 1));
  OBSERVE("mprotect.unaligned-left", writable(a));
  mprotect(a, p, 3);
  munmap(a + p, p);
  OBSERVE_CALL("mprotect.hole", mprotect(a, 3 * p, 1));
  OBSERVE2("mprotect.hole-left", writable(a), writable(a + 2 * p));
  OBSERVE_CALL("mprotect.bad-bits", mprotect(a, p, 0x40 | 3));
  for (advice = -1; advice < 14; advice++) {
    static char name[] = "madvise.a";
    name[8] = 'b' + advice;
    OBSERVE_CALL(name, madvise(a + 2 * p, p, advice));
  }
  OBSERVE_CALL("madvise.unaligned", madvise(a + 2 * p + 1, 5, MADV_DONTNEED));
  OBSERVE_CALL("madvise.hole", madvise(a, 3 * p, MADV_DONTNEED));
  mprotect(a, p, 3), *a = 5, madvise(a, p, MADV_DONTNEED);
  OBSERVE("madvise.contents", *a);
#ifdef __FreeBSD__
#ifndef MAP_ALIGNED
#define MAP_ALIGNED(n) ((n) << 24)
#define MAP_ALIGNED_SUPER MAP_ALIGNED(1)
#endif
#ifndef PROT_MAX
#define PROT_MAX(prot) ((prot) << 16)
#endif
  OBSERVE_DONE("aligned.too-small", (long)mmap(0, p, 3, ANON | MAP_ALIGNED(11), -1, 0));
  OBSERVE_DONE("aligned.too-large", (long)mmap(0, p, 3, ANON | MAP_ALIGNED(sizeof(long) * 8), -1, 0));
  OBSERVE("aligned.16", (long)mmap(0, p, 3, ANON | MAP_ALIGNED(16), -1, 0) & 0xffff);
  OBSERVE("aligned.22", (long)mmap(0, p, 3, ANON | MAP_ALIGNED(22), -1, 0) & 0x3fffff);
  OBSERVE("aligned.super", (long)mmap(0, 0x200000, 3, ANON | MAP_ALIGNED_SUPER, -1, 0) & 0x1fffff);
  OBSERVE_DONE("guard.prot", (long)mmap(0, p, 1, MAP_GUARD, -1, 0));
  OBSERVE_DONE("guard.private", (long)mmap(0, p, 0, MAP_GUARD | MAP_PRIVATE, -1, 0));
  OBSERVE_DONE("guard", (long)(b = mmap(0, 2 * p, 0, MAP_GUARD, -1, 0)));
  OBSERVE_CALL("guard.mprotect", mprotect(b, p, 3));
  OBSERVE("guard.writable", writable(b));
  OBSERVE_DONE("guard.excl", (long)mmap(b, p, 3, ANON | MAP_FIXED | MAP_EXCL, -1, 0));
  OBSERVE_DONE("guard.replaced", (long)mmap(b, p, 3, ANON | MAP_FIXED, -1, 0));
  OBSERVE("guard.replaced-writable", writable(b));
  OBSERVE_DONE("excl.alone", (long)mmap(0, p, 3, ANON | MAP_EXCL, -1, 0));
  b = mmap(0, 3 * p, 3, ANON, -1, 0);
  munmap(b + p, p);
  OBSERVE_DONE("excl.free", (long)mmap(b + p, p, 3, ANON | MAP_FIXED | MAP_EXCL, -1, 0));
  OBSERVE_DONE("stack.read-only", (long)mmap(0, 16 * p, 1, MAP_STACK, -1, 0));
  OBSERVE_DONE("stack.one-page", (long)mmap(0, p, 3, MAP_STACK, -1, 0));
  b = mmap(0, 16 * p, 3, MAP_STACK, -1, 0);
  OBSERVE3("stack.pages", writable(b + 15 * p), writable(b + p), writable(b));
  OBSERVE_DONE("max.less", (long)mmap(0, p, 3 | PROT_MAX(1), ANON, -1, 0));
  b = mmap(0, p, 1 | PROT_MAX(1), ANON, -1, 0);
  OBSERVE_CALL("max.beyond", mprotect(b, p, 3));
  b = mmap(0, p, 3, ANON, -1, 0);
  OBSERVE_CALL("max.mprotect-less", mprotect(b, p, 3 | PROT_MAX(1)));
  OBSERVE_CALL("max.mprotect", mprotect(b, p, 1 | PROT_MAX(1)));
  OBSERVE_CALL("max.mprotect-beyond", mprotect(b, p, 3));
  OBSERVE_CALL("mprotect.two-parts", (mmap(b, p, 3, ANON | MAP_FIXED, -1, 0), mprotect(b, p, 0)));
  OBSERVE_CALL("munmap.page-0", munmap(0, p));
#endif
  return 0;
}
