/** Bounds-checked little-endian reading of a file; every failure names the field. */
import { LoadError } from './image.js';

export class Reader {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly path: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(message: string): never {
    throw new LoadError(`${this.path}: ${message}`);
  }

  /** [offset, offset + size) must lie in the file. */
  check(offset: number, size: number, field: string): void {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.bytes.length)) {
      this.fail(`truncated or damaged: ${field} at 0x${Math.max(0, offset).toString(16)} (${size} bytes) is outside of the file of ${this.bytes.length} bytes`);
    }
  }

  u8(offset: number, field: string): number {
    this.check(offset, 1, field);
    return this.view.getUint8(offset);
  }

  u16(offset: number, field: string): number {
    this.check(offset, 2, field);
    return this.view.getUint16(offset, true);
  }

  u32(offset: number, field: string): number {
    this.check(offset, 4, field);
    return this.view.getUint32(offset, true);
  }

  i32(offset: number, field: string): number {
    this.check(offset, 4, field);
    return this.view.getInt32(offset, true);
  }

  /** A 64-bit field as a number; above 2^53 it can't be an address or size here. */
  u64(offset: number, field: string): number {
    const low = this.u32(offset, field);
    const high = this.u32(offset + 4, field);
    if (high >= 0x200000) this.fail(`${field} is 0x${high.toString(16)}${low.toString(16).padStart(8, '0')}, which is no address or size`);
    return high * 2 ** 32 + low;
  }

  /** A signed 64-bit field that is small (an addend). */
  i64(offset: number, field: string): number {
    const low = this.u32(offset, field);
    const high = this.i32(offset + 4, field);
    return high * 2 ** 32 + low;
  }

  slice(offset: number, size: number, field: string): Uint8Array {
    this.check(offset, size, field);
    return this.bytes.subarray(offset, offset + size);
  }

  /** A NUL-terminated string of at most `limit` bytes. */
  string(offset: number, field: string, limit = 4096): string {
    this.check(offset, 1, field);
    const end = this.bytes.indexOf(0, offset);
    if (end < 0 || end - offset > limit) this.fail(`${field} at 0x${offset.toString(16)} is not terminated`);
    return new TextDecoder('latin1').decode(this.bytes.subarray(offset, end));
  }
}

/** No image may want more of the address space than this. */
export const SPAN_LIMIT = 1 << 30;
