/** What the system says of itself and of the process, and what may be set of that. Source: uname(2), sysinfo(2), getrandom(2), prctl(2), getrlimit(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { UNITS_PER_SECOND } from '../../../emulator/process/clock.js';
import { posixThread } from '../../posix/posix-thread.js';
import { int } from '../../posix/system-call-table.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';

/** Members of struct utsname. */
const NAME_BYTES = 65;
const MACHINES = { ia32: 'i686', 'x86-64': 'x86_64', arm64: 'aarch64' } as const;
const INFINITE = 2n ** 64n - 1n;
const GRND = { NONBLOCK: 1, RANDOM: 2, INSECURE: 4 } as const;
const INT_MAX = 0x7fffffff;

// prettier-ignore
export const Limit = {
  CPU: 0, FSIZE: 1, DATA: 2, STACK: 3, CORE: 4, RSS: 5, NPROC: 6, NOFILE: 7, MEMLOCK: 8, AS: 9, LOCKS: 10, SIGPENDING: 11, MSGQUEUE: 12, NICE: 13,
  RTPRIO: 14, RTTIME: 15,
} as const;
export const LIMITS = Object.keys(Limit).length;

/** As a login shell has them. */
export function initialLimits(): Map<number, { soft: bigint; hard: bigint }> {
  const limits = new Map(Object.values(Limit).map((which) => [which as number, { soft: INFINITE, hard: INFINITE }]));
  const set = (which: number, soft: bigint, hard: bigint): void => void limits.set(which, { soft, hard });
  set(Limit.STACK, 8n << 20n, INFINITE);
  set(Limit.CORE, 0n, INFINITE);
  set(Limit.NPROC, 15000n, 15000n);
  set(Limit.NOFILE, 1024n, 1048576n);
  set(Limit.MEMLOCK, 8n << 20n, 8n << 20n);
  set(Limit.SIGPENDING, 15000n, 15000n);
  set(Limit.MSGQUEUE, 819200n, 819200n);
  for (const which of [Limit.NICE, Limit.RTPRIO]) set(which, 0n, 0n);
  return limits;
}

export function informationCalls(kernel: Kernel, random: (length: number) => Uint8Array): LinuxCalls {
  const { user, system, state, convention, descriptors } = kernel;
  const { process } = system;
  const word = user.wordSize;
  const fixed =
    (value: number): LinuxCall =>
    () =>
      value;
  const root = fixed(0);
  const three: LinuxCall = (_thread, addresses) => {
    for (const address of addresses.slice(0, 3)) user.setU32(address, 0);
    return 0;
  };
  /** The only user there is. */
  const become: LinuxCall = (_thread, ids) => (ids.slice(0, 1).every((id) => int(id) === 0 || int(id) === -1) ? 0 : -Errno.EPERM);
  const groups: LinuxCall = (_thread, [count]) => (int(count) < 0 ? -Errno.EINVAL : 0);

  const readLimit = (address: number, bytes: 4 | 8): { soft: bigint; hard: bigint } => {
    const one = (at: number): bigint => {
      if (bytes === 8) return user.u64(at);
      const value = BigInt(user.u32(at));
      return value === 0xffffffffn ? INFINITE : value;
    };
    return { soft: one(address), hard: one(address + bytes) };
  };
  const writeLimit = (address: number, which: number, bytes: 4 | 8, most = 0xffffffffn): void => {
    const { soft, hard } = state.limits.get(which) ?? { soft: INFINITE, hard: INFINITE };
    [soft, hard].forEach((value, i) => {
      if (bytes === 8) user.setU64(address + 8 * i, value);
      else user.setU32(address + 4 * i, Number(value > most ? most : value));
    });
  };
  const setLimit = (which: number, next: { soft: bigint; hard: bigint }): number => {
    if (next.soft > next.hard) return -Errno.EINVAL;
    if (which === Limit.NOFILE) {
      if (next.hard > 1048576n) return -Errno.EPERM;
      descriptors.limit = Number(next.soft);
    }
    state.limits.set(which, next);
    return 0;
  };
  const known = (which: number): boolean => which >= 0 && which < LIMITS;

  return {
    getpid: fixed(system.pid),
    getppid: fixed(1),
    getpgrp: fixed(system.pid),
    getpgid: (_thread, [pid]) => ([0, system.pid].includes(int(pid)) ? system.pid : -Errno.ESRCH),
    getsid: (_thread, [pid]) => ([0, system.pid].includes(int(pid)) ? system.pid : -Errno.ESRCH),
    ...Object.fromEntries(
      ['getuid', 'geteuid', 'getgid', 'getegid', 'getuid32', 'geteuid32', 'getgid32', 'getegid32'].map((name) => [name, root]),
    ),
    ...Object.fromEntries(['getresuid', 'getresgid', 'getresuid32', 'getresgid32'].map((name) => [name, three])),
    ...Object.fromEntries(['setuid', 'setgid', 'setuid32', 'setgid32'].map((name) => [name, become])),
    getgroups: groups,
    getgroups32: groups,
    capget: (_thread, [header, data]) => {
      const version = user.u32(header);
      if (version !== 0x20080522) {
        user.setU32(header, 0x20080522);
        return data === 0 ? 0 : -Errno.EINVAL;
      }
      if (data !== 0) [0xffffffff, 0xffffffff, 0, 0x1ff, 0x1ff, 0].forEach((value, i) => user.setU32(data + 4 * i, value));
      return 0;
    },
    getpriority: (_thread, [which]) => (int(which) < 0 || int(which) > 2 ? -Errno.EINVAL : 20),
    uname: (_thread, [address]) => {
      const fields = ['Linux', 'mpsemu', '6.18.0', '#1 SMP PREEMPT_DYNAMIC', MACHINES[convention], '(none)'];
      user.fill(address, NAME_BYTES * fields.length, 0);
      fields.forEach((field, i) => user.write(address + NAME_BYTES * i, new TextEncoder().encode(field)));
      return 0;
    },
    sysinfo: (_thread, [address]) => {
      const bytes = word === 8 ? 112 : 64;
      user.fill(address, bytes, 0);
      user.setWord(address, Math.floor(process.clock.now / UNITS_PER_SECOND));
      // After three loads: total and free memory, in units of the last member.
      const unit = word === 8 ? 1 : 4096;
      const used = process.space.committedBytes;
      const total = process.memoryLimit.limit;
      user.setWord(address + 4 * word, Math.floor(total / unit));
      user.setWord(address + 5 * word, Math.max(0, Math.floor((total - used) / unit)));
      user.setU16(address + 10 * word, process.threads.filter((thread) => thread.state !== 'ended').length);
      user.setU32(address + (word === 8 ? 104 : 52), unit);
      return 0;
    },
    getrandom: (_thread, [address, length, flags]) => {
      if (int(flags) & ~7) return -Errno.EINVAL;
      if ((int(flags) & (GRND.RANDOM | GRND.INSECURE)) === (GRND.RANDOM | GRND.INSECURE)) return -Errno.EINVAL;
      const wanted = Math.min(length < 0 ? INT_MAX : length, INT_MAX);
      // Bytes come in blocks; what was stored before a page that can't be is not taken back.
      let done = 0;
      while (done < wanted) {
        const piece = Math.min(4096 - ((address + done) % 4096), wanted - done);
        try {
          user.write(address + done, random(piece));
        } catch (error) {
          if (done > 0) return done;
          throw error;
        }
        done += piece;
      }
      return done;
    },
    getrlimit: (_thread, [which, address]) => (known(int(which)) ? (writeLimit(address, int(which), word), 0) : -Errno.EINVAL),
    ugetrlimit: (_thread, [which, address]) => (known(int(which)) ? (writeLimit(address, int(which), 4), 0) : -Errno.EINVAL),
    setrlimit: (_thread, [which, address]) => {
      const next = readLimit(address, word);
      return known(int(which)) ? setLimit(int(which), next) : -Errno.EINVAL;
    },
    prlimit64: (_thread, [pid, which, wanted, old]) => {
      const next = wanted !== 0 ? readLimit(wanted, 8) : undefined;
      if (int(pid) !== 0 && !process.threads.some((thread) => thread.state !== 'ended' && system.signalCalls.thread(int(pid)) === thread))
        return -Errno.ESRCH;
      if (!known(int(which))) return -Errno.EINVAL;
      const before = { ...(state.limits.get(int(which)) ?? { soft: INFINITE, hard: INFINITE }) };
      if (next) {
        const refused = setLimit(int(which), next);
        if (refused !== 0) return refused;
      }
      if (old !== 0) {
        user.setU64(old, before.soft);
        user.setU64(old + 8, before.hard);
      }
      return 0;
    },
    prctl: (thread, args) => control(kernel, thread, args),
    personality: fixed(0),
    ioprio_get: fixed(0x4004),
    rseq: (thread, args) => registerSequence(thread, args),
    fadvise64: (_thread, [fd]) => advised(int(fd)),
    fadvise64_64: (_thread, [fd]) => advised(int(fd)),
    // There are no other processes.
    wait4: () => -Errno.ECHILD,
    waitpid: () => -Errno.ECHILD,
    waitid: (_thread, [kind, , , options]) =>
      int(kind) < 0 || int(kind) > 3 || (int(options) & 0xe) === 0 ? -Errno.EINVAL : -Errno.ECHILD,
  };

  function advised(fd: number): number {
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    return file.position === undefined ? -Errno.ESPIPE : 0;
  }

  /** Restartable sequences are never preempted here for another's sake: registering is all there is to it. */
  function registerSequence(thread: Thread, [address, length, flags, signature]: number[]): number {
    const before = sequences.get(thread);
    if (int(flags) & 1) {
      if (int(flags) & ~1) return -Errno.EINVAL;
      if (!before || before.address !== address || before.length !== length) return -Errno.EINVAL;
      if (before.signature !== signature >>> 0) return -Errno.EPERM;
      sequences.delete(thread);
      return 0;
    }
    if (int(flags) !== 0) return -Errno.EINVAL;
    if (before) {
      if (before.address !== address || before.length !== length) return -Errno.EINVAL;
      return before.signature === signature >>> 0 ? -Errno.EBUSY : -Errno.EPERM;
    }
    if (length < 32 || address % 32 !== 0) return -Errno.EINVAL;
    // cpu_id_start and cpu_id: the only processor.
    user.setU32(address, 0);
    user.setU32(address + 4, 0);
    sequences.set(thread, { address, length, signature: signature >>> 0 });
    return 0;
  }
}

const sequences = new WeakMap<Thread, { address: number; length: number; signature: number }>();

// prettier-ignore
const Pr = {
  SET_PDEATHSIG: 1, GET_PDEATHSIG: 2, GET_DUMPABLE: 3, SET_DUMPABLE: 4, GET_KEEPCAPS: 7, SET_KEEPCAPS: 8, GET_TIMING: 13, SET_TIMING: 14, SET_NAME: 15,
  GET_NAME: 16, GET_SECCOMP: 21, CAPBSET_READ: 23, GET_TSC: 25, GET_TIMERSLACK: 30, SET_TIMERSLACK: 29, SET_NO_NEW_PRIVS: 38, GET_NO_NEW_PRIVS: 39,
  GET_TID_ADDRESS: 40, SET_THP_DISABLE: 41, GET_THP_DISABLE: 42, SET_VMA: 0x53564d41,
} as const;
const THREAD_NAME_BYTES = 16;

function control({ user, state, system }: Kernel, thread: Thread, args: number[]): number {
  const [word, second, third, fourth, fifth] = args;
  const none = third === 0 && fourth === 0 && fifth === 0;
  switch (int(word)) {
    case Pr.GET_DUMPABLE:
      return state.dumpable;
    case Pr.SET_DUMPABLE:
      if (second !== 0 && second !== 1) return -Errno.EINVAL;
      state.dumpable = second;
      return 0;
    case Pr.SET_PDEATHSIG:
      return second > system.traits.signals.limit ? -Errno.EINVAL : 0;
    case Pr.GET_PDEATHSIG:
      user.setU32(second, 0);
      return 0;
    case Pr.GET_KEEPCAPS:
      return state.keepCapabilities;
    case Pr.SET_KEEPCAPS:
      if (second > 1) return -Errno.EINVAL;
      state.keepCapabilities = second;
      return 0;
    case Pr.GET_TIMING:
      return 0;
    case Pr.SET_TIMING:
      return second === 0 ? 0 : -Errno.EINVAL;
    case Pr.SET_NAME:
      posixThread(thread).name = user.cString(second, THREAD_NAME_BYTES - 1);
      return 0;
    case Pr.GET_NAME: {
      const name = new Uint8Array(THREAD_NAME_BYTES);
      name.set(new TextEncoder().encode(posixThread(thread).name).subarray(0, THREAD_NAME_BYTES - 1));
      user.write(second, name);
      return 0;
    }
    case Pr.GET_SECCOMP:
      return 0;
    case Pr.CAPBSET_READ:
      return second > 40 ? -Errno.EINVAL : 1;
    case Pr.GET_TIMERSLACK:
      return 50000;
    case Pr.SET_TIMERSLACK:
      return 0;
    case Pr.GET_TSC:
      if (system.process.cpu === 'arm64') return -Errno.EINVAL;
      user.setU32(second, 1);
      return 0;
    case Pr.SET_NO_NEW_PRIVS:
      if (second !== 1 || !none) return -Errno.EINVAL;
      state.noNewPrivileges = true;
      return 0;
    case Pr.GET_NO_NEW_PRIVS:
      return second !== 0 || !none ? -Errno.EINVAL : state.noNewPrivileges ? 1 : 0;
    case Pr.GET_THP_DISABLE:
      return second !== 0 || !none ? -Errno.EINVAL : 0;
    case Pr.SET_VMA:
      return second === 0 ? 0 : -Errno.EINVAL;
    default:
      return -Errno.EINVAL;
  }
}
