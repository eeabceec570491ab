//! platforms: lii6gc lii3gc lia6gc=lii6gc
//! builds: static
/* Threads, futexes and scheduling by system call. */
#include "observe.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <time.h>
#define CALL(name, ...) OBSERVE_CALL(name, syscall(__VA_ARGS__))
#define BAD ((void *)8)
#ifdef __i386__
struct kernel_time { int tv_sec, tv_nsec; };
#else
struct kernel_time { long tv_sec, tv_nsec; };
#endif

static unsigned word, other;
static volatile int woken, ended;
static void *waiter(void *argument) {
  long bits = (long)argument;
  long r = bits ? syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | 128, 7, 0L, 0L, bits) : syscall(SYS_futex, &word, FUTEX_WAIT | 128, 7, 0L, 0L, 0);
  __sync_fetch_and_add(&woken, 1);
  return (void *)r;
}
static void wait_for_waiters(int count) {
  // Until they are in the kernel: a requeue to the same word moves nobody, and counts them.
  while (syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE | 128, 0, (long)count, &word, 7) < count) sched_yield();
}
static void nothing(int signal) {}
static volatile int tid_of_other;
static void *interrupted(void *argument) {
  tid_of_other = syscall(SYS_gettid);
  struct kernel_time second = {5, 0};
  long r = syscall(SYS_futex, &other, FUTEX_WAIT | 128, 0, argument ? &second : 0, 0L, 0);
  return (void *)(long)(r == -1 ? errno : r);
}
static char child_stack[65536] __attribute__((aligned(16)));
static int cleared = 1, parent_said, child_said;
static volatile int child_ran;
static int child(void *argument) {
  child_ran = (int)(long)argument;
  return 0;
}
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

int main(void) {
  struct kernel_time zero = {0, 0}, soon = {0, 1000000}, bad = {0, 1000000000}, negative = {-1, 0};
  word = 7;
  CALL("futex.wait.other-value", SYS_futex, &word, FUTEX_WAIT, 8, 0L, 0L, 0);
  CALL("futex.wait.timeout", SYS_futex, &word, FUTEX_WAIT, 7, &soon, 0L, 0);
  CALL("futex.wait.timeout-0", SYS_futex, &word, FUTEX_WAIT, 7, &zero, 0L, 0);
  CALL("futex.wait.bad-time", SYS_futex, &word, FUTEX_WAIT, 7, &bad, 0L, 0);
  CALL("futex.wait.negative-time", SYS_futex, &word, FUTEX_WAIT, 7, &negative, 0L, 0);
  CALL("futex.wait.bad-time-place", SYS_futex, &word, FUTEX_WAIT, 7, BAD, 0L, 0);
  CALL("futex.wait.unaligned", SYS_futex, (char *)&word + 1, FUTEX_WAIT, 7, &zero, 0L, 0);
  CALL("futex.wait.bad", SYS_futex, BAD, FUTEX_WAIT, 7, &zero, 0L, 0);
  CALL("futex.wait.private", SYS_futex, &word, FUTEX_WAIT | 128, 8, 0L, 0L, 0);
  CALL("futex.wait.clock", SYS_futex, &word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 8, 0L, 0L, 0);
  CALL("futex.wait_bitset.bits-0", SYS_futex, &word, FUTEX_WAIT_BITSET, 7, 0L, 0L, 0);
  CALL("futex.wait_bitset.past", SYS_futex, &word, FUTEX_WAIT_BITSET, 7, &zero, 0L, 1);
  CALL("futex.wait_bitset.past-realtime", SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 7, &zero, 0L, 1);
  CALL("futex.wake.nobody", SYS_futex, &word, FUTEX_WAKE, 10, 0L, 0L, 0);
  CALL("futex.wake.unaligned", SYS_futex, (char *)&word + 2, FUTEX_WAKE, 10, 0L, 0L, 0);
  CALL("futex.wake_bitset.bits-0", SYS_futex, &word, FUTEX_WAKE_BITSET, 1, 0L, 0L, 0);
  CALL("futex.fd", SYS_futex, &word, 2, 1, 0L, 0L, 0);
  CALL("futex.unknown", SYS_futex, &word, 77, 1, 0L, 0L, 0);
  CALL("futex.cmp_requeue.other-value", SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1L, &other, 9);
  CALL("futex.cmp_requeue.nobody", SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1L, &other, 7);
  CALL("futex.requeue.negative", SYS_futex, &word, FUTEX_REQUEUE, -1, 1L, &other, 0);
  CALL("futex.requeue.unaligned", SYS_futex, &word, FUTEX_REQUEUE, 1, 1L, (char *)&other + 1, 0);
  CALL("futex.wake_op.bad", SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, BAD, 0);
  other = 5;
  CALL("futex.wake_op.add", SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5));
  OBSERVE("futex.wake_op.result", other);
  CALL("futex.wake_op.unknown", SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &other, 7 << 28);
  unsigned lock = 0;
  int tid = syscall(SYS_gettid);
  CALL("futex.lock_pi", SYS_futex, &lock, FUTEX_LOCK_PI, 0, 0L, 0L, 0);
  OBSERVE("futex.lock_pi.word", lock == tid);
  CALL("futex.lock_pi.twice", SYS_futex, &lock, FUTEX_LOCK_PI, 0, 0L, 0L, 0);
  CALL("futex.unlock_pi", SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, 0L, 0L, 0);
  OBSERVE("futex.unlock_pi.word", lock);
  CALL("futex.unlock_pi.not-owner", SYS_futex, &lock, FUTEX_UNLOCK_PI, 0, 0L, 0L, 0);
  lock = 0x3ffffff0;
  CALL("futex.lock_pi.absent-owner", SYS_futex, &lock, FUTEX_LOCK_PI, 0, 0L, 0L, 0);

  pthread_t threads[3];
  void *result;
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, waiter, 0);
  wait_for_waiters(3);
  CALL("futex.wake.one", SYS_futex, &word, FUTEX_WAKE | 128, 1, 0L, 0L, 0);
  CALL("futex.requeue", SYS_futex, &word, FUTEX_CMP_REQUEUE | 128, 1, 10L, &other, 7);
  CALL("futex.wake.requeued", SYS_futex, &other, FUTEX_WAKE | 128, 10, 0L, 0L, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], &result);
  OBSERVE("futex.woken", woken);
  pthread_create(&threads[0], 0, waiter, (void *)2);
  wait_for_waiters(1);
  CALL("futex.wake_bitset.other-bits", SYS_futex, &word, FUTEX_WAKE_BITSET | 128, 1, 0L, 0L, 4);
  CALL("futex.wake_bitset.bits", SYS_futex, &word, FUTEX_WAKE_BITSET | 128, 1, 0L, 0L, 6);
  pthread_join(threads[0], &result);
  OBSERVE("futex.wait_bitset.result", (long)result);

  other = 0;
  struct sigaction act = {0};
  act.sa_handler = nothing;
  sigaction(SIGUSR1, &act, 0);
  pthread_create(&threads[0], 0, interrupted, 0);
  while (!tid_of_other) sched_yield();
  while (syscall(SYS_futex, &other, FUTEX_CMP_REQUEUE | 128, 0, 1L, &other, 0) < 1) sched_yield();
  CALL("futex.interrupt", SYS_tgkill, getpid(), tid_of_other, SIGUSR1);
  pthread_join(threads[0], &result);
  OBSERVE("futex.wait.interrupted", (long)result);
  act.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &act, 0);
  tid_of_other = 0;
  pthread_create(&threads[0], 0, interrupted, (void *)1);
  while (!tid_of_other) sched_yield();
  while (syscall(SYS_futex, &other, FUTEX_CMP_REQUEUE | 128, 0, 1L, &other, 0) < 1) sched_yield();
  syscall(SYS_tgkill, getpid(), tid_of_other, SIGUSR1);
  pthread_join(threads[0], &result);
  OBSERVE("futex.wait.timed-interrupted", (long)result);
  tid_of_other = 0;
  pthread_create(&threads[0], 0, interrupted, 0);
  while (!tid_of_other) sched_yield();
  while (syscall(SYS_futex, &other, FUTEX_CMP_REQUEUE | 128, 0, 1L, &other, 0) < 1) sched_yield();
  syscall(SYS_tgkill, getpid(), tid_of_other, SIGUSR1);
  while (syscall(SYS_futex, &other, FUTEX_WAKE | 128, 1, 0L, 0L, 0) < 1) sched_yield();
  pthread_join(threads[0], &result);
  OBSERVE("futex.wait.restarted", (long)result);

  CALL("clone.thread-without-sighand", SYS_clone, CLONE_VM | CLONE_THREAD, child_stack + 60000, 0L, 0L, 0L);
  CALL("clone.sighand-without-vm", SYS_clone, CLONE_SIGHAND, child_stack + 60000, 0L, 0L, 0L);
  struct { uint64_t words[11]; } arguments = {{THREAD_FLAGS}};
  CALL("clone3.size", SYS_clone3, &arguments, 8L);
  CALL("clone3.huge", SYS_clone3, &arguments, 8192L);
  CALL("clone3.bad", SYS_clone3, BAD, 64L);
  arguments.words[4] = SIGCHLD;
  CALL("clone3.thread-with-signal", SYS_clone3, &arguments, 88L);
  arguments.words[4] = 0, arguments.words[5] = (uintptr_t)child_stack;
  CALL("clone3.stack-without-size", SYS_clone3, &arguments, 88L);
  arguments.words[5] = 0, arguments.words[6] = 100;
  CALL("clone3.size-without-stack", SYS_clone3, &arguments, 88L);
  arguments.words[6] = 0, arguments.words[0] = 0x400000;
  CALL("clone3.detached", SYS_clone3, &arguments, 88L);
  arguments.words[0] = 0x400000000ull;
  CALL("clone3.unknown-flag", SYS_clone3, &arguments, 88L);

  int made = clone(child, child_stack + 60000, THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, (void *)77, &parent_said, 0, &cleared);
  OBSERVE("clone.made", made > 0 && made == parent_said);
  while (__atomic_load_n(&cleared, __ATOMIC_SEQ_CST)) syscall(SYS_futex, &cleared, FUTEX_WAIT, made, &soon, 0L, 0);
  OBSERVE2("clone.ran", child_ran, cleared);
  /* The word is cleared before the thread is gone. */
  for (int i = 0; i < 1000 && syscall(SYS_tgkill, getpid(), made, 0) == 0; i++) syscall(SYS_sched_yield);
  CALL("clone.ended.tgkill", SYS_tgkill, getpid(), made, 0);

  CALL("set_robust_list.size", SYS_set_robust_list, child_stack, 5L);
  CALL("set_robust_list", SYS_set_robust_list, child_stack, (long)(3 * sizeof(long)));
  void *head = 0;
  size_t length = 0;
  CALL("get_robust_list", SYS_get_robust_list, 0, &head, &length);
  OBSERVE2("get_robust_list.values", head == child_stack, length == 3 * sizeof(long));
  CALL("get_robust_list.absent", SYS_get_robust_list, 0x3ffffff, &head, &length);
  CALL("get_robust_list.bad", SYS_get_robust_list, 0, BAD, &length);
  syscall(SYS_set_robust_list, 0L, (long)(3 * sizeof(long)));
  OBSERVE("set_tid_address", syscall(SYS_set_tid_address, &cleared) == tid);
  OBSERVE("gettid", syscall(SYS_gettid) == getpid());

  static unsigned long mask[64];
  OBSERVE("sched_getaffinity", syscall(SYS_sched_getaffinity, 0, 128L, mask) > 0);
  CALL("sched_getaffinity.odd-size", SYS_sched_getaffinity, 0, 127L, mask);
  CALL("sched_getaffinity.size-0", SYS_sched_getaffinity, 0, 0L, mask);
  CALL("sched_getaffinity.absent", SYS_sched_getaffinity, 0x3ffffff, 128L, mask);
  CALL("sched_getaffinity.bad", SYS_sched_getaffinity, 0, 128L, BAD);
  mask[0] = 0;
  CALL("sched_setaffinity.empty", SYS_sched_setaffinity, 0, 8L, mask);
  mask[0] = 1;
  CALL("sched_setaffinity", SYS_sched_setaffinity, 0, 8L, mask);
  CALL("sched_setaffinity.absent", SYS_sched_setaffinity, 0x3ffffff, 8L, mask);
  CALL("sched_yield", SYS_sched_yield);
  CALL("sched_getscheduler", SYS_sched_getscheduler, 0);
  CALL("sched_getscheduler.negative", SYS_sched_getscheduler, -1);
  CALL("sched_getscheduler.absent", SYS_sched_getscheduler, 0x3ffffff);
  CALL("sched_get_priority_max.fifo", SYS_sched_get_priority_max, 1);
  CALL("sched_get_priority_max.other", SYS_sched_get_priority_max, 0);
  CALL("sched_get_priority_min.rr", SYS_sched_get_priority_min, 2);
  CALL("sched_get_priority_min.unknown", SYS_sched_get_priority_min, 77);
  int parameter[2] = {9, 9};
  CALL("sched_getparam", SYS_sched_getparam, 0, parameter);
  OBSERVE("sched_getparam.value", parameter[0]);
  CALL("sched_getparam.null", SYS_sched_getparam, 0, 0L);
  unsigned cpu = 99, node = 99;
  CALL("getcpu", SYS_getcpu, &cpu, &node, 0L);
  OBSERVE("getcpu.node", node);
  CALL("getcpu.bad", SYS_getcpu, BAD, 0L, 0L);
  struct rusage usage;
  CALL("getrusage.self", SYS_getrusage, 0, &usage);
  CALL("getrusage.children", SYS_getrusage, -1, &usage);
  CALL("getrusage.thread", SYS_getrusage, 1, &usage);
  CALL("getrusage.unknown", SYS_getrusage, 7, &usage);
  CALL("getrusage.bad", SYS_getrusage, 0, BAD);
  struct tms tms;
  OBSERVE("times", syscall(SYS_times, &tms) >= 0);
  CALL("times.bad", SYS_times, BAD);
  CALL("wait4.no-child", SYS_wait4, -1, 0L, 0, 0L);
  CALL("waitid.no-child", SYS_waitid, 0, 0, 0L, 4, 0L);
  CALL("waitid.bad-options", SYS_waitid, 0, 0, 0L, 0, 0L);
  CALL("exit_group.unreached", SYS_exit_group, 300);
}
