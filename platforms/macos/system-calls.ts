/**
 * System calls that guests make by instruction: the UNIX class and the Mach traps that
 * need no C library. sigreturn always comes this way. A UNIX call that isn't here answers
 * ENOSYS and raises SIGSYS, an unknown trap KERN_INVALID_ARGUMENT, as XNU does.
 * Source: bsd/kern/syscalls.master, osfmk/kern/syscall_sw.c, the entry conventions of both CPUs.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { OsOptions } from '../os.js';
import { posixThread } from '../posix/posix-thread.js';
import { onAlternateStack } from '../posix/signal-frames.js';
import { exclude, include, readSet, writeSet } from '../posix/signal-set.js';
import type { MacFrames } from './frames.js';
import type { MachSystem } from './mach-functions.js';
import { MachMemory } from './mach-memory.js';
import { Kern } from './mach-ports.js';

const ARGUMENTS = {
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5],
} as const;
const Class = { mach: 1, unix: 2, machine: 3 } as const;
const SIGRETURN = 184;
const CARRY = { 'x86-64': Eflags.CF, arm64: Pstate.C } as const;

type Handler = (thread: Thread, a: number[]) => number;

export class MacSystemCalls {
  private readonly unix: Map<number, Handler>;
  private readonly traps: Map<number, Handler>;

  constructor(
    private readonly system: MachSystem,
    private readonly frames: MacFrames,
    private readonly options: OsOptions,
  ) {
    this.unix = this.unixCalls();
    this.traps = this.machTraps();
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread): void {
    const { process, signals } = this.system;
    const registers = process.registers(thread);
    const { kind, number } = this.number(registers.lo(process.cpu === 'arm64' ? A64.x16 : X86.rax) | 0);
    const args = ARGUMENTS[process.cpu as 'x86-64' | 'arm64'].map((slot) => registers.get(slot));
    if (process.cpu !== 'arm64') syscallClobbers(registers);
    if (kind === Class.unix) {
      if (number === SIGRETURN) return this.sigreturn(thread, args);
      this.runUnix(thread, number, args);
    } else if (kind === Class.mach) {
      const trap = this.traps.get(number);
      this.setResult(
        thread,
        this.guarded(() => (trap ? trap(thread, args) : Kern.InvalidArgument), Kern.InvalidAddress),
      );
    } else if (kind === Class.machine && (number & 0xff) === 3) {
      registers.set(process.cpu === 'arm64' ? A64.tpidrro : X86.gsBase, args[0]);
      this.setResult(thread, 0);
    } else this.badCall(thread);
    if (thread.state !== 'ended' && signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private number(raw: number): { kind: number; number: number } {
    if (this.system.process.cpu !== 'arm64') return { kind: (raw >>> 24) & 0xff, number: raw & 0xffffff };
    if (raw === -0x80000000) return { kind: Class.machine, number: 3 };
    return raw < 0 ? { kind: Class.mach, number: -raw } : { kind: Class.unix, number: raw };
  }

  private guarded(action: () => number, failed: number): number {
    try {
      return action();
    } catch (error) {
      if (error instanceof GuestFault) return failed;
      throw error;
    }
  }

  private runUnix(thread: Thread, number: number, args: number[]): void {
    const { errno } = this.system.traits;
    const handler = this.unix.get(number);
    if (!handler) return this.badCall(thread);
    const result = this.guarded(() => handler(thread, args), -errno.EFAULT);
    if (thread.state !== 'ended') this.setUnixResult(thread, result);
  }

  private badCall(thread: Thread): void {
    const { traits, signals } = this.system;
    this.setUnixResult(thread, -traits.errno.ENOSYS);
    signals.sendToThread(thread, { signal: traits.signals.numbers.SIGSYS, code: 0 });
  }

  private setResult(thread: Thread, result: number): void {
    const { process } = this.system;
    process.registers(thread).set(process.cpu === 'arm64' ? A64.x0 : X86.rax, result);
  }

  /** Carry set: the result is an error number. */
  private setUnixResult(thread: Thread, result: number): void {
    const { process } = this.system;
    const registers = process.registers(thread);
    const slot = process.cpu === 'arm64' ? A64.pstate : X86.rflags;
    const carry = CARRY[process.cpu as 'x86-64' | 'arm64'];
    const flags = registers.lo(slot) & ~carry;
    registers.set(slot, (result < 0 ? flags | carry : flags) >>> 0);
    this.setResult(thread, Math.abs(result));
  }

  private sigreturn(thread: Thread, [ucontext, , token]: number[]): void {
    const { signals, process, traits } = this.system;
    const mask = this.frames.sigreturn(thread, ucontext, token);
    if (typeof mask === 'string') {
      this.setUnixResult(thread, -traits.errno[mask]);
      return;
    }
    signals.setMask(thread, mask);
    if (process.events.on) process.events.emit('signal-return');
    if (signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private unixCalls(): Map<number, Handler> {
    const { system, options } = this;
    const { process, memory, traits, signals } = system;
    const { errno } = traits;
    const { user } = process;
    const int = (value: number): number => (value % 0x100000000) | 0;
    const write: Handler = (_t, [fd, address, length]) => {
      if (int(fd) !== 1 && int(fd) !== 2) return -errno.EBADF;
      options.output(int(fd) as 1 | 2, user.bytes(address, Math.min(length, 0x7fffffff)));
      return length;
    };
    const read: Handler = (_t, [fd, address, length]) => {
      if (int(fd) !== 0) return -errno.EBADF;
      const bytes = options.input(Math.min(length, 0x7fffffff));
      user.write(address, bytes);
      return bytes.length;
    };
    const changeMask: Handler = (thread, [how, wanted, old]) => {
      const { BLOCK, UNBLOCK, SETMASK } = traits.signals.how;
      const { mask } = posixThread(thread);
      const next = mask.slice();
      if (wanted !== 0) {
        const set = readSet(user, wanted, 4);
        if (how === BLOCK) include(next, set);
        else if (how === UNBLOCK) exclude(next, set);
        else if (how === SETMASK) next[0] = set[0];
        else return -errno.EINVAL;
      }
      if (old !== 0) writeSet(user, old, 4, mask);
      if (wanted !== 0) signals.setMask(thread, next);
      return 0;
    };
    return new Map<number, Handler>([
      [1, (_t, [code]) => process.end({ kind: 'exit', code: code & 0xff })],
      [3, read],
      [4, write],
      [6, (_t, [fd]) => (int(fd) >= 0 && int(fd) <= 2 ? 0 : -errno.EBADF)],
      [20, () => system.pid],
      [
        37,
        (_t, [pid, signal]) => {
          if (int(pid) !== system.pid && int(pid) !== 0) return -errno.ESRCH;
          if (int(signal) < 0 || int(signal) > traits.signals.limit) return -errno.EINVAL;
          if (int(signal) > 0) signals.sendToProcess({ signal: int(signal), code: traits.signals.codes.USER, pid: system.pid });
          return 0;
        },
      ],
      // The kernel's sigaction: {handler, trampoline, mask, flags} in, {handler, mask, flags} out.
      [
        46,
        (_t, [signal, wanted, old]) => {
          const { numbers, limit, sigaction } = traits.signals;
          if (signal < 1 || signal > limit || (wanted !== 0 && (signal === numbers.SIGKILL || signal === numbers.SIGSTOP)))
            return -errno.EINVAL;
          const action = signals.actions[signal];
          const next = wanted !== 0 && {
            handler: user.word(wanted),
            restorer: user.word(wanted + 8),
            mask: readSet(user, wanted + 16, 4),
            flags: user.u32(wanted + 20),
          };
          if (old !== 0) {
            user.setWord(old + sigaction.handler, action.handler);
            writeSet(user, old + sigaction.mask, 4, action.mask);
            user.setU32(old + sigaction.flags, action.flags);
          }
          if (next) {
            signals.actions[signal] = next;
            signals.discardIgnored(signal);
          }
          return 0;
        },
      ],
      [48, changeMask],
      [
        52,
        (thread, [address]) => {
          const { mask } = posixThread(thread);
          writeSet(
            user,
            address,
            4,
            signals.pendingFor(thread).map((word, i) => word & mask[i]),
          );
          return 0;
        },
      ],
      [53, (thread, args) => this.sigaltstack(thread, args)],
      [73, (_t, [address, length]) => memory.munmap(address, length)],
      [74, (_t, [address, length, prot]) => memory.mprotect(address, length, int(prot))],
      [75, (_t, [address, length, advice]) => memory.madvise(address, length, int(advice))],
      [197, (_t, [address, length, prot, flags, fd, offset]) => memory.mmap(address, length, int(prot), int(flags), int(fd), offset)],
      [327, () => 0],
      [
        328,
        (_t, [port, signal]) => {
          const thread = system.kernel.ports.thread(port);
          if (!thread || thread.state === 'ended') return -errno.ESRCH;
          if (int(signal) < 0 || int(signal) > traits.signals.limit) return -errno.EINVAL;
          if (int(signal) > 0) signals.sendToThread(thread, { signal: int(signal), code: traits.signals.codes.THREAD, pid: system.pid });
          return 0;
        },
      ],
      [329, changeMask],
      [372, (thread) => posixThread(thread).tid],
      [396, read],
      [397, write],
    ]);
  }

  private sigaltstack(thread: Thread, [wanted, old]: number[]): number {
    const { process, traits } = this.system;
    const { user } = process;
    const { stack, altStack } = traits.signals;
    const state = posixThread(thread);
    const on = onAlternateStack(state, process.registers(thread).get(process.abi.sp));
    const next = wanted !== 0 && {
      sp: user.word(wanted + stack.sp),
      flags: user.u32(wanted + stack.flags),
      size: user.word(wanted + stack.length),
    };
    if (old !== 0) {
      user.setWord(old + stack.sp, state.altStack?.sp ?? 0);
      user.setU32(old + stack.flags, state.altStack ? (on ? altStack.ONSTACK : 0) : altStack.DISABLE);
      user.setWord(old + stack.length, state.altStack?.size ?? 0);
    }
    if (!next) return 0;
    if (on) return -traits.errno.EPERM;
    if (next.flags & ~altStack.DISABLE) return -traits.errno.EINVAL;
    if (!(next.flags & altStack.DISABLE) && next.size < altStack.minimum) return -traits.errno.ENOMEM;
    state.altStack = next.flags & altStack.DISABLE ? undefined : { sp: next.sp, size: next.size };
    return 0;
  }

  private machTraps(): Map<number, Handler> {
    const { process, kernel, memory, traits } = this.system;
    const { ports } = kernel;
    const { user } = process;
    const vm = new MachMemory(memory, traits.errno);
    const mine = (task: number, action: () => number): number => (task === ports.task ? action() : Kern.InvalidTask);
    return new Map<number, Handler>([
      [
        10,
        (_t, [task, addressAt, size, flags]) =>
          mine(task, () => {
            const { result, address } = vm.allocate(user.word(addressAt), size, flags);
            if (result === Kern.Success) user.setWord(addressAt, address);
            return result;
          }),
      ],
      [12, (_t, [task, address, size]) => mine(task, () => vm.deallocate(address, size))],
      [14, (_t, [task, address, size, setMaximum, prot]) => mine(task, () => vm.protect(address, size, setMaximum !== 0, prot))],
      [
        16,
        (_t, [task, right, result]) =>
          mine(task, () => {
            const name = ports.allocate(right);
            if (name === undefined) return Kern.InvalidValue;
            user.setU32(result, name);
            return Kern.Success;
          }),
      ],
      [18, (_t, [task, name]) => mine(task, () => ports.deallocate(name))],
      [19, (_t, [task, name, right, delta]) => mine(task, () => ports.modRefs(name, right, delta | 0))],
      [21, (_t, [task, name, port, how]) => mine(task, () => ports.insertRight(name, port, how))],
      [26, () => ports.allocate(1)!],
      [27, (thread) => ports.ofThread(thread)],
      [28, () => ports.task],
      [29, () => ports.host],
      [
        59,
        () => {
          process.reschedule = true;
          return 0;
        },
      ],
    ]);
  }
}
