/**
 * Machine faults as Linux signals: number, si_code, si_addr, and the trap number,
 * error code and fault address that the frame shows.
 * Source: arch/x86/mm/fault.c, arch/x86/kernel/traps.c, arch/arm64/mm/fault.c; observed on 6.18.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { Access, Prot } from '../../emulator/engine.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { PosixOs } from '../posix/posix-os.js';
import { posixThread } from '../posix/posix-thread.js';

const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const SEGV_PKUERR = 4;
const FPE_INTDIV = 1;
const ILL_ILLOPC = 1;
const ILL_ILLOPN = 2;
const BUS_ADRALN = 1;
const TRAP_BRKPT = 1;
const TRAP_TRACE = 2;
const SI_KERNEL = 0x80;

/** Page fault error code. */
const Error = { present: 1, write: 2, user: 4, fetch: 0x10, key: 0x20 } as const;
/** The key that the kernel gives to all pages of PROT_EXEC alone: the first free one. */
const EXECUTE_ONLY_KEY = 1;
/** Quirk: see platforms/linux/index.ts. */
export const EXECUTE_ONLY = 'execute-only';
/** x86 vectors. */
// prettier-ignore
const Vector = { divide: 0, debug: 1, breakpoint: 3, overflow: 4, bound: 5, invalid: 6, notPresent: 11, stack: 12, protection: 13, page: 14, x87: 16, alignment: 17, simd: 19 } as const;
/** ARM64 exception numbers of the engine. */
const Arm = { undefined: 1, dataAbort: 4, breakpoint: 7 } as const;

export class LinuxFaults {
  constructor(private readonly os: PosixOs) {}

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
    const kernelHalf = fault.canonical && fault.address >= os.traits.memory.limit;
    const mapped = !kernelHalf && os.memory.isMapped(fault.address);
    const about = (): string => os.describeFault(fault, mapped);
    let key: number | undefined;
    if (os.process.cpu === 'arm64') this.arm64Record(thread, fault, mapped);
    else if (!fault.canonical) {
      trap.number = Vector.protection;
      trap.error = 0;
      os.signals.force(thread, { signal: numbers.SIGSEGV, code: SI_KERNEL, address: 0, trap: Vector.protection, about });
      return;
    } else {
      const prot = os.process.engine.protection(fault.address);
      const present = kernelHalf || prot > 0;
      if (mapped && prot === Prot.Exec) key = EXECUTE_ONLY_KEY;
      trap.number = Vector.page;
      trap.error =
        Error.user |
        (present ? Error.present : 0) |
        (fault.access === Access.Write ? Error.write : fault.access === Access.Fetch ? Error.fetch : 0) |
        (key !== undefined ? Error.key : 0);
      trap.address = fault.address;
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

  /** ESR_EL1: exception class, instruction length, WnR, and permission or translation fault at level 3. */
  private arm64Record(thread: Thread, fault: MemoryFault, mapped: boolean): void {
    const { trap } = posixThread(thread);
    const permission = mapped && this.os.process.engine.protection(fault.address) > 0;
    const status = permission ? 0xf : 7;
    const abort = fault.access === Access.Fetch ? 0x82000000 : 0x92000000;
    trap.syndrome = (abort | (fault.access === Access.Write ? 0x40 : 0) | status) >>> 0;
    trap.address = fault.address;
  }

  private raise(thread: Thread, name: string, code: number, address: number, vector: number, about: string): void {
    const { os } = this;
    const { trap } = posixThread(thread);
    trap.number = vector;
    trap.error = 0;
    os.signals.force(thread, { signal: os.traits.signals.numbers[name], code, address, trap: vector, about });
  }

  interrupt(thread: Thread, vector: number, detail: number): void {
    if (this.os.process.cpu === 'arm64') return this.arm64Interrupt(thread, vector, detail);
    const pc = this.pc(thread);
    switch (vector) {
      case Vector.divide:
        return this.raise(thread, 'SIGFPE', FPE_INTDIV, pc, vector, 'integer division by zero or overflow');
      case Vector.debug:
        return this.raise(thread, 'SIGTRAP', TRAP_TRACE, pc, vector, 'single step');
      case Vector.breakpoint:
        return this.raise(thread, 'SIGTRAP', SI_KERNEL, 0, vector, 'breakpoint instruction');
      case Vector.overflow:
      case Vector.bound:
        return this.raise(thread, 'SIGSEGV', SI_KERNEL, 0, vector, vector === Vector.overflow ? 'overflow trap' : 'bound check failed');
      case Vector.notPresent:
      case Vector.stack:
        return this.raise(thread, 'SIGBUS', SI_KERNEL, 0, vector, 'bad segment');
      case Vector.protection:
        return this.raise(thread, 'SIGSEGV', SI_KERNEL, 0, vector, 'privileged instruction or bad selector');
      case Vector.x87:
      case Vector.simd:
        return this.raise(thread, 'SIGFPE', this.floatCode(thread), pc, vector, 'floating-point exception');
      case Vector.alignment:
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, 0, vector, 'misaligned access');
      default: {
        // int n of a gate that user mode may not use: #GP at the instruction, with the gate as error code.
        this.os.process.registers(thread).set(X86.rip, pc - 2);
        posixThread(thread).trap.error = vector * 8 + 2;
        posixThread(thread).trap.number = Vector.protection;
        const { SIGSEGV } = this.os.traits.signals.numbers;
        this.os.signals.force(thread, {
          signal: SIGSEGV,
          code: SI_KERNEL,
          address: 0,
          trap: Vector.protection,
          about: `int 0x${vector.toString(16)}`,
        });
      }
    }
  }

  /** FPE_FLTINV, FLTDIV, FLTOVF, FLTUND, FLTRES from the x87 status word's unmasked bits. */
  private floatCode(_thread: Thread): number {
    const { engine } = this.os.process;
    engine.readFloat();
    const view = new DataView(engine.registers.buffer, 512, 512);
    const raised = view.getUint16(2, true) & ~view.getUint16(0, true) & 0x3f;
    if (raised & 1) return 7;
    if (raised & 4) return 3;
    if (raised & 8) return 4;
    if (raised & 0x12) return 5;
    return raised & 0x20 ? 6 : 0;
  }

  private arm64Interrupt(thread: Thread, exception: number, detail: number): void {
    const pc = this.pc(thread);
    const { trap } = posixThread(thread);
    trap.address = pc;
    switch (exception) {
      case Arm.breakpoint:
        trap.syndrome = (0xf2000000 | (detail & 0xffff)) >>> 0;
        return this.raise(thread, 'SIGTRAP', TRAP_BRKPT, pc, exception, `brk #${detail}`);
      case Arm.dataAbort:
        trap.syndrome = 0x92000021;
        return this.raise(thread, 'SIGBUS', BUS_ADRALN, this.os.process.registers(thread).get(A64.pc), exception, 'misaligned access');
      default:
        return this.invalidInstruction(thread);
    }
  }

  invalidInstruction(thread: Thread): void {
    const arm64 = this.os.process.cpu === 'arm64';
    if (arm64) posixThread(thread).trap.syndrome = 0x02000000;
    this.raise(
      thread,
      'SIGILL',
      arm64 ? ILL_ILLOPC : ILL_ILLOPN,
      this.pc(thread),
      arm64 ? Arm.undefined : Vector.invalid,
      'invalid instruction',
    );
  }
}
