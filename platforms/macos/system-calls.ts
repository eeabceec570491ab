/**
 * System calls that guests make by instruction: the UNIX class, the Mach traps, the machine's own. sigreturn always comes this way.
 * A UNIX call that no kernel has answers ENOSYS and raises SIGSYS, an unknown trap KERN_INVALID_ARGUMENT; what XNU has and this one
 * has not ends the run with a line that names it.
 * Source: bsd/dev/{i386,arm}/systemcalls.c (unix_syscall64, arm_prepare_u64_syscall_return), bsd/kern/syscalls.master, osfmk/kern/syscall_sw.c.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { syscallClobbers } from '../../emulator/cpu/system-call.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { FileSystem } from '../file-system.js';
import { markAlternateStack } from '../posix/alternate-stack.js';
import { bsdProgress } from '../posix/kernel/bsd-errno.js';
import { RunningCalls, type CallReturn } from '../posix/kernel/running-calls.js';
import { posixThread } from '../posix/posix-thread.js';
import { systemCall } from '../posix/system.js';
import { argument } from '../posix/system-call-table.js';
import { isWaiting, type Progress } from '../posix/waiting.js';
import { macBsd, unixCalls, type UnixCalls } from './bsd/calls.js';
import type { MacBsd } from './bsd/kernel.js';
import { SILENT, UNIX_CALLS, unixCallNames } from './bsd/system-call-numbers.js';
import type { MacFrames } from './frames.js';
import type { MachSystem } from './mach-functions.js';
import { Kern } from './mach-ports.js';
import { machTraps, type MachTrap } from './mach-traps.js';

/** The sixth argument's register is followed by the stack (x86-64) or by two more registers. */
const ARGUMENTS = {
  'x86-64': [X86.rdi, X86.rsi, X86.rdx, X86.r10, X86.r8, X86.r9],
  arm64: [A64.x0, A64.x1, A64.x2, A64.x3, A64.x4, A64.x5, A64.x0 + 6, A64.x0 + 7],
} as const;
const Class = { mach: 1, unix: 2, machine: 3 } as const;
/** Bytes of the instruction, to make the call anew. */
const INSTRUCTION = { 'x86-64': 2, arm64: 4 } as const;
/** UC_SET_ALT_STACK, UC_RESET_ALT_STACK: sigreturn of no frame, by which longjmp tells which stack it goes to. */
const Style = { setAlternate: 0x40000000, resetAlternate: 0x80000000 } as const;
const CARRY = { 'x86-64': Eflags.CF, arm64: Pstate.C } as const;
/** A second result is the number above 32 bits of the first one's (pipe). */
const HALF = 2 ** 32;

export class MacSystemCalls {
  readonly bsd: MacBsd;
  private readonly unix: UnixCalls;
  private readonly trap: (number: number) => MachTrap | undefined;
  private readonly running: RunningCalls;

  constructor(
    private readonly system: MachSystem,
    private readonly frames: MacFrames,
    files: FileSystem | undefined,
  ) {
    this.bsd = macBsd(system);
    this.unix = unixCalls(this.bsd, files);
    this.trap = machTraps(system);
    this.running = new RunningCalls(system);
  }

  private get arm(): boolean {
    return this.system.process.cpu === 'arm64';
  }

  private get cpu(): 'x86-64' | 'arm64' {
    return this.arm ? 'arm64' : 'x86-64';
  }

  /** The thread (loaded) has executed its system call instruction; PC is after it. */
  dispatch(thread: Thread): void {
    const { process, signals } = this.system;
    const registers = process.registers(thread);
    const { kind, number } = this.number(registers.lo(this.arm ? A64.x16 : X86.rax) | 0);
    const args = ARGUMENTS[this.cpu].map((slot) => argument(registers, slot));
    if (!this.arm) syscallClobbers(registers);
    if (kind === Class.unix) {
      // Number 0: the first argument is the number.
      const indirect = number === UNIX_CALLS.syscall;
      this.runUnix(thread, indirect ? args[0] % HALF : number, indirect ? args.slice(1) : args);
    } else if (kind === Class.mach) this.runTrap(thread, number, args);
    else if (kind === Class.machine && (number & 0xff) === 3) {
      registers.set(this.arm ? A64.tpidrro : X86.gsBase, args[0]);
      this.setResult(thread, 0);
      if (signals.hasDeliverable(thread)) signals.deliver(thread);
    } else this.badCall(thread, true);
  }

  private number(raw: number): { kind: number; number: number } {
    if (!this.arm) return { kind: (raw >>> 24) & 0xff, number: raw & 0xffffff };
    if (raw === -0x80000000) return { kind: Class.machine, number: 3 };
    return raw < 0 ? { kind: Class.mach, number: -raw } : { kind: Class.unix, number: raw };
  }

  private runTrap(thread: Thread, number: number, args: number[]): void {
    const trap = this.trap(number);
    const guarded = (action: () => Progress): Progress => {
      try {
        const progress = action();
        return isWaiting(progress) ? { ...progress, resume: () => guarded(() => progress.resume()) } : progress;
      } catch (error) {
        if (error instanceof GuestFault) return Kern.MemoryError;
        throw error;
      }
    };
    const progress = guarded(() => (trap ? trap(thread, args) : Kern.InvalidArgument));
    this.running.take(thread, { setResult: (result) => this.setResult(thread, result), again: () => this.again(thread) }, progress);
  }

  private runUnix(thread: Thread, number: number, args: number[]): void {
    const { process } = this.system;
    if (number === UNIX_CALLS.sigreturn) return this.sigreturn(thread, args);
    const name = unixCallNames.get(number);
    const { cancellation } = this.system;
    if (cancellation.isPoint(thread) && cancellation.due(thread)) return cancellation.begin(thread);
    const call = name && this.unix[name];
    if (!name) return this.badCall(thread, !SILENT.has(number));
    if (!call) return process.end({ kind: 'unsupported', text: `the system call ${name} (${number}) is not provided` });
    const progress = systemCall(this.system, () => call(thread, args));
    this.running.take(thread, this.unixReturn(thread, name === 'pipe'), progress === undefined ? undefined : bsdProgress(progress));
  }

  /** What no kernel has. */
  private badCall(thread: Thread, signals: boolean): void {
    const { system } = this;
    const { errno, signals: traits } = system.traits;
    if (signals) system.signals.sendToThread(thread, { signal: traits.numbers.SIGSYS, code: 0 });
    this.running.take(thread, this.unixReturn(thread, false), -errno.ENOSYS);
  }

  /** The thread (loaded) is about to run: a call that it waited in goes on. */
  goOn(thread: Thread): void {
    this.running.goOn(thread);
  }

  private again(thread: Thread): void {
    const { process } = this.system;
    const registers = process.registers(thread);
    registers.set(process.abi.pc, registers.get(process.abi.pc) - INSTRUCTION[this.cpu]);
  }

  private unixReturn(thread: Thread, two: boolean): CallReturn {
    return { setResult: (result) => this.setUnixResult(thread, result, two), again: () => this.again(thread) };
  }

  private setResult(thread: Thread, result: number): void {
    const { process } = this.system;
    process.registers(thread).set(this.arm ? A64.x0 : X86.rax, result);
  }

  /** Carry set: the result is an error number. The second result's register is 0 where there is none. */
  private setUnixResult(thread: Thread, result: number, two = false): void {
    const { process } = this.system;
    const registers = process.registers(thread);
    const slot = this.arm ? A64.pstate : X86.rflags;
    const carry = CARRY[this.cpu];
    const flags = registers.lo(slot) & ~carry;
    registers.set(slot, (result < 0 ? flags | carry : flags) >>> 0);
    const pair = two && result >= 0;
    this.setResult(thread, pair ? result % HALF : Math.abs(result));
    if (this.arm || result >= 0) registers.set(this.arm ? A64.x1 : X86.rdx, pair ? Math.floor(result / HALF) : 0);
  }

  private sigreturn(thread: Thread, [ucontext, style, token]: number[]): void {
    const { signals, process, traits } = this.system;
    const use = style >>> 0;
    if (use === Style.setAlternate || use === Style.resetAlternate) {
      markAlternateStack(posixThread(thread), use === Style.setAlternate);
      return this.setUnixResult(thread, 0);
    }
    const refused = this.frames.sigreturn(thread, ucontext, token, (mask) => signals.setMask(thread, mask));
    if (refused) this.setUnixResult(thread, -traits.errno[refused]);
    if (refused) return;
    if (process.events.on) process.events.emit('signal-return');
    if (signals.hasDeliverable(thread)) signals.deliver(thread);
  }
}
