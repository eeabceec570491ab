//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Files by system call: descriptors, pipes, positions, polling, names, status. */
#include "observe.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#ifdef SYS_fcntl64
#define FCNTL SYS_fcntl64
#else
#define FCNTL SYS_fcntl
#endif
#ifdef __i386__
#define AT(x) (x), 0L
#define STAT SYS_fstatat64
#define FSTAT SYS_fstat64
#else
#define AT(x) (x)
#define STAT SYS_newfstatat
#define FSTAT SYS_fstat
#endif
#define BAD ((void *)8)

int main(void) {
  char buffer[256];
  int ends[2], other[2];
  char *none = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(none + 4096, 4096, PROT_NONE);
  signal(SIGPIPE, SIG_IGN);

  CALL("read.closed", SYS_read, 77, buffer, 1L);
  CALL("read.negative", SYS_read, -1, buffer, 1L);
  CALL("write.closed", SYS_write, 77, buffer, 1L);
  CALL("write.closed.bad", SYS_write, 77, BAD, 1L);
  CALL("close.closed", SYS_close, 77);
  CALL("close.negative", SYS_close, -1);

  CALL("pipe2.bad-flags", SYS_pipe2, ends, 1);
  CALL("pipe2.bad-place", SYS_pipe2, BAD, 0);
  CALL("pipe2", SYS_pipe2, ends, 0);
  OBSERVE("pipe2.distance", ends[1] - ends[0]);
  CALL("pipe.write", SYS_write, ends[1], "abcdef", 6L);
  CALL("pipe.write.length-0", SYS_write, ends[1], BAD, 0L);
  CALL("pipe.write.bad", SYS_write, ends[1], BAD, 4L);
  CALL("pipe.write.end-of-page", SYS_write, ends[1], none + 4090, 100L);
  CALL("pipe.write.to-reader", SYS_write, ends[0], "x", 1L);
  CALL("pipe.read-from-writer", SYS_read, ends[1], buffer, 1L);
  CALL("pipe.read.length-0", SYS_read, ends[0], BAD, 0L);
  CALL("pipe.read.bad", SYS_read, ends[0], BAD, 3L);
  CALL("pipe.read.none", SYS_read, ends[0], none + 4096, 3L);
  CALL("pipe.read", SYS_read, ends[0], buffer, 3L);
  OBSERVE("pipe.read.contents", buffer[0] * 256 + buffer[2]);
  CALL("pipe.lseek", SYS_lseek, ends[0], 0L, SEEK_CUR);
  CALL("pipe.pread", SYS_pread64, ends[0], buffer, 1L, AT(0L));
  CALL("pipe.pwrite", SYS_pwrite64, ends[1], buffer, 1L, AT(0L));
  CALL("pipe.ftruncate", SYS_ftruncate, ends[1], 0L);
  CALL("pipe.fsync", SYS_fsync, ends[1]);
  CALL("pipe.getfl", FCNTL, ends[0], F_GETFL, 0);
  CALL("pipe.getfl.writer", FCNTL, ends[1], F_GETFL, 0);
  CALL("pipe.setfl", FCNTL, ends[0], F_SETFL, O_NONBLOCK);
  CALL("pipe.getfl.after", FCNTL, ends[0], F_GETFL, 0);
  CALL("pipe.read.rest", SYS_read, ends[0], buffer, 100L);
  CALL("pipe.read.empty", SYS_read, ends[0], buffer, 100L);
  CALL("pipe.size", FCNTL, ends[0], F_GETPIPE_SZ, 0);
  CALL("pipe.write.again", SYS_write, ends[1], "xyz", 3L);
  int waiting = 0;
  CALL("pipe.fionread", SYS_ioctl, ends[0], 0x541b, &waiting);
  OBSERVE("pipe.fionread.value", waiting);
  CALL("pipe.fionread.bad", SYS_ioctl, ends[0], 0x541b, BAD);

  struct pollfd polled[3] = {{ends[0], POLLIN, 0}, {ends[1], POLLIN | POLLOUT, 0}, {77, POLLIN, 0}};
  struct timespec zero = {0, 0}, soon = {0, 1000000}, bad = {0, 1000000000};
  CALL("ppoll", SYS_ppoll, polled, 3L, &zero, 0L, 8L);
  OBSERVE3("ppoll.events", polled[0].revents, polled[1].revents, polled[2].revents);
  CALL("ppoll.bad-time", SYS_ppoll, polled, 1L, &bad, 0L, 8L);
  CALL("ppoll.bad-time-place", SYS_ppoll, polled, 1L, BAD, 0L, 8L);
  CALL("ppoll.bad-place", SYS_ppoll, BAD, 1L, &zero, 0L, 8L);
  CALL("ppoll.too-many", SYS_ppoll, polled, 100000L, &zero, 0L, 8L);
  sigset_t set;
  sigemptyset(&set);
  CALL("ppoll.bad-set-size", SYS_ppoll, polled, 1L, &zero, &set, 4L);
  CALL("ppoll.set", SYS_ppoll, polled, 1L, &zero, &set, 8L);
  polled[0].fd = -1;
  CALL("ppoll.ignored", SYS_ppoll, polled, 1L, &soon, 0L, 8L);
  OBSERVE("ppoll.ignored.events", polled[0].revents);
  CALL("ppoll.none", SYS_ppoll, 0L, 0L, &soon, 0L, 8L);
#ifdef SYS_poll
  polled[0].fd = ends[0];
  CALL("poll", SYS_poll, polled, 2L, 0);
  CALL("poll.closed-alone", SYS_poll, polled + 2, 1L, 0);
  CALL("poll.bad", SYS_poll, BAD, 1L, 0);
#else
  OBSERVE2("poll", 2, 0);
  OBSERVE2("poll.closed-alone", 1, 0);
  OBSERVE2("poll.bad", -1, 14);
#endif
  fd_set reading;
  FD_ZERO(&reading);
  FD_SET(ends[0], &reading);
  CALL("pselect6", SYS_pselect6, ends[0] + 1, &reading, 0L, 0L, &zero, 0L);
  OBSERVE("pselect6.set", FD_ISSET(ends[0], &reading) != 0);
  FD_SET(77, &reading);
  CALL("pselect6.closed", SYS_pselect6, 78, &reading, 0L, 0L, &zero, 0L);
  CALL("pselect6.negative", SYS_pselect6, -1, &reading, 0L, 0L, &zero, 0L);
  CALL("pselect6.bad", SYS_pselect6, 4, BAD, 0L, 0L, &zero, 0L);
  CALL("pselect6.bad-time", SYS_pselect6, 0, 0L, 0L, 0L, &bad, 0L);
  CALL("pselect6.timeout", SYS_pselect6, 0, 0L, 0L, 0L, &soon, 0L);

  struct iovec parts[3] = {{"12", 2}, {"345", 3}, {BAD, 0}};
  CALL("writev", SYS_writev, ends[1], parts, 3L);
  CALL("writev.count-0", SYS_writev, ends[1], parts, 0L);
  CALL("writev.count-0.bad", SYS_writev, ends[1], BAD, 0L);
  CALL("writev.count-negative", SYS_writev, ends[1], parts, -1L);
  CALL("writev.count-many", SYS_writev, ends[1], parts, 1025L);
  CALL("writev.bad", SYS_writev, ends[1], BAD, 1L);
  CALL("writev.closed", SYS_writev, 77, BAD, 1L);
  CALL("writev.reader", SYS_writev, ends[0], parts, 1L);
  struct iovec longer = {buffer, (size_t)-1};
  CALL("writev.too-long", SYS_writev, ends[1], &longer, 1L);
  struct iovec partly[2] = {{"67", 2}, {BAD, 4}};
  CALL("writev.second-bad", SYS_writev, ends[1], partly, 2L);
  char one[4], two[100];
  struct iovec places[2] = {{one, 4}, {two, 100}};
  CALL("readv", SYS_readv, ends[0], places, 2L);
  OBSERVE2("readv.contents", one[0], two[0]);
  CALL("readv.empty", SYS_readv, ends[0], places, 2L);
  CALL("readv.writer", SYS_readv, ends[1], places, 2L);
  CALL("readv.count-many", SYS_readv, ends[0], places, 5000L);

  CALL("dup.closed", SYS_dup, 77);
  OBSERVE("dup", syscall(SYS_dup, ends[0]) - ends[1]);
  CALL("dup3", SYS_dup3, ends[0], 20, 0);
  CALL("dup3.cloexec", SYS_dup3, ends[0], 21, O_CLOEXEC);
  CALL("dup3.same", SYS_dup3, 20, 20, 0);
  CALL("dup3.bad-flags", SYS_dup3, 20, 22, 1);
  CALL("dup3.closed", SYS_dup3, 77, 22, 0);
  CALL("dup3.negative", SYS_dup3, 20, -1, 0);
  CALL("dup3.huge", SYS_dup3, 20, 1 << 30, 0);
  CALL("getfd", FCNTL, 20, F_GETFD, 0);
  CALL("getfd.cloexec", FCNTL, 21, F_GETFD, 0);
  CALL("setfd", FCNTL, 20, F_SETFD, FD_CLOEXEC);
  CALL("getfd.after", FCNTL, 20, F_GETFD, 0);
  CALL("dupfd", FCNTL, 20, F_DUPFD, 30);
  CALL("dupfd.negative", FCNTL, 20, F_DUPFD, -1);
  CALL("dupfd.huge", FCNTL, 20, F_DUPFD, 1 << 30);
  CALL("dupfd.cloexec", FCNTL, 20, F_DUPFD_CLOEXEC, 31);
  CALL("getfd.dupfd-cloexec", FCNTL, 31, F_GETFD, 0);
  CALL("fcntl.closed", FCNTL, 77, F_GETFD, 0);
  CALL("fcntl.unknown", FCNTL, 20, 999, 0);
  CALL("close", SYS_close, 30);
  CALL("close.twice", SYS_close, 30);
  CALL("close_range", SYS_close_range, 31, 40, 0);
  CALL("close_range.after", FCNTL, 31, F_GETFD, 0);
  CALL("close_range.backwards", SYS_close_range, 40, 31, 0);
  CALL("close_range.bad-flags", SYS_close_range, 31, 40, 64);

  syscall(SYS_pipe2, other, 0);
  syscall(SYS_close, other[1]);
  CALL("pipe.end", SYS_read, other[0], buffer, 10L);
  struct pollfd hung = {other[0], POLLIN, 0};
  CALL("pipe.end.poll", SYS_ppoll, &hung, 1L, &zero, 0L, 8L);
  OBSERVE("pipe.end.events", hung.revents);
  syscall(SYS_close, other[0]);
  syscall(SYS_pipe2, other, O_NONBLOCK);
  syscall(SYS_close, other[0]);
  CALL("pipe.broken", SYS_write, other[1], "x", 1L);
  hung.fd = other[1], hung.events = POLLOUT;
  CALL("pipe.broken.poll", SYS_ppoll, &hung, 1L, &zero, 0L, 8L);
  OBSERVE("pipe.broken.events", hung.revents);
  syscall(SYS_pipe2, other, O_NONBLOCK);
  static char block[65536];
  CALL("pipe.fill", SYS_write, other[1], block, 65536L);
  CALL("pipe.full", SYS_write, other[1], block, 1L);
  CALL("pipe.full.read", SYS_read, other[0], block, 100000L);

  int file = syscall(SYS_memfd_create, "name", 0);
  CALL("memfd.bad-flags", SYS_memfd_create, "name", 0x1000);
  CALL("memfd.bad-name", SYS_memfd_create, BAD, 0);
  memset(block, 'n', 300), block[300] = 0;
  CALL("memfd.long-name", SYS_memfd_create, block, 0);
  CALL("file.write", SYS_write, file, "0123456789", 10L);
  CALL("file.lseek.set", SYS_lseek, file, 4L, SEEK_SET);
  CALL("file.lseek.cur", SYS_lseek, file, 2L, SEEK_CUR);
  CALL("file.lseek.end", SYS_lseek, file, -1L, SEEK_END);
  CALL("file.lseek.negative", SYS_lseek, file, -1L, SEEK_SET);
  CALL("file.lseek.bad-whence", SYS_lseek, file, 0L, 9);
  CALL("file.lseek.data", SYS_lseek, file, 1L, 3);
  CALL("file.lseek.hole", SYS_lseek, file, 1L, 4);
  CALL("file.lseek.data-beyond", SYS_lseek, file, 10000L, 3);
  CALL("file.lseek.closed", SYS_lseek, 77, 0L, 0);
  CALL("file.pread", SYS_pread64, file, buffer, 3L, AT(2L));
  OBSERVE("file.pread.contents", buffer[0]);
#ifdef __i386__
  CALL("file.pread.negative", SYS_pread64, file, buffer, 3L, -1L, -1L);
#else
  CALL("file.pread.negative", SYS_pread64, file, buffer, 3L, -1L);
#endif
  CALL("file.pread.beyond", SYS_pread64, file, buffer, 3L, AT(100L));
  CALL("file.pread.bad", SYS_pread64, file, BAD, 3L, AT(0L));
  CALL("file.pwrite", SYS_pwrite64, file, "AB", 2L, AT(1L));
  CALL("file.pwrite.bad", SYS_pwrite64, file, BAD, 2L, AT(1L));
  CALL("file.read.partly", SYS_pread64, file, none + 4094, 6L, AT(0L));
  CALL("file.ftruncate", SYS_ftruncate, file, 100L);
  CALL("file.ftruncate.negative", SYS_ftruncate, file, -1L);
  CALL("file.ftruncate.closed", SYS_ftruncate, 77, 1L);
  struct stat status;
  CALL("file.fstat", FSTAT, file, buffer);
  fstat(file, &status);
  OBSERVE3("file.fstat.contents", status.st_size, status.st_mode & S_IFMT, status.st_nlink >= 0);
  OBSERVE("file.getfl", syscall(FCNTL, file, F_GETFL, 0) & ~0x28000);
  CALL("file.fsync", SYS_fsync, file);
  CALL("file.fsync.closed", SYS_fsync, 77);
  CALL("file.preadv", SYS_preadv, file, places, 1L, 1L, 0L);
  CALL("file.pwritev", SYS_pwritev, file, parts, 2L, 1L, 0L);

  CALL("fstat.closed", FSTAT, 77, buffer);
  CALL("fstat.bad", FSTAT, 0, BAD);
  fstat(ends[0], &status);
  OBSERVE("fstat.pipe", status.st_mode & S_IFMT);
  CALL("newfstatat.absent", STAT, -100, "/no/such/name", buffer, 0);
  CALL("newfstatat.empty", STAT, -100, "", buffer, 0);
  CALL("newfstatat.empty-path", STAT, file, "", buffer, 0x1000);
  CALL("newfstatat.bad-flags", STAT, file, "", buffer, 1);
  CALL("newfstatat.bad-path", STAT, -100, BAD, buffer, 0);
  CALL("newfstatat.closed", STAT, 77, "relative", buffer, 0);
  CALL("newfstatat.null", STAT, -100, "/dev/null", buffer, 0);
  static char extended[512];
  CALL("statx.null", SYS_statx, -100, "/dev/null", 0, 0x7ff, extended);
  CALL("statx.absent", SYS_statx, -100, "/no/such/name", 0, 0x7ff, extended);
  CALL("statx.empty-path", SYS_statx, file, "", 0x1000, 0x7ff, extended);
  CALL("statx.reserved", SYS_statx, file, "", 0x1000, 0x80000000, extended);
  CALL("statx.bad-flags", SYS_statx, file, "", 1, 0x7ff, extended);
  CALL("statx.bad-place", SYS_statx, -100, "/dev/null", 0, 0x7ff, BAD);

  CALL("openat.absent", SYS_openat, -100, "/no/such/name", 0);
  CALL("openat.empty", SYS_openat, -100, "", 0);
  CALL("openat.bad", SYS_openat, -100, BAD, 0);
  CALL("openat.relative.closed", SYS_openat, 77, "relative", 0);
  CALL("openat.relative.not-directory", SYS_openat, file, "relative", 0);
  CALL("openat.null.directory", SYS_openat, -100, "/dev/null", O_DIRECTORY);
  OBSERVE_DONE("openat.null", syscall(SYS_openat, -100, "/dev/null", O_RDWR));
  OBSERVE_DONE("openat.zero.closed-directory", syscall(SYS_openat, 77, "/dev/zero", 0));
  int null = syscall(SYS_openat, -100, "/dev/null", O_RDWR), full = syscall(SYS_openat, -100, "/dev/full", O_RDWR), zeros = syscall(SYS_openat, -100, "/dev/zero", O_RDONLY);
  CALL("null.read", SYS_read, null, buffer, 10L);
  CALL("null.read.bad", SYS_read, null, BAD, 10L);
  CALL("null.write", SYS_write, null, "xyz", 3L);
  CALL("null.write.bad", SYS_write, null, BAD, 3L);
  CALL("null.lseek", SYS_lseek, null, 100L, SEEK_SET);
  CALL("full.write", SYS_write, full, "xyz", 3L);
  CALL("zero.read", SYS_read, zeros, buffer, 10L);
  CALL("zero.read.bad", SYS_read, zeros, BAD, 10L);
  CALL("zero.write", SYS_write, zeros, "x", 1L);
  CALL("ioctl.tcgets", SYS_ioctl, file, 0x5401, buffer);
  CALL("ioctl.tcgets.pipe", SYS_ioctl, ends[0], 0x5401, buffer);
  CALL("ioctl.closed", SYS_ioctl, 77, 0x5401, buffer);
  CALL("ioctl.unknown", SYS_ioctl, file, 0x9999, 0);
  CALL("ioctl.fioclex", SYS_ioctl, file, 0x5451, 0);
  CALL("getfd.fioclex", FCNTL, file, F_GETFD, 0);
  int on = 1;
  CALL("ioctl.fionbio", SYS_ioctl, ends[1], 0x5421, &on);
  CALL("getfl.fionbio", FCNTL, ends[1], F_GETFL, 0);
  CALL("faccessat.null", SYS_faccessat, -100, "/dev/null", R_OK);
  CALL("faccessat.absent", SYS_faccessat, -100, "/no/such/name", R_OK);
  CALL("faccessat.bad-mode", SYS_faccessat, -100, "/dev/null", 8);
  CALL("readlinkat.absent", SYS_readlinkat, -100, "/no/such/name", buffer, 100L);
  CALL("readlinkat.size-0", SYS_readlinkat, -100, "/proc/self/exe", buffer, 0L);
  CALL("readlinkat.null", SYS_readlinkat, -100, "/dev/null", buffer, 100L);
  OBSERVE("readlinkat.exe", syscall(SYS_readlinkat, -100, "/proc/self/exe", buffer, 100L) > 0);
  CALL("readlinkat.exe.bad", SYS_readlinkat, -100, "/proc/self/exe", BAD, 100L);
  CALL("getcwd.size-0", SYS_getcwd, buffer, 0L);
  CALL("getcwd.bad", SYS_getcwd, BAD, 100L);
  CALL("umask", SYS_umask, 077);
  CALL("umask.again", SYS_umask, 022);
  CALL("unlinkat.absent", SYS_unlinkat, -100, "/no/such/name", 0);
  CALL("unlinkat.bad", SYS_unlinkat, -100, BAD, 0);
  CALL("renameat2.absent", SYS_renameat2, -100, "/no/such/name", -100, "/no/such/other", 0);
  return 0;
}
