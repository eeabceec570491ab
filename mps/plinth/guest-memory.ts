/** The MPS's own accesses to guest memory: words, copies between pages, and 32-bit views for scanning loops. */
import { Access, type MemoryView, type Port } from '../../platforms/port.js';

export class GuestMemory {
  readonly wordSize: 4 | 8;
  readonly pageSize: number;
  /** All physical memory, for loops that scan: index = physical(address) / 4. */
  readonly words: Uint32Array;
  private readonly octets: Uint8Array;
  private readonly view: MemoryView;

  constructor(readonly port: Port) {
    this.view = port.memory;
    this.wordSize = port.platform.wordSize;
    this.pageSize = port.platform.pageSize;
    this.words = new Uint32Array(port.physical);
    this.octets = new Uint8Array(port.physical);
  }

  /** A pointer-sized word as a number (rounded above 2^53, where no address is). */
  word(address: number): number {
    return this.view.word(address);
  }
  setWord(address: number, value: number): void {
    this.view.setWord(address, value);
  }
  u32(address: number): number {
    return this.view.u32(address);
  }
  setU32(address: number, value: number): void {
    this.view.setU32(address, value);
  }
  /** A word given as halves. */
  setHalves(address: number, lo: number, hi: number): void {
    this.view.setU32(address, lo >>> 0);
    if (this.wordSize === 8) this.view.setU32(address + 4, hi >>> 0);
  }
  /** Set or clear bits [first, end) of a table of bits. */
  setBits(table: number, first: number, end: number, on: boolean): void {
    for (let i = first; i < end;) {
      const next = Math.min(end, i - (i % 32) + 32);
      const mask = (-1 >>> (32 - (next - i))) << (i % 32);
      const address = table + ((i - (i % 32)) / 32) * 4;
      const word = this.view.u32(address);
      this.view.setU32(address, (on ? word | mask : word & ~mask) >>> 0);
      i = next;
    }
  }

  /** Index into `words` of the word at `address`; contiguous to the end of its page. */
  index(address: number): number {
    return this.view.physical(address, Access.Read) / 4;
  }

  /** Copy between two ranges that don't overlap. */
  copy(from: number, to: number, size: number): void {
    const page = this.pageSize;
    while (size > 0) {
      const n = Math.min(size, page - (from % page), page - (to % page));
      const source = this.view.physical(from, Access.Read);
      const target = this.view.physical(to, Access.Write);
      this.octets.copyWithin(target, source, source + n);
      from += n;
      to += n;
      size -= n;
    }
  }
}
