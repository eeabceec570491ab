/**
 * A sorted list of disjoint ranges that stays fast with tens of thousands of them: buckets
 * of bounded length, so that an insertion moves a few hundred entries at most. Each bucket
 * knows the largest hole inside it, so that a search for room looks only where there is some.
 */

export interface Range {
  readonly base: number;
  readonly limit: number;
}

const BUCKET = 256;

class Bucket<T extends Range> {
  private hole: number | undefined;

  constructor(readonly ranges: T[]) {}

  get length(): number {
    return this.ranges.length;
  }
  get base(): number {
    return this.ranges[0].base;
  }
  get limit(): number {
    return this.ranges[this.ranges.length - 1].limit;
  }

  splice(start: number, count: number, ranges: readonly T[] = []): void {
    this.ranges.splice(start, count, ...ranges);
    this.hole = undefined;
  }

  /** The largest hole between two neighbours. */
  get largestHole(): number {
    if (this.hole !== undefined) return this.hole;
    let largest = 0;
    const { ranges } = this;
    for (let i = 1; i < ranges.length; i++) largest = Math.max(largest, ranges[i].base - ranges[i - 1].limit);
    return (this.hole = largest);
  }

  /** Index of the first range whose limit is above `address`. */
  indexAbove(address: number): number {
    let first = 0;
    let last = this.ranges.length;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (this.ranges[middle].limit <= address) first = middle + 1;
      else last = middle;
    }
    return first;
  }
}

export class SortedRanges<T extends Range> {
  /** None is empty. */
  private readonly buckets: Bucket<T>[] = [];

  /** [bucket, index] of the first range whose limit is above `address`; past the end: [bucket count, 0]. */
  private locate(address: number): [number, number] {
    const { buckets } = this;
    let low = 0;
    let high = buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (buckets[middle].limit <= address) low = middle + 1;
      else high = middle;
    }
    return [low, low === buckets.length ? 0 : buckets[low].indexAbove(address)];
  }

  /** The range that holds `address`. */
  find(address: number): T | undefined {
    const range = this.after(address);
    return range !== undefined && range.base <= address ? range : undefined;
  }

  /** The first range whose limit is above `address`. */
  after(address: number): T | undefined {
    const [b, i] = this.locate(address);
    return this.buckets[b]?.ranges[i];
  }

  /** The ranges that have a part in [base, limit). */
  overlapping(base: number, limit: number): T[] {
    const found: T[] = [];
    let [b, i] = this.locate(base);
    for (; b < this.buckets.length; b++, i = 0) {
      const { ranges } = this.buckets[b];
      for (; i < ranges.length; i++) {
        if (ranges[i].base >= limit) return found;
        found.push(ranges[i]);
      }
    }
    return found;
  }

  /** The lowest aligned base of a hole of `size` bytes in [low, high). */
  lowestHole(size: number, align: number, low: number, high: number): number | undefined {
    const up = (address: number): number => Math.ceil(address / align) * align;
    let base = up(low);
    let [b, i] = this.locate(low);
    for (; b < this.buckets.length; b++, i = 0) {
      const bucket = this.buckets[b];
      if (base + size <= Math.min(high, bucket.ranges[i].base)) return base;
      if (bucket.largestHole >= size) {
        for (; i < bucket.length; i++) {
          const range = bucket.ranges[i];
          if (base + size <= Math.min(high, range.base)) return base;
          base = Math.max(base, up(range.limit));
        }
      }
      base = Math.max(base, up(bucket.limit));
      if (base >= high) return undefined;
    }
    return base + size <= high ? base : undefined;
  }

  /** The highest one. */
  highestHole(size: number, align: number, low: number, high: number): number | undefined {
    const down = (address: number): number => Math.floor(address / align) * align;
    let base = down(high - size);
    // The ranges before index i of bucket b begin below `high`.
    let [b, i] = this.locate(high - 1);
    if (b === this.buckets.length) i = this.buckets[--b]?.length ?? 0;
    else if (this.buckets[b].ranges[i].base < high) i++;
    for (; b >= 0; b--) {
      const bucket = this.buckets[b];
      if (i > 0 && base >= Math.max(low, bucket.ranges[i - 1].limit)) return base;
      if (bucket.largestHole >= size) {
        for (; i > 0; i--) {
          const range = bucket.ranges[i - 1];
          if (base >= Math.max(low, range.limit)) return base;
          base = Math.min(base, down(range.base - size));
        }
      } else if (i > 0) {
        base = Math.min(base, down(bucket.base - size));
      }
      if (base < low) return undefined;
      i = this.buckets[b - 1]?.length ?? 0;
    }
    return base >= low ? base : undefined;
  }

  /** Puts `ranges` (sorted, lying where these were) in place of all that have a part in [base, limit). */
  replace(base: number, limit: number, ranges: readonly T[]): void {
    const { buckets } = this;
    if (buckets.length === 0) {
      if (ranges.length > 0) buckets.push(new Bucket([...ranges]));
      return;
    }
    let [b, i] = this.locate(base);
    if (b === buckets.length) {
      b--;
      i = buckets[b].length;
    }
    const home = buckets[b];
    let count = 0;
    while (i + count < home.length && home.ranges[i + count].base < limit) count++;
    // What lies in later buckets, when it reaches that far.
    if (i + count === home.length) {
      let last = b + 1;
      for (; last < buckets.length; last++) {
        const bucket = buckets[last];
        let gone = 0;
        while (gone < bucket.length && bucket.ranges[gone].base < limit) gone++;
        if (gone < bucket.length) {
          if (gone > 0) bucket.splice(0, gone);
          break;
        }
      }
      buckets.splice(b + 1, last - b - 1);
    }
    home.splice(i, count, ranges);
    if (home.length > BUCKET) {
      const parts: Bucket<T>[] = [];
      for (let at = 0; at < home.length; at += BUCKET / 2) parts.push(new Bucket(home.ranges.slice(at, at + BUCKET / 2)));
      buckets.splice(b, 1, ...parts);
    } else if (home.length === 0) {
      buckets.splice(b, 1);
    }
  }

  all(): T[] {
    return this.buckets.flatMap((bucket) => bucket.ranges);
  }
}
