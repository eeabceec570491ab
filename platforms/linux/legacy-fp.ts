/**
 * The FSAVE form of the x87 state that 32-bit x86 signal frames keep in front of
 * the FXSAVE image: full tag word, 10-byte registers. Converted both ways.
 * Source: arch/x86/kernel/fpu/regset.c (convert_from_fxsr, convert_to_fxsr).
 */

export const LEGACY_HEADER = 112;
const STATUS = 0x6c;
const MAGIC = 0x6e;
const EMPTY = 3;

/** Two tag bits of the register whose 10 bytes begin at `at`: 0 valid, 1 zero, 2 special. */
function classify(image: DataView, at: number): number {
  const exponent = image.getUint16(at + 8, true) & 0x7fff;
  if (exponent === 0x7fff) return 2;
  const low = image.getUint32(at, true);
  const high = image.getUint32(at + 4, true);
  if (exponent === 0) return low === 0 && high === 0 ? 1 : 2;
  return high & 0x80000000 ? 0 : 2;
}

/** `frame`: scratch bytes with room for the header at `at`; `fx`: the FXSAVE image. */
export function buildLegacyHeader(frame: Uint8Array, at: number, fx: Uint8Array, cs: number, ds: number): void {
  const image = new DataView(fx.buffer, fx.byteOffset, 512);
  const header = new DataView(frame.buffer, frame.byteOffset + at, LEGACY_HEADER);
  const status = image.getUint16(2, true);
  const top = (status >>> 11) & 7;
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const tag = image.getUint8(4) & (1 << i) ? classify(image, 32 + 16 * ((i - top) & 7)) : EMPTY;
    tags |= tag << (2 * i);
  }
  header.setUint32(0, image.getUint16(0, true) | 0xffff0000, true);
  header.setUint32(4, status | 0xffff0000, true);
  header.setUint32(8, tags | 0xffff0000, true);
  header.setUint32(12, image.getUint32(8, true), true);
  header.setUint32(16, cs | (image.getUint16(6, true) << 16), true);
  header.setUint32(20, image.getUint32(16, true), true);
  header.setUint32(24, ds | 0xffff0000, true);
  for (let i = 0; i < 8; i++) frame.set(fx.subarray(32 + 16 * i, 42 + 16 * i), at + 28 + 10 * i);
  header.setUint16(STATUS, status, true);
  header.setUint16(MAGIC, 0, true);
}

/** What the header says goes into the image (registers, control, status, tags); SSE state stays. */
export function applyLegacyHeader(frame: Uint8Array, at: number, fx: Uint8Array): void {
  const image = new DataView(fx.buffer, fx.byteOffset, 512);
  const header = new DataView(frame.buffer, frame.byteOffset + at, LEGACY_HEADER);
  const tags = header.getUint16(8, true);
  let valid = 0;
  for (let i = 0; i < 8; i++) if (((tags >>> (2 * i)) & 3) !== EMPTY) valid |= 1 << i;
  image.setUint16(0, header.getUint16(0, true), true);
  image.setUint16(2, header.getUint16(4, true), true);
  image.setUint8(4, valid);
  image.setUint16(6, header.getUint16(18, true), true);
  image.setUint32(8, header.getUint32(12, true), true);
  image.setUint32(16, header.getUint32(20, true), true);
  for (let i = 0; i < 8; i++) fx.set(frame.subarray(at + 28 + 10 * i, at + 38 + 10 * i), 32 + 16 * i);
}
