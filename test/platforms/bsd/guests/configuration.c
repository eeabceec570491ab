/* sysconf, pathconf, fpathconf, confstr: each system's own numbers and answers. Source: lib/libc/gen/sysconf.c and confstr.c, unistd.h
   (FreeBSD); gen/FreeBSD/sysconf.c, gen/confstr.c, unistd.h (Libc); what the kernels say of paths: tmpfs, devfs and pipes, vn_pathconf. */
#include "observe.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#define S(name) OBSERVE_CALL("sysconf." #name, sysconf(_SC_##name))
#define P(name) \
  OBSERVE_CALL("device." #name, pathconf("/dev/null", _PC_##name)); \
  OBSERVE_CALL("opened." #name, fpathconf(null, _PC_##name)); \
  OBSERVE_CALL("pipe." #name, fpathconf(ends[0], _PC_##name))

static void strings(void) {
  char buffer[64];
  OBSERVE_CALL("confstr.path", confstr(_CS_PATH, buffer, sizeof buffer));
  OBSERVE_TEXT("confstr.path-text", buffer);
  OBSERVE_CALL("confstr.path-short", confstr(_CS_PATH, buffer, 5));
  OBSERVE_TEXT("confstr.path-short-text", buffer);
  OBSERVE_CALL("confstr.nothing", confstr(_CS_PATH, 0, 0));
  OBSERVE_CALL("confstr.0", confstr(0, buffer, sizeof buffer));
  OBSERVE_CALL("confstr.15", confstr(15, buffer, sizeof buffer));
  OBSERVE("confstr.widths", confstr(_CS_POSIX_V6_WIDTH_RESTRICTED_ENVS, buffer, sizeof buffer) == strlen(buffer) + 1);
  OBSERVE("confstr.widths-narrow", strcmp(buffer, sizeof(long) == 4 ? "_POSIX_V6_ILP32_OFFBIG" : "_POSIX_V6_LP64_OFF64"));
  OBSERVE("confstr.unsupported", confstr(_CS_POSIX_V6_ILP32_OFF32_CFLAGS, buffer, sizeof buffer));
}

int main(void) {
  S(CLK_TCK); S(NGROUPS_MAX); S(JOB_CONTROL); S(SAVED_IDS); S(VERSION); S(BC_BASE_MAX); S(COLL_WEIGHTS_MAX); S(LINE_MAX); S(RE_DUP_MAX);
  S(2_VERSION); S(2_C_BIND); S(2_C_DEV); S(2_CHAR_TERM); S(2_FORT_DEV); S(2_FORT_RUN); S(2_LOCALEDEF); S(2_SW_DEV); S(2_UPE); S(2_PBS);
  S(TZNAME_MAX); S(ASYNCHRONOUS_IO); S(MAPPED_FILES); S(MEMLOCK); S(MEMLOCK_RANGE); S(MEMORY_PROTECTION); S(MESSAGE_PASSING);
  S(PRIORITIZED_IO); S(PRIORITY_SCHEDULING); S(REALTIME_SIGNALS); S(SEMAPHORES); S(FSYNC); S(SHARED_MEMORY_OBJECTS); S(SYNCHRONIZED_IO);
  S(TIMERS); S(AIO_PRIO_DELTA_MAX); S(DELAYTIMER_MAX); S(MQ_OPEN_MAX); S(RTSIG_MAX); S(SEM_VALUE_MAX); S(SIGQUEUE_MAX); S(TIMER_MAX);
  S(IOV_MAX); S(NPROCESSORS_CONF); S(NPROCESSORS_ONLN); S(ADVISORY_INFO); S(BARRIERS); S(CLOCK_SELECTION); S(CPUTIME); S(GETPW_R_SIZE_MAX);
  S(HOST_NAME_MAX); S(LOGIN_NAME_MAX); S(MONOTONIC_CLOCK); S(MQ_PRIO_MAX); S(READER_WRITER_LOCKS); S(SPAWN); S(SPIN_LOCKS);
  S(THREAD_ATTR_STACKSIZE); S(THREAD_CPUTIME); S(THREAD_DESTRUCTOR_ITERATIONS); S(THREAD_KEYS_MAX); S(THREAD_PRIO_INHERIT);
  S(THREAD_PROCESS_SHARED); S(THREAD_SAFE_FUNCTIONS); S(THREAD_THREADS_MAX); S(TIMEOUTS); S(THREADS); S(TRACE); S(TRACE_LOG); S(TTY_NAME_MAX);
  S(XOPEN_CRYPT); S(XOPEN_UNIX); S(XOPEN_SHM); S(XOPEN_VERSION); S(SYMLOOP_MAX); S(ATEXIT_MAX); S(V6_ILP32_OFF32);
  OBSERVE("sysconf.page", sysconf(_SC_PAGESIZE) == getpagesize());
  OBSERVE("sysconf.memory", (long long)sysconf(_SC_PHYS_PAGES) * getpagesize() >> 20);
  OBSERVE("sysconf.wide", sysconf(_SC_V6_LP64_OFF64) == (sizeof(long) == 8 ? 1 : -1));
  OBSERVE_CALL("sysconf.0", sysconf(0));
  OBSERVE_CALL("sysconf.-1", sysconf(-1));
  OBSERVE_CALL("sysconf.55", sysconf(55));
  OBSERVE_CALL("sysconf.5000", sysconf(5000));
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  OBSERVE("sysconf.files", sysconf(_SC_OPEN_MAX) == (long)files.rlim_cur);
  files.rlim_cur = 77;
  setrlimit(RLIMIT_NOFILE, &files);
  OBSERVE2("sysconf.fewer-files", sysconf(_SC_OPEN_MAX), sysconf(_SC_STREAM_MAX));
  int ends[2], null = open("/dev/null", O_RDWR);
  pipe(ends);
  P(LINK_MAX); P(MAX_CANON); P(NAME_MAX); P(PATH_MAX); P(PIPE_BUF); P(CHOWN_RESTRICTED); P(NO_TRUNC); P(ASYNC_IO); P(FILESIZEBITS); P(SYMLINK_MAX);
  OBSERVE_CALL("path.missing", pathconf("/nowhere/at-all", _PC_NAME_MAX));
  OBSERVE_CALL("path.empty", pathconf("", _PC_NAME_MAX));
  OBSERVE_CALL("path.bad", pathconf((char *)16, _PC_NAME_MAX));
  OBSERVE_CALL("file.closed", fpathconf(60, _PC_NAME_MAX));
  OBSERVE_CALL("file.negative", fpathconf(-1, _PC_NAME_MAX));
  OBSERVE_CALL("file.unknown", fpathconf(null, 1000));
  strings();
  return 0;
}
