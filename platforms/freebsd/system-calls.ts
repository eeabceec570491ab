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
import { posixThread } from '../posix/posix-thread.js';
import { readSet } from '../posix/signal-set.js';
import { systemCall, type PosixSystem } from '../posix/system.js';
import { argument, commonCalls, endThread, int, type SystemCall } from '../posix/system-call-table.js';
import type { FreeBsdFrames } from './frame.js';
import { pageCalls } from './page-calls.js';

// prettier-ignore
const NUMBERS = {
  exit: 1, read: 3, write: 4, close: 6, getpid: 20, getuid: 24, geteuid: 25, kill: 37, getppid: 39, getegid: 43, getgid: 47, sigaltstack: 53, msync: 65,
  munmap: 73, mprotect: 74, madvise: 75, mincore: 78, gettimeofday: 116, sysarch: 165, clock_gettime: 232, clock_getres: 234, minherit: 250, sched_yield: 331, sigprocmask: 340, sigsuspend: 341,
  sigpending: 343, sigaction: 416, sigreturn: 417, thr_exit: 431, thr_self: 432, thr_kill: 433, mmap: 477, thr_kill2: 481,
} as const;
const Sysarch = { I386_SET_FSBASE: 8, I386_GET_GSBASE: 9, I386_SET_GSBASE: 10, AMD64_GET_FSBASE: 128, AMD64_SET_FSBASE: 129 } as const;
/** thr_kill's id for all threads but the caller. */
const ALL_OTHERS = -1;

export class FreeBsdSystemCalls {
  private readonly table: ReadonlyMap<number, SystemCall>;

  constructor(
    private readonly os: PosixSystem,
    private readonly frames: FreeBsdFrames,
  ) {
    const calls = this.calls();
    this.table = new Map(Object.entries(calls).map(([name, call]) => [NUMBERS[name as keyof typeof calls], call]));
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
    return [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9].map((slot) => argument(registers, slot));
  }

  dispatch(thread: Thread): void {
    const { process, traits, signals } = this.os;
    const registers = process.registers(thread);
    const number = registers.lo(X86.rax);
    if (number === NUMBERS.sigreturn) {
      return this.sigreturn(thread, process.cpu === 'ia32' ? process.supervisor.u32(registers.get(X86.rsp) + 4) : registers.get(X86.rdi));
    }
    const args = this.arguments();
    if (process.cpu === 'x86-64') syscallClobbers(registers);
    const call = this.table.get(number);
    const result = call ? systemCall(this.os, () => call(thread, args)) : -traits.errno.ENOSYS;
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

  private calls(): Record<Exclude<keyof typeof NUMBERS, 'sigreturn'>, SystemCall> {
    const { os } = this;
    const { process, traits, signalCalls } = os;
    const { user } = process;
    const common = commonCalls(os);
    /** thr_kill of the process's own threads. */
    const killThread = (caller: Thread, id: number, signal: number): number => {
      if (id !== ALL_OTHERS) return signalCalls.killThread(signalCalls.thread(id), signal);
      const others = process.threads.filter((thread) => thread !== caller && thread.state !== 'ended');
      if (signal !== 0 && !signalCalls.valid(signal)) return -traits.errno.EINVAL;
      for (const other of others) signalCalls.killThread(other, signal);
      return others.length > 0 ? 0 : -traits.errno.ESRCH;
    };
    return {
      ...common,
      ...pageCalls(os),
      // off_t takes two words of the stack on IA-32.
      mmap: (thread, [address, length, prot, flags, fd, low, high]) =>
        common.mmap(thread, [address, length, prot, flags, fd, user.wordSize === 4 ? low + high * 0x100000000 : low]),
      sysarch: (thread, [operation, address]) => {
        const registers = process.registers(thread);
        switch (operation) {
          case Sysarch.AMD64_GET_FSBASE:
            user.setWord(address, registers.get(X86.fsBase));
            return 0;
          case Sysarch.I386_GET_GSBASE:
            user.setWord(address, registers.get(X86.gsBase));
            return 0;
          case Sysarch.AMD64_SET_FSBASE:
          case Sysarch.I386_SET_FSBASE:
            registers.set(X86.fsBase, user.word(address));
            return 0;
          case Sysarch.I386_SET_GSBASE:
            registers.set(X86.gsBase, user.word(address));
            return 0;
          default:
            return -traits.errno.EINVAL;
        }
      },
      sigsuspend: (thread, [set]) => signalCalls.sigsuspend(thread, readSet(user, set, traits.signals.kernel.setBytes)),
      thr_exit: (thread) => endThread(os, thread, 0),
      thr_self: (thread, [address]) => {
        user.setWord(address, posixThread(thread).tid);
        return 0;
      },
      thr_kill: (thread, [id, signal]) => killThread(thread, int(id), int(signal)),
      thr_kill2: (thread, [pid, id, signal]) => (int(pid) === os.pid ? killThread(thread, int(id), int(signal)) : -traits.errno.ESRCH),
    };
  }
}
