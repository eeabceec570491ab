/**
 * Threads as the kernel makes and ends them: clone, clone3, what their ends leave in memory, numbers, TLS.
 * Source: kernel/fork.c, kernel/exit.c, kernel/futex/core.c, arch/x86/kernel/tls.c (6.18); clone(2).
 */
import { A64, X86 } from '../../../emulator/cpu/registers.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { posixThread } from '../../posix/posix-thread.js';
import { systemCall } from '../../posix/system.js';
import { endThread, int, unsigned } from '../../posix/system-call-table.js';
import { Errno } from '../../posix/kernel/errno.js';
import { Lock } from './futex-calls.js';
import type { Kernel, LinuxCalls } from './kernel.js';
import { writeTimeval } from '../../posix/kernel/times.js';

// prettier-ignore
const Clone = {
  VM: 0x100, FS: 0x200, FILES: 0x400, SIGHAND: 0x800, PIDFD: 0x1000, PTRACE: 0x2000, VFORK: 0x4000, PARENT: 0x8000, THREAD: 0x10000, NEWNS: 0x20000,
  SYSVSEM: 0x40000, SETTLS: 0x80000, PARENT_SETTID: 0x100000, CHILD_CLEARTID: 0x200000, DETACHED: 0x400000, CHILD_SETTID: 0x1000000,
} as const;
const CLONE3_FLAGS = 0x3_ffff_ffff;
const ARGS_SIZE = { first: 64, second: 80, now: 88 } as const;
const PAGE = 4096;

/** The first of the three descriptors that a 32-bit thread may set. */
const TLS_ENTRY = 12;

interface CloneArguments {
  flags: number;
  stack: number;
  parentTid: number;
  childTid: number;
  tls: number;
}

/** What the end of a thread leaves in memory. */
class Leavings {
  /** Robust lists: head and length, as set_robust_list was told. */
  readonly robust = new Map<Thread, { head: number; length: number }>();
  readonly clearTid = new Map<Thread, number>();

  constructor(private readonly kernel: Kernel) {}

  /** What the kernel can't reach it leaves alone. */
  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
    }
  }

  ended(thread: Thread): void {
    const { user, futexes } = this.kernel;
    const list = this.robust.get(thread);
    if (list) this.attempt(() => this.walk(thread, list.head));
    const address = this.clearTid.get(thread);
    this.robust.delete(thread);
    this.clearTid.delete(thread);
    if (address === undefined || address === 0) return;
    this.attempt(() => user.setU32(address, 0));
    futexes.wake(address, 1);
  }

  /** Locks that the thread still has are marked: their owner has died. */
  private walk(thread: Thread, head: number): void {
    const { user } = this.kernel;
    const word = user.wordSize;
    const offset = word === 8 ? user.u32(head + 8) | 0 : user.u32(head + 4) | 0;
    const pending = user.word(head + 2 * word);
    let entry = user.word(head);
    for (let i = 0; i < 2048 && entry !== head && entry !== 0; i++) {
      const address = (entry & 1 ? entry - 1 : entry) + offset;
      if (entry !== pending) this.died(thread, address);
      entry = user.word(entry & 1 ? entry - 1 : entry);
    }
    if (pending !== 0) this.died(thread, pending + offset);
  }

  private died(thread: Thread, address: number): void {
    const { user, futexes } = this.kernel;
    const value = user.u32(address);
    if ((value & Lock.owner) !== posixThread(thread).tid) return;
    user.setU32(address, ((value & Lock.waiters) | Lock.died) >>> 0);
    if (value & Lock.waiters) futexes.wake(address, 1);
  }
}

export function threadCalls(kernel: Kernel): LinuxCalls {
  const { system, user, convention, layout } = kernel;
  const { process, signalCalls } = system;
  const leavings = new Leavings(kernel);
  const alive = (tid: number): Thread | undefined => {
    const thread = signalCalls.thread(tid);
    return thread?.state === 'ended' ? undefined : thread;
  };

  /** struct user_desc: its number is filled in where it is -1. */
  const setThreadArea = (thread: Thread, address: number): number => {
    const entry = user.u32(address) | 0;
    if (entry !== -1 && (entry < TLS_ENTRY || entry > TLS_ENTRY + 2)) return -Errno.EINVAL;
    if (entry > TLS_ENTRY)
      return process.end({ kind: 'unsupported', text: `thread area ${entry}: only the first, ${TLS_ENTRY}, is provided` });
    const base = user.u32(address + 4);
    if (entry === -1) user.setU32(address, TLS_ENTRY);
    process.registers(thread).set(X86.gsBase, base);
    return 0;
  };

  const clone = (thread: Thread, args: CloneArguments): number => {
    const { flags, stack } = args;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    if (has(Clone.THREAD) && !has(Clone.SIGHAND)) return -Errno.EINVAL;
    if (has(Clone.SIGHAND) && !has(Clone.VM)) return -Errno.EINVAL;
    if (has(Clone.FS) && has(Clone.NEWNS)) return -Errno.EINVAL;
    if (has(Clone.PIDFD) && has(Clone.DETACHED)) return -Errno.EINVAL;
    if (!has(Clone.THREAD))
      return process.end({
        kind: 'unsupported',
        text: 'the program asks for a second process (fork, vfork, or clone without CLONE_THREAD), and there is one only',
      });
    if (has(Clone.PIDFD)) return process.end({ kind: 'unsupported', text: 'clone with CLONE_PIDFD: there are no descriptors of threads' });
    if (!process.threadTable.room) return -Errno.EAGAIN;
    const child = process.createThread(`thread ${process.threadTable.made + 1}`);
    const posix = kernel.adopt(child);
    process.load(thread);
    process.engine.saveContext(child.context);
    const parent = posixThread(thread);
    posix.mask.set(parent.mask);
    posix.detached = true;
    posix.altStack.flags = system.traits.signals.altStack.DISABLE;
    process.withThread(child, (registers) => {
      registers.set(convention === 'arm64' ? A64.x0 : X86.rax, 0);
      if (stack !== 0) registers.set(process.abi.sp, stack);
      if (!has(Clone.SETTLS)) return;
      if (convention === 'arm64') registers.set(A64.tpidr, args.tls);
      else if (convention === 'x86-64') registers.set(X86.fsBase, args.tls);
    });
    if (has(Clone.SETTLS) && convention === 'ia32') {
      const refused = process.withThread(child, () => setThreadArea(child, args.tls));
      if (refused !== 0) {
        process.endThread(child, 0n);
        return refused;
      }
    }
    const area = process.space.find(stack - 1);
    if (area) [child.stackBase, child.stackLimit] = [area.base, stack];
    // The kernel stores where it can.
    const tell = (address: number): void => void systemCall(system, () => user.setU32(address, posix.tid));
    if (has(Clone.PARENT_SETTID)) tell(args.parentTid);
    if (has(Clone.CHILD_SETTID)) tell(args.childTid);
    if (has(Clone.CHILD_CLEARTID)) leavings.clearTid.set(child, args.childTid);
    process.events.emit('thread-start', {
      started: child.id,
      start: process.withThread(child, (registers) => registers.get(process.abi.pc)),
      stackBase: child.stackBase,
      stackLimit: child.stackLimit,
    });
    return posix.tid;
  };

  return {
    clone: (thread, [word, stack, parentTid, fourth, fifth]) => {
      const [tls, childTid] = convention === 'x86-64' ? [fifth, fourth] : [fourth, fifth];
      const flags = int(word);
      return clone(thread, { flags: flags & ~0xff, stack, parentTid, childTid, tls });
    },
    clone3: (thread, [address, size]) => {
      if (unsigned(size) > PAGE) return -Errno.E2BIG;
      if (size < ARGS_SIZE.first) return -Errno.EINVAL;
      const field = (offset: number): number => (offset + 8 <= size ? Number(user.u64(address + offset)) : 0);
      for (let at = ARGS_SIZE.now; at < size; at += 1) if (user.u8(address + at) !== 0) return -Errno.E2BIG;
      const flags = field(0);
      const [stack, stackSize] = [field(40), field(48)];
      if (flags > CLONE3_FLAGS || flags % 256 !== 0) return -Errno.EINVAL;
      if (flags & Clone.DETACHED) return -Errno.EINVAL;
      if (flags & (Clone.THREAD | Clone.PARENT) && field(32) !== 0) return -Errno.EINVAL;
      if ((stack === 0) !== (stackSize === 0) || stack + stackSize > layout.userLimit) return -Errno.EINVAL;
      return clone(thread, {
        flags: (flags % 2 ** 32) | 0,
        stack: stack === 0 ? 0 : stack + stackSize,
        childTid: field(16),
        parentTid: field(24),
        tls: field(56),
      });
    },
    exit: (thread, [code]) => {
      leavings.ended(thread);
      return endThread(system, thread, code);
    },
    exit_group: (_thread, [code]) => process.end({ kind: 'exit', code: code & 0xff }),
    gettid: (thread) => posixThread(thread).tid,
    set_tid_address: (thread, [address]) => {
      leavings.clearTid.set(thread, address);
      return posixThread(thread).tid;
    },
    set_robust_list: (thread, [head, length]) => {
      if (length !== 3 * user.wordSize) return -Errno.EINVAL;
      leavings.robust.set(thread, { head, length });
      return 0;
    },
    get_robust_list: (thread, [tid, head, length]) => {
      const asked = int(tid) === 0 ? thread : alive(int(tid));
      if (!asked) return -Errno.ESRCH;
      const list = leavings.robust.get(asked) ?? { head: 0, length: 3 * user.wordSize };
      user.setWord(length, 3 * user.wordSize);
      user.setWord(head, list.head);
      return 0;
    },
    set_thread_area: convention === 'ia32' ? (thread, [address]) => setThreadArea(thread, address) : () => -Errno.ENOSYS,
    get_thread_area:
      convention === 'ia32'
        ? (thread, [address]) => {
            const entry = user.u32(address) | 0;
            if (entry < TLS_ENTRY || entry > TLS_ENTRY + 2) return -Errno.EINVAL;
            const base = entry === TLS_ENTRY ? process.registers(thread).get(X86.gsBase) : 0;
            [entry, base, base === 0 ? 0 : 0xfffff, base === 0 ? 0x28 : 0x51].forEach((value, i) => user.setU32(address + 4 * i, value));
            return 0;
          }
        : () => -Errno.ENOSYS,
    arch_prctl: (thread, [code, address]) => archPrctl(kernel, thread, int(code), address),
    sched_yield: () => {
      process.reschedule = true;
      return 0;
    },
    sched_getaffinity: (_thread, [tid, bytes, address]) => {
      if ((bytes * 8) % 2 ** 32 < 1 || bytes % user.wordSize !== 0) return -Errno.EINVAL;
      if (int(tid) < 0) return -Errno.ESRCH;
      if (int(tid) !== 0 && !alive(int(tid))) return -Errno.ESRCH;
      user.setU32(address, 1);
      if (user.wordSize === 8) user.setU32(address + 4, 0);
      return user.wordSize;
    },
    sched_setaffinity: (_thread, [tid, bytes, address]) => {
      if (int(tid) !== 0 && !alive(int(tid))) return -Errno.ESRCH;
      const mask = bytes > 0 ? user.u8(address) : 0;
      return mask & 1 ? 0 : -Errno.EINVAL;
    },
    sched_getscheduler: (_thread, [tid]) => (int(tid) < 0 ? -Errno.EINVAL : int(tid) === 0 || alive(int(tid)) ? 0 : -Errno.ESRCH),
    sched_getparam: (_thread, [tid, address]) => {
      if (address === 0 || int(tid) < 0) return -Errno.EINVAL;
      if (int(tid) !== 0 && !alive(int(tid))) return -Errno.ESRCH;
      user.setU32(address, 0);
      return 0;
    },
    sched_get_priority_max: (_thread, [policy]) => priorities(int(policy), 99),
    sched_get_priority_min: (_thread, [policy]) => priorities(int(policy), 1),
    getcpu: (_thread, [cpu, node]) => {
      if (cpu !== 0) user.setU32(cpu, 0);
      if (node !== 0) user.setU32(node, 0);
      return 0;
    },
    times: (_thread, [address]) => {
      const ticks = Math.floor(process.clock.now / 1e7);
      const used = Math.floor(process.clock.busy / 1e7);
      if (address !== 0) [used, 0, 0, 0].forEach((value, i) => user.setWord(address + i * user.wordSize, value));
      return ticks;
    },
    getrusage: (thread, [who, address]) => {
      if (![0, -1, 1].includes(int(who))) return -Errno.EINVAL;
      const word = user.wordSize;
      user.fill(address, 18 * word, 0);
      if (int(who) === -1) return 0;
      writeTimeval(user, address, int(who) === 1 ? process.turns.busyTime(thread) : process.clock.busy);
      user.setWord(address + 4 * word, Math.floor(process.space.peakCommittedBytes / 1024));
      return 0;
    },
  };
}

function priorities(policy: number, realtime: number): number {
  if (policy === 1 || policy === 2) return realtime;
  return [0, 3, 5, 6, 7].includes(policy) ? 0 : -Errno.EINVAL;
}

const Arch = { SET_GS: 0x1001, SET_FS: 0x1002, GET_FS: 0x1003, GET_GS: 0x1004, GET_CPUID: 0x1011, SET_CPUID: 0x1012 } as const;

function archPrctl({ user, convention, layout, system }: Kernel, thread: Thread, code: number, address: number): number {
  if (code === Arch.GET_CPUID) return 1;
  if (code === Arch.SET_CPUID) return -Errno.ENODEV;
  if (convention === 'ia32') return -Errno.EINVAL;
  const registers = system.process.registers(thread);
  switch (code) {
    case Arch.SET_FS:
    case Arch.SET_GS:
      if (unsigned(address) >= layout.userLimit) return -Errno.EPERM;
      registers.set(code === Arch.SET_FS ? X86.fsBase : X86.gsBase, address);
      return 0;
    case Arch.GET_FS:
    case Arch.GET_GS:
      user.setWord(address, registers.get(code === Arch.GET_FS ? X86.fsBase : X86.gsBase));
      return 0;
    default:
      return -Errno.EINVAL;
  }
}
