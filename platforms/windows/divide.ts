/**
 * Which exception a #DE is. The CPU has one vector for a zero divisor and for a
 * quotient that does not fit; Windows reads the instruction's operand to tell
 * INTEGER_DIVIDE_BY_ZERO from INTEGER_OVERFLOW. Encoding: Intel SDM vol. 2, 2.1.
 */
import { X86 } from '../../emulator/cpu/registers.js';
import type { Registers } from '../../emulator/engine.js';
import { GuestFault, type MemoryView } from '../../emulator/memory/memory-view.js';
import { Status } from './status.js';

interface Prefixes {
  rex: number;
  operand16: boolean;
  segment: number;
  length: number;
}

function prefixes(memory: MemoryView, pc: number, wide: boolean): Prefixes {
  const found: Prefixes = { rex: 0, operand16: false, segment: 0, length: 0 };
  for (; found.length < 14; found.length++) {
    const byte = memory.u8(pc + found.length);
    if (byte === 0x66) found.operand16 = true;
    else if (byte === 0x64 || byte === 0x65) found.segment = byte;
    else if (wide && byte >= 0x40 && byte <= 0x4f) found.rex = byte;
    else if (![0x26, 0x2e, 0x36, 0x3e, 0x67, 0xf0, 0xf2, 0xf3].includes(byte)) break;
  }
  return found;
}

/** The effective address of a ModRM operand in memory. */
function effective(registers: Registers, memory: MemoryView, at: number, rex: number, wide: boolean, after: number): number {
  const modrm = memory.u8(at);
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let next = at + 1;
  let address = 0;
  let base = rm;
  if (rm === 4) {
    const sib = memory.u8(next++);
    const index = ((sib >> 3) & 7) | (rex & 2 ? 8 : 0);
    if (index !== 4) address += registers.get(index) * (1 << (sib >> 6));
    base = sib & 7;
  }
  if (mod === 0 && base === 5) {
    address += memory.i32(next);
    if (wide && rm === 5) address += next + 4 + after;
  } else {
    address += registers.get(base | (rex & 1 ? 8 : 0));
    if (mod === 1) address += (memory.u8(next) << 24) >> 24;
    if (mod === 2) address += memory.i32(next);
  }
  return wide ? address : address >>> 0;
}

/** The status of a #DE whose instruction is at `pc`. */
export function divideStatus(registers: Registers, memory: MemoryView, pc: number, wide: boolean): number {
  try {
    const prefix = prefixes(memory, pc, wide);
    const opcode = memory.u8(pc + prefix.length);
    // aam with an immediate of zero; div and idiv are F6 /6 /7 and F7 /6 /7.
    if (opcode !== 0xf6 && opcode !== 0xf7) return Status.INTEGER_DIVIDE_BY_ZERO;
    const bytes = opcode === 0xf6 ? 1 : prefix.rex & 8 ? 8 : prefix.operand16 ? 2 : 4;
    const at = pc + prefix.length + 1;
    const modrm = memory.u8(at);
    let zero: boolean;
    if (modrm >> 6 === 3) {
      const number = (modrm & 7) | (prefix.rex & 1 ? 8 : 0);
      const high = bytes === 1 && !prefix.rex && number >= 4;
      const slot = high ? number - 4 : number;
      const value = high ? (registers.lo(slot) >>> 8) & 0xff : registers.lo(slot);
      const mask = bytes === 1 ? 0xff : bytes === 2 ? 0xffff : 0xffffffff;
      zero = (value & mask) === 0 && (bytes < 8 || registers.hi(slot) === 0);
    } else {
      const segment = prefix.segment === 0x64 ? registers.get(X86.fsBase) : prefix.segment === 0x65 ? registers.get(X86.gsBase) : 0;
      const address = effective(registers, memory, at, prefix.rex, wide, 0) + segment;
      zero = memory.bytes(address, bytes).every((byte) => byte === 0);
    }
    return zero ? Status.INTEGER_DIVIDE_BY_ZERO : Status.INTEGER_OVERFLOW;
  } catch (error) {
    if (error instanceof GuestFault) return Status.INTEGER_DIVIDE_BY_ZERO;
    throw error;
  }
}

/** Is the instruction at `pc` one that only a kernel may execute (#GP is then PRIVILEGED_INSTRUCTION)? */
export function privileged(memory: MemoryView, pc: number, wide: boolean): boolean {
  try {
    const prefix = prefixes(memory, pc, wide);
    const opcode = memory.u8(pc + prefix.length);
    if (opcode === 0x0f) {
      const second = memory.u8(pc + prefix.length + 1);
      return [0x00, 0x01, 0x06, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32, 0x33, 0x35].includes(second);
    }
    // hlt cli sti, in and out and their string forms.
    return [0xf4, 0xfa, 0xfb, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f].includes(opcode);
  } catch (error) {
    if (error instanceof GuestFault) return false;
    throw error;
  }
}
