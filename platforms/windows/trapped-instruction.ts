/**
 * What a trapped instruction was. The CPU has one vector for a zero divisor and for a
 * quotient that does not fit; Windows reads the instruction's operand to tell
 * INTEGER_DIVIDE_BY_ZERO from INTEGER_OVERFLOW. It also tells an instruction that only a
 * kernel may execute from other causes of a general protection fault.
 * Opcodes: Intel SDM vol. 2, appendix A.
 */
import type { Engine, X86Instruction } from '../../emulator/engine.js';
import { GuestFault, type MemoryView } from '../../emulator/memory/memory-view.js';
import { Status } from './status.js';

const REX_B = 1;
/** div and idiv are F6 /6 /7 and F7 /6 /7; the other instruction that divides is aam with an immediate of zero. */
const DIVIDE_BYTE = 0xf6;
const DIVIDE = 0xf7;

/** The bytes of the divisor; undefined where they cannot be read. */
function divisor(instruction: X86Instruction & { modrm: number }, engine: Engine, memory: MemoryView): Uint8Array | undefined {
  const { modrm, rex, operandAddress } = instruction;
  const size = instruction.opcode === DIVIDE_BYTE ? 1 : instruction.operandBytes;
  if (operandAddress !== undefined) {
    try {
      return memory.bytes(operandAddress, size);
    } catch (error) {
      if (error instanceof GuestFault) return undefined;
      throw error;
    }
  }
  const number = (modrm & 7) | (rex & REX_B ? 8 : 0);
  // Without REX, byte registers 4 to 7 are ah, ch, dh and bh.
  const high = size === 1 && rex === 0 && number >= 4;
  const at = high ? (number - 4) * 8 + 1 : number * 8;
  return new Uint8Array(engine.registers.buffer, at, size);
}

/** The status of a #DE whose instruction is at `pc`. */
export function divideStatus(engine: Engine, memory: MemoryView, pc: number): number {
  const instruction = engine.decode(pc);
  if (instruction?.modrm === undefined || (instruction.opcode !== DIVIDE_BYTE && instruction.opcode !== DIVIDE)) {
    return Status.INTEGER_DIVIDE_BY_ZERO;
  }
  const bytes = divisor({ ...instruction, modrm: instruction.modrm }, engine, memory);
  return bytes?.some((byte) => byte !== 0) ? Status.INTEGER_OVERFLOW : Status.INTEGER_DIVIDE_BY_ZERO;
}

/** hlt cli sti, in and out and their string forms; lldt and its like, clts, invd, wbinvd, mov to and from cr and dr, msr and pmc. */
// prettier-ignore
const PRIVILEGED = new Set([
  0xf4, 0xfa, 0xfb, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f,
  0x0f00, 0x0f01, 0x0f06, 0x0f08, 0x0f09, 0x0f20, 0x0f21, 0x0f22, 0x0f23, 0x0f30, 0x0f32, 0x0f33, 0x0f35,
]);

/** Is the instruction at `pc` one that only a kernel may execute (#GP is then PRIVILEGED_INSTRUCTION)? */
export function privileged(engine: Engine, pc: number): boolean {
  const instruction = engine.decode(pc);
  return instruction !== undefined && PRIVILEGED.has(instruction.opcode);
}
