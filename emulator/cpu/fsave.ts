/**
 * The FSAVE image of 32-bit protected mode: x87 state with two tag bits and ten bytes a
 * register, as IA-32 frames and contexts hold it beside FXSAVE's; converted both ways.
 * Sources: Intel SDM vol. 1, 8.1.7 (tags), 8.1.10 (layout), 10.5.1.1 (the abridged tags).
 */
import { Fxsave, ST_BYTES, ST_STRIDE, topOf } from './fxsave.js';

export const Fsave = {
  control: 0,
  status: 4,
  tag: 8,
  instruction: 12,
  instructionSelector: 16,
  data: 20,
  dataSelector: 24,
  registers: 28,
  size: 108,
} as const;
const Tag = { valid: 0, zero: 1, special: 2, empty: 3 } as const;
/** The upper halves of 16-bit fields are stored as ones. */
const UPPER = 0xffff0000;

/** Tag of the register whose ten bytes begin at `at`. */
function classify(fx: DataView, at: number): number {
  const exponent = fx.getUint16(at + 8, true) & 0x7fff;
  if (exponent === 0x7fff) return Tag.special;
  const low = fx.getUint32(at, true);
  const high = fx.getUint32(at + 4, true);
  if (exponent === 0) return low === 0 && high === 0 ? Tag.zero : Tag.special;
  return high & 0x80000000 ? Tag.valid : Tag.special;
}

function fullTags(fx: DataView): number {
  const inUse = fx.getUint8(Fxsave.tag);
  const top = topOf(fx.getUint16(Fxsave.status, true));
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    const tag = inUse & (1 << physical) ? classify(fx, Fxsave.st + ST_STRIDE * ((physical - top) & 7)) : Tag.empty;
    tags |= tag << (2 * physical);
  }
  return tags;
}

/** `selectors`: of the last instruction and operand, where the OS does not take them from the FXSAVE image (a 64-bit kernel's has none). */
export function toFsave(fx: DataView, to: DataView, at: number, selectors?: { code: number; data: number }): void {
  const code = selectors?.code ?? fx.getUint16(Fxsave.instructionSelector, true);
  const data = selectors?.data ?? fx.getUint16(Fxsave.dataSelector, true);
  to.setUint32(at + Fsave.control, fx.getUint16(Fxsave.control, true) | UPPER, true);
  to.setUint32(at + Fsave.status, fx.getUint16(Fxsave.status, true) | UPPER, true);
  to.setUint32(at + Fsave.tag, fullTags(fx) | UPPER, true);
  to.setUint32(at + Fsave.instruction, fx.getUint32(Fxsave.instruction, true), true);
  to.setUint32(at + Fsave.instructionSelector, code | (fx.getUint16(Fxsave.opcode, true) << 16), true);
  to.setUint32(at + Fsave.data, fx.getUint32(Fxsave.data, true), true);
  to.setUint32(at + Fsave.dataSelector, data | UPPER, true);
  copyRegisters(fx, Fxsave.st, ST_STRIDE, to, at + Fsave.registers, ST_BYTES);
}

/** What the image at `at` says goes into the FXSAVE image; SSE state stays. */
export function fromFsave(from: DataView, at: number, fx: DataView): void {
  const tags = from.getUint16(at + Fsave.tag, true);
  let inUse = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) !== Tag.empty) inUse |= 1 << i;
  fx.setUint16(Fxsave.control, from.getUint16(at + Fsave.control, true), true);
  fx.setUint16(Fxsave.status, from.getUint16(at + Fsave.status, true), true);
  fx.setUint8(Fxsave.tag, inUse);
  fx.setUint16(Fxsave.opcode, from.getUint16(at + Fsave.instructionSelector + 2, true), true);
  fx.setUint32(Fxsave.instruction, from.getUint32(at + Fsave.instruction, true), true);
  fx.setUint32(Fxsave.data, from.getUint32(at + Fsave.data, true), true);
  copyRegisters(from, at + Fsave.registers, ST_BYTES, fx, Fxsave.st, ST_STRIDE);
}

function copyRegisters(from: DataView, source: number, sourceStride: number, to: DataView, target: number, targetStride: number): void {
  for (let i = 0; i < 8; i++) {
    for (let byte = 0; byte < ST_BYTES; byte++)
      to.setUint8(target + targetStride * i + byte, from.getUint8(source + sourceStride * i + byte));
  }
}
