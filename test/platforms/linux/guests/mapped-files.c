/* Files of a granted directory by their memory: what is written there reaches them, by every name and at the end. The argument is an empty directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[300];
static const char *in(const char *root, const char *name) {
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}
static void show(const char *what, long result) { printf("%s %ld %d\n", what, result, result < 0 ? errno : 0); }

int main(int argc, char **argv) {
  const char *root = argv[1];
  (void)argc;
  int a = open(in(root, "a"), O_RDWR | O_CREAT | O_EXCL, 0644);
  show("write", write(a, "0123456789", 10));
  char *first = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
  show("mapped", first != MAP_FAILED);
  first[3] = 'X';
  int again = open(in(root, "a"), O_RDWR);
  char bytes[16] = "";
  show("read", read(again, bytes, 10));
  printf("text %s\n", bytes);
  show("grow", ftruncate(again, 8192));
  first[8000] = 'Y';
  char *second = mmap(0, 4096, PROT_READ, MAP_SHARED, again, 4096);
  printf("other name %c\n", second[8000 - 4096]);
  show("write-only", pwrite(again, "end", 3, 8189));
  printf("seen %c\n", first[8191]);
  show("sync", msync(first, 8192, MS_SYNC));
  show("close", close(a));
  show("close-again", close(again));
  first[5] = 'Z';
  show("unmap", munmap(second, 4096));
  int b = open(in(root, "b"), O_RDWR | O_CREAT, 0644);
  show("empty", ftruncate(b, 5000));
  char *third = mmap(0, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
  memset(third, 'b', 5000);
  show("unmap-b", munmap(third, 5000));
  int reading = open(in(root, "b"), O_RDONLY);
  char *fourth = mmap(0, 4096, PROT_READ, MAP_SHARED, reading, 0);
  printf("kept %c\n", fourth[4095]);
  show("protect", mprotect(fourth, 4096, PROT_READ | PROT_WRITE));
  show("rename", rename(in(root, "b"), path) == 0);
  show("unlink", unlink(in(root, "a")));
  first[6] = 'U';
  int c = open(in(root, "a"), O_RDWR | O_CREAT | O_EXCL, 0644);
  show("new", write(c, "new", 3));
  printf("old %c%c\n", first[3], first[6]);
  fflush(stdout);
  _exit(3);
}
