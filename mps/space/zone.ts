/**
 * Zones: the address space striped by some middle bits of the address, and sets of
 * zones as words, which serve as reference sets (summaries). A word is a pair of
 * signed 32-bit halves, so that no BigInt is needed; a 32-bit platform leaves hi 0.
 */
export class RefSet {
  static readonly EMPTY = new RefSet(0, 0);

  constructor(
    readonly lo: number,
    readonly hi: number,
  ) {}

  get isEmpty(): boolean {
    return (this.lo | this.hi) === 0;
  }
  equals(o: RefSet): boolean {
    return this.lo === o.lo && this.hi === o.hi;
  }
  intersects(o: RefSet): boolean {
    return ((this.lo & o.lo) | (this.hi & o.hi)) !== 0;
  }
  /** this ⊆ o */
  within(o: RefSet): boolean {
    return ((this.lo & ~o.lo) | (this.hi & ~o.hi)) === 0;
  }
  union(o: RefSet): RefSet {
    return o.within(this) ? this : new RefSet(this.lo | o.lo, this.hi | o.hi);
  }
  intersection(o: RefSet): RefSet {
    return new RefSet(this.lo & o.lo, this.hi & o.hi);
  }
  minus(o: RefSet): RefSet {
    return this.intersects(o) ? new RefSet(this.lo & ~o.lo, this.hi & ~o.hi) : this;
  }
}

/** How one arena's addresses fall into zones: fixed when its first chunk is made. */
export class ZoneMap {
  /** All zones. */
  readonly UNIV: RefSet;
  /** Where pools without generations go unless they ask otherwise: the upper half. */
  readonly upperHalf: RefSet;
  /** Zones that small and negative integers would fall into when read as addresses. */
  readonly blacklist: RefSet;
  /** Size of a stripe. */
  readonly stripe: number;
  private readonly singles: RefSet[] = [];

  constructor(
    /** Bits in a word, which is also the number of zones. */
    readonly width: 32 | 64,
    readonly shift: number,
    /** Is `long` as wide as a word? (Not on 64-bit Windows.) */
    longIsWord: boolean,
  ) {
    this.stripe = 2 ** shift;
    this.UNIV = new RefSet(-1, width === 64 ? -1 : 0);
    this.upperHalf = width === 64 ? new RefSet(0, -1) : new RefSet(-65536, 0);
    for (let z = 0; z < width; z++) this.singles.push(z < 32 ? new RefSet(1 << z, 0) : new RefSet(0, 1 << (z - 32)));
    let blacklist = this.of(1).union(this.of(0xffffffff));
    if (longIsWord) blacklist = blacklist.union(this.singles[width - 1]);
    this.blacklist = blacklist;
  }

  /** The zone of a word given as halves. */
  zoneOf(lo: number, hi: number): number {
    const s = this.shift;
    if (this.width === 32) return (lo >>> s) & 31;
    return (s < 32 ? (lo >>> s) | (hi << (32 - s)) : hi >>> (s - 32)) & 63;
  }

  /** The set of the zone of an address. */
  of(address: number): RefSet {
    return this.singles[this.zoneOf(address >>> 0, (address / 0x100000000) | 0)];
  }

  ofRange(base: number, limit: number): RefSet {
    const first = Math.floor(base / this.stripe);
    const last = Math.floor((limit - 1) / this.stripe);
    if (last - first + 1 >= this.width) return this.UNIV;
    let set = this.singles[first % this.width];
    for (let z = first + 1; z <= last; z++) set = set.union(this.singles[z % this.width]);
    return set;
  }

  isUniv(set: RefSet): boolean {
    return set.equals(this.UNIV);
  }

  /** Is the stripe with this number (not taken modulo the width) in the set? */
  hasStripe(set: RefSet, stripe: number): boolean {
    return set.intersects(this.singles[stripe % this.width]);
  }
}
