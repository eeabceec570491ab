/**
 * A value for each page of a chunk, kept only around pages that have one: a chunk may reserve far more address space
 * than is ever used of it.
 */
const LEAF = 1024;

const leafOf = (page: number): number => (page / LEAF) | 0;

export class PageMap<V> {
  private readonly leaves: (V | undefined)[][] = [];

  get(page: number): V | undefined {
    const leaf = leafOf(page);
    const values = this.leaves[leaf] as (V | undefined)[] | undefined;
    return values === undefined ? undefined : values[page - leaf * LEAF];
  }

  /** The value of pages [first, end). */
  fill(value: V | undefined, first: number, end: number): void {
    for (let page = first; page < end;) {
      const leaf = leafOf(page);
      const base = leaf * LEAF;
      const limit = Math.min(end, base + LEAF);
      let values = this.leaves[leaf] as (V | undefined)[] | undefined;
      if (values === undefined && value !== undefined) values = this.leaves[leaf] = new Array<V | undefined>(LEAF).fill(undefined);
      values?.fill(value, page - base, limit - base);
      page = limit;
    }
  }

  /** The first page from `page` on that has no value. */
  firstWithout(page: number): number {
    while (this.get(page) !== undefined) page++;
    return page;
  }

  /** Maximal runs of pages with equal values, in ascending order. */
  *runs(): Generator<{ first: number; end: number; value: V }> {
    let first = 0;
    let end = 0;
    let value: V | undefined;
    // Sparse: only leaves that exist are visited.
    for (const key of Object.keys(this.leaves)) {
      const base = Number(key) * LEAF;
      const values = this.leaves[Number(key)];
      for (let i = 0; i < LEAF; i++) {
        const here = values[i];
        if (here === value && base + i === end) {
          end++;
          continue;
        }
        if (value !== undefined) yield { first, end, value };
        first = base + i;
        end = first + 1;
        value = here;
      }
    }
    if (value !== undefined) yield { first, end, value };
  }
}
