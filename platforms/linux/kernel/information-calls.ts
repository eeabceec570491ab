/** What the system says of itself and of the process, and what may be set of that. Source: uname(2), sysinfo(2), getrandom(2), prctl(2), getrlimit(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { UNITS_PER_SECOND } from '../../../emulator/process/clock.js';
import { int } from '../../posix/system-call-table.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import { INFINITE, Limit, LIMITS } from './limits.js';
import { processControl } from './process-control.js';
import { seccomp } from './seccomp.js';

/** Members of struct utsname. */
const NAME_BYTES = 65;
const MACHINES = { ia32: 'i686', 'x86-64': 'x86_64', arm64: 'aarch64' } as const;
const GRND = { NONBLOCK: 1, RANDOM: 2, INSECURE: 4 } as const;
const INT_MAX = 0x7fffffff;

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
  const writeLimit = (address: number, which: number, bytes: 4 | 8): void => {
    const { soft, hard } = state.limits.get(which) ?? { soft: INFINITE, hard: INFINITE };
    [soft, hard].forEach((value, i) => {
      if (bytes === 8) user.setU64(address + 8 * i, value);
      else user.setU32(address + 4 * i, Number(value > 0xffffffffn ? 0xffffffffn : value));
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
    seccomp: (_thread, [operation, flags, argument]) => seccomp(kernel, int(operation), int(flags), argument),
    prctl: (thread, args) => processControl(kernel, thread, args),
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
