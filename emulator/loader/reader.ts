/** Bounds-checked little-endian reading of a file; every failure names the field. */
import { LoadError } from './image.js';

const latin1 = new TextDecoder('latin1');
/** Bytes of the longest string, unless told otherwise. */
const STRING_LIMIT = 4096;

export interface StringTable {
  at: (index: number, field: string) => string;
}

export class Reader {
  private readonly view: DataView;
  /** Bytes of text that may still be read: names may overlap in the file, so a small file could hold endless text. */
  private textLeft: number;

  constructor(
    readonly bytes: Uint8Array,
    readonly path: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.textLeft = 8 * bytes.length + (1 << 20);
  }

  fail(message: string): never {
    throw new LoadError(`${this.path}: ${message}`);
  }

  /** [offset, offset + size) must lie in the file. */
  check(offset: number, size: number, field: string): void {
    if (!(offset >= 0 && size >= 0 && offset + size <= this.bytes.length)) {
      this.fail(
        `truncated or damaged: ${field} at 0x${Math.max(0, offset).toString(16)} (${size} bytes) is outside of the file of ${this.bytes.length} bytes`,
      );
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
    if (high >= 0x200000) {
      const value = `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
      this.fail(`${field} at 0x${offset.toString(16)} is ${value}, which is no address or size`);
    }
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
  string(offset: number, field: string, limit = STRING_LIMIT): string {
    this.check(offset, 1, field);
    return this.stringIn(this.bytes.subarray(offset), 0, field, limit);
  }

  /** The same within a part of the file. */
  stringIn(bytes: Uint8Array, offset: number, field: string, limit = STRING_LIMIT): string {
    const text = bytes.subarray(offset, offset + limit + 1);
    const length = offset >= 0 && offset < bytes.length ? text.indexOf(0) : -1;
    if (length < 0) this.fail(`${field} is not terminated`);
    this.countText(length, field);
    return latin1.decode(text.subarray(0, length));
  }

  /** Strings that lie one behind the other, each ended by a NUL: a table of many is decoded once. */
  stringTable(offset: number, size: number, field: string): StringTable {
    const text = latin1.decode(this.slice(offset, size, field));
    return {
      at: (index, name) => {
        const end = text.indexOf('\0', index);
        // The last one may end behind the table.
        if (end < 0 || end > index + STRING_LIMIT) return this.string(offset + index, name);
        this.countText(end - index, name);
        return text.slice(index, end);
      },
    };
  }

  countText(length: number, field: string): void {
    this.textLeft -= length;
    if (this.textLeft < 0) this.fail(`${field} and the names before it are longer than the file`);
  }

  /** A fixed-size field of text, padded with zeros. */
  text(offset: number, size: number, field: string): string {
    return latin1.decode(this.slice(offset, size, field)).replace(/\0.*$/s, '');
  }
}

/** Images have a handful of segments; Windows refuses more than 96 sections. */
export const SEGMENT_LIMIT = 128;
/** No image may want more of the address space than this. */
export const SPAN_LIMIT = 1 << 30;
