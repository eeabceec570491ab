//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: library static
/* O_PATH, O_DIRECTORY and their kin; modes and numbers of what is open; seals, pipe sizes, locks. */
#include "../observe.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#define F_SEAL_FUTURE_WRITE 16
#endif
#define OPEN_PATH 010000000

static char byte[4] = "abc";

static void paths(void) {
  int path = open("/dev/null", OPEN_PATH);
  OBSERVE("path.opened", path >= 0);
  OBSERVE_CALL("path.read", read(path, byte, 1));
  OBSERVE_CALL("path.write", write(path, byte, 1));
  OBSERVE_CALL("path.pread", pread(path, byte, 1, 0));
  OBSERVE_CALL("path.lseek", lseek(path, 0, SEEK_CUR));
  OBSERVE_CALL("path.fsync", fsync(path));
  OBSERVE_CALL("path.ftruncate", ftruncate(path, 0));
  OBSERVE_CALL("path.getfl", fcntl(path, F_GETFL) & ~0100000 & ~0400000);
  OBSERVE_CALL("path.setfl", fcntl(path, F_SETFL, O_NONBLOCK));
  OBSERVE_CALL("path.getfd", fcntl(path, F_GETFD));
  OBSERVE_CALL("path.setfd", fcntl(path, F_SETFD, FD_CLOEXEC));
  OBSERVE_CALL("path.dupfd", fcntl(path, F_DUPFD, 20) - 20);
  OBSERVE_CALL("path.getlk", fcntl(path, F_GETLK, &(struct flock){0}));
  OBSERVE_CALL("path.getown", fcntl(path, F_GETOWN));
  OBSERVE_CALL("path.ioctl", syscall(SYS_ioctl, path, 0x541b, byte));
  struct stat status;
  OBSERVE_CALL("path.fstat", fstat(path, &status));
  OBSERVE_CALL("path.mmap", mmap(0, 4096, PROT_READ, MAP_PRIVATE, path, 0) == MAP_FAILED ? -1 : 0);
  OBSERVE_CALL("path.close", close(path));
  OBSERVE_CALL("path.missing", open("/nowhere/at-all", OPEN_PATH));
  OBSERVE_CALL("path.create", open("/nowhere", OPEN_PATH | O_CREAT, 0600));
  int other = open("/dev/null", OPEN_PATH | O_RDWR | O_APPEND | O_CLOEXEC);
  OBSERVE("path.other-flags", fcntl(other, F_GETFL) & ~0100000 & ~0400000);
  OBSERVE("path.other-close", fcntl(other, F_GETFD));
  close(other);
  OBSERVE_CALL("path.directory", open("/dev/null", OPEN_PATH | O_DIRECTORY));
}

static void directories(void) {
  OBSERVE_CALL("directory.of-device", open("/dev/null", O_RDONLY | O_DIRECTORY));
  OBSERVE_CALL("directory.of-missing", open("/nowhere", O_RDONLY | O_DIRECTORY));
  OBSERVE_CALL("directory.create", open("/nowhere/x", O_RDONLY | O_DIRECTORY | O_CREAT, 0600));
  OBSERVE_CALL("directory.create-dev", open("/dev/null", O_RDONLY | O_DIRECTORY | O_CREAT, 0600));
  OBSERVE_CALL("directory.write", open("/dev", O_WRONLY));
  OBSERVE_CALL("directory.write-directory", open("/dev", O_RDWR | O_DIRECTORY));
  OBSERVE_CALL("exclusive.device", open("/dev/null", O_RDWR | O_CREAT | O_EXCL, 0600));
  OBSERVE_CALL("slash.device", open("/dev/null/", O_RDONLY));
  OBSERVE_CALL("under.device", open("/dev/null/x", O_RDONLY));
  OBSERVE_CALL("mode.3", open("/dev/null", 3) >= 0 ? 0 : -1);
  for (int file = 3; file < 30; file++) close(file);
}

static void pipes(void) {
  int a[2], b[2];
  if (pipe(a) < 0 || pipe2(b, O_NONBLOCK) < 0) return;
  struct stat one, two, three;
  fstat(a[0], &one), fstat(a[1], &two), fstat(b[0], &three);
  OBSERVE("pipe.ends-are-one", one.st_ino == two.st_ino && one.st_dev == two.st_dev);
  OBSERVE("pipe.pipes-differ", one.st_ino != three.st_ino);
  OBSERVE3("pipe.mode", one.st_mode, one.st_nlink, one.st_size);
  OBSERVE2("pipe.blocks", one.st_blksize, one.st_blocks);
  OBSERVE_CALL("pipe.size", fcntl(a[0], F_GETPIPE_SZ));
  OBSERVE_CALL("pipe.set-size", fcntl(a[1], F_SETPIPE_SZ, 5000));
  OBSERVE_CALL("pipe.size-after", fcntl(a[0], F_GETPIPE_SZ));
  OBSERVE_CALL("pipe.set-small", fcntl(a[0], F_SETPIPE_SZ, 1));
  OBSERVE_CALL("pipe.set-zero", fcntl(a[0], F_SETPIPE_SZ, 0));
  OBSERVE_CALL("pipe.set-negative", fcntl(a[0], F_SETPIPE_SZ, -1));
  OBSERVE_CALL("pipe.set-huge", fcntl(a[0], F_SETPIPE_SZ, 0x7fffffff));
  OBSERVE_CALL("pipe.set-1M", fcntl(b[0], F_SETPIPE_SZ, 1 << 20));
  static char much[65536];
  OBSERVE_CALL("pipe.fill", write(b[1], much, sizeof much));
  OBSERVE_CALL("pipe.fill-more", write(b[1], much, sizeof much));
  OBSERVE_CALL("pipe.too-small-now", fcntl(b[1], F_SETPIPE_SZ, 65536));
  OBSERVE_CALL("pipe.just-enough", fcntl(b[1], F_SETPIPE_SZ, 131072));
  OBSERVE_CALL("pipe.full", write(b[1], much, 1));
  int null = open("/dev/null", O_RDWR);
  OBSERVE_CALL("pipe.of-device", fcntl(null, F_SETPIPE_SZ, 4096));
  OBSERVE_CALL("pipe.of-device-get", fcntl(null, F_GETPIPE_SZ));
  OBSERVE_CALL("pipe.seals", fcntl(a[0], F_GET_SEALS));
  OBSERVE_CALL("pipe.add-seals", fcntl(a[1], F_ADD_SEALS, F_SEAL_WRITE));
  OBSERVE_CALL("device.seals", fcntl(null, F_GET_SEALS));
  OBSERVE_CALL("device.add-seals", fcntl(null, F_ADD_SEALS, 0));
  for (int file = 3; file < 30; file++) close(file);
}

static void seals(void) {
  int plain = (int)syscall(SYS_memfd_create, "plain", 0), open_ = (int)syscall(SYS_memfd_create, "open", 2);
  OBSERVE_CALL("seals.plain", fcntl(plain, F_GET_SEALS));
  OBSERVE_CALL("seals.plain-add", fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
  OBSERVE_CALL("seals.open", fcntl(open_, F_GET_SEALS));
  OBSERVE_CALL("seals.unknown", fcntl(open_, F_ADD_SEALS, 0x100));
  OBSERVE_CALL("seals.none", fcntl(open_, F_ADD_SEALS, 0));
  if (write(open_, "0123456789", 10) != 10) return;
  OBSERVE_CALL("seals.shrink", fcntl(open_, F_ADD_SEALS, F_SEAL_SHRINK));
  OBSERVE_CALL("seals.shrinking", ftruncate(open_, 5));
  OBSERVE_CALL("seals.same", ftruncate(open_, 10));
  OBSERVE_CALL("seals.growing", ftruncate(open_, 20));
  OBSERVE_CALL("seals.grow", fcntl(open_, F_ADD_SEALS, F_SEAL_GROW));
  OBSERVE_CALL("seals.growing-now", ftruncate(open_, 30));
  OBSERVE_CALL("seals.write-within", pwrite(open_, "x", 1, 0));
  OBSERVE_CALL("seals.write-beyond", pwrite(open_, "xyz", 3, 19));
  OBSERVE_CALL("seals.write-at-end", pwrite(open_, "xyz", 3, 20));
  void *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open_, 0);
  OBSERVE("seals.mapped", shared != MAP_FAILED);
  OBSERVE_CALL("seals.write-while-mapped", fcntl(open_, F_ADD_SEALS, F_SEAL_WRITE));
  munmap(shared, 4096);
  OBSERVE_CALL("seals.write", fcntl(open_, F_ADD_SEALS, F_SEAL_WRITE));
  OBSERVE_CALL("seals.writing", pwrite(open_, "x", 1, 0));
  OBSERVE_CALL("seals.writing-nothing", pwrite(open_, "x", 0, 0));
  OBSERVE_CALL("seals.map-writable", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open_, 0) == MAP_FAILED ? -1 : 0);
  void *readable = mmap(0, 4096, PROT_READ, MAP_SHARED, open_, 0);
  OBSERVE("seals.map-readable", readable != MAP_FAILED);
  OBSERVE_CALL("seals.protect-writable", mprotect(readable, 4096, PROT_READ | PROT_WRITE));
  void *private_ = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, open_, 0);
  OBSERVE("seals.map-private", private_ != MAP_FAILED);
  OBSERVE_CALL("seals.all", fcntl(open_, F_GET_SEALS));
  OBSERVE_CALL("seals.seal", fcntl(open_, F_ADD_SEALS, F_SEAL_SEAL));
  OBSERVE_CALL("seals.sealed", fcntl(open_, F_ADD_SEALS, F_SEAL_GROW));
  OBSERVE_CALL("seals.end", fcntl(open_, F_GET_SEALS));
  int future = (int)syscall(SYS_memfd_create, "future", 2);
  if (ftruncate(future, 4096) < 0) return;
  char *kept = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, future, 0);
  OBSERVE_CALL("future.seal", fcntl(future, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
  kept[0] = 'k';
  OBSERVE("future.kept", kept[0]);
  OBSERVE_CALL("future.writing", pwrite(future, "x", 1, 0));
  OBSERVE_CALL("future.map", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, future, 0) == MAP_FAILED ? -1 : 0);
  OBSERVE_CALL("memfd.noexec", syscall(SYS_memfd_create, "noexec", 8) >= 0 ? 0 : -1);
  struct stat status;
  fstat(plain, &status);
  OBSERVE2("memfd.mode", status.st_mode, status.st_nlink);
  int noexec = (int)syscall(SYS_memfd_create, "noexec", 8 | 2);
  fstat(noexec, &status);
  OBSERVE("memfd.noexec-mode", status.st_mode);
  OBSERVE_CALL("memfd.noexec-seals", fcntl(noexec, F_GET_SEALS));
  OBSERVE_CALL("memfd.both", syscall(SYS_memfd_create, "both", 8 | 16));
  fstat(future, &status);
  struct stat first;
  fstat(open_, &first);
  OBSERVE("memfd.numbers-differ", status.st_ino != first.st_ino);
  for (int file = 3; file < 30; file++) close(file);
}

static void locks(void) {
  int file = (int)syscall(SYS_memfd_create, "locks", 0);
  if (write(file, "0123456789", 10) != 10) return;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
  OBSERVE_CALL("lock.get", fcntl(file, F_GETLK, &lock));
  OBSERVE3("lock.got", lock.l_type, lock.l_start, lock.l_len);
  lock.l_type = F_WRLCK;
  OBSERVE_CALL("lock.set", fcntl(file, F_SETLK, &lock));
  OBSERVE_CALL("lock.set-again", fcntl(file, F_SETLKW, &lock));
  lock.l_type = F_RDLCK, lock.l_whence = SEEK_END, lock.l_start = -4;
  OBSERVE_CALL("lock.get-from-end", fcntl(file, F_GETLK, &lock));
  OBSERVE3("lock.got-from-end", lock.l_type, lock.l_whence, lock.l_start);
  lock.l_type = 7;
  OBSERVE_CALL("lock.type", fcntl(file, F_SETLK, &lock));
  lock.l_type = F_WRLCK, lock.l_whence = 9;
  OBSERVE_CALL("lock.whence", fcntl(file, F_SETLK, &lock));
  lock.l_whence = SEEK_SET, lock.l_start = -1;
  OBSERVE_CALL("lock.negative", fcntl(file, F_SETLK, &lock));
  lock.l_start = 5, lock.l_len = -3;
  OBSERVE_CALL("lock.backwards", fcntl(file, F_SETLK, &lock));
  lock.l_len = -6;
  OBSERVE_CALL("lock.too-far-backwards", fcntl(file, F_SETLK, &lock));
  lock.l_type = F_UNLCK, lock.l_start = lock.l_len = 0;
  OBSERVE_CALL("lock.get-unlock", fcntl(file, F_GETLK, &lock));
  OBSERVE_CALL("lock.unlock", fcntl(file, F_SETLK, &lock));
  OBSERVE_CALL("lock.bad", fcntl(file, F_SETLK, (void *)16));
  OBSERVE_CALL("lock.bad-get", fcntl(file, F_GETLK, (void *)16));
  OBSERVE_CALL("lock.closed", fcntl(77, F_SETLK, (void *)16));
  int readable = open("/proc/self/maps", O_RDONLY);
  lock = (struct flock){.l_type = F_WRLCK};
  OBSERVE_CALL("lock.write-of-read-only", fcntl(readable, F_SETLK, &lock));
  lock.l_type = F_RDLCK;
  OBSERVE_CALL("lock.read-of-read-only", fcntl(readable, F_SETLK, &lock));
  int null = open("/dev/null", O_WRONLY);
  OBSERVE_CALL("lock.read-of-write-only", fcntl(null, F_SETLK, &lock));
  OBSERVE_CALL("flock.exclusive", syscall(SYS_flock, file, 2));
  OBSERVE_CALL("flock.unlock", syscall(SYS_flock, file, 8));
  OBSERVE_CALL("flock.bad", syscall(SYS_flock, file, 3));
  OBSERVE_CALL("flock.none", syscall(SYS_flock, file, 0));
  OBSERVE_CALL("flock.closed", syscall(SYS_flock, 77, 2));
  int other = open("/proc/self/fd/3", O_RDWR);
  (void)other;
  for (int each = 3; each < 30; each++) close(each);
}

static void others(void) {
  int file = (int)syscall(SYS_memfd_create, "others", 0);
  OBSERVE_CALL("lease.get", fcntl(file, 1025));
  OBSERVE_CALL("sig.get", fcntl(file, 11));
  OBSERVE_CALL("sig.set", fcntl(file, 10, 34));
  OBSERVE_CALL("sig.get-after", fcntl(file, 11));
  OBSERVE_CALL("sig.set-bad", fcntl(file, 10, 65));
  OBSERVE_CALL("own.get", fcntl(file, F_GETOWN));
  OBSERVE_CALL("own.set", fcntl(file, F_SETOWN, getpid()));
  OBSERVE("own.is-mine", fcntl(file, F_GETOWN) == getpid());
  OBSERVE_CALL("own.nobody", fcntl(file, F_SETOWN, 999999));
  OBSERVE_CALL("own.minimum", fcntl(file, F_SETOWN, (int)0x80000000));
  OBSERVE_CALL("dup-query", fcntl(file, 1027, file));
  OBSERVE_CALL("created-query", fcntl(file, 1028));
  OBSERVE_CALL("hint.get", fcntl(file, 1035, &(uint64_t){0}));
  OBSERVE_CALL("unknown.2000", fcntl(file, 2000));
  OBSERVE_CALL("fallocate", syscall(SYS_fallocate, file, 0, 0, 0, 0, 0));
  close(file);
}

int main(void) {
  umask(022);
  paths();
  directories();
  pipes();
  seals();
  locks();
  others();
  return 0;
}
