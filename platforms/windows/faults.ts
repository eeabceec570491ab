/** What the CPU's faults and traps are in Windows: which exception, with which parameters, at which PC. */
import { FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import { Access } from '../../emulator/engine.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import { divideStatus, privileged } from './divide.js';
import { NO_ADDRESS } from './exceptions.js';
import { Status } from './status.js';
import type { Windows } from './windows.js';

/** ExceptionInformation[0] of an access violation. */
const READ = 0;
const WRITE = 1;
const EXECUTE = 8;
const NONCONTINUABLE = 1;

const Vector = {
  Divide: 0,
  Debug: 1,
  Breakpoint: 3,
  Overflow: 4,
  Bound: 5,
  Protection: 13,
  Float: 16,
  FastFail: 0x29,
  Assertion: 0x2c,
  DebugService: 0x2d,
} as const;

export class Faults {
  constructor(private readonly os: Windows) {}

  private raise(thread: Thread, code: number, address: number, information: number[] = [], flags = 0): void {
    this.os.exceptions.raise(thread, { code, flags, address, information });
  }

  memory(thread: Thread, fault: MemoryFault): void {
    const { os } = this;
    if (fault.exhausted) {
      os.process.end({ kind: 'error', text: `out of emulated physical memory at ${os.where(fault.pc)}` });
    }
    const kind = fault.access === Access.Write ? WRITE : fault.access === Access.Fetch ? EXECUTE : READ;
    if (!fault.canonical) return this.raise(thread, Status.ACCESS_VIOLATION, fault.pc, [READ, NO_ADDRESS]);
    if (os.touchGuard(thread, fault.address)) return;
    if (os.onOwnGuard(thread, fault.address)) {
      os.takeStackGuard(thread, fault.address);
      return this.raise(thread, Status.STACK_OVERFLOW, fault.pc, [WRITE, fault.address]);
    }
    if (os.vm.takeGuard(fault.address)) return this.raise(thread, Status.GUARD_PAGE_VIOLATION, fault.pc, [kind, fault.address]);
    this.raise(thread, Status.ACCESS_VIOLATION, fault.pc, [kind, fault.address]);
  }

  interrupt(thread: Thread, vector: number): void {
    const { os } = this;
    const registers = os.process.registers(thread);
    const pc = registers.get(X86.rip);
    const wide = os.layout.wordSize === 8;
    switch (vector) {
      case Vector.Divide:
        return this.raise(thread, divideStatus(registers, os.memory, pc, wide), pc);
      case Vector.Debug:
        return this.raise(thread, Status.SINGLE_STEP, pc);
      case Vector.Breakpoint:
        // The saved PC and the address are those of the int3 itself.
        registers.set(X86.rip, pc - 1);
        return this.raise(thread, Status.BREAKPOINT, pc - 1, [0]);
      case Vector.Overflow:
        return this.raise(thread, Status.INTEGER_OVERFLOW, pc);
      case Vector.Bound:
        return this.raise(thread, Status.ARRAY_BOUNDS_EXCEEDED, pc);
      case Vector.Float:
        return this.raise(thread, this.floatStatus(), pc, [0]);
      case Vector.FastFail:
        return this.fastFail(registers.lo(X86.rcx), pc - 2);
      case Vector.Protection:
        if (privileged(os.memory, pc, wide)) return this.raise(thread, Status.PRIVILEGED_INSTRUCTION, pc);
        return this.raise(thread, Status.ACCESS_VIOLATION, pc, [READ, NO_ADDRESS]);
      default:
        if (vector === 0x2e || vector === Vector.DebugService || vector === Vector.Assertion) return this.systemCall(thread, vector);
        // int n of a gate that user mode may not use is a #GP at the instruction.
        if (vector >= 0x20) registers.set(X86.rip, pc - 2);
        return this.raise(thread, Status.ACCESS_VIOLATION, registers.get(X86.rip), [READ, NO_ADDRESS]);
    }
  }

  /** Which unmasked x87 exception is pending. */
  private floatStatus(): number {
    const { engine } = this.os.process;
    engine.readFloat();
    const view = new DataView(engine.registers.buffer);
    const pending = view.getUint16(FLOAT_OFFSET + 2, true) & ~view.getUint16(FLOAT_OFFSET, true);
    if (pending & 1) return view.getUint16(FLOAT_OFFSET + 2, true) & 0x40 ? Status.FLOAT_STACK_CHECK : Status.FLOAT_INVALID_OPERATION;
    if (pending & 4) return Status.FLOAT_DIVIDE_BY_ZERO;
    if (pending & 2) return Status.FLOAT_DENORMAL_OPERAND;
    if (pending & 8) return Status.FLOAT_OVERFLOW;
    if (pending & 16) return Status.FLOAT_UNDERFLOW;
    return Status.FLOAT_INEXACT_RESULT;
  }

  /** __fastfail: no handler is asked. */
  private fastFail(code: number, pc: number): never {
    return this.os.exceptions.unhandled({ code: Status.STACK_BUFFER_OVERRUN, flags: NONCONTINUABLE, address: pc, information: [code] });
  }

  invalidInstruction(thread: Thread): void {
    const pc = this.os.process.registers(thread).get(X86.rip);
    this.raise(thread, Status.ILLEGAL_INSTRUCTION, pc);
  }

  /** Service numbers change with every build of Windows; this model has none: programs call the libraries. */
  systemCall(thread: Thread, _number: number): void {
    const registers = this.os.process.registers(thread);
    const pc = registers.get(X86.rip);
    const number = registers.lo(X86.rax);
    this.os.process.end({
      kind: 'error',
      text: `system service 0x${number.toString(16)} called directly at ${this.os.where(pc)}: Windows is modelled at its library functions`,
    });
  }
}
