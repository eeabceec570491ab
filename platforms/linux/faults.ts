/**
 * Machine faults as Linux signals: number, si_code, si_addr, and the trap number,
 * error code and fault address that the frame shows.
 * Source: arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/arm64/mm/fault.c; observed on 6.18.
 */
import {
  abortSyndrome,
  alignmentSyndrome,
  ArmException,
  PC_ALIGNMENT_SYNDROME,
  SP_ALIGNMENT_SYNDROME,
} from '../../emulator/cpu/arm64-exceptions.js';
import { FloatException, fxsaveView, pendingFloatExceptions, raisedSseExceptions } from '../../emulator/cpu/fxsave.js';
import { PageFault, pageFaultError, Vector } from '../../emulator/cpu/x86-exceptions.js';
import { Prot } from '../../emulator/engine.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeFault } from '../posix/fault-description.js';
import { posixThread } from '../posix/posix-thread.js';
import { behindEnd } from './file-mapping.js';
import type { PosixSystem } from '../posix/system.js';

const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const SEGV_PKUERR = 4;
const FPE_INTDIV = 1;
const FPE_FLTDIV = 3;
const FPE_FLTOVF = 4;
const FPE_FLTUND = 5;
const FPE_FLTRES = 6;
const FPE_FLTINV = 7;
const ILL_ILLOPC = 1;
const ILL_ILLOPN = 2;
const BUS_ADRALN = 1;
const BUS_ADRERR = 2;
const TRAP_BRKPT = 1;
const TRAP_TRACE = 2;
const SI_KERNEL = 0x80;

/** ARM64: what one entry of each table spans but the last, with pages of 4 KiB and 48 bits. */
const TABLE_SPANS = [2 ** 39, 2 ** 30, 2 ** 21];

/** Error code of a selector: it names a gate of the IDT. */
const GATE = 2;

/** The key that the kernel gives to all pages of PROT_EXEC alone: the first free one. */
const EXECUTE_ONLY_KEY = 1;
/** Quirk: see platforms/linux/index.ts. */
export const EXECUTE_ONLY = 'execute-only';

export class LinuxFaults {
  constructor(private readonly os: PosixSystem) {}

  private pc(thread: Thread): number {
    const { process } = this.os;
    return process.registers(thread).get(process.abi.pc);
  }

  memory(thread: Thread, fault: MemoryFault): void {
    const { os } = this;
    const { numbers } = os.traits.signals;
    if (fault.exhausted)
      os.signals.kill(thread, { signal: numbers.SIGKILL, code: SI_KERNEL, about: 'the emulated machine is out of memory' });
    const { trap } = posixThread(thread);
    const kernelHalf = fault.canonical && (fault.address < 0 || fault.address >= os.traits.memory.limit);
    const mapped = !kernelHalf && os.memory.isMapped(fault.address);
    const about = (): string => describeFault(os.process, fault, mapped);
    let key: number | undefined;
    if (os.process.cpu === 'arm64') this.arm64Record(thread, fault);
    else if (!fault.canonical) {
      const vector = fault.stackSegment ? Vector.stackSegment : Vector.protection;
      trap.number = vector;
      trap.error = 0;
      const signal = fault.stackSegment ? numbers.SIGBUS : numbers.SIGSEGV;
      os.signals.force(thread, { signal, code: SI_KERNEL, address: 0, trap: vector, about });
      return;
    } else {
      const prot = os.process.engine.protection(fault.address);
      // The kernel's own addresses are always called present: programs are not to learn its tables. A 32-bit process has none.
      const present = (prot > 0 && os.process.engine.resident(fault.address)) || (kernelHalf && os.process.cpu === 'x86-64');
      if (mapped && prot === Prot.Exec) key = EXECUTE_ONLY_KEY;
      trap.number = Vector.page;
      trap.error = pageFaultError(fault.access, present) | (key !== undefined ? PageFault.protectionKey : 0);
      trap.address = fault.address;
    }
    const lacking = mapped ? behindEnd(os.process.space.find(fault.address)) : undefined;
    if (lacking !== undefined && (lacking & fault.access) !== 0) {
      os.signals.force(thread, { signal: numbers.SIGBUS, code: BUS_ADRERR, address: fault.address, trap: Vector.page, about });
      return;
    }
    os.signals.force(thread, {
      signal: numbers.SIGSEGV,
      code: key !== undefined ? SEGV_PKUERR : mapped ? SEGV_ACCERR : SEGV_MAPERR,
      address: fault.address,
      ...(key !== undefined && { key }),
      trap: Vector.page,
      about,
    });
  }

  /** set_thread_esr. */
  private arm64Record(thread: Thread, fault: MemoryFault): void {
    const { trap } = posixThread(thread);
    trap.address = fault.address;
    const { engine, space } = this.os.process;
    const permission = engine.protection(fault.address) > 0 && engine.resident(fault.address);
    // What lies above user space is not told from what the kernel has there.
    const user = fault.canonical && fault.address >= 0 && fault.address < this.os.traits.memory.limit;
    const missing = user ? TABLE_SPANS.findIndex((span) => space.isFree(fault.address - (fault.address % span), span)) : 0;
    trap.syndrome = abortSyndrome(fault.access, permission, missing < 0 ? TABLE_SPANS.length : missing);
  }

  private raise(thread: Thread, name: string, code: number, address: number, vector: number, about: string, error = 0): void {
    const { os } = this;
    const { trap } = posixThread(thread);
    trap.number = vector;
    trap.error = error;
    os.signals.force(thread, { signal: os.traits.signals.numbers[name], code, address, trap: vector, about });
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    if (this.os.process.cpu === 'arm64') return this.arm64Interrupt(thread, vector, detail);
    const pc = this.pc(thread);
    switch (vector) {
      case Vector.divide:
        return this.raise(thread, 'SIGFPE', FPE_INTDIV, pc, vector, 'integer division by zero or overflow');
      case Vector.debug:
        // icebp leaves no reason in the debug status.
        return this.raise(thread, 'SIGTRAP', detail ? TRAP_BRKPT : TRAP_TRACE, pc, vector, detail ? 'icebp' : 'single step');
      case Vector.breakpoint:
        return this.raise(thread, 'SIGTRAP', SI_KERNEL, 0, vector, 'breakpoint instruction');
      case Vector.overflow:
      case Vector.bound:
        return this.raise(thread, 'SIGSEGV', SI_KERNEL, 0, vector, vector === Vector.overflow ? 'overflow trap' : 'bound check failed');
      case Vector.segmentNotPresent:
      case Vector.stackSegment:
        return this.raise(thread, 'SIGBUS', SI_KERNEL, 0, vector, 'bad segment', detail);
      case Vector.x87:
      case Vector.simd:
        return this.raise(thread, 'SIGFPE', this.floatCode(vector), pc, vector, 'floating-point exception');
      case Vector.alignment:
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, 0, vector, 'misaligned access');
      default: {
        const about = detail & GATE ? `int 0x${(detail >>> 3).toString(16)}` : 'privileged instruction, bad selector or misaligned operand';
        return this.raise(thread, 'SIGSEGV', SI_KERNEL, 0, Vector.protection, about, detail);
      }
    }
  }

  private floatCode(vector: number): number {
    const { engine } = this.os.process;
    engine.readFloat();
    const image = fxsaveView(engine);
    const raised = vector === Vector.simd ? raisedSseExceptions(image) : pendingFloatExceptions(image);
    if (raised & FloatException.invalid) return FPE_FLTINV;
    if (raised & FloatException.divideByZero) return FPE_FLTDIV;
    if (raised & FloatException.overflow) return FPE_FLTOVF;
    if (raised & (FloatException.denormal | FloatException.underflow)) return FPE_FLTUND;
    return raised & FloatException.precision ? FPE_FLTRES : 0;
  }

  private arm64Interrupt(thread: Thread, exception: number, detail: number): void {
    const pc = this.pc(thread);
    const { trap } = posixThread(thread);
    const { address } = this.os.process.engine.exit;
    switch (exception) {
      case ArmException.breakpoint:
        // What the last fault has left stays as it is.
        return this.raise(thread, 'SIGTRAP', TRAP_BRKPT, pc, exception, `brk #${detail}`);
      case ArmException.dataAbort:
        trap.syndrome = alignmentSyndrome(detail !== 0);
        trap.address = address;
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, address, exception, `misaligned access to 0x${address.toString(16)}`);
      case ArmException.spAlignment:
      case ArmException.pcAlignment: {
        const sp = exception === ArmException.spAlignment;
        trap.syndrome = sp ? SP_ALIGNMENT_SYNDROME : PC_ALIGNMENT_SYNDROME;
        trap.address = 0;
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, address, exception, `misaligned ${sp ? 'stack pointer' : 'program counter'}`);
      }
      default:
        return this.invalidInstruction(thread);
    }
  }

  invalidInstruction(thread: Thread): void {
    const arm64 = this.os.process.cpu === 'arm64';
    if (arm64) {
      const { trap } = posixThread(thread);
      trap.syndrome = 0;
      trap.address = 0;
    }
    this.raise(
      thread,
      'SIGILL',
      arm64 ? ILL_ILLOPC : ILL_ILLOPN,
      this.pc(thread),
      arm64 ? ArmException.undefined : Vector.invalidOpcode,
      'invalid instruction',
    );
  }
}
