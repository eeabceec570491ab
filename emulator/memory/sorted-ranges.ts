/**
 * A sorted list of disjoint ranges that stays fast with tens of thousands of them (each
 * protected page of a heap is one): buckets of bounded length, so that an insertion moves
 * a few hundred entries at most.
 */

export interface Range {
  readonly base: number;
  readonly limit: number;
}

const BUCKET = 256;

export class SortedRanges<T extends Range> {
  /** None is empty, unless it is the only one. */
  private buckets: T[][] = [[]];

  /** [bucket, index] of the first range whose limit is above `address`; past the end: [bucket count, 0]. */
  private locate(address: number): [number, number] {
    const { buckets } = this;
    let low = 0;
    let high = buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const bucket = buckets[middle];
      if (bucket.length === 0 || bucket[bucket.length - 1].limit <= address) low = middle + 1;
      else high = middle;
    }
    if (low === buckets.length) return [low, 0];
    const bucket = buckets[low];
    let first = 0;
    let last = bucket.length;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (bucket[middle].limit <= address) first = middle + 1;
      else last = middle;
    }
    return [low, first];
  }

  /** The range that holds `address`. */
  find(address: number): T | undefined {
    const [b, i] = this.locate(address);
    const range = this.buckets[b]?.[i];
    return range !== undefined && range.base <= address ? range : undefined;
  }

  /** Ranges in order, beginning with the first whose limit is above `address`. */
  *from(address: number): IterableIterator<T> {
    let [b, i] = this.locate(address);
    for (; b < this.buckets.length; b++, i = 0) for (; i < this.buckets[b].length; i++) yield this.buckets[b][i];
  }

  /** Ranges in falling order, beginning with the last whose base is below `address`. */
  *downFrom(address: number): IterableIterator<T> {
    let [b, i] = this.locate(address);
    const at = this.buckets[b]?.[i];
    if (at === undefined || at.base >= address) i--;
    for (; b >= 0; b--, i = b >= 0 ? this.buckets[b].length - 1 : -1) {
      const bucket = this.buckets[b];
      for (; bucket !== undefined && i >= 0; i--) yield bucket[i];
    }
  }

  /** The ranges that have a part in [base, limit). */
  overlapping(base: number, limit: number): T[] {
    const found: T[] = [];
    let [b, i] = this.locate(base);
    for (; b < this.buckets.length; b++, i = 0) {
      const bucket = this.buckets[b];
      for (; i < bucket.length; i++) {
        if (bucket[i].base >= limit) return found;
        found.push(bucket[i]);
      }
    }
    return found;
  }

  /** Puts `ranges` (sorted, lying where these were) in place of all that have a part in [base, limit). */
  replace(base: number, limit: number, ranges: readonly T[]): void {
    const { buckets } = this;
    let [b, i] = this.locate(base);
    if (b === buckets.length) {
      b--;
      i = buckets[b].length;
    }
    const home = buckets[b];
    let count = 0;
    while (i + count < home.length && home[i + count].base < limit) count++;
    // What lies in later buckets, when it reaches that far.
    if (i + count === home.length) {
      let last = b + 1;
      while (last < buckets.length) {
        const bucket = buckets[last];
        let gone = 0;
        while (gone < bucket.length && bucket[gone].base < limit) gone++;
        if (gone < bucket.length) {
          bucket.splice(0, gone);
          break;
        }
        last++;
      }
      buckets.splice(b + 1, last - b - 1);
    }
    home.splice(i, count, ...ranges);
    if (home.length > BUCKET) {
      const parts: T[][] = [];
      for (let at = 0; at < home.length; at += BUCKET / 2) parts.push(home.slice(at, at + BUCKET / 2));
      buckets.splice(b, 1, ...parts);
    } else if (home.length === 0 && buckets.length > 1) {
      buckets.splice(b, 1);
    }
  }

  all(): T[] {
    return this.buckets.flat();
  }
}
