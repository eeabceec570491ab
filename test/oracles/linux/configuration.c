//! builds: library static
/* sysconf, pathconf, fpathconf and confstr: every number in reach, but for what is this machine's own; statfs. */
#include "../observe.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static char name[64];
static const char *numbered(const char *text, int number) {
  char *to = name;
  while (*text) *to++ = *text++;
  if (number < 0) *to++ = '-', number = -number;
  for (int unit = 1000; unit > 0; unit /= 10)
    if (number >= unit || unit == 1) *to++ = (char)('0' + number / unit % 10);
  *to = 0;
  return name;
}

/* Limits of the user, processors, memory, caches, the signal frame. */
static int machines_own(int number) {
  return number == _SC_CHILD_MAX || number == _SC_OPEN_MAX || number == _SC_SIGQUEUE_MAX ||
         (number >= _SC_NPROCESSORS_CONF && number <= _SC_AVPHYS_PAGES) ||
         (number >= _SC_LEVEL1_ICACHE_SIZE && number <= _SC_LEVEL4_CACHE_LINESIZE) || number == _SC_MINSIGSTKSZ || number == _SC_SIGSTKSZ;
}

static void system_limits(void) {
  for (int number = -2; number < 260; number++)
    if (!machines_own(number)) OBSERVE_CALL(numbered("sysconf.", number), sysconf(number));
  OBSERVE_CALL("sysconf.huge", sysconf(0x7fffffff));
  OBSERVE("sysconf.pages", sysconf(_SC_PHYS_PAGES) > 0 && sysconf(_SC_AVPHYS_PAGES) > 0 && sysconf(_SC_AVPHYS_PAGES) <= sysconf(_SC_PHYS_PAGES));
  OBSERVE("sysconf.processors", sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_NPROCESSORS_ONLN) <= sysconf(_SC_NPROCESSORS_CONF));
  OBSERVE("sysconf.page-size", sysconf(_SC_PAGESIZE) == getpagesize());
  OBSERVE("sysconf.signal-stack", sysconf(_SC_SIGSTKSZ) >= 4 * sysconf(_SC_MINSIGSTKSZ) && sysconf(_SC_SIGSTKSZ) >= 8192);
}

/* What follows a limit that the program sets. */
static void limits_that_move(void) {
  struct rlimit files = {57, 57}, stack;
  getrlimit(RLIMIT_STACK, &stack);
  OBSERVE_CALL("setrlimit.files", setrlimit(RLIMIT_NOFILE, &files));
  OBSERVE_CALL("sysconf.fewer-files", sysconf(_SC_OPEN_MAX));
  stack.rlim_cur = 1 << 20;
  OBSERVE_CALL("setrlimit.stack", setrlimit(RLIMIT_STACK, &stack));
  OBSERVE_CALL("sysconf.arguments-of-1M", sysconf(_SC_ARG_MAX));
  stack.rlim_cur = 100 << 10;
  OBSERVE_CALL("setrlimit.small-stack", setrlimit(RLIMIT_STACK, &stack));
  OBSERVE_CALL("sysconf.arguments-of-100K", sysconf(_SC_ARG_MAX));
  stack.rlim_cur = 100 << 20;
  OBSERVE_CALL("setrlimit.large-stack", setrlimit(RLIMIT_STACK, &stack));
  OBSERVE_CALL("sysconf.arguments-of-100M", sysconf(_SC_ARG_MAX));
}

static void path_limits(void) {
  int ends[2];
  int memory = (int)syscall(SYS_memfd_create, "a", 0);
  if (pipe(ends) < 0) return;
  for (int number = -1; number < 23; number++) {
    OBSERVE_CALL(numbered("pathconf.device.", number), pathconf("/dev/null", number));
    OBSERVE_CALL(numbered("pathconf.missing.", number), pathconf("/nowhere/at-all", number));
    OBSERVE_CALL(numbered("pathconf.empty.", number), pathconf("", number));
    OBSERVE_CALL(numbered("fpathconf.pipe.", number), fpathconf(ends[0], number));
    OBSERVE_CALL(numbered("fpathconf.file.", number), fpathconf(memory, number));
    OBSERVE_CALL(numbered("fpathconf.closed.", number), fpathconf(50, number));
    OBSERVE_CALL(numbered("fpathconf.negative.", number), fpathconf(-1, number));
  }
}

static void strings(void) {
  static const int ranges[][2] = {{-1, 8}, {999, 1009}, {1099, 1152}};
  char buffer[128];
  for (unsigned range = 0; range < 3; range++)
    for (int number = ranges[range][0]; number < ranges[range][1]; number++) {
      memset(buffer, 0, sizeof buffer);
      OBSERVE_CALL(numbered("confstr.", number), confstr(number, buffer, sizeof buffer));
      for (char *at = buffer; *at; at++)
        if (*at == ' ' || *at == '\n') *at = '_';
      OBSERVE_TEXT(numbered("confstr.text.", number), buffer[0] ? buffer : "-");
    }
  for (unsigned size = 0; size < 16; size += 5) {
    memset(buffer, 'x', 20);
    buffer[20] = 0;
    OBSERVE_CALL(numbered("confstr.short.", (int)size), confstr(_CS_PATH, buffer, size));
    OBSERVE_TEXT(numbered("confstr.short-text.", (int)size), buffer);
  }
  OBSERVE_CALL("confstr.length", confstr(_CS_PATH, 0, 0));
  OBSERVE_CALL("confstr.no-buffer", confstr(_CS_PATH, 0, 5));
}

/* struct statfs as the kernel has it: type, block size, ..., name length, fragment size. */
static void file_systems(void) {
  enum { LENGTH = sizeof(long) == 8 ? 8 : 9 };
  long *volatile bad = (long *)16;
  long about[32];
  static const char *const paths[] = {"/dev/null", "/dev", "/proc/self/maps", "/proc", "/nowhere", ""};
  for (int i = 0; i < 6; i++) {
    memset(about, 0, sizeof about);
    OBSERVE_CALL(numbered("statfs.", i), syscall(SYS_statfs, paths[i], about));
    OBSERVE3(numbered("statfs.about.", i), about[0], about[1], about[LENGTH]);
  }
  int ends[2];
  if (pipe(ends) < 0) return;
  OBSERVE_CALL("fstatfs.pipe", syscall(SYS_fstatfs, ends[0], about));
  OBSERVE3("fstatfs.pipe-about", about[0], about[2], about[LENGTH + 1]);
  int memory = (int)syscall(SYS_memfd_create, "b", 0);
  OBSERVE_CALL("fstatfs.memory", syscall(SYS_fstatfs, memory, about));
  OBSERVE2("fstatfs.memory-about", about[0], about[LENGTH]);
  OBSERVE_CALL("fstatfs.closed", syscall(SYS_fstatfs, 50, about));
  OBSERVE_CALL("fstatfs.closed-bad", syscall(SYS_fstatfs, 50, bad));
  OBSERVE_CALL("fstatfs.bad", syscall(SYS_fstatfs, ends[0], bad));
  OBSERVE_CALL("statfs.bad-path", syscall(SYS_statfs, bad, about));
  OBSERVE_CALL("statfs.bad", syscall(SYS_statfs, "/dev/null", bad));
#if defined(__i386__)
  OBSERVE_CALL("statfs64.size", syscall(SYS_statfs64, "/dev/null", 83, about));
  OBSERVE_CALL("statfs64", syscall(SYS_statfs64, "/dev/null", 84, about));
  OBSERVE_CALL("statfs64.padded", syscall(SYS_statfs64, "/dev/null", 88, about));
  OBSERVE3("statfs64.about", about[0], about[1], about[14]);
  OBSERVE_CALL("fstatfs64.size-first", syscall(SYS_fstatfs64, 50, 1, about));
#endif
}

int main(void) {
  system_limits();
  path_limits();
  strings();
  file_systems();
  limits_that_move();
  return 0;
}
