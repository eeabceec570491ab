/**
 * Nailboards: which addresses of a segment ambiguous references pin. A hierarchy of bit
 * tables: a bit at one level stands for a word's worth of bits at the level below, so that
 * "is any of this range nailed?" takes a logarithmic number of looks. They are in guest memory,
 * where guest code that moves objects looks too (fixtures/guest/mps/nailboard.h).
 */
import { BoardWord } from '../plinth/descriptors.js';
import type { GuestMemory } from '../plinth/guest-memory.js';

export class Nailboard {
  /** A level 0 nail was set since this was cleared. */
  newNails = false;
  /** Addresses of the tables. */
  private readonly levels: number[] = [];
  private readonly shift: number;

  constructor(
    private readonly memory: GuestMemory,
    /** Where there are `size` bytes for it. */
    readonly address: number,
    readonly base: number,
    readonly limit: number,
    private readonly align: number,
  ) {
    const { wordSize } = memory;
    this.shift = Math.log2(wordSize * 8);
    const nails = (limit - base) / align;
    const count = Nailboard.levelCount(nails, this.shift);
    const tell = (word: number, value: number): void => memory.setWord(address + word * wordSize, value);
    tell(BoardWord.base, base);
    tell(BoardWord.alignShift, Math.log2(align));
    tell(BoardWord.levels, count);
    let table = address + (BoardWord.tables + count) * wordSize;
    for (let i = 0; i < count; i++) {
      const words = Nailboard.tableWords(nails, this.shift, i);
      this.levels.push(table);
      tell(BoardWord.tables + i, table);
      memory.setBits(table, 0, words * wordSize * 8, false);
      table += words * wordSize;
    }
  }

  private static levelCount(nails: number, shift: number): number {
    return Math.floor((Math.floor(Math.log2(nails)) + shift) / shift) || 1;
  }

  /** Bytes of memory that a nailboard takes. */
  static size(size: number, align: number, wordWidth: number): number {
    const shift = Math.log2(wordWidth);
    const nails = size / align;
    const word = wordWidth / 8;
    const count = Nailboard.levelCount(nails, shift);
    let words = BoardWord.tables + count;
    for (let i = 0; i < count; i++) words += Nailboard.tableWords(nails, shift, i);
    return words * word;
  }
  private static tableWords(nails: number, shift: number, level: number): number {
    return Math.ceil(nails / 2 ** (shift * (level + 1)));
  }

  private index(address: number): number {
    return Math.floor((address - this.base) / this.align);
  }

  /** Nail an address; was it nailed already? */
  set(address: number): boolean {
    let i = this.index(address);
    for (let level = 0; level < this.levels.length; level++) {
      const at = this.levels[level] + (i >>> 5) * 4;
      const bit = 1 << (i & 31);
      const bits = this.memory.u32(at);
      if (bits & bit) return level === 0;
      this.memory.setU32(at, (bits | bit) >>> 0);
      if (level === 0) this.newNails = true;
      i = Math.floor(i / 2 ** this.shift);
    }
    return false;
  }
  get(address: number): boolean {
    const i = this.index(address);
    return (this.bits(0, i >>> 5) & (1 << (i & 31))) !== 0;
  }
  /** Nail every address of [base, limit). */
  setRange(base: number, limit: number): void {
    let first = this.index(base);
    let last = this.index(limit - 1);
    this.newNails = true;
    for (const table of this.levels) {
      this.memory.setBits(table, first, last + 1, true);
      first >>>= this.shift;
      last >>>= this.shift;
    }
  }

  /** The i-th 32 bits of a level. */
  private bits(level: number, i: number): number {
    return this.memory.u32(this.levels[level] + i * 4);
  }

  private any(level: number, first: number, last: number): boolean {
    const a = first >>> 5;
    const b = last >>> 5;
    const low = -1 << (first & 31);
    const high = -1 >>> (31 - (last & 31));
    if (a === b) return (this.bits(level, a) & low & high) !== 0;
    if (this.bits(level, a) & low || this.bits(level, b) & high) return true;
    for (let i = a + 1; i < b; i++) if (this.bits(level, i)) return true;
    return false;
  }

  /** Is nothing in [base, limit) nailed? From the top: a clear range above settles it, an inner set bit too. */
  isFree(base: number, limit: number): boolean {
    const first = this.index(base);
    const last = this.index(limit - 1);
    for (let level = this.levels.length - 1; level >= 0; level--) {
      const f = first >>> (this.shift * level);
      const l = last >>> (this.shift * level);
      if (!this.any(level, f, l)) return true;
      if (level === 0) return false;
      if (l - f >= 2 && this.any(level, f + 1, l - 1)) return false;
    }
    return true;
  }
}
