/**
 * What XNU's BSD half knows of the process, its threads, time and signals. Source: bsd/kern/kern_prot.c, kern_resource.c, kern_mman.c, kern_time.c,
 * kern_sig.c (__sigwait), bsd/dev/random/randomdev.c, osfmk and libpthread's kern_support.c for threads.
 */
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { IntervalTimers, type IntervalSetting } from '../../posix/kernel/interval-timers.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { readTimeval, units, writeTimeval, type Time } from '../../posix/kernel/times.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import { posixThread } from '../../posix/posix-thread.js';
import { readSet, remove } from '../../posix/signal-set.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import { STAFF, UID } from '../frames.js';
import type { MacBsd } from './kernel.js';
import type { UnixCallName } from './system-call-numbers.js';

const INFINITE = (1n << 63n) - 1n;
const Limit = { STACK: 3, CORE: 4, NPROC: 7, NOFILE: 8, count: 9 } as const;
const RLIMIT_POSIX_FLAG = 0x1000;
/** More files than these nobody opens (kern.maxfilesperproc). */
const OPEN_MAX = 10240;
const ENTROPY_LIMIT = 256;
/** itimerfix: more seconds are refused. */
const LONGEST = 100_000_000;

export function processCalls(kernel: MacBsd): Partial<Record<UnixCallName, KernelCall>> {
  const { user, system, layout, descriptors, mach } = kernel;
  const { process, memory, signals, signalCalls, traits } = system;
  const fixed =
    (value: number): KernelCall =>
    () =>
      value;
  const timers = new IntervalTimers(system);

  const limits = Array.from({ length: Limit.count }, () => ({ soft: INFINITE, hard: INFINITE }));
  limits[Limit.STACK] = { soft: BigInt(layout.stackSize), hard: BigInt(layout.stackSize + layout.stackGuard) };
  limits[Limit.CORE] = { soft: 0n, hard: INFINITE };
  limits[Limit.NPROC] = { soft: 1333n, hard: 2000n };
  limits[Limit.NOFILE] = { soft: BigInt(descriptors.limit), hard: INFINITE };

  const wired: KernelCall = (_thread, [address, length]) => {
    const start = memory.pageDown(unsigned(address));
    const limit = memory.pageUp(unsigned(address) + unsigned(length));
    if (limit > 2 ** 64) return -Errno.EINVAL;
    return start === limit || memory.space.isMapped(start, limit - start) ? 0 : -Errno.ENOMEM;
  };

  const tell = (address: number, { left, interval }: IntervalSetting): void => {
    // struct timeval: a long and an int, eight bytes each.
    writeTimeval(user, address, interval);
    writeTimeval(user, address + 16, left);
  };
  const time = (address: number): Time => {
    const { seconds } = readTimeval(user, address);
    return { seconds, nanoseconds: user.i32(address + 8) * 1000 };
  };
  const good = ({ seconds, nanoseconds }: Time): boolean => seconds >= 0 && seconds <= LONGEST && nanoseconds >= 0 && nanoseconds < 1e9;

  const waitFor = (thread: Thread, set: number, place: number): Progress => {
    if (set === 0) return -Errno.EINVAL;
    const wanted = readSet(user, set, traits.signals.kernel.setBytes);
    for (const name of ['SIGKILL', 'SIGSTOP']) remove(wanted, traits.signals.numbers[name]);
    if (wanted.every((word) => word === 0)) return -Errno.EINVAL;
    const ready = (): boolean => signals.pendingFor(thread).some((word, i) => (word & wanted[i]) !== 0);
    const again = (): Progress => {
      const taken = signals.accept(thread, wanted);
      if (!taken) return { wait: { what: 'a signal (sigwait)', ready }, resume: again, restarts: false };
      if (place !== 0) user.setU32(place, taken.signal);
      return 0;
    };
    return again();
  };
  const sigwait: KernelCall = (thread, [set, place]) => waitFor(thread, set, place);
  // The set itself, not its place.
  const sigsuspend: KernelCall = (thread, [set]) => signalCalls.sigsuspend(thread, Uint32Array.of(set % 0x100000000, 0, 0, 0));

  return {
    exit: (_thread, [code]) => process.end({ kind: 'exit', code: code & 0xff }),
    getpid: fixed(system.pid),
    getppid: fixed(1),
    getpgrp: fixed(system.pid),
    getuid: fixed(UID),
    geteuid: fixed(UID),
    getgid: fixed(STAFF),
    getegid: fixed(STAFF),
    issetugid: fixed(0),
    umask: fixed(0o022),
    getdtablesize: () => descriptors.limit,
    // No thread has identities of its own.
    gettid: fixed(-Errno.ESRCH),
    thread_selfid: (thread) => posixThread(thread).tid,
    // libpthread registered when the process began.
    bsdthread_register: fixed(-Errno.EINVAL),
    mlock: wired,
    munlock: wired,
    mlockall: fixed(-Errno.ENOSYS),
    munlockall: fixed(-Errno.ENOSYS),
    getentropy: (_thread, [address, length]) => {
      if (unsigned(length) > ENTROPY_LIMIT) return -Errno.EINVAL;
      user.write(address, kernel.random(length));
      return 0;
    },
    getrlimit: (_thread, [which, address]) => {
      const limit = limits[int(which) & ~RLIMIT_POSIX_FLAG];
      if (!limit) return -Errno.EINVAL;
      user.setU64(address, limit.soft);
      user.setU64(address + 8, limit.hard);
      return 0;
    },
    setrlimit: (_thread, [which, address]) => {
      const next = { soft: user.u64(address), hard: user.u64(address + 8) };
      const limit = limits[int(which) & ~RLIMIT_POSIX_FLAG];
      if (!limit || next.soft > next.hard) return -Errno.EINVAL;
      if (next.hard > limit.hard) return -Errno.EPERM;
      limits[int(which) & ~RLIMIT_POSIX_FLAG] = next;
      if ((int(which) & ~RLIMIT_POSIX_FLAG) === Limit.NOFILE) descriptors.limit = Math.min(OPEN_MAX, Number(next.soft));
      return 0;
    },
    getrusage: (_thread, [who, address]) => {
      if (int(who) !== 0 && int(who) !== -1) return -Errno.EINVAL;
      user.fill(address, 144, 0);
      if (int(who) === -1) return 0;
      writeTimeval(user, address, process.clock.busy);
      user.setWord(address + 32, process.space.peakCommittedBytes);
      return 0;
    },
    gettimeofday: (_thread, [address, zone, ticks]) => {
      const { now } = process.clock;
      if (address !== 0) writeTimeval(user, address, now, REALTIME_EPOCH);
      if (zone !== 0) user.fill(zone, 8, 0);
      if (ticks !== 0) user.setU64(ticks, BigInt(Math.floor((now * layout.timebase.denominator) / layout.timebase.numerator)));
      return 0;
    },
    getitimer: (_thread, [which, address]) => {
      if (!IntervalTimers.known(int(which))) return -Errno.EINVAL;
      tell(address, timers.left(int(which)));
      return 0;
    },
    setitimer: (_thread, [which, wanted, old]) => {
      if (!IntervalTimers.known(int(which))) return -Errno.EINVAL;
      const before = timers.left(int(which));
      if (wanted === 0) {
        if (old !== 0) tell(old, before);
        return 0;
      }
      const [interval, value] = [time(wanted), time(wanted + 16)];
      if (!good(value) || !good(interval)) return -Errno.EINVAL;
      if (old !== 0) tell(old, before);
      timers.set(int(which), units(value), units(interval));
      return 0;
    },
    kill: (_thread, [pid, signal]) => signalCalls.kill(int(pid), int(signal)),
    sigaction: (_thread, [signal, wanted, old]) => signalCalls.sigaction(int(signal), wanted, old),
    sigprocmask: (thread, [how, wanted, old]) => signalCalls.sigprocmask(thread, int(how), wanted, old),
    sigpending: (thread, [address]) => signalCalls.sigpending(thread, address),
    sigaltstack: (thread, [wanted, old]) => signalCalls.sigaltstack(thread, wanted, old),
    sigsuspend,
    sigsuspend_nocancel: sigsuspend,
    __sigwait: sigwait,
    __sigwait_nocancel: sigwait,
    __pthread_kill: (_thread, [port, signal]) => signalCalls.killThread(mach.ports.thread(port), int(signal)),
    __pthread_sigmask: (thread, [how, wanted, old]) => signalCalls.sigprocmask(thread, int(how), wanted, old, [thread]),
  };
}
