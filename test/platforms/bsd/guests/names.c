/* Open directories and what is named relative to them, directory entries as structures, vectors. FreeBSD 13: sys/kern/vfs_syscalls.c, sys/dirent.h,
   sys/kern/sys_generic.c, subr_uio.c. macOS: bsd/vfs/vfs_syscalls.c, bsd/sys/dirent.h, bsd/kern/sys_generic.c. */
#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "observe.h"
#include "raw-call.h"

static char buffer[4096] __attribute__((aligned(8))), out[64];

static void names(void) {
  int directory, file;
  struct stat status, other;
  OBSERVE_CALL("mkdir", mkdir("/data/d", 0755));
  OBSERVE_CALL("mkdir-again", mkdir("/data/d/", 0755));
  OBSERVE_DONE("open-directory", directory = open("/data/d", O_RDONLY));
  OBSERVE_CALL("open-writing", open("/data/d", O_RDWR));
  OBSERVE_DONE("open-creating", open("/data/d", O_RDONLY | O_CREAT, 0644));
  OBSERVE_CALL("open-exclusive", open("/data/d", O_RDONLY | O_CREAT | O_EXCL, 0644));
  OBSERVE_CALL("read-directory", read(directory, buffer, 10));
  OBSERVE_CALL("write-directory", write(directory, buffer, 10));
  OBSERVE_DONE("openat", file = openat(directory, "file", O_RDWR | O_CREAT, 0644));
  OBSERVE_CALL("openat-file", openat(file, "x", O_RDONLY));
  OBSERVE_CALL("openat-bad", openat(99, "x", O_RDONLY));
  OBSERVE_DONE("openat-absolute", openat(99, "/data/d/file", O_RDONLY));
  OBSERVE_CALL("openat-nothing", openat(directory, "nothing", O_RDONLY));
  OBSERVE_CALL("openat-empty", openat(directory, "", O_RDONLY));
  OBSERVE_CALL("file-as-directory", open("/data/d/file", O_RDONLY | O_DIRECTORY | O_TRUNC));
  OBSERVE_CALL("nothing-as-directory", open("/data/nothing", O_RDONLY | O_DIRECTORY));
  OBSERVE_CALL("device-as-directory", open("/dev/null", O_RDONLY | O_DIRECTORY));
  OBSERVE_CALL("fstatat", fstatat(directory, "file", &status, 0));
  fstat(file, &other);
  OBSERVE2("same-file", status.st_ino == other.st_ino, (status.st_mode & S_IFMT) == S_IFREG);
  fstat(directory, &status), stat("/data/./d/", &other);
  OBSERVE2("same-directory", status.st_ino == other.st_ino && status.st_size == other.st_size, (status.st_mode & S_IFMT) == S_IFDIR);
  OBSERVE_CALL("faccessat", faccessat(directory, "file", R_OK, 0));
  OBSERVE_CALL("mkdirat", mkdirat(directory, "inner", 0755));
  OBSERVE_CALL("unlinkat-directory", unlinkat(directory, "inner", 0));
  OBSERVE_CALL("unlink-directory", unlink("/data/d/inner"));
  OBSERVE_CALL("unlinkat-flags", unlinkat(directory, "inner", 1));
  OBSERVE_CALL("unlinkat-not-directory", unlinkat(directory, "file", AT_REMOVEDIR));
  OBSERVE_CALL("rmdir-file", rmdir("/data/d/file"));
  OBSERVE_CALL("rmdir-full", rmdir("/data/d"));
  OBSERVE_CALL("renameat", renameat(directory, "file", directory, "moved"));
  OBSERVE_CALL("renameat-nothing", renameat(directory, "file", directory, "moved"));
  OBSERVE_CALL("readlinkat", readlinkat(directory, "moved", buffer, 10));
  OBSERVE_CALL("unlinkat-remove", unlinkat(directory, "inner", AT_REMOVEDIR));
  OBSERVE_CALL("unlinkat", unlinkat(directory, "moved", 0));
  struct flock lock = {0};
  lock.l_type = F_WRLCK;
  OBSERVE_CALL("getlk", fcntl(file, F_GETLK, &lock));
  OBSERVE("getlk-type", lock.l_type == F_UNLCK);
  close(file), close(directory);
}

static void entries(void) {
  DIR *stream;
  struct dirent *entry, copy, *found;
  struct stat status;
  int right = 1, count = 0, file;
  long offset = 0;
  mkdir("/data/e", 0755), mkdir("/data/e/folder", 0755);
  close(open("/data/e/a", O_CREAT | O_WRONLY, 0644));
  close(open("/data/e/a-long-name-of-a-file", O_CREAT | O_WRONLY, 0644));
  stream = opendir("/data/e");
  OBSERVE_CALL("cloexec", fcntl(dirfd(stream), F_GETFD));
  while ((entry = readdir(stream)) != 0) {
    char path[300];
    snprintf(path, sizeof path, "/data/e/%s", entry->d_name);
    if (strcmp(entry->d_name, "..") != 0) stat(path, &status), right &= status.st_ino == entry->d_ino && IFTODT(status.st_mode) == entry->d_type;
    right &= entry->d_namlen == strlen(entry->d_name) && entry->d_reclen == ((entry->d_namlen + 32) & ~7);
    count++;
  }
  OBSERVE2("entries", count, right);
  rewinddir(stream);
  readdir(stream), readdir(stream);
  OBSERVE("readdir_r", readdir_r(stream, &copy, &found));
  OBSERVE2("readdir_r-name", found == &copy, strcmp(copy.d_name, "a"));
  while (readdir_r(stream, &copy, &found) == 0 && found) count--;
  OBSERVE("readdir_r-rest", count);
  OBSERVE_CALL("closedir", closedir(stream));
  OBSERVE2("offsets", offsetof(struct dirent, d_name), offsetof(struct dirent, d_namlen));
  file = open("/data/e", O_RDONLY);
  struct stat before;
  int64_t base = -1;
#if MPSEMU_FREEBSD
  OBSERVE("raw-small", raw6(554, file, (long)buffer, 24, (long)&base, 0, 0));
  OBSERVE("raw-first", raw6(554, file, (long)buffer, 64, (long)&base, 0, 0));
  OBSERVE("raw-base", base);
  OBSERVE("raw-second", raw6(554, file, (long)buffer, sizeof buffer, (long)&base, 0, 0));
  OBSERVE("raw-second-base", base > 0);
  OBSERVE("raw-end", raw6(554, file, (long)buffer, sizeof buffer, 0, 0, 0));
  OBSERVE("raw-file", raw6(554, 0, (long)buffer, sizeof buffer, 0, 0, 0));
  OBSERVE("raw-bad", raw6(554, 77, (long)buffer, sizeof buffer, 0, 0, 0));
#else
  OBSERVE("raw-small", raw6(UNIX_CLASS + 344, file, (long)buffer, 24, (long)&base, 0, 0));
  OBSERVE("raw-first", raw6(UNIX_CLASS + 344, file, (long)buffer, 64, (long)&base, 0, 0));
  OBSERVE("raw-base", base);
  memset(buffer, 0x55, sizeof buffer);
  OBSERVE("raw-second", raw6(UNIX_CLASS + 344, file, (long)buffer, sizeof buffer, (long)&base, 0, 0));
  OBSERVE("raw-flags", *(int *)(buffer + sizeof buffer - 4));
  OBSERVE("raw-end", raw6(UNIX_CLASS + 344, file, (long)buffer, sizeof buffer, (long)&base, 0, 0));
  OBSERVE("raw-no-place", raw6(UNIX_CLASS + 344, file, (long)buffer, sizeof buffer, 0, 0, 0));
  OBSERVE("raw-file", raw6(UNIX_CLASS + 344, open("/data/e/a", O_RDONLY), (long)buffer, sizeof buffer, (long)&base, 0, 0));
  OBSERVE("raw-bad", raw6(UNIX_CLASS + 344, 77, (long)buffer, sizeof buffer, (long)&base, 0, 0));
#endif
}

static void vectors(void) {
  struct iovec vector[3] = {{"one", 3}, {0, 0}, {"three", 5}}, in[2] = {{out, 4}, {out + 10, 30}};
  int file = open("/data/v", O_RDWR | O_CREAT | O_TRUNC, 0644), files[2];
  pipe(files);
  OBSERVE_CALL("writev", writev(file, vector, 3));
  OBSERVE_CALL("pwritev", pwritev(file, vector, 1, 8));
  lseek(file, 1, SEEK_SET);
  OBSERVE_CALL("readv", readv(file, in, 2));
  OBSERVE_TEXT("readv-first", out);
  OBSERVE_TEXT("readv-second", out + 10);
  OBSERVE_CALL("preadv", preadv(file, in, 1, 7));
  OBSERVE_TEXT("preadv-first", out);
  OBSERVE_CALL("no-pieces", readv(file, in, 0));
  OBSERVE_CALL("fewer-pieces", readv(file, in, -1));
  OBSERVE_CALL("many-pieces", readv(file, in, 1025));
  OBSERVE_CALL("bad-file-and-count", readv(-1, in, -1));
  OBSERVE_CALL("bad-file-and-vector", readv(-1, (struct iovec *)16, 1));
  OBSERVE_CALL("bad-file", readv(-1, in, 1));
  OBSERVE_CALL("bad-file-and-size", read(-1, out, (size_t)-1));
  OBSERVE_CALL("bad-file-and-offset", pread(-1, out, 1, -1));
  OBSERVE_CALL("pipe-and-offset", pread(files[0], out, 1, -1));
  OBSERVE_CALL("bad-offset", pread(file, out, 1, -1));
  OBSERVE_CALL("preadv-pipe", preadv(files[0], in, 1, 0));
  in[1].iov_len = (size_t)-1;
  OBSERVE_CALL("negative-length", readv(file, in, 2));
  in[1].iov_len = 4, in[1].iov_base = (void *)16;
  lseek(file, 0, SEEK_SET);
  OBSERVE_CALL("bad-piece", readv(file, in, 2));
}

int main(void) {
  names();
  entries();
  vectors();
  return 0;
}
