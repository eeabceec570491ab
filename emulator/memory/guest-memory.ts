/**
 * A MemoryView over an Engine, with a small software TLB. The user's view forgets its
 * translations whenever one may have become wrong, the supervisor's only when a page
 * may have got another frame (it ignores protection).
 */
import { Access } from '../engine.js';
import type { Engine } from '../engine.js';
import { GuestFault } from './memory-view.js';
import type { MemoryView } from './memory-view.js';

const ENTRIES = 1024;
const HIGH = 0x100000000;
/** Of memory that is copied, filled or searched. */
const BYTES_PER_UNIT = 8;
/** Texts are mostly shorter. */
const SHORT_TEXT = 64;
const decoder = new TextDecoder();

export class GuestMemory implements MemoryView {
  private readonly bytes8: Uint8Array;
  private readonly bytes16: Uint16Array;
  private readonly words: Uint32Array;
  private readonly view: DataView;
  /** Masks, since remainders of numbers above 2^32 are slow. */
  private readonly pageSize: number;
  private readonly pageMask: number;
  /** A power of two, so that products are as exact as quotients, and faster. */
  private readonly pagesPerByte: number;
  /** Page number of each entry, by kind of access; NaN, which is no page's, not even a negative address's: none. */
  private readonly readTags = new Float64Array(ENTRIES).fill(NaN);
  private readonly writeTags = new Float64Array(ENTRIES).fill(NaN);
  private readonly readFrames = new Uint32Array(ENTRIES);
  private readonly writeFrames = new Uint32Array(ENTRIES);
  private generation = -1;
  private readonly supervisor: boolean;

  /**
   * `resolve`: asked before a user's access is refused, as a kernel's page-fault handler is (a copy to be made on
   * writing, a stack to grow); true: the page allows the access now.
   */
  constructor(
    private readonly engine: Engine,
    readonly wordSize: 4 | 8,
    privilege: 'user' | 'supervisor',
    private readonly resolve: (address: number, access: number) => boolean = () => false,
    /** Told of long accesses, in units of work (process/clock.ts), before they are made. */
    private readonly work: (units: number) => void = () => undefined,
    /** Called where the access is allowed and there is no memory left for the page; may end the run. */
    private readonly exhausted: () => void = () => undefined,
  ) {
    this.supervisor = privilege === 'supervisor';
    this.pageSize = engine.pageSize;
    this.pageMask = engine.pageSize - 1;
    this.pagesPerByte = 1 / engine.pageSize;
    const { physical } = engine;
    this.bytes8 = new Uint8Array(physical);
    this.bytes16 = new Uint16Array(physical, 0, physical.byteLength >>> 1);
    this.words = new Uint32Array(physical, 0, Math.floor(physical.byteLength / 4));
    this.view = new DataView(physical);
  }

  /** A translation that the TLB lacks. */
  private miss(address: number, access: number): number {
    const need = this.supervisor ? 0 : access;
    let offset = this.engine.translate(address, need);
    if (offset < 0 && this.resolve(address, access)) {
      offset = this.engine.translate(address, need);
      this.check();
    }
    if (offset < 0) this.refuse(address, access, need);
    const page = Math.floor(address * this.pagesPerByte);
    const entry = page & (ENTRIES - 1);
    const frame = offset - (address & this.pageMask);
    if (access === Access.Write || this.supervisor) {
      this.writeTags[entry] = page;
      this.writeFrames[entry] = frame;
    }
    if (access === Access.Read || this.supervisor) {
      this.readTags[entry] = page;
      this.readFrames[entry] = frame;
    }
    return offset;
  }

  private refuse(address: number, access: number, need: number): never {
    const protection = this.engine.protection(address);
    if (protection >= 0 && (protection & need) === need) this.exhausted();
    throw new GuestFault(address, access);
  }

  private check(): void {
    const now = this.supervisor ? this.engine.mappingGeneration : this.engine.generation;
    if (now === this.generation) return;
    this.generation = now;
    this.readTags.fill(NaN);
    this.writeTags.fill(NaN);
  }

  private forRead(address: number): number {
    this.check();
    const page = Math.floor(address * this.pagesPerByte);
    const entry = page & (ENTRIES - 1);
    if (this.readTags[entry] === page) return (this.readFrames[entry] | (address & this.pageMask)) >>> 0;
    return this.miss(address, Access.Read);
  }

  private forWrite(address: number): number {
    this.check();
    const page = Math.floor(address * this.pagesPerByte);
    const entry = page & (ENTRIES - 1);
    if (this.writeTags[entry] === page) return (this.writeFrames[entry] | (address & this.pageMask)) >>> 0;
    return this.miss(address, Access.Write);
  }

  /** Translates both pages before anything is touched, so that a refused access changes nothing. */
  private crosses(address: number, size: number): boolean {
    return (address & this.pageMask) > this.pageSize - size;
  }

  u8(address: number): number {
    return this.bytes8[this.forRead(address)];
  }

  u16(address: number): number {
    if (this.crosses(address, 2)) return this.u8(address) + this.u8(address + 1) * 256;
    const offset = this.forRead(address);
    return (offset & 1) === 0 ? this.bytes16[offset >>> 1] : this.view.getUint16(offset, true);
  }

  u32(address: number): number {
    if ((address & 3) === 0) return this.words[this.forRead(address) >>> 2];
    if (this.crosses(address, 4))
      return this.u8(address) + this.u8(address + 1) * 0x100 + this.u8(address + 2) * 0x10000 + this.u8(address + 3) * 0x1000000;
    return this.view.getUint32(this.forRead(address), true);
  }

  i32(address: number): number {
    return this.u32(address) | 0;
  }

  u64(address: number): bigint {
    if (this.crosses(address, 8)) return BigInt(this.u32(address)) | (BigInt(this.u32(address + 4)) << 32n);
    return this.view.getBigUint64(this.forRead(address), true);
  }

  f32(address: number): number {
    if (this.crosses(address, 4)) return new Float32Array(this.bytes(address, 4).buffer)[0];
    return this.view.getFloat32(this.forRead(address), true);
  }

  f64(address: number): number {
    if (this.crosses(address, 8)) return new Float64Array(this.bytes(address, 8).buffer)[0];
    return this.view.getFloat64(this.forRead(address), true);
  }

  word(address: number): number {
    if (this.wordSize === 4) return this.u32(address);
    if ((address & 7) === 0) {
      const index = this.forRead(address) >>> 2;
      return this.words[index] + this.words[index + 1] * HIGH;
    }
    return this.u32(address) + this.u32(address + 4) * HIGH;
  }

  bits(address: number): bigint {
    return this.wordSize === 8 ? this.u64(address) : BigInt(this.u32(address));
  }

  setU8(address: number, value: number): void {
    this.bytes8[this.forWrite(address)] = value;
  }

  setU16(address: number, value: number): void {
    if (this.crosses(address, 2)) return this.write(address, Uint8Array.of(value, value >>> 8));
    this.view.setUint16(this.forWrite(address), value, true);
  }

  setU32(address: number, value: number): void {
    if ((address & 3) === 0) this.words[this.forWrite(address) >>> 2] = value;
    else if (this.crosses(address, 4)) this.write(address, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
    else this.view.setUint32(this.forWrite(address), value, true);
  }

  setU64(address: number, value: bigint): void {
    if (this.crosses(address, 8)) this.write(address, new Uint8Array(BigUint64Array.of(value).buffer));
    else this.view.setBigUint64(this.forWrite(address), value, true);
  }

  setF32(address: number, value: number): void {
    if (this.crosses(address, 4)) this.write(address, new Uint8Array(Float32Array.of(value).buffer));
    else this.view.setFloat32(this.forWrite(address), value, true);
  }

  setF64(address: number, value: number): void {
    if (this.crosses(address, 8)) this.write(address, new Uint8Array(Float64Array.of(value).buffer));
    else this.view.setFloat64(this.forWrite(address), value, true);
  }

  /** A negative value is stored as its two's complement. */
  setWord(address: number, value: number): void {
    if (this.wordSize === 4) return this.setU32(address, value);
    if ((address & 7) === 0) {
      const index = this.forWrite(address) >>> 2;
      this.words[index] = value;
      this.words[index + 1] = Math.floor(value / HIGH);
      return;
    }
    this.write(address, new Uint8Array(Uint32Array.of(value, Math.floor(value / HIGH)).buffer));
  }

  setBits(address: number, value: bigint): void {
    if (this.wordSize === 8) this.setU64(address, value);
    else this.setU32(address, Number(BigInt.asUintN(32, value)));
  }

  /** A length that the guest gives may be any: asks for the pages before anything is made or changed, each at its price. */
  private ask(address: number, length: number, write: boolean): void {
    this.pieces(address, length, write, (_, size, done) => {
      if (done > 0) this.work(size / BYTES_PER_UNIT);
    });
  }

  /** Calls visit(physical offset, bytes, done before) for the pieces of a range, page by page. */
  private pieces(address: number, length: number, write: boolean, visit: (offset: number, size: number, done: number) => void): void {
    for (let done = 0; done < length;) {
      const at = address + done;
      const size = Math.min(length - done, this.pageSize - (at & this.pageMask));
      visit(write ? this.forWrite(at) : this.forRead(at), size, done);
      done += size;
    }
  }

  /** Within one page, as most pieces are. */
  private inPage(address: number, length: number): boolean {
    return length > 0 && (address & this.pageMask) + length <= this.pageSize;
  }

  bytes(address: number, length: number): Uint8Array {
    if (this.inPage(address, length)) {
      const offset = this.forRead(address);
      return this.bytes8.slice(offset, offset + length);
    }
    this.ask(address, length, false);
    const copy = new Uint8Array(length);
    this.pieces(address, length, false, (offset, size, done) => copy.set(this.bytes8.subarray(offset, offset + size), done));
    return copy;
  }

  write(address: number, bytes: Uint8Array): void {
    if (this.inPage(address, bytes.length)) return this.bytes8.set(bytes, this.forWrite(address));
    this.ask(address, bytes.length, true);
    this.pieces(address, bytes.length, true, (offset, size, done) => this.bytes8.set(bytes.subarray(done, done + size), offset));
  }

  fill(address: number, length: number, value: number): void {
    this.ask(address, length, true);
    this.pieces(address, length, true, (offset, size) => this.bytes8.fill(value, offset, offset + size));
  }

  /** Where the first zero byte is from `offset` on; -1: not within `size`. Short texts are found by a loop, which starts at once. */
  private firstNul(offset: number, size: number): number {
    const { bytes8 } = this;
    const few = Math.min(size, SHORT_TEXT);
    for (let i = 0; i < few; i++) if (bytes8[offset + i] === 0) return i;
    const found = bytes8.subarray(offset + few, offset + size).indexOf(0);
    return found < 0 ? -1 : few + found;
  }

  cBytes(address: number, limit = Infinity): Uint8Array {
    let length = 0;
    while (length < limit) {
      const at = address + length;
      const offset = this.forRead(at);
      const size = Math.min(limit - length, this.pageSize - (at & this.pageMask));
      if (length > 0) this.work(size / BYTES_PER_UNIT);
      const found = this.firstNul(offset, size);
      if (found >= 0 && length === 0) return this.bytes8.slice(offset, offset + found);
      length += found < 0 ? size : found;
      if (found >= 0) break;
    }
    return this.bytes(address, length);
  }

  cString(address: number, limit = Infinity): string {
    return decoder.decode(this.cBytes(address, limit));
  }

  physical(address: number, access: number): number {
    if (access === Access.Write) return this.forWrite(address);
    if (access === Access.Read) return this.forRead(address);
    let offset = this.engine.translate(address, this.supervisor ? 0 : access);
    if (offset < 0 && this.resolve(address, access)) offset = this.engine.translate(address, access);
    if (offset < 0) this.refuse(address, access, this.supervisor ? 0 : access);
    return offset;
  }
}
