/** What the instruction SYSCALL does itself, before any kernel: the place to return to and the flags in two registers. Source: Intel SDM vol. 2, SYSCALL. */
import type { Registers } from '../engine.js';
import { X86 } from './registers.js';

/** PC is after the instruction. */
export function syscallClobbers(registers: Registers): void {
  registers.set(X86.rcx, registers.get(X86.rip));
  registers.set(X86.r11, registers.get(X86.rflags));
}
