/**
 * Machine faults as FreeBSD signals, with its own trap numbers. A general protection
 * fault names the PC, never the pointer. Source: sys/amd64/amd64/trap.c, sys/i386/i386/trap.c, x86/include/trap.h; fpetable of amd64/fpu.c and i386/npx.c.
 */
import { FloatException as F, Fxsave, fxsaveView, STACK_FAULT } from '../../emulator/cpu/fxsave.js';
import { pageFaultError, Vector } from '../../emulator/cpu/x86-exceptions.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeFault } from '../posix/fault-description.js';
import { posixThread } from '../posix/posix-thread.js';
import type { PosixSystem } from '../posix/system.js';

const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRALN = 1;
const BUS_ADRERR = 2;
const BUS_OBJERR = 3;
const FPE_INTDIV = 2;
const FPE_FLTSUB = 8;
/** Invalid, division, denormal operand, overflow, underflow, inexact: FPE_FLTINV, DIV, UND, OVF, UND, RES. */
// prettier-ignore
const FLOAT_CODES = [[F.invalid, 7], [F.divideByZero, 3], [F.denormal, 5], [F.overflow, 4], [F.underflow, 5], [F.precision, 6]] as const;
const ILL_PRVOPC = 5;
const TRAP_BRKPT = 1;
const TRAP_TRACE = 2;

/** Trap numbers (not the CPU's vectors). */
// prettier-ignore
const T = {
  PRIVINFLT: 1, BPTFLT: 3, ARITHTRAP: 6, PROTFLT: 9, TRCTRAP: 10, PAGEFLT: 12, ALIGNFLT: 14, DIVIDE: 18, OFLOW: 20, BOUND: 21, SEGNPFLT: 26, STKFLT: 27, XMMFLT: 29,
} as const;

export const PROT_FAULT_SIGBUS = 'prot-fault-sigbus';

export class FreeBsdFaults {
  constructor(private readonly os: PosixSystem) {}

  /** `error`: tf_err. tf_addr is a page fault's alone. */
  private raise(
    thread: Thread,
    name: string,
    code: number,
    address: number,
    trapNumber: number,
    about: string | (() => string),
    error = 0,
  ): void {
    const { trap } = posixThread(thread);
    trap.number = trapNumber;
    trap.address = trapNumber === T.PAGEFLT ? address : 0;
    trap.error = error;
    this.os.signals.force(thread, { signal: this.os.traits.signals.numbers[name], code, address, trap: trapNumber, about });
  }

  memory(thread: Thread, fault: MemoryFault): void {
    const { os } = this;
    const { numbers, codes } = os.traits.signals;
    if (fault.exhausted)
      os.signals.kill(thread, { signal: numbers.SIGKILL, code: codes.KERNEL, about: 'the emulated machine is out of memory' });
    const kernelHalf = fault.canonical && (fault.address < 0 || fault.address >= os.traits.memory.limit);
    const mapped = fault.canonical && !kernelHalf && os.memory.isMapped(fault.address);
    const about = (): string => describeFault(os.process, fault, mapped);
    if (!fault.canonical) {
      const pc = os.process.registers(thread).get(os.process.abi.pc);
      if (fault.stackSegment) return this.raise(thread, 'SIGBUS', BUS_ADRERR, pc, T.STKFLT, about);
      return this.raise(thread, 'SIGBUS', BUS_OBJERR, pc, T.PROTFLT, about);
    }
    const { engine } = os.process;
    const present = kernelHalf || (engine.protection(fault.address) > 0 && engine.resident(fault.address));
    const error = pageFaultError(fault.access, present);
    if (mapped && os.options.quirks.includes(PROT_FAULT_SIGBUS))
      return this.raise(thread, 'SIGBUS', T.PAGEFLT, fault.address, T.PAGEFLT, about, error);
    this.raise(thread, 'SIGSEGV', mapped ? SEGV_ACCERR : SEGV_MAPERR, fault.address, T.PAGEFLT, about, error);
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    const { process } = this.os;
    const pc = process.registers(thread).get(process.abi.pc);
    switch (vector) {
      case Vector.divide:
        return this.raise(thread, 'SIGFPE', FPE_INTDIV, pc, T.DIVIDE, 'integer division by zero or overflow');
      case Vector.debug:
        return this.raise(thread, 'SIGTRAP', TRAP_TRACE, pc, T.TRCTRAP, 'single step');
      case Vector.breakpoint:
        return this.raise(thread, 'SIGTRAP', TRAP_BRKPT, pc, T.BPTFLT, 'breakpoint instruction');
      case Vector.overflow:
        return this.raise(thread, 'SIGFPE', 1, pc, T.OFLOW, 'overflow trap');
      case Vector.bound:
        return this.raise(thread, 'SIGFPE', 8, pc, T.BOUND, 'bound check failed');
      case Vector.segmentNotPresent:
        return this.raise(thread, 'SIGBUS', BUS_ADRERR, pc, T.SEGNPFLT, 'bad segment', detail);
      case Vector.stackSegment:
        return this.raise(thread, 'SIGBUS', BUS_ADRERR, pc, T.STKFLT, 'bad stack segment', detail);
      case Vector.x87:
        return this.raise(thread, 'SIGFPE', this.floatCode('x87'), pc, T.ARITHTRAP, 'floating-point exception');
      case Vector.simd:
        return this.raise(thread, 'SIGFPE', this.floatCode('sse'), pc, T.XMMFLT, 'floating-point exception');
      case Vector.alignment:
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, pc, T.ALIGNFLT, 'misaligned access');
      default: {
        const about = 'privileged instruction, bad selector or gate, or misaligned operand';
        return this.raise(thread, 'SIGBUS', BUS_OBJERR, pc, T.PROTFLT, about, detail);
      }
    }
  }

  /** The most important of the exceptions that are not masked (fputrap_x87, fputrap_sse). */
  private floatCode(unit: 'x87' | 'sse'): number {
    const { engine } = this.os.process;
    engine.readFloat();
    const image = fxsaveView(engine);
    const mxcsr = image.getUint32(Fxsave.mxcsr, true);
    const status = image.getUint16(Fxsave.status, true);
    const flags =
      unit === 'sse' ? mxcsr & (~mxcsr >>> 7) & F.all : status & ((~image.getUint16(Fxsave.control, true) & F.all) | STACK_FAULT);
    if (flags & F.invalid && flags & STACK_FAULT) return FPE_FLTSUB;
    return FLOAT_CODES.find(([flag]) => flags & flag)?.[1] ?? 0;
  }

  invalidInstruction(thread: Thread): void {
    const { process } = this.os;
    this.raise(thread, 'SIGILL', ILL_PRVOPC, process.registers(thread).get(process.abi.pc), T.PRIVINFLT, 'invalid instruction');
  }
}
