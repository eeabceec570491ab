/* What stat, fstat and access tell of files that were made with modes, under masks, and changed. The argument is an empty directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char path[300];
static const char *in(const char *root, const char *name) {
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}
static void mode(const char *what, const char *name) {
  struct stat status;
  int result = stat(name, &status);
  printf("%s %d %o\n", what, result, result < 0 ? 0 : status.st_mode);
}
static void opened(const char *what, int file) {
  struct stat status;
  fstat(file, &status);
  printf("%s %o\n", what, status.st_mode);
}
static void executable(const char *what, const char *name) {
  int result = access(name, X_OK);
  printf("%s %d %d\n", what, result, result < 0 ? errno : 0);
}
static long change(const char *name, unsigned to) { return syscall(SYS_fchmodat, AT_FDCWD, name, to); }

int main(int argc, char **argv) {
  const char *root = argv[1];
  char other[300];
  (void)argc;
  umask(022);
  int a = open(in(root, "a"), O_RDWR | O_CREAT, 0600);
  opened("private", a);
  mode("private-by-name", path);
  int b = open(in(root, "b"), O_RDWR | O_CREAT, 0777);
  opened("executable", b);
  close(open(in(root, "b"), O_RDWR | O_CREAT, 0600));
  mode("kept", path);
  executable("may-run", path);
  umask(077);
  close(open(in(root, "c"), O_RDWR | O_CREAT, 0666));
  mode("masked", path);
  executable("may-not-run", path);
  umask(0);
  close(open(in(root, "d"), O_RDWR | O_CREAT, 06755));
  mode("set-id", path);
  syscall(SYS_mkdirat, AT_FDCWD, in(root, "e"), 0700);
  mode("directory", path);
  executable("may-enter", path);
  change(in(root, "a"), 0440);
  mode("changed", path);
  opened("changed-opened", a);
  printf("fchmod %ld\n", syscall(SYS_fchmod, b, 0111));
  mode("changed-by-file", in(root, "b"));
  long missing = change(in(root, "none"), 0111);
  printf("missing %ld %d\n", missing, errno);
  snprintf(other, sizeof other, "%s/z", root);
  rename(in(root, "a"), other);
  mode("renamed", other);
  unlink(other);
  close(open(other, O_CREAT | O_RDWR, 0644));
  mode("made-again", other);
  change(in(root, "e"), 01777);
  mode("sticky", path);
  return 0;
}
