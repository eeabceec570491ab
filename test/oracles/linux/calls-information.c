//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* What the system says of itself and of the process, by system call. */
#include "observe.h"
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#define BAD ((void *)8)

int main(void) {
  struct utsname uts;
  CALL("uname", SYS_uname, &uts);
  OBSERVE_TEXT("uname.sysname", uts.sysname);
  CALL("uname.bad", SYS_uname, BAD);
  struct sysinfo info;
  CALL("sysinfo", SYS_sysinfo, &info);
  OBSERVE2("sysinfo.sane", info.totalram > 0 && info.freeram <= info.totalram, info.procs > 0);
  CALL("sysinfo.bad", SYS_sysinfo, BAD);
  unsigned char bytes[300] = {0};
  CALL("getrandom", SYS_getrandom, bytes, 256L, 0);
  CALL("getrandom.length-0", SYS_getrandom, BAD, 0L, 0);
  CALL("getrandom.bad", SYS_getrandom, BAD, 16L, 0);
  CALL("getrandom.bad-flags", SYS_getrandom, bytes, 16L, 8);
  CALL("getrandom.nonblock", SYS_getrandom, bytes, 16L, 1);
  CALL("getrandom.random-insecure", SYS_getrandom, bytes, 16L, 6);
  char *pages = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + 4096, 4096, PROT_NONE);
  OBSERVE("getrandom.partly", syscall(SYS_getrandom, pages + 4096 - 64, 128L, 0) > 0);

  OBSERVE("getpid", syscall(SYS_getpid) == getpid());
  OBSERVE("getppid", syscall(SYS_getppid) > 0);
  CALL("getpgid.absent", SYS_getpgid, 0x3ffffff);
  CALL("getsid.absent", SYS_getsid, 0x3ffffff);
  OBSERVE("getpgid", syscall(SYS_getpgid, 0) >= 0);
  unsigned ids[3] = {9, 9, 9};
#ifdef SYS_getresuid32
  CALL("getresuid", SYS_getresuid32, ids, ids + 1, ids + 2);
  CALL("getresuid.bad", SYS_getresuid32, ids, BAD, ids);
#else
  CALL("getresuid", SYS_getresuid, ids, ids + 1, ids + 2);
  CALL("getresuid.bad", SYS_getresuid, ids, BAD, ids);
#endif
  OBSERVE("getresuid.same", ids[0] == ids[1] && ids[1] == ids[2]);
  CALL("getgroups.negative", SYS_getgroups, -1, 0L);
  CALL("getpriority.unknown", SYS_getpriority, 7, 0);
  /* Whoever started a native one may have been nice: what it starts with is the host's. */
  OBSERVE("getpriority", syscall(SYS_getpriority, 0, 0) >= 1 && syscall(SYS_getpriority, 0, 0) <= 40);

  uint64_t limit[2] = {1, 1};
  CALL("prlimit64", SYS_prlimit64, 0, RLIMIT_NOFILE, 0L, limit);
  OBSERVE("prlimit64.order", limit[0] <= limit[1]);
  CALL("prlimit64.unknown", SYS_prlimit64, 0, 77, 0L, limit);
  CALL("prlimit64.negative", SYS_prlimit64, 0, -1, 0L, limit);
  CALL("prlimit64.absent", SYS_prlimit64, 0x3ffffff, RLIMIT_NOFILE, 0L, limit);
  CALL("prlimit64.bad", SYS_prlimit64, 0, RLIMIT_NOFILE, 0L, BAD);
  CALL("prlimit64.new-bad", SYS_prlimit64, 0, RLIMIT_NOFILE, BAD, 0L);
  uint64_t wrong[2] = {100, 50}, few[2] = {64, limit[1]};
  CALL("prlimit64.soft-above-hard", SYS_prlimit64, 0, RLIMIT_NOFILE, wrong, 0L);
  CALL("prlimit64.set", SYS_prlimit64, 0, RLIMIT_NOFILE, few, limit);
  CALL("dup3.above-limit", SYS_dup3, 0, 64, 0);
  CALL("dup3.below-limit", SYS_dup3, 0, 63, 0);
  syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0L, limit);
  OBSERVE("prlimit64.after", limit[0]);
  syscall(SYS_prlimit64, 0, RLIMIT_STACK, 0L, limit);
  OBSERVE("prlimit64.stack", limit[0]);
  unsigned long old[2];
#ifdef SYS_ugetrlimit
  CALL("getrlimit", SYS_ugetrlimit, RLIMIT_STACK, old);
  CALL("getrlimit.unknown", SYS_ugetrlimit, 77, old);
  CALL("getrlimit.bad", SYS_ugetrlimit, RLIMIT_STACK, BAD);
#else
  CALL("getrlimit", SYS_getrlimit, RLIMIT_STACK, old);
  CALL("getrlimit.unknown", SYS_getrlimit, 77, old);
  CALL("getrlimit.bad", SYS_getrlimit, RLIMIT_STACK, BAD);
#endif
  OBSERVE("getrlimit.value", old[0]);

  char text[17] = {0};
  CALL("prctl.unknown", SYS_prctl, 9999, 0L, 0L, 0L, 0L);
  CALL("prctl.set_name", SYS_prctl, PR_SET_NAME, "a name that is too long", 0L, 0L, 0L);
  CALL("prctl.get_name", SYS_prctl, PR_GET_NAME, text, 0L, 0L, 0L);
  OBSERVE_TEXT("prctl.name", text);
  CALL("prctl.set_name.bad", SYS_prctl, PR_SET_NAME, BAD, 0L, 0L, 0L);
  CALL("prctl.get_name.bad", SYS_prctl, PR_GET_NAME, BAD, 0L, 0L, 0L);
  CALL("prctl.get_dumpable", SYS_prctl, PR_GET_DUMPABLE, 0L, 0L, 0L, 0L);
  CALL("prctl.set_dumpable", SYS_prctl, PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
  CALL("prctl.get_dumpable.after", SYS_prctl, PR_GET_DUMPABLE, 0L, 0L, 0L, 0L);
  CALL("prctl.set_dumpable.2", SYS_prctl, PR_SET_DUMPABLE, 2L, 0L, 0L, 0L);
  CALL("prctl.set_dumpable.back", SYS_prctl, PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
  CALL("prctl.get_keepcaps", SYS_prctl, PR_GET_KEEPCAPS, 0L, 0L, 0L, 0L);
  CALL("prctl.set_keepcaps.2", SYS_prctl, PR_SET_KEEPCAPS, 2L, 0L, 0L, 0L);
  CALL("prctl.get_timing", SYS_prctl, PR_GET_TIMING, 0L, 0L, 0L, 0L);
  CALL("prctl.set_timing.1", SYS_prctl, PR_SET_TIMING, 1L, 0L, 0L, 0L);
  CALL("prctl.no_new_privs", SYS_prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L);
  CALL("prctl.no_new_privs.arguments", SYS_prctl, PR_GET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
  CALL("prctl.set_no_new_privs.0", SYS_prctl, PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L);
  CALL("prctl.set_no_new_privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
  CALL("prctl.no_new_privs.after", SYS_prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L);
  CALL("prctl.pdeathsig.bad", SYS_prctl, PR_SET_PDEATHSIG, 99L, 0L, 0L, 0L);
  CALL("prctl.get_seccomp", SYS_prctl, PR_GET_SECCOMP, 0L, 0L, 0L, 0L);
  CALL("prctl.capbset.unknown", SYS_prctl, PR_CAPBSET_READ, 999L, 0L, 0L, 0L);
  CALL("prctl.timerslack", SYS_prctl, PR_GET_TIMERSLACK, 0L, 0L, 0L, 0L);

  CALL("membarrier.bad-flags", SYS_membarrier, 0, 7, 0);
  CALL("membarrier.unknown", SYS_membarrier, 1 << 20, 0, 0);
  OBSERVE("membarrier.query", (syscall(SYS_membarrier, 0, 0, 0) & 0x19) == 0x19);
  CALL("membarrier.private.unregistered", SYS_membarrier, 32, 0, 0);
  CALL("membarrier.register", SYS_membarrier, 16, 0, 0);
  CALL("membarrier.private", SYS_membarrier, 8, 0, 0);
  static char area[64] __attribute__((aligned(32)));
  CALL("rseq.bad-flags", SYS_rseq, area, 32, 8, 0x53053053);
  CALL("rseq.unregister.never", SYS_rseq, area + 32, 32, 1, 0x53053053);
  CALL("capget.old-version", SYS_capget, (unsigned[]){1, 0}, 0L);
  CALL("set_tid.unknown-call", 5000);
  CALL("negative-call", -1);
  return 0;
}
