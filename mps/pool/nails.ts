/**
 * The nails of a segment: the board of ambiguous references to it, and which objects they keep in place. The sizes of objects
 * are what the client's skip method says, and are checked.
 */
import type { Format, FormatMethods } from '../heap/format.js';
import type { HeapArena } from '../heap/heap-arena.js';
import { SegWord } from '../plinth/descriptors.js';
import { failureOf, Res } from '../plinth/res.js';
import { Nailboard } from '../trace/nailboard.js';

/** A segment whose objects can be nailed, and what counts of its pool. */
export interface NailedSeg {
  readonly arena: HeapArena;
  readonly pool: {
    readonly align: number;
    readonly format: Format | undefined;
    readonly header: number;
    readonly interior: boolean;
    readonly methods: FormatMethods;
  };
  readonly base: number;
  readonly limit: number;
  readonly size: number;
  /** Its descriptor in guest memory. */
  readonly block: number;
}

export class Nails {
  private board_: Nailboard | undefined;

  constructor(private readonly seg: NailedSeg) {}

  /** Undefined in a nailed segment: everything in it stays. */
  get board(): Nailboard | undefined {
    return this.board_;
  }
  private set board(board: Nailboard | undefined) {
    this.board_ = board;
    this.describe();
  }
  /** For guest code. */
  describe(): void {
    const { arena, block } = this.seg;
    if (block !== 0) arena.memory.setWord(block + SegWord.board * arena.wordSize, this.board_?.address ?? 0);
  }

  private get boardSize(): number {
    const { arena, pool, size } = this.seg;
    return Nailboard.size(size, pool.align, arena.wordWidth);
  }
  createBoard(): Res {
    const { arena, pool, base, limit } = this.seg;
    const block = arena.controlAlloc(this.boardSize);
    if (block < 0) return failureOf(block);
    this.board = new Nailboard(arena.memory, block, base, limit, pool.align);
    return Res.OK;
  }
  /** The board, made if need be. Undefined: no memory. */
  ownBoard(): Nailboard | undefined {
    if (!this.board_) this.createBoard();
    return this.board_;
  }
  destroyBoard(): void {
    if (!this.board_) return;
    this.seg.arena.controlFree(this.board_.address, this.boardSize);
    this.board = undefined;
  }

  private isPinned(board: Nailboard, object: number, next: number): boolean {
    const { interior, header } = this.seg.pool;
    return interior ? !board.isFree(object - header, next - header) : board.get(object);
  }
  /** In a nailed segment: is the object at this client pointer kept in place? */
  keep(object: number, next: number): boolean {
    return this.board_ === undefined || this.isPinned(this.board_, object, next);
  }

  /** Does `next`, which a skip method has returned, lie behind the object and within the segment? What it says is the guest's word. */
  isNext(object: number, next: number, func: string): boolean {
    const { arena, pool, limit } = this.seg;
    const { plinth } = arena;
    return (
      plinth.aver(next > object, func, 'q > p') &&
      plinth.aver((next - object) % pool.align === 0, func, 'SizeIsAligned(size, PoolAlignment(pool))') &&
      plinth.aver(next - pool.header <= limit, func, 'q <= SegLimit(seg)')
    );
  }

  /**
   * In a nailed segment, the first object in [base, limit) that stays in place, as client pointers to it and behind it. OK: there is
   * none. FAIL, after an assertion: what a skip method says is not so.
   */
  nextPinned(base: number, limit: number, func: string): { object: number; next: number } | Res {
    const { board_: board } = this;
    const { arena, block, pool } = this.seg;
    const { methods } = pool;
    const walk = pool.format?.inGuest?.nextPinned;
    const end = limit + pool.header;
    let object = base + pool.header;
    if (walk) {
      object = walk(block, object, end);
      if (object === 0) return Res.OK;
      const next = arena.memory.word(block + SegWord.next * arena.wordSize);
      return this.isNext(object, next, func) ? { object, next } : Res.FAIL;
    }
    while (object < end) {
      const next = methods.skip(object);
      if (!this.isNext(object, next, func)) return Res.FAIL;
      if (board ? this.isPinned(board, object, next) : methods.isfwd(object) === 0) return { object, next };
      object = next;
    }
    return Res.OK;
  }
}
