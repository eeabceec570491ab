/**
 * The state of each page of one reservation: 0 = reserved only, else its PAGE_*
 * protection (committed). Kept in blocks made on first use, so that a large
 * reservation costs nothing until it is committed.
 */
const BLOCK = 512;

export class PageStates {
  private readonly blocks = new Map<number, Uint16Array>();

  constructor(readonly count: number) {}

  get(index: number): number {
    const block = this.blocks.get(Math.floor(index / BLOCK));
    return block === undefined ? 0 : block[index % BLOCK];
  }

  set(index: number, state: number): void {
    this.fill(index, index + 1, state);
  }

  /** Give pages [from, to) a state. */
  fill(from: number, to: number, state: number): void {
    while (from < to) {
      const key = Math.floor(from / BLOCK);
      const end = Math.min(to, (key + 1) * BLOCK);
      let block = this.blocks.get(key);
      if (block === undefined && state !== 0) this.blocks.set(key, (block = new Uint16Array(BLOCK)));
      block?.fill(state, from - key * BLOCK, end - key * BLOCK);
      from = end;
    }
  }

  /** First index in [from, to) whose state differs from that of `from`; `to` if none does. */
  runEnd(from: number, to: number): number {
    const state = this.get(from);
    let index = from + 1;
    while (index < to) {
      const key = Math.floor(index / BLOCK);
      const end = Math.min(to, (key + 1) * BLOCK);
      const block = this.blocks.get(key);
      if (block === undefined) {
        if (state !== 0) return index;
        index = end;
        continue;
      }
      for (; index < end; index++) if (block[index - key * BLOCK] !== state) return index;
    }
    return to;
  }

  /** Is every page of [from, to) committed? */
  allCommitted(from: number, to: number): boolean {
    for (let index = from; index < to; index++) if (this.get(index) === 0) return false;
    return true;
  }

  committed(from: number, to: number): number {
    let total = 0;
    for (let index = from; index < to;) {
      const end = this.runEnd(index, to);
      if (this.get(index) !== 0) total += end - index;
      index = end;
    }
    return total;
  }
}
