/**
 * System calls that guests make by instruction on FreeBSD: sigreturn, and those that
 * need no C library. Arguments in registers (x86-64) or on the stack (IA-32); failure
 * is the carry flag with errno in eax. Source: sys/kern/syscalls.master; cpu_fetch_syscall_args.
 */
import { X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import { REALTIME_EPOCH } from '../posix/clock.js';
import type { PosixOs } from '../posix/posix-os.js';
import { posixThread } from '../posix/posix-thread.js';
import { exclude, include, readSet, writeSet } from '../posix/signal-set.js';
import type { FreeBsdFrames } from './frames.js';

// prettier-ignore
const SystemCall = {
  exit: 1, read: 3, write: 4, getpid: 20, getuid: 24, geteuid: 25, kill: 37, getppid: 39, getegid: 43, getgid: 47, munmap: 73, mprotect: 74, madvise: 75,
  sysarch: 165, clock_gettime: 232, sched_yield: 331, sigprocmask: 340, sigaction: 416, sigreturn: 417, thr_exit: 431, thr_self: 432, thr_kill: 433, mmap: 477,
} as const;
const Sysarch = { I386_SET_FSBASE: 8, I386_GET_GSBASE: 9, I386_SET_GSBASE: 10, AMD64_GET_FSBASE: 128, AMD64_SET_FSBASE: 129 } as const;
const SET_BYTES = 16;

export class FreeBsdSystemCalls {
  private readonly table: Map<number, (thread: Thread, a: number[]) => number | undefined>;

  constructor(
    private readonly os: PosixOs,
    private readonly frames: FreeBsdFrames,
  ) {
    this.table = this.build();
  }

  private arguments(): number[] {
    const { process } = this.os;
    const { registers } = process.engine;
    if (process.cpu === 'ia32') {
      const sp = registers.get(X86.rsp);
      return Array.from({ length: 8 }, (_, i) => {
        try {
          return process.user.u32(sp + 4 + 4 * i);
        } catch (error) {
          if (error instanceof GuestFault) return 0;
          throw error;
        }
      });
    }
    return [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9].map((slot) => registers.get(slot));
  }

  dispatch(thread: Thread): void {
    const { process, traits, signals } = this.os;
    const registers = process.registers(thread);
    const number = registers.lo(X86.rax);
    if (number === SystemCall.sigreturn) {
      return this.sigreturn(thread, process.cpu === 'ia32' ? process.supervisor.u32(registers.get(X86.rsp) + 4) : registers.get(X86.rdi));
    }
    const args = this.arguments();
    if (process.cpu === 'x86-64') syscallClobbers(registers);
    const call = this.table.get(number);
    let result: number | undefined;
    try {
      result = call ? call(thread, args) : -traits.errno.ENOSYS;
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      result = -traits.errno.EFAULT;
    }
    if (result !== undefined) this.setResult(thread, result);
    if (thread.state !== 'ended' && signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private setResult(thread: Thread, result: number): void {
    const registers = this.os.process.registers(thread);
    const flags = registers.get(X86.rflags);
    if (result < 0) {
      registers.set(X86.rax, -result);
      registers.set(X86.rflags, flags | Eflags.CF);
      return;
    }
    registers.set(X86.rax, result);
    registers.set(X86.rdx, 0);
    registers.set(X86.rflags, flags & ~Eflags.CF);
  }

  private sigreturn(thread: Thread, ucontext: number): void {
    const { os } = this;
    const result = this.frames.sigreturn(thread, ucontext);
    if (result === 'selector') {
      const { SIGBUS } = os.traits.signals.numbers;
      os.signals.force(thread, { signal: SIGBUS, code: os.traits.signals.codes.KERNEL, about: 'sigreturn found a bad code selector' });
      return;
    }
    if (typeof result === 'string') return this.setResult(thread, -os.traits.errno[result]);
    os.signals.setMask(thread, result);
    if (os.process.events.on) os.process.events.emit('signal-return');
    if (os.signals.hasDeliverable(thread)) os.signals.deliver(thread);
  }

  private build(): Map<number, (thread: Thread, a: number[]) => number | undefined> {
    const { os } = this;
    const { process, memory, traits, signals } = os;
    const { errno } = traits;
    const user = process.user;
    const word = user.wordSize;
    const int = (value: number): number => (value % 0x100000000) | 0;
    const { sigaction: layout, numbers, limit } = traits.signals;
    return new Map<number, (thread: Thread, a: number[]) => number | undefined>([
      [SystemCall.exit, (_t, [code]) => process.end({ kind: 'exit', code: code & 0xff })],
      [
        SystemCall.read,
        (_t, [fd, address, length]) => {
          if (int(fd) !== 0) return -errno.EBADF;
          const bytes = os.options.input(Math.min(length, 0x7fffffff));
          user.write(address, bytes);
          return bytes.length;
        },
      ],
      [
        SystemCall.write,
        (_t, [fd, address, length]) => {
          if (int(fd) !== 1 && int(fd) !== 2) return -errno.EBADF;
          if (length > 0x7fffffff) return -errno.EINVAL;
          os.options.output(int(fd) as 1 | 2, user.bytes(address, length));
          return length;
        },
      ],
      [SystemCall.getpid, () => os.pid],
      [SystemCall.getppid, () => 1],
      [SystemCall.getuid, () => 0],
      [SystemCall.geteuid, () => 0],
      [SystemCall.getgid, () => 0],
      [SystemCall.getegid, () => 0],
      [
        SystemCall.kill,
        (_t, [pid, signal]) => {
          if (int(signal) < 0 || int(signal) > limit) return -errno.EINVAL;
          if (int(pid) !== os.pid && int(pid) !== 0) return -errno.ESRCH;
          if (int(signal) > 0) signals.sendToProcess({ signal: int(signal), code: traits.signals.codes.USER, pid: os.pid });
          return 0;
        },
      ],
      [SystemCall.munmap, (_t, [address, length]) => memory.munmap(address, length)],
      [SystemCall.mprotect, (_t, [address, length, prot]) => memory.mprotect(address, length, int(prot))],
      [SystemCall.madvise, (_t, [address, length, advice]) => memory.madvise(address, length, int(advice))],
      [
        SystemCall.mmap,
        (_t, [address, length, prot, flags, fd, low, high]) =>
          memory.mmap(address, length, int(prot), int(flags), int(fd), word === 4 ? low + high * 0x100000000 : low),
      ],
      [
        SystemCall.sysarch,
        (thread, [operation, address]) => {
          const registers = process.registers(thread);
          const slot =
            operation === Sysarch.AMD64_SET_FSBASE || operation === Sysarch.AMD64_GET_FSBASE || operation === Sysarch.I386_SET_FSBASE
              ? X86.fsBase
              : X86.gsBase;
          switch (operation) {
            case Sysarch.AMD64_GET_FSBASE:
            case Sysarch.I386_GET_GSBASE:
              user.setWord(address, registers.get(slot));
              return 0;
            case Sysarch.AMD64_SET_FSBASE:
            case Sysarch.I386_SET_FSBASE:
            case Sysarch.I386_SET_GSBASE:
              registers.set(slot, user.word(address));
              return 0;
            default:
              return -errno.EINVAL;
          }
        },
      ],
      [
        SystemCall.clock_gettime,
        (_t, [clock, address]) => {
          const { now } = process.clock;
          user.setWord(address + word, now % 1e9);
          user.setWord(address, Math.floor(now / 1e9) + (clock === 0 ? REALTIME_EPOCH : 0));
          return 0;
        },
      ],
      [
        SystemCall.sched_yield,
        () => {
          process.reschedule = true;
          return 0;
        },
      ],
      [
        SystemCall.sigprocmask,
        (thread, [how, wanted, old]) => {
          const { mask } = posixThread(thread);
          const { BLOCK, UNBLOCK, SETMASK } = traits.signals.how;
          const next = mask.slice();
          if (wanted !== 0) {
            const set = readSet(user, wanted, SET_BYTES);
            if (how === BLOCK) include(next, set);
            else if (how === UNBLOCK) exclude(next, set);
            else if (how === SETMASK) next.set(set);
            else return -errno.EINVAL;
          }
          if (old !== 0) writeSet(user, old, SET_BYTES, mask);
          if (wanted !== 0) signals.setMask(thread, next);
          return 0;
        },
      ],
      [
        SystemCall.sigaction,
        (_t, [signal, wanted, old]) => {
          if (signal < 1 || signal > limit) return -errno.EINVAL;
          if (wanted !== 0 && (signal === numbers.SIGKILL || signal === numbers.SIGSTOP)) return -errno.EINVAL;
          const action = signals.actions[signal];
          const next = wanted !== 0 && {
            handler: user.word(wanted + layout.handler),
            flags: user.u32(wanted + layout.flags),
            mask: readSet(user, wanted + layout.mask, SET_BYTES),
            restorer: 0,
          };
          if (old !== 0) {
            user.setWord(old + layout.handler, action.handler);
            user.setU32(old + layout.flags, action.flags);
            writeSet(user, old + layout.mask, SET_BYTES, action.mask);
          }
          if (next) {
            signals.actions[signal] = next;
            signals.discardIgnored(signal);
          }
          return 0;
        },
      ],
      [
        SystemCall.thr_exit,
        (thread) => {
          const others = process.threads.some((t) => t !== thread && t.state !== 'ended');
          if (!others) process.end({ kind: 'exit', code: 0 });
          process.endThread(thread, 0);
          return undefined;
        },
      ],
      [
        SystemCall.thr_self,
        (thread, [address]) => {
          user.setWord(address, posixThread(thread).tid);
          return 0;
        },
      ],
      [
        SystemCall.thr_kill,
        (_t, [tid, signal]) => {
          const target = process.threads.find((t) => posixThread(t).tid === tid && t.state !== 'ended');
          if (!target) return -errno.ESRCH;
          if (int(signal) < 0 || int(signal) > limit) return -errno.EINVAL;
          if (int(signal) > 0) signals.sendToThread(target, { signal: int(signal), code: traits.signals.codes.THREAD, pid: os.pid });
          return 0;
        },
      ],
    ]);
  }
}
