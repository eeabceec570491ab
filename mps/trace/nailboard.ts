/**
 * Nailboards: which addresses of a segment ambiguous references pin. A hierarchy of bit
 * tables: a bit at one level stands for a word's worth of bits at the level below, so that
 * "is any of this range nailed?" takes a logarithmic number of looks.
 */
export class Nailboard {
  /** A level 0 nail was set since this was cleared. */
  newNails = false;
  private readonly levels: Uint32Array[] = [];
  private readonly shift: number;

  constructor(
    readonly base: number,
    readonly limit: number,
    private readonly align: number,
    wordWidth: number,
  ) {
    this.shift = Math.log2(wordWidth);
    const nails = (limit - base) / align;
    const count = Nailboard.levelCount(nails, this.shift);
    for (let i = 0; i < count; i++) {
      const bits = Math.ceil(nails / 2 ** (this.shift * i));
      this.levels.push(new Uint32Array((bits + 31) >>> 5));
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
    let bytes = (5 + count) * word;
    for (let i = 0; i < count; i++) bytes += Math.ceil(nails / 2 ** (shift * i) / wordWidth) * word;
    return bytes;
  }

  private index(address: number): number {
    return Math.floor((address - this.base) / this.align);
  }

  /** Nail an address; was it nailed already? */
  set(address: number): boolean {
    let i = this.index(address);
    for (let level = 0; level < this.levels.length; level++) {
      const table = this.levels[level];
      const bit = 1 << (i & 31);
      if (table[i >>> 5] & bit) return level === 0;
      table[i >>> 5] |= bit;
      if (level === 0) this.newNails = true;
      i = Math.floor(i / 2 ** this.shift);
    }
    return false;
  }
  get(address: number): boolean {
    const i = this.index(address);
    return (this.levels[0][i >>> 5] & (1 << (i & 31))) !== 0;
  }
  /** Nail every address of [base, limit). */
  setRange(base: number, limit: number): void {
    let first = this.index(base);
    let last = this.index(limit - 1);
    this.newNails = true;
    for (const table of this.levels) {
      for (let i = first; i <= last; i++) table[i >>> 5] |= 1 << (i & 31);
      first >>>= this.shift;
      last >>>= this.shift;
    }
  }

  private any(level: number, first: number, last: number): boolean {
    const table = this.levels[level];
    const a = first >>> 5;
    const b = last >>> 5;
    const low = -1 << (first & 31);
    const high = -1 >>> (31 - (last & 31));
    if (a === b) return (table[a] & low & high) !== 0;
    if (table[a] & low || table[b] & high) return true;
    for (let i = a + 1; i < b; i++) if (table[i]) return true;
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
