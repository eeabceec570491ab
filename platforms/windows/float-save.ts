/** FLOATING_SAVE_AREA of an IA-32 CONTEXT: the x87 state in FSAVE's form, from and to the FXSAVE image in the register block (Intel SDM vol. 1, 8.1.10 and 10.5.1). */
import { FLOAT_OFFSET } from '../../emulator/cpu/registers.js';

/** FXSAVE's abridged tag byte (1 = in use) as FSAVE's two bits a register, from the registers' contents. */
function fullTag(registers: DataView): number {
  const abridged = registers.getUint8(FLOAT_OFFSET + 4);
  const top = (registers.getUint16(FLOAT_OFFSET + 2, true) >> 11) & 7;
  let tag = 0;
  for (let physical = 0; physical < 8; physical++) {
    let bits = 3;
    if (abridged & (1 << physical)) {
      const at = FLOAT_OFFSET + 0x20 + 16 * ((physical - top) & 7);
      const exponent = registers.getUint16(at + 8, true) & 0x7fff;
      const low = registers.getUint32(at, true);
      const high = registers.getUint32(at + 4, true);
      if (exponent === 0x7fff) bits = 2;
      else if (exponent === 0) bits = low === 0 && high === 0 ? 1 : 2;
      else bits = high & 0x80000000 ? 0 : 2;
    }
    tag |= bits << (2 * physical);
  }
  return tag;
}

/** FLOATING_SAVE_AREA: the 108 bytes of FSAVE, upper halves of its first words set, and Cr0NpxState. */
export function fillFloatSave(registers: DataView, view: DataView, at: number): void {
  view.setUint32(at, registers.getUint16(FLOAT_OFFSET, true) | 0xffff0000, true);
  view.setUint32(at + 4, registers.getUint16(FLOAT_OFFSET + 2, true) | 0xffff0000, true);
  view.setUint32(at + 8, fullTag(registers) | 0xffff0000, true);
  view.setUint32(at + 0xc, registers.getUint32(FLOAT_OFFSET + 8, true), true);
  view.setUint32(at + 0x10, registers.getUint16(FLOAT_OFFSET + 0xc, true) | (registers.getUint16(FLOAT_OFFSET + 6, true) << 16), true);
  view.setUint32(at + 0x14, registers.getUint32(FLOAT_OFFSET + 0x10, true), true);
  view.setUint32(at + 0x18, registers.getUint16(FLOAT_OFFSET + 0x14, true) | 0xffff0000, true);
  for (let i = 0; i < 8; i++) {
    for (let b = 0; b < 10; b++) view.setUint8(at + 0x1c + 10 * i + b, registers.getUint8(FLOAT_OFFSET + 0x20 + 16 * i + b));
  }
  view.setUint32(at + 0x6c, 0, true);
}

export function loadFloatSave(registers: DataView, view: DataView, at: number): void {
  registers.setUint16(FLOAT_OFFSET, view.getUint16(at, true), true);
  registers.setUint16(FLOAT_OFFSET + 2, view.getUint16(at + 4, true), true);
  const tag = view.getUint16(at + 8, true);
  let abridged = 0;
  for (let i = 0; i < 8; i++) if (((tag >> (2 * i)) & 3) !== 3) abridged |= 1 << i;
  registers.setUint8(FLOAT_OFFSET + 4, abridged);
  for (let i = 0; i < 8; i++) {
    for (let b = 0; b < 10; b++) registers.setUint8(FLOAT_OFFSET + 0x20 + 16 * i + b, view.getUint8(at + 0x1c + 10 * i + b));
  }
}
