/* open, dup, fcntl, lseek, fstat, pipes and their kin as functions of the library: results, errno, what they leave. */
#include "../observe.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Out of the compiler's sight. */
static char *volatile bad = (char *)16;

static void opening(void) {
  OBSERVE_CALL("open.missing", open("/nowhere/at-all", O_RDONLY));
  OBSERVE_CALL("open.empty", open("", O_RDONLY));
  OBSERVE_CALL("open.bad-name", open(bad, O_RDONLY));
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  OBSERVE("open.null-first-free", null);
  OBSERVE_CALL("open.null-as-directory", open("/dev/null", O_RDONLY | O_DIRECTORY));
  OBSERVE_CALL("null.getfd", fcntl(null, F_GETFD));
  OBSERVE_CALL("null.getfl", fcntl(null, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY));
  OBSERVE_CALL("null.setfd", fcntl(null, F_SETFD, 0));
  OBSERVE_CALL("null.getfd-after", fcntl(null, F_GETFD));
  OBSERVE_CALL("null.setfl", fcntl(null, F_SETFL, O_NONBLOCK | O_APPEND));
  OBSERVE_CALL("null.getfl-after", fcntl(null, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  OBSERVE_CALL("null.dupfd", fcntl(null, F_DUPFD, 20));
  OBSERVE_CALL("null.dupfd-next", fcntl(null, F_DUPFD_CLOEXEC, 20));
  OBSERVE_CALL("null.dupfd-cloexec", fcntl(21, F_GETFD));
  OBSERVE_CALL("null.dupfd-negative", fcntl(null, F_DUPFD, -1));
  OBSERVE_CALL("null.unknown-command", fcntl(null, 9999, 0));
  OBSERVE_CALL("null.read", read(null, (char[4]){0}, 4));
  OBSERVE_CALL("null.write", write(null, "abc", 3));
  OBSERVE_CALL("null.lseek", lseek(null, 100, SEEK_SET));
  OBSERVE_CALL("null.isatty", isatty(null) - 1);
  OBSERVE_CALL("bad.isatty", isatty(99) - 1);
  OBSERVE_CALL("bad.fcntl", fcntl(99, F_GETFD));
  OBSERVE_CALL("dup", dup(null));
  OBSERVE_CALL("dup.bad", dup(99));
  OBSERVE_CALL("dup2.same", dup2(null, null));
  OBSERVE_CALL("dup2.same-bad", dup2(99, 99));
  OBSERVE_CALL("dup2.to", dup2(null, 30));
  OBSERVE_CALL("dup2.negative", dup2(null, -1));
  OBSERVE_CALL("dup3.same", dup3(null, null, 0));
  OBSERVE_CALL("dup3.flags", dup3(null, 31, O_CLOEXEC));
  OBSERVE_CALL("dup3.getfd", fcntl(31, F_GETFD));
  OBSERVE_CALL("dup3.unknown-flag", dup3(null, 32, O_APPEND));
  for (int file = 3; file < 40; file++) close(file);
  OBSERVE_CALL("close.bad", close(99));
  OBSERVE_CALL("close.negative", close(-1));
}

static void memory_files(void) {
  int file = memfd_create("letters", 0);
  OBSERVE("memfd.first-free", file);
  OBSERVE_CALL("memfd.write", write(file, "abcdefgh", 8));
  OBSERVE_CALL("memfd.position", lseek(file, 0, SEEK_CUR));
  OBSERVE_CALL("memfd.back", lseek(file, -3, SEEK_END));
  char text[16] = "";
  OBSERVE_CALL("memfd.read", read(file, text, 16));
  OBSERVE_TEXT("memfd.text", text);
  OBSERVE_CALL("memfd.negative", lseek(file, -1, SEEK_SET));
  OBSERVE_CALL("memfd.whence", lseek(file, 0, 77));
  OBSERVE_CALL("memfd.far", lseek(file, 1000, SEEK_SET));
  OBSERVE_CALL("memfd.read-far", read(file, text, 4));
  OBSERVE_CALL("memfd.pread", pread(file, text, 3, 1));
  OBSERVE_CALL("memfd.pread-bad", pread(file, bad, 3, 1));
  OBSERVE_CALL("memfd.pread-negative", pread(file, text, 3, -1));
  OBSERVE_CALL("memfd.pwrite", pwrite(file, "XY", 2, 2));
  OBSERVE_CALL("memfd.position-kept", lseek(file, 0, SEEK_CUR));
  OBSERVE_CALL("memfd.truncate", ftruncate(file, 5));
  OBSERVE_CALL("memfd.truncate-negative", ftruncate(file, -5));
  struct stat status;
  memset(&status, 0xee, sizeof status);
  OBSERVE_CALL("memfd.fstat", fstat(file, &status));
  OBSERVE2("memfd.mode-and-size", status.st_mode & S_IFMT, status.st_size);
  OBSERVE2("memfd.owner", status.st_nlink > 1, S_ISREG(status.st_mode));
#if !defined(__i386__)
  /* There the library fills it in. */
  OBSERVE_CALL("memfd.fstat-bad", fstat(file, (struct stat *)bad));
#endif
  OBSERVE_CALL("fstat.closed", fstat(99, &status));
  OBSERVE_CALL("stat.missing", stat("/nowhere", &status));
  OBSERVE_CALL("stat.root", stat("/", &status));
  OBSERVE("stat.root-is", S_ISDIR(status.st_mode));
  OBSERVE_CALL("stat.null", stat("/dev/null", &status));
  OBSERVE("stat.null-is", S_ISCHR(status.st_mode));
  OBSERVE_CALL("fstatat.flags", fstatat(AT_FDCWD, "/dev/null", &status, 0x40000000));
  close(file);
}

static void pipes(void) {
  int ends[2] = {-1, -1};
  OBSERVE_CALL("pipe", pipe(ends));
  OBSERVE2("pipe.ends", ends[0], ends[1]);
  OBSERVE_CALL("pipe.write", write(ends[1], "hello", 5));
  char text[8] = "";
  OBSERVE_CALL("pipe.read", read(ends[0], text, 8));
  OBSERVE_TEXT("pipe.text", text);
  OBSERVE_CALL("pipe.read-writer", read(ends[1], text, 8));
  OBSERVE_CALL("pipe.write-reader", write(ends[0], text, 8));
  OBSERVE_CALL("pipe.lseek", lseek(ends[0], 0, SEEK_SET));
  OBSERVE_CALL("pipe.nonblock", fcntl(ends[0], F_SETFL, O_NONBLOCK));
  OBSERVE_CALL("pipe.read-empty", read(ends[0], text, 8));
  close(ends[1]);
  OBSERVE_CALL("pipe.read-end", read(ends[0], text, 8));
  close(ends[0]);
  OBSERVE_CALL("pipe.bad", pipe((int *)bad));
  OBSERVE_CALL("pipe2.unknown", pipe2(ends, 1));
  OBSERVE_CALL("pipe2", pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  OBSERVE_CALL("pipe2.getfd", fcntl(ends[1], F_GETFD));
  OBSERVE_CALL("pipe2.getfl", fcntl(ends[1], F_GETFL) & (O_NONBLOCK | O_ACCMODE));
  close(ends[0]), close(ends[1]);
}

static void raw(void) {
  OBSERVE_CALL("syscall.getpid-is", syscall(SYS_getpid) == getpid());
  OBSERVE_CALL("syscall.gettid-is", syscall(SYS_gettid) == getpid());
  OBSERVE_CALL("syscall.unknown", syscall(5000));
  OBSERVE_CALL("syscall.close-bad", syscall(SYS_close, 99));
  OBSERVE_CALL("syscall.write-bad", syscall(SYS_write, 1, bad, 4));
  OBSERVE_CALL("syscall.dup3", syscall(SYS_dup3, 1, 1, 0));
  char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OBSERVE_CALL("mincore", mincore(page, 8192, (unsigned char[2]){0}));
  OBSERVE_CALL("mincore.unaligned", mincore(page + 1, 1, (unsigned char[2]){0}));
  OBSERVE_CALL("msync", msync(page, 8192, MS_SYNC));
  OBSERVE_CALL("msync.unaligned", msync(page + 1, 1, MS_SYNC));
  OBSERVE_CALL("mlock", mlock(page, 4096));
  OBSERVE_CALL("munlock", munlock(page, 4096));
  char *moved = mremap(page, 8192, 16384, MREMAP_MAYMOVE);
  OBSERVE("mremap", moved != MAP_FAILED);
  OBSERVE_CALL("mremap.unaligned", (intptr_t)mremap(moved + 1, 4096, 8192, 0));
  OBSERVE_CALL("mremap.fixed-overlap", (intptr_t)mremap(moved, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, moved));
}

static void breaks(void) {
  char *start = sbrk(0);
  OBSERVE("sbrk.grow", (char *)sbrk(10000) - start);
  start[9999] = 7;
  OBSERVE("sbrk.grown", (char *)sbrk(0) - start);
  OBSERVE("sbrk.shrink", (char *)sbrk(-4000) - start);
  OBSERVE_CALL("brk.back", brk(start));
  OBSERVE("brk.is-back", (char *)sbrk(0) - start);
  OBSERVE_CALL("brk.low", brk((void *)4096));
  if (sizeof(long) == 8) OBSERVE_CALL("sbrk.huge", (intptr_t)sbrk((intptr_t)(~(uintptr_t)0 >> 1)));
}

static void limits(void) {
  struct rlimit limit;
  OBSERVE_CALL("rlimit.unknown", getrlimit(99, &limit));
  OBSERVE_CALL("rlimit.bad", getrlimit(RLIMIT_NOFILE, (struct rlimit *)bad));
  OBSERVE_CALL("rlimit.core", getrlimit(RLIMIT_CORE, &limit));
  limit.rlim_cur = 5, limit.rlim_max = 4;
  OBSERVE_CALL("rlimit.soft-above-hard", setrlimit(RLIMIT_CORE, &limit));
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 10;
  OBSERVE_CALL("rlimit.files", setrlimit(RLIMIT_NOFILE, &limit));
  int last = -1, file;
  while ((file = dup(1)) >= 0) last = file;
  OBSERVE2("rlimit.last-file", last, errno);
  OBSERVE_CALL("rlimit.set-unknown", setrlimit(99, &limit));
}

int main(void) {
  opening();
  memory_files();
  pipes();
  raw();
  breaks();
  limits();
  return 0;
}
