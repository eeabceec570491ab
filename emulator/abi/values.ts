/**
 * Values of the signature language as bytes, as two 32-bit halves, and on the x87 stack.
 *
 * Words of 8 bytes (l, L, z, p) are numbers: exact below 2^53, else rounded to the nearest
 * double. 2^64 itself (SIZE_MAX rounded up) becomes all ones again on the way back, so
 * masks like (size_t)-1 survive; other values above 2^53 keep their top 53 bits.
 */
import { Fxsave, ST_BYTES, ST_STRIDE, topOf, withTop } from '../cpu/fxsave.js';
import { FLOAT_OFFSET } from '../cpu/registers.js';
import type { Registers } from '../engine.js';
import type { Value } from './abi.js';
import { fromExtended, fromQuad, toExtended, toQuad } from './long-double.js';
import type { DataModel, Type } from './types.js';

const ST0 = FLOAT_OFFSET + Fxsave.st;
const STATUS = FLOAT_OFFSET + Fxsave.status;
const TAG = FLOAT_OFFSET + Fxsave.tag;
const HIGH = 2 ** 32;

/** Push bytes on the x87 stack of the FXSAVE image. */
export function pushSt0(registers: Registers, value: number | Uint8Array): void {
  const bytes = new Uint8Array(registers.buffer);
  const view = new DataView(registers.buffer);
  bytes.copyWithin(ST0 + ST_STRIDE, ST0, ST0 + 7 * ST_STRIDE);
  if (typeof value === 'number') toExtended(value, view, ST0);
  else bytes.set(value.subarray(0, ST_BYTES), ST0);
  const status = view.getUint16(STATUS, true);
  const top = (topOf(status) + 7) & 7;
  view.setUint16(STATUS, withTop(status, top), true);
  bytes[TAG] |= 1 << top;
}

/** Take the top of the x87 stack: its ten bytes. */
export function popSt0(registers: Registers): Uint8Array {
  const bytes = new Uint8Array(registers.buffer);
  const view = new DataView(registers.buffer);
  const value = bytes.slice(ST0, ST0 + ST_BYTES);
  bytes.copyWithin(ST0, ST0 + ST_STRIDE, ST0 + 8 * ST_STRIDE);
  const status = view.getUint16(STATUS, true);
  const top = topOf(status);
  view.setUint16(STATUS, withTop(status, top + 1), true);
  bytes[TAG] &= ~(1 << top);
  return value;
}

/** How an integer type is decoded from two halves. From Signed64 on the upper half counts. */
export const Integer = { Signed32: 0, Unsigned32: 1, BigUnsigned32: 2, Signed64: 3, Unsigned64: 4, BigSigned: 5, BigUnsigned: 6 } as const;

export function integerCode(type: Type): number {
  switch (type.kind) {
    case 'i':
      return Integer.Signed32;
    case 'q':
      return Integer.BigSigned;
    case 'Q':
      return Integer.BigUnsigned;
    case 'w':
      return type.size === 4 ? Integer.BigUnsigned32 : Integer.BigUnsigned;
    case 'l':
      return type.size === 4 ? Integer.Signed32 : Integer.Signed64;
    default:
      return type.size === 4 ? Integer.Unsigned32 : Integer.Unsigned64;
  }
}

export function fromHalves(code: number, low: number, high: number): number | bigint {
  switch (code) {
    case Integer.Signed32:
      return low | 0;
    case Integer.Unsigned32:
      return low >>> 0;
    case Integer.BigUnsigned32:
      return BigInt(low >>> 0);
    case Integer.Signed64:
      return (high | 0) * HIGH + (low >>> 0);
    case Integer.Unsigned64:
      return (high >>> 0) * HIGH + (low >>> 0);
    case Integer.BigSigned:
      return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
    default:
      return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }
}

export function lowHalf(value: Value): number {
  if (typeof value === 'number') return value >= 2 ** 64 ? 0xffffffff : value >>> 0;
  if (typeof value === 'bigint') return Number(value & 0xffffffffn);
  return 0;
}

function highHalf(value: Value): number {
  if (typeof value === 'number') return value >= 2 ** 64 ? 0xffffffff : Math.floor(value / HIGH) >>> 0;
  if (typeof value === 'bigint') return Number((value >> 32n) & 0xffffffffn);
  return 0;
}

export function isInteger(type: Type): boolean {
  return !['v', 'f', 'd', 'D', 'struct'].includes(type.kind);
}

/** A value of `type` from its bytes in memory order. */
export function fromBytes(type: Type, bytes: Uint8Array, model: DataModel): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case 'struct':
      return bytes;
    case 'f':
      return view.getFloat32(0, true);
    case 'd':
      return view.getFloat64(0, true);
    case 'D':
      if (model.longDoubleFormat === 'double') return view.getFloat64(0, true);
      return model.longDoubleFormat === 'x87' ? fromExtended(view, 0) : fromQuad(view, 0);
    default:
      return fromHalves(integerCode(type), view.getUint32(0, true), type.size === 8 ? view.getUint32(4, true) : 0);
  }
}

export function toBytes(type: Type, value: Value, model: DataModel): Uint8Array {
  if (type.kind === 'struct') {
    if (!(value instanceof Uint8Array) || value.length !== type.size) throw new TypeError(`a struct of ${type.size} bytes is expected`);
    return value;
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const format = type.kind === 'D' ? model.longDoubleFormat : undefined;
  if (type.kind === 'f') view.setFloat32(0, Number(value), true);
  else if (type.kind === 'd' || format === 'double') view.setFloat64(0, Number(value), true);
  else if (format === 'x87') toExtended(Number(value), view, 0);
  else if (format === 'quad') toQuad(Number(value), view, 0);
  else {
    view.setUint32(0, lowHalf(value), true);
    view.setUint32(4, highHalf(value), true);
  }
  return bytes.subarray(0, type.size);
}
