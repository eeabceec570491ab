/**
 * System calls that guests make by instruction on FreeBSD: the conventions of both CPUs, the table by number, sigreturn. Arguments are
 * in registers (x86-64) or on the stack (IA-32); failure is the carry flag with errno in eax. What no kernel has answers ENOSYS
 * and raises SIGSYS; what a real one has and this one has not ends the run with a line that names it.
 * Source: sys/kern/subr_syscall.c, kern_sig.c (nosys); cpu_fetch_syscall_args and cpu_set_syscall_retval of both CPUs.
 */
import { X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { FileSystem } from '../file-system.js';
import { bsdProgress } from '../posix/kernel/bsd-errno.js';
import { RunningCalls, type CallReturn } from '../posix/kernel/running-calls.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import { systemCall, type PosixSystem } from '../posix/system.js';
import { argument } from '../posix/system-call-table.js';
import type { FreeBsdFrames } from './frame.js';
import { freebsdCalls, freebsdKernel } from './kernel/calls.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel/kernel.js';
import { FREEBSD_CALLS, freebsdCallNames, type FreeBsdCallName } from './kernel/system-call-numbers.js';
import type { FreeBsdLayout } from './layout.js';

/** Bytes of syscall and of int 80h, to make the call anew. */
const INSTRUCTION = 2;
/** Calls whose number is their first argument; __syscall's takes 64 bits. */
const INDIRECT: readonly number[] = [FREEBSD_CALLS.syscall, FREEBSD_CALLS.__syscall];
const MOST_ARGUMENTS = 8;

export class FreeBsdSystemCalls {
  readonly kernel: FreeBsdKernel;
  private readonly calls: FreeBsdCalls;
  private readonly running: RunningCalls;

  constructor(
    private readonly os: PosixSystem,
    private readonly frames: FreeBsdFrames,
    layout: FreeBsdLayout,
    files: FileSystem | undefined,
    adopt: (thread: Thread) => PosixThread,
  ) {
    this.kernel = freebsdKernel(os, layout, adopt);
    this.calls = freebsdCalls(this.kernel, files);
    this.running = new RunningCalls(os);
  }

  /** `from`: the first word that is an argument. */
  private arguments(from: number): number[] {
    const { process } = this.os;
    const { registers } = process.engine;
    if (process.cpu !== 'ia32') {
      const all = [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9].map((slot) => argument(registers, slot));
      return all.slice(from);
    }
    const sp = registers.get(X86.rsp) + 4 + 4 * from;
    return Array.from({ length: MOST_ARGUMENTS }, (_, i) => {
      try {
        return process.user.u32(sp + 4 * i);
      } catch (error) {
        if (error instanceof GuestFault) return 0;
        throw error;
      }
    });
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread): void {
    const { process } = this.os;
    const registers = process.registers(thread);
    let number = registers.lo(X86.rax);
    let from = 0;
    if (INDIRECT.includes(number)) {
      from = process.cpu === 'ia32' && number === FREEBSD_CALLS.__syscall ? 2 : 1;
      number = this.arguments(0)[0] % 0x100000000;
    }
    const name = freebsdCallNames.get(number);
    if (name === 'sigreturn') return this.sigreturn(thread, this.arguments(from)[0]);
    const args = this.arguments(from);
    if (process.cpu === 'x86-64') syscallClobbers(registers);
    if (name === 'getcontext' || name === 'setcontext' || name === 'swapcontext') return this.context(thread, name, args);
    const { cancellation } = this.os;
    if (cancellation.isPoint(thread) && cancellation.due(thread)) return cancellation.begin(thread);
    const call = name && this.calls[name];
    if (!call) return this.missing(thread, name, number);
    const progress = systemCall(this.os, () => call(thread, args));
    this.running.take(thread, this.back(thread, name), progress === undefined ? undefined : bsdProgress(progress));
  }

  private missing(thread: Thread, name: FreeBsdCallName | undefined, number: number): void {
    const { process, signals, traits } = this.os;
    if (name) process.end({ kind: 'unsupported', text: `the system call ${name} (${number}) is not provided` });
    signals.sendToThread(thread, { signal: traits.signals.numbers.SIGSYS, code: 0 });
    this.running.take(thread, this.back(thread, undefined), -traits.errno.ENOSYS);
  }

  /** The thread (loaded) is about to run: a call that it waited in goes on. */
  goOn(thread: Thread): void {
    this.running.goOn(thread);
  }

  private back(thread: Thread, name: FreeBsdCallName | undefined): CallReturn {
    const { process } = this.os;
    return {
      setResult: (result) => this.setResult(thread, result, name === 'lseek'),
      again: () => {
        const registers = process.registers(thread);
        registers.set(X86.rip, registers.get(X86.rip) - INSTRUCTION);
      },
    };
  }

  /** `wide`: an off_t, which IA-32 returns in edx:eax. */
  private setResult(thread: Thread, result: number, wide: boolean): void {
    const { process } = this.os;
    const registers = process.registers(thread);
    const flags = registers.get(X86.rflags);
    if (result < 0) {
      registers.set(X86.rax, -result);
      registers.set(X86.rflags, flags | Eflags.CF);
      return;
    }
    const ia32 = process.cpu === 'ia32';
    registers.set(X86.rax, ia32 ? result % 0x100000000 : result);
    if (wide && ia32) registers.set(X86.rdx, Math.floor(result / 0x100000000));
    registers.set(X86.rflags, flags & ~Eflags.CF);
  }

  /** Contexts: sys/kern/kern_context.c. The registers are what was set, and no result of a call. */
  private context(thread: Thread, name: 'getcontext' | 'setcontext' | 'swapcontext', [first, second]: number[]): void {
    const { errno } = this.os.traits;
    const fail = (error: keyof typeof errno): void => this.setResult(thread, -errno[error], false);
    if (first === 0 || (name === 'swapcontext' && second === 0)) return fail('EINVAL');
    if (name !== 'setcontext' && !this.frames.copyOut(thread, posixThread(thread).mask, first)) return fail('EFAULT');
    if (name === 'getcontext') return this.setResult(thread, 0, false);
    const set = this.frames.setContext(name === 'setcontext' ? first : second);
    if (typeof set === 'string') return fail(set);
    this.os.signals.setMask(thread, set);
    if (this.os.signals.hasDeliverable(thread)) this.os.signals.deliver(thread);
  }

  private sigreturn(thread: Thread, ucontext: number): void {
    const { os } = this;
    const result = this.frames.sigreturn(thread, ucontext);
    if (result === 'selector') {
      const { SIGBUS } = os.traits.signals.numbers;
      os.signals.force(thread, { signal: SIGBUS, code: os.traits.signals.codes.KERNEL, about: 'sigreturn found a bad code selector' });
      return;
    }
    if (typeof result === 'string') return this.setResult(thread, -os.traits.errno[result], false);
    os.signals.setMask(thread, result);
    if (os.process.events.on) os.process.events.emit('signal-return');
    if (os.signals.hasDeliverable(thread)) os.signals.deliver(thread);
  }
}
