/* Making, removing and renaming by system calls, relative to open directories too. The argument is an empty directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char path[300];
static const char *in(const char *root, const char *name) {
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}
static void show(const char *what, long result) { printf("%s %ld %d\n", what, result, result < 0 ? errno : 0); }
static int make_file(int directory, const char *name) {
  int fd = (int)syscall(SYS_openat, directory, name, O_CREAT | O_EXCL | O_WRONLY, 0644);
  return fd < 0 ? fd : close(fd);
}
static void kind(int directory, const char *name) {
  struct stat status;
  int result = fstatat(directory, name, &status, 0);
  printf("kind %s %d %s\n", name, result, result < 0 ? "-" : S_ISDIR(status.st_mode) ? "directory" : "file");
}

int main(int argc, char **argv) {
  int root, file;
  (void)argc;
  show("mkdir", syscall(SYS_mkdirat, AT_FDCWD, in(argv[1], "one"), 0755));
  show("mkdir-again", syscall(SYS_mkdirat, AT_FDCWD, in(argv[1], "one"), 0755));
  show("mkdir-below-nothing", syscall(SYS_mkdirat, AT_FDCWD, in(argv[1], "no/two"), 0755));
  root = open(argv[1], O_RDONLY | O_DIRECTORY);
  show("root", root < 0);
  show("mkdirat", syscall(SYS_mkdirat, root, "two", 0755));
  show("file", make_file(root, "file"));
  show("file-again", make_file(root, "file"));
  show("other", make_file(root, "one/other"));
  kind(root, "one");
  kind(root, "file");
  kind(root, "one/other");
  kind(root, "absent");
  kind(99, "file");
  file = (int)syscall(SYS_openat, root, "file", O_RDONLY);
  show("below-file", syscall(SYS_openat, file, "x", O_RDONLY));
  show("directory-wanted", syscall(SYS_openat, root, "file", O_RDONLY | O_DIRECTORY));
  show("directory-to-write", syscall(SYS_openat, root, "one", O_WRONLY));
  show("access", syscall(SYS_faccessat, root, "file", R_OK));
  show("access-absent", syscall(SYS_faccessat, root, "absent", R_OK));
  show("readlink-file", syscall(SYS_readlinkat, root, "file", path, sizeof path));
  show("rmdir-file", syscall(SYS_unlinkat, root, "file", AT_REMOVEDIR));
  show("unlink-directory", syscall(SYS_unlinkat, root, "one", 0));
  show("unlink-flags", syscall(SYS_unlinkat, root, "file", 0x4000));
  show("rmdir-not-empty", syscall(SYS_unlinkat, root, "one", AT_REMOVEDIR));
  show("unlink-bad-directory", syscall(SYS_unlinkat, 99, "file", 0));
  show("unlink-below-file", syscall(SYS_unlinkat, file, "x", 0));
  show("no-replace", syscall(SYS_renameat2, root, "file", root, "one/other", 1));
  show("no-replace-new", syscall(SYS_renameat2, root, "file", root, "named", 1));
  show("rename-over", syscall(SYS_renameat2, root, "named", root, "one/other", 0));
  show("rename-absent", syscall(SYS_renameat2, root, "named", root, "one/other", 0));
  show("rename-flags", syscall(SYS_renameat2, root, "one", root, "three", 0x100));
  show("rename-directory", syscall(SYS_renameat2, root, "two", AT_FDCWD, in(argv[1], "three"), 0));
  kind(root, "three");
  kind(root, "two");
  show("unlink", syscall(SYS_unlinkat, root, "one/other", 0));
  show("unlink-again", syscall(SYS_unlinkat, root, "one/other", 0));
  show("rmdir", syscall(SYS_unlinkat, root, "one", AT_REMOVEDIR));
  show("rmdir-three", syscall(SYS_unlinkat, AT_FDCWD, in(argv[1], "three"), AT_REMOVEDIR));
  return 0;
}
