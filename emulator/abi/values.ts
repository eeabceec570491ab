/** Values in register slots, vector registers, the x87 stack and memory: reading and writing one piece. */
import { FLOAT_OFFSET } from '../cpu/registers.js';
import type { Registers } from '../engine.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Value } from './abi.js';
import { fromExtended, fromQuad, toExtended, toQuad } from './long-double.js';
import type { Type } from './types.js';

const ST0 = FLOAT_OFFSET + 32;

/** Push a value on the x87 stack of the FXSAVE image (Intel SDM vol. 1, 10.5.1: ST order, abridged tags by physical register). */
export function pushSt0(registers: Registers, value: number): void {
  const bytes = new Uint8Array(registers.buffer);
  const view = new DataView(registers.buffer);
  bytes.copyWithin(ST0 + 16, ST0, ST0 + 7 * 16);
  toExtended(value, view, ST0);
  const status = view.getUint16(FLOAT_OFFSET + 2, true);
  const top = (((status >> 11) & 7) + 7) & 7;
  view.setUint16(FLOAT_OFFSET + 2, (status & ~(7 << 11)) | (top << 11), true);
  bytes[FLOAT_OFFSET + 4] |= 1 << top;
}

export function popSt0(registers: Registers): number {
  const bytes = new Uint8Array(registers.buffer);
  const view = new DataView(registers.buffer);
  const value = fromExtended(view, ST0);
  bytes.copyWithin(ST0, ST0 + 16, ST0 + 8 * 16);
  const status = view.getUint16(FLOAT_OFFSET + 2, true);
  const top = (status >> 11) & 7;
  view.setUint16(FLOAT_OFFSET + 2, (status & ~(7 << 11)) | (((top + 1) & 7) << 11), true);
  bytes[FLOAT_OFFSET + 4] &= ~(1 << top);
  return value;
}

/** An integer value from its two halves. */
export function fromHalves(type: Type, low: number, high: number): number | bigint {
  switch (type.kind) {
    case 'i':
      return low | 0;
    case 'u':
      return low >>> 0;
    case 'l':
      return type.size === 4 ? low | 0 : (high | 0) * 2 ** 32 + (low >>> 0);
    case 'q':
      return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
    case 'Q':
      return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    default:
      return type.size === 4 ? low >>> 0 : (high >>> 0) * 2 ** 32 + (low >>> 0);
  }
}

/**
 * Two halves of an integer value; numbers may be negative. A number that was rounded up to 2^64
 * (SIZE_MAX as a size_t) becomes all ones again.
 */
export function toHalves(value: Value): [number, number] {
  if (typeof value === 'bigint') return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
  const number = Number(value ?? 0);
  if (number >= 2 ** 64) return [0xffffffff, 0xffffffff];
  return [number >>> 0, Math.floor(number / 2 ** 32) >>> 0];
}

/** A value of `type` from its bytes in memory order. */
export function fromBytes(type: Type, bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case 'struct':
      return bytes;
    case 'f':
      return view.getFloat32(0, true);
    case 'd':
      return view.getFloat64(0, true);
    case 'D':
      return type.size === 8 ? view.getFloat64(0, true) : type.size === 12 || type.align !== 16 ? fromExtended(view, 0) : fromQuad(view, 0);
    default:
      return fromHalves(type, view.getUint32(0, true), type.size === 8 ? view.getUint32(4, true) : 0);
  }
}

export function toBytes(type: Type, value: Value, quad: boolean): Uint8Array {
  if (type.kind === 'struct') return value as Uint8Array;
  const bytes = new Uint8Array(Math.max(type.size, 16));
  const view = new DataView(bytes.buffer);
  if (type.kind === 'f') view.setFloat32(0, Number(value), true);
  else if (type.kind === 'd' || (type.kind === 'D' && type.size === 8)) view.setFloat64(0, Number(value), true);
  else if (type.kind === 'D') (quad ? toQuad : toExtended)(Number(value), view, 0);
  else {
    const [low, high] = toHalves(value);
    view.setUint32(0, low, true);
    view.setUint32(4, high, true);
  }
  return bytes.subarray(0, type.size);
}

/** Fast path: a word-size-or-less integer straight from memory. */
export function integerFromMemory(type: Type, memory: MemoryView, address: number): number | bigint {
  return fromHalves(type, memory.u32(address), type.size === 8 ? memory.u32(address + 4) : 0);
}
