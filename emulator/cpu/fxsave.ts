/**
 * The FXSAVE image: x87 and SSE state, as it lies in the register block and in every OS's
 * frames and contexts. Sources: Intel SDM vol. 1, 8.1 (x87), 10.2.3 (MXCSR), 10.5.1 (layout), 13.4 (XSAVE).
 */
import type { Engine } from '../engine.js';
import { FLOAT_OFFSET } from './registers.js';

/** Byte offsets. The registers are in the order of the x87 stack, the tag byte's bits (1 = in use) in that of the physical registers. */
// prettier-ignore
export const Fxsave = {
  control: 0, status: 2, tag: 4, opcode: 6, instruction: 8, instructionSelector: 12, data: 16, dataSelector: 20, mxcsr: 24, mxcsrMask: 28,
  st: 32, xmm: 160, reserved: 416, software: 464, size: 512,
} as const;
/** Bytes of a register: stride in the image, and what it holds. */
export const ST_STRIDE = 16;
export const ST_BYTES = 10;
export const XMM_BYTES = 16;

/** What follows the image in an XSAVE area: the header, whose first word says what is there. The emulated CPU has no more than SSE. */
export const XSAVE_HEADER_BYTES = 64;
export const XsaveFeature = { x87: 1, sse: 2 } as const;
export const XSAVE_FEATURES = XsaveFeature.x87 | XsaveFeature.sse;

/** The x87 exceptions, as control, status and (below its masks) MXCSR have them. */
// prettier-ignore
export const FloatException = { invalid: 1, denormal: 2, divideByZero: 4, overflow: 8, underflow: 0x10, precision: 0x20, all: 0x3f } as const;
/** Status word: an invalid operation was a stack overflow or underflow; where TOP is. */
export const STACK_FAULT = 0x40;
const TOP_SHIFT = 11;

/** Control words: all exceptions masked, round to nearest, and the precision that an OS starts programs with. */
export const X87Control = { extended: 0x37f, double: 0x27f } as const;
/** X, infinity control: without meaning since the 80387, but kept in the word. */
export const X87_INFINITY = 0x1000;
/** MXCSR at reset: all exceptions masked. Bits above WRITABLE are reserved, and loading them is a fault. */
export const MXCSR_INITIAL = 0x1f80;
export const MXCSR_WRITABLE = 0xffff;
/** The exceptions' masks begin at this bit. */
const MXCSR_MASKS = 7;

/** Would loading this image be a fault? */
export function hasReservedMxcsr(mxcsr: number): boolean {
  return (mxcsr & ~MXCSR_WRITABLE) !== 0;
}

/** The image of the thread that is loaded, as bytes of the register block; current after readFloat. */
export function fxsaveImage(engine: Engine): Uint8Array {
  return new Uint8Array(engine.registers.buffer, FLOAT_OFFSET, Fxsave.size);
}

export function fxsaveView(engine: Engine): DataView {
  return new DataView(engine.registers.buffer, FLOAT_OFFSET, Fxsave.size);
}

/** As after FINIT and a reset MXCSR: registers empty or zero; `control` sets the x87 precision. */
export function initialFxsave(image: Uint8Array, control: number): void {
  image.fill(0);
  image[Fxsave.control] = control & 0xff;
  image[Fxsave.control + 1] = control >>> 8;
  image[Fxsave.mxcsr] = MXCSR_INITIAL & 0xff;
  image[Fxsave.mxcsr + 1] = MXCSR_INITIAL >>> 8;
  image[Fxsave.mxcsrMask] = MXCSR_WRITABLE & 0xff;
  image[Fxsave.mxcsrMask + 1] = MXCSR_WRITABLE >>> 8;
}

/** Which physical register is st0. */
export function topOf(status: number): number {
  return (status >>> TOP_SHIFT) & 7;
}

export function withTop(status: number, top: number): number {
  return (status & ~(7 << TOP_SHIFT)) | ((top & 7) << TOP_SHIFT);
}

/** The x87 exceptions that are raised and not masked: what the next waiting instruction faults with. */
export function pendingFloatExceptions(image: DataView): number {
  return image.getUint16(Fxsave.status, true) & ~image.getUint16(Fxsave.control, true) & FloatException.all;
}

/** The SSE exceptions that are raised and not masked: what #XM was raised for. */
export function raisedSseExceptions(image: DataView): number {
  const mxcsr = image.getUint32(Fxsave.mxcsr, true);
  return mxcsr & ~(mxcsr >>> MXCSR_MASKS) & FloatException.all;
}

/** Name of the word at `offset` of an image. */
export function fxsaveName(offset: number, wordSize: number): string {
  const part = (at: number): string => {
    const inRegister = (offset - at) % 16;
    return inRegister === 0 ? '' : ` (byte ${inRegister - (inRegister % wordSize)})`;
  };
  if (offset >= Fxsave.xmm && offset < Fxsave.xmm + 16 * XMM_BYTES) return `xmm${(offset - Fxsave.xmm) >>> 4}${part(Fxsave.xmm)}`;
  if (offset >= Fxsave.st && offset < Fxsave.xmm) return `st${(offset - Fxsave.st) >>> 4}${part(Fxsave.st)}`;
  return `fxsave+0x${offset.toString(16)}`;
}
