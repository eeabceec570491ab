//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: library static
/* Mappings of files: several names of the same memory, what reading and writing sees of it, growing, shrinking, SIGBUS behind the end. */
#include "../observe.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MREMAP_MAYMOVE
#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
#endif
#define PAGE 4096

static sigjmp_buf back;
static volatile int signal_number, signal_code;
static void *volatile signal_address;

static void handler(int number, siginfo_t *info, void *context) {
  (void)context;
  signal_number = number, signal_code = info->si_code, signal_address = info->si_addr;
  siglongjmp(back, 1);
}

/* The signal of an access, its code, and whether its address is right. */
#define TOUCH(name, address, access) \
  do { \
    signal_number = signal_code = 0; \
    char *volatile at_ = (char *)(address); \
    signal_address = at_; \
    if (sigsetjmp(back, 1) == 0) access; \
    OBSERVE3(name, signal_number, signal_code, signal_address == at_); \
  } while (0)
#define READ(name, address) TOUCH(name, address, (void)*(volatile char *)at_)
#define WRITE(name, address) TOUCH(name, address, *(volatile char *)at_ = 'w')

static int memory(unsigned pages) {
  int file = (int)syscall(SYS_memfd_create, "m", 2);
  if (ftruncate(file, (off_t)pages * PAGE) < 0) return -1;
  return file;
}
static char *map(int file, unsigned pages, int prot, int flags, unsigned from) {
  return mmap(0, (size_t)pages * PAGE, prot, flags, file, (off_t)from * PAGE);
}

static void several_names(void) {
  int file = memory(4);
  char *a = map(file, 4, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *b = map(file, 2, PROT_READ, MAP_SHARED, 1);
  OBSERVE2("names.mapped", a != MAP_FAILED, b != MAP_FAILED);
  a[PAGE + 5] = 'x';
  OBSERVE("names.seen", b[5]);
  char byte = 0;
  OBSERVE_CALL("names.pread", pread(file, &byte, 1, PAGE + 5));
  OBSERVE("names.read", byte);
  OBSERVE_CALL("names.pwrite", pwrite(file, "y", 1, 2 * PAGE));
  OBSERVE2("names.written", a[2 * PAGE], b[PAGE]);
  WRITE("names.read-only", b);
  OBSERVE_CALL("names.protect", mprotect(b, PAGE, PROT_READ | PROT_WRITE));
  b[7] = 'z';
  OBSERVE("names.other-way", a[PAGE + 7]);
  char *private_ = map(file, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
  OBSERVE("names.private", private_[PAGE + 7]);
  private_[0] = 'p';
  OBSERVE("names.private-only", a[0]);
  OBSERVE_CALL("names.close", close(file));
  a[1] = 'c';
  OBSERVE("names.after-close", a[1]);
  OBSERVE_CALL("names.unmap", munmap(a, 4 * PAGE));
  OBSERVE("names.other-stays", b[5]);
  munmap(b, 2 * PAGE), munmap(private_, 4 * PAGE);
}

static void behind_the_end(void) {
  int file = (int)syscall(SYS_memfd_create, "m", 0);
  if (ftruncate(file, PAGE + 100) < 0) return;
  char *a = map(file, 4, PROT_READ | PROT_WRITE, MAP_SHARED, 0), *p = map(file, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
  READ("end.last-page", a + PAGE + 200);
  WRITE("end.last-page-write", a + PAGE + 4095);
  READ("end.behind", a + 2 * PAGE + 1);
  WRITE("end.behind-write", a + 3 * PAGE);
  READ("end.private-behind", p + 2 * PAGE);
  WRITE("end.private-behind-write", p + 3 * PAGE + 9);
  OBSERVE_CALL("end.read-into", pread(file, a + 2 * PAGE, 10, 0));
  int ends[2];
  if (pipe(ends) < 0) return;
  OBSERVE_CALL("end.write-from", write(ends[1], a + 2 * PAGE, 10));
  OBSERVE_CALL("end.write-part", write(ends[1], a + 2 * PAGE - 10, 20));
  OBSERVE_CALL("end.protect", mprotect(a + 2 * PAGE, PAGE, PROT_READ));
  READ("end.still-behind", a + 2 * PAGE);
  WRITE("end.not-writable", a + 2 * PAGE);
  OBSERVE_CALL("end.protect-none", mprotect(a + 2 * PAGE, PAGE, PROT_NONE));
  READ("end.not-readable", a + 2 * PAGE);
  OBSERVE_CALL("end.protect-back", mprotect(a, 4 * PAGE, PROT_READ | PROT_WRITE));
  OBSERVE_CALL("end.grow", ftruncate(file, 3 * PAGE));
  READ("end.grown", a + 2 * PAGE);
  WRITE("end.grown-write", a + 2 * PAGE + 1);
  READ("end.not-so-far", a + 3 * PAGE);
  OBSERVE("end.tail-is-zero", a[PAGE + 4095] == 'w');
  OBSERVE_CALL("end.pwrite", pwrite(file, "more", 4, 3 * PAGE));
  OBSERVE("end.grown-by-writing", a[3 * PAGE]);
  a[PAGE] = 'k', a[PAGE + 10] = 'l';
  OBSERVE_CALL("end.shrink", ftruncate(file, PAGE + 5));
  OBSERVE3("end.cut", a[PAGE], a[PAGE + 10], a[PAGE + 4]);
  READ("end.shrunk", a + 2 * PAGE);
  OBSERVE_CALL("end.grow-again", ftruncate(file, 4 * PAGE));
  OBSERVE3("end.zero-again", a[2 * PAGE + 1], a[3 * PAGE], a[PAGE]);
  OBSERVE_CALL("end.offset-behind", map(file, 1, PROT_READ, MAP_SHARED, 9) == MAP_FAILED ? -1 : 0);
  char *far = map(file, 1, PROT_READ, MAP_SHARED, 9);
  READ("end.far", far);
  OBSERVE_CALL("end.advise", madvise(far, PAGE, MADV_DONTNEED));
  OBSERVE_CALL("end.unmap", munmap(far, PAGE));
  OBSERVE_CALL("end.empty", ftruncate(file, 0));
  READ("end.nothing", a);
  munmap(a, 4 * PAGE), munmap(p, 4 * PAGE);
  close(file), close(ends[0]), close(ends[1]);
}

static void moving(void) {
  int file = memory(3);
  char *a = map(file, 2, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  a[0] = 'm', a[PAGE] = 'n';
  char *b = (char *)syscall(SYS_mremap, a, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
  OBSERVE("move.moved", (intptr_t)b > 0 || (intptr_t)b < -4095);
  OBSERVE2("move.kept", b[0], b[PAGE]);
  READ("move.third", b + 2 * PAGE);
  READ("move.fourth", b + 3 * PAGE);
  OBSERVE_CALL("move.grow", ftruncate(file, 4 * PAGE));
  WRITE("move.grown", b + 3 * PAGE);
  char *again = (char *)syscall(SYS_mremap, b, 0, 2 * PAGE, MREMAP_MAYMOVE);
  OBSERVE("move.second-name", again[0]);
  again[1] = 's';
  OBSERVE("move.same-memory", b[1]);
  char *place = mmap(0, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *fixed = (char *)syscall(SYS_mremap, b + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE);
  OBSERVE("move.fixed", fixed == place + PAGE);
  OBSERVE("move.fixed-kept", fixed[0]);
  fixed[3] = 'f';
  OBSERVE("move.fixed-same", again[PAGE + 3]);
  READ("move.left", b + PAGE);
  OBSERVE_CALL("move.shrink", syscall(SYS_mremap, fixed, 2 * PAGE, PAGE, 0) == (long)fixed ? 0 : -1);
  READ("move.shrunk", fixed + PAGE);
  OBSERVE_CALL("move.too-large", syscall(SYS_mremap, fixed, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE));
  close(file);
}

static void rights(void) {
  int file = memory(1);
  int maps = open("/proc/self/maps", O_RDONLY);
  OBSERVE_CALL("rights.of-proc", map(maps, 1, PROT_READ, MAP_SHARED, 0) == MAP_FAILED ? -1 : 0);
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), reading = open("/dev/zero", O_RDONLY);
  OBSERVE_CALL("rights.of-null", map(null, 1, PROT_READ, MAP_SHARED, 0) == MAP_FAILED ? -1 : 0);
  char *shared = map(zero, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  WRITE("rights.of-zero", shared);
  OBSERVE_CALL("rights.read-only", map(reading, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0) == MAP_FAILED ? -1 : 0);
  char *quiet = map(reading, 1, PROT_READ, MAP_SHARED, 0);
  OBSERVE_CALL("rights.protect", mprotect(quiet, PAGE, PROT_READ | PROT_WRITE));
  OBSERVE_CALL("rights.validate", map(file, 1, PROT_READ, 3, 0) == MAP_FAILED ? -1 : 0);
  OBSERVE_CALL("rights.validate-sync", map(file, 1, PROT_READ, 3 | 0x80000, 0) == MAP_FAILED ? -1 : 0);
  OBSERVE_CALL("rights.type-0", map(file, 1, PROT_READ, 0, 0) == MAP_FAILED ? -1 : 0);
  char *a = map(file, 1, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, 0);
  OBSERVE("rights.execute", a != MAP_FAILED);
  OBSERVE_CALL("sync.flags", msync(a, PAGE, 8));
  OBSERVE_CALL("sync.both", msync(a, PAGE, MS_SYNC | MS_ASYNC));
  OBSERVE_CALL("sync.done", msync(a, PAGE, MS_SYNC));
  a[0] = 'r', a[100] = 's';
  OBSERVE_CALL("remove.advice", madvise(a, PAGE, 9));
  OBSERVE2("remove.zero", a[0], a[100]);
  a[0] = 'd';
  OBSERVE_CALL("dontneed.advice", madvise(a, PAGE, MADV_DONTNEED));
  OBSERVE("dontneed.kept", a[0]);
  OBSERVE_CALL("punch", syscall(SYS_fallocate, file, 3, 0L, 1L, 0L, 0L) == 0 || sizeof(long) == 4 ? 0 : -1);
  OBSERVE_CALL("free.advice", madvise(a, PAGE, 8));
  close(file), close(maps), close(null), close(zero), close(reading);
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  several_names();
  behind_the_end();
  moving();
  rights();
  return 0;
}
