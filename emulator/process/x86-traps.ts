/** What an x86 processor does with traps before an OS sees them. Sources: Intel SDM vol. 3, 6.8.3, 6.12.1.2 and 17.3.1.1. */
import { X86 } from '../cpu/registers.js';
import { Eflags } from '../cpu/x86-flags.js';
import { interruptGateError, Vector } from '../cpu/x86-exceptions.js';
import { Exit, type ExitRecord, type Registers } from '../engine.js';
import type { OsModel } from './os-model.js';
import type { Thread } from './thread.js';

/** Exceptions that are reported behind their instruction. */
const TRAPS: ReadonlySet<number> = new Set([Vector.debug, Vector.breakpoint, Vector.overflow]);

/**
 * A fault leaves RF set in the flags that it saves, since its instruction is tried again. It is set in the register block,
 * where all that an OS shows is taken from; the engine never runs with it.
 */
export class FaultMarker {
  private readonly flags: Uint32Array;

  constructor(registers: Registers) {
    this.flags = new Uint32Array(registers.buffer, X86.rflags * 8, 1);
  }

  mark(exit: ExitRecord): void {
    if (exit.reason !== Exit.Interrupt || !TRAPS.has(exit.number)) this.flags[0] |= Eflags.RF;
  }
}

/** int n: through the gate, or #GP at the instruction where the OS does not give that one to programs. */
export function softwareInterrupt(os: OsModel, thread: Thread, registers: Registers, number: number, length: number): void {
  if (number === Vector.breakpoint || number === Vector.overflow || os.gates?.has(number)) return os.interrupt(thread, number, 0);
  registers.set(X86.rip, registers.get(X86.rip) - length);
  registers.set(X86.rflags, (registers.lo(X86.rflags) | Eflags.RF) >>> 0);
  os.interrupt(thread, Vector.protection, interruptGateError(number));
}
