//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: library static
/* /proc/self: the command line, names, the numbers of fields, and where the stack began. */
#include "../observe.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[8192];
static long slurp(const char *path) {
  int file = open(path, O_RDONLY);
  if (file < 0) return -1;
  long size = 0, got;
  while ((got = read(file, text + size, sizeof text - 1 - (unsigned long)size)) > 0) size += got;
  text[size] = 0;
  close(file);
  return size;
}
/* The field of stat with that number. */
static char *field(int number) {
  char *at = strrchr(text, ')') + 2;
  for (int i = 3; i < number; i++) at = strchr(at, ' ') + 1;
  return at;
}
static int line(const char *name) { return strstr(text, name) != 0; }

int main(int argc, char **argv) {
  long size = slurp("/proc/self/cmdline");
  OBSERVE2("cmdline.first", strcmp(text, argv[0]), size == (long)strlen(argv[0]) + 1);
  OBSERVE_CALL("name.set", syscall(SYS_prctl, 15, "a name) (b", 0, 0, 0));
  slurp("/proc/self/comm");
  OBSERVE("comm", strcmp(text, "a name) (b\n"));
  slurp("/proc/self/stat");
  OBSERVE("stat.pid", atoi(text) == getpid());
  OBSERVE("stat.name", strstr(text, "(a name) (b)") != 0);
  int blanks = 0;
  for (char *at = strrchr(text, ')'); *at; at++) blanks += *at == ' ';
  OBSERVE("stat.fields", blanks);
  OBSERVE("stat.state", field(3)[0]);
  OBSERVE("stat.threads", atoi(field(20)));
  unsigned long long start = strtoull(field(28), 0, 10);
  OBSERVE("stat.start-stack", start > (unsigned long)&start && start <= (unsigned long)argv);
  OBSERVE("stat.start-stack-is-argc", start % sizeof(long) == 0 && *(long *)(unsigned long)start == argc);
  OBSERVE("stat.size", strtoull(field(23), 0, 10) > 4096);
  OBSERVE("stat.resident", atoi(field(24)) > 0);
  slurp("/proc/self/statm");
  int numbers = 1;
  for (char *at = text; *at; at++) numbers += *at == ' ';
  OBSERVE("statm.numbers", numbers);
  OBSERVE("statm.size", atoi(text) > atoi(strchr(text, ' ')));
  umask(027);
  slurp("/proc/self/status");
  OBSERVE("status.name", strncmp(text, "Name:\ta name) (b\n", 17));
  OBSERVE3("status.lines", line("\nUmask:\t0027\n"), line("\nState:\tR (running)\n"), line("\nThreads:\t1\n"));
  OBSERVE3("status.sizes", line("\nVmSize:\t"), line("\nVmRSS:\t"), line("\nVmPeak:\t"));
  OBSERVE2("status.pid", atoi(strstr(text, "\nPid:\t") + 6) == getpid(), atoi(strstr(text, "\nTracerPid:\t") + 12));
  return 0;
}
