/** AMC's segments: how they are condemned, scanned, fixed into, and reclaimed, nailed or not. */
import { Nailboard } from '../trace/nailboard.js';
import { SegWord } from '../plinth/descriptors.js';
import { failureOf, Rank, Res } from '../plinth/res.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Buffer } from '../heap/buffer.js';
import { MutatorSeg } from '../heap/segment.js';
import type { Trace } from '../trace/trace.js';
import type { AMCGen, AMCPool } from './amc.js';

export class AMCSeg extends MutatorSeg {
  declare buffer: Buffer | undefined;
  private board_: Nailboard | undefined;
  accountedAsBuffered = false;
  /** Where what was condemned ends: beyond it a buffer has been allocating since. */
  private condemnedLimit = 0;
  /** Condemned at least once: its bytes aren't new. */
  old = false;
  /** Its bytes don't count towards its generation's capacity. */
  deferred = false;

  constructor(
    override readonly pool: AMCPool,
    base: number,
    limit: number,
    readonly amcGen: AMCGen,
  ) {
    super(pool, base, limit);
  }

  override describe(block: number): void {
    super.describe(block);
    const { format } = this.pool;
    this.tell(SegWord.format, format?.inGuest ? format.address : 0);
    this.tell(SegWord.to, this.amcGen.forward.address);
    this.forwarded = 0;
    this.tell(SegWord.limit, this.limit);
    this.tell(SegWord.board, this.board_?.address ?? 0);
    this.tell(SegWord.interior, this.pool.interior ? 1 : 0);
  }

  /** Bytes copied out of it in this trace, by guest code too. */
  get forwarded(): number {
    return this.arena.memory.word(this.block + SegWord.forwarded * this.arena.wordSize);
  }
  set forwarded(bytes: number) {
    this.tell(SegWord.forwarded, bytes);
  }

  private get methods() {
    return this.pool.methods;
  }

  // Nails.
  /** Ambiguous references to it; nailed without a board means that everything in it stays. */
  get board(): Nailboard | undefined {
    return this.board_;
  }
  private setBoard(board: Nailboard | undefined): void {
    this.board_ = board;
    this.tell(SegWord.board, board?.address ?? 0);
  }
  private createBoard(): Res {
    const { arena, pool } = this;
    const block = arena.controlAlloc(Nailboard.size(this.size, pool.align, arena.wordWidth));
    if (block < 0) return failureOf(block);
    this.setBoard(new Nailboard(arena.memory, block, this.base, this.limit, pool.align));
    return Res.OK;
  }
  /** The board, made if need be. Undefined: no memory. */
  private ownBoard(): Nailboard | undefined {
    if (!this.board) this.createBoard();
    return this.board;
  }
  private destroyBoard(): void {
    if (!this.board) return;
    this.arena.controlFree(this.board.address, Nailboard.size(this.size, this.pool.align, this.arena.wordWidth));
    this.setBoard(undefined);
  }
  /** Is the object at this client pointer kept in place by a nail? */
  private isPinned(board: Nailboard, object: number, next: number): boolean {
    const { interior, header } = this.pool;
    return interior ? !board.isFree(object - header, next - header) : board.get(object);
  }
  /** Does `next`, which a skip method has returned, lie behind the object and within the segment? What it says is the guest's word. */
  private isNext(object: number, next: number, func: string): boolean {
    const { arena, pool } = this;
    const { plinth } = arena;
    return (
      plinth.aver(next > object, func, 'q > p') &&
      plinth.aver((next - object) % pool.align === 0, func, 'SizeIsAligned(size, PoolAlignment(pool))') &&
      plinth.aver(next - pool.header <= this.limit, func, 'q <= SegLimit(seg)')
    );
  }
  private staysInPlace(object: number, next: number): boolean {
    return this.board === undefined || this.isPinned(this.board, object, next);
  }
  /**
   * In a nailed segment, the first object in [base, limit) that stays in place, as client pointers to it and behind it. OK: there is
   * none. FAIL, after an assertion: what a skip method says is not so.
   */
  private nextPinned(base: number, limit: number, func: string): { object: number; next: number } | Res {
    const { arena, board, methods, pool } = this;
    const walk = pool.format?.inGuest?.nextPinned;
    const end = limit + pool.header;
    let object = base + pool.header;
    if (walk) {
      object = walk(this.block, object, end);
      if (object === 0) return Res.OK;
      const next = arena.memory.word(this.block + SegWord.next * arena.wordSize);
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

  override whiten(trace: Trace): void {
    const { pool, amcGen } = this;
    let { buffer } = this;
    if (buffer && !buffer.isMutator) {
      buffer.detach();
      buffer = undefined;
    }
    let condemned = this.size;
    this.condemnedLimit = buffer ? buffer.scanLimit : this.limit;
    if (buffer) {
      const { scanLimit, poolLimit } = buffer;
      // Nothing but a buffer that isn't used yet.
      if (scanLimit === this.base) return;
      if (this.nailed && !this.board) return;
      const board = this.ownBoard();
      if (!board) return;
      if (scanLimit < poolLimit) board.setRange(scanLimit, poolLimit);
      this.nailed |= trace.bit;
      buffer.base = scanLimit;
      condemned -= poolLimit - scanLimit;
    }
    if (!this.old) {
      this.old = true;
      const buffered = this.accountedAsBuffered ? this.size : 0;
      amcGen.pgen.age(buffered, this.size - buffered, this.deferred);
      this.accountedAsBuffered = false;
    }
    amcGen.pgen.gen.condemn(trace, condemned);
    this.forwarded = 0;
    this.white |= trace.bit;
    if (amcGen === pool.rampGen) pool.switchRamp();
  }

  private scanObjects(ss: ScanState, base: number, limit: number): Res {
    ss.scannedSize += limit - base;
    this.arena.port.work((limit - base) / this.arena.wordSize);
    return this.methods.scan(ss, base, limit);
  }

  /** Objects up to where the segment's buffer (which may be growing as we scan) lets us look, then to the end. */
  override scan(ss: ScanState): Res {
    if (this.board) return this.scanNailed(ss, this.board);
    const { header } = this.pool;
    let p = this.base;
    for (let limit = this.scanLimit; p < limit; limit = this.scanLimit) {
      const res = this.scanObjects(ss, p + header, limit + header);
      if (res !== Res.OK) {
        ss.total = false;
        return res;
      }
      p = limit;
    }
    ss.total = true;
    return Res.OK;
  }

  /** Only pinned objects, again for as long as scanning makes new nails (it can in emergency). */
  private scanNailed(ss: ScanState, board: Nailboard): Res {
    let passes = 0;
    ss.total = true;
    do {
      board.newNails = false;
      passes++;
      const res = this.scanPinned(ss);
      if (res !== Res.OK) {
        ss.total = false;
        return res;
      }
    } while (board.newNails);
    // What was looked at twice has made the unfixed summary wrong.
    if (passes > 1) ss.setSummary(ss.summary);
    return Res.OK;
  }
  private scanPinned(ss: ScanState): Res {
    const { header } = this.pool;
    for (let p = this.base; p < this.scanLimit;) {
      const found = this.nextPinned(p, this.scanLimit, 'amcSegScanNailedRange');
      if (typeof found === 'number') {
        ss.total = false;
        return found;
      }
      const { object, next } = found;
      // Something before it is not pinned.
      if (object > p + header) ss.total = false;
      const res = this.scanObjects(ss, object, next);
      if (res !== Res.OK) return res;
      p = next - header;
    }
    return Res.OK;
  }

  override fix(ss: ScanState): Res {
    return ss.rank === Rank.AMBIG ? this.fixAmbiguous(ss) : this.fixExact(ss);
  }

  private fixAmbiguous(ss: ScanState): Res {
    if (this.nailed === 0) {
      const res = this.createBoard();
      if (res !== Res.OK) return res;
      this.nailed |= ss.traces;
    }
    this.fixInPlace(ss);
    return Res.OK;
  }

  /** Nail the address. Which object it belongs to doesn't matter yet. */
  private fixInPlace(ss: ScanState): void {
    if (this.board) {
      const wasNailed = this.board.set(ss.ref);
      if (wasNailed && (ss.traces & ~this.nailed) === 0) return;
      if (!wasNailed && ss.rank === Rank.AMBIG) this.noteNail(ss);
    } else if ((ss.traces & ~this.nailed) === 0) return;
    this.nailed |= ss.traces;
    if (this.rankSet !== 0) this.setGrey(this.grey | ss.traces);
  }
  private noteNail(ss: ScanState): void {
    const { arena } = this;
    const trace = arena.traces.busy;
    const { events } = arena.port;
    if (!trace || (!events.on && !trace.wantsNails)) return;
    const stood = ss.area?.stood;
    const nail = { address: ss.ref, by: ss.holder(), thread: ss.thread, ...(stood && { stood }) };
    trace.noteNail(nail);
    if (events.on) events.emit('nail', { address: nail.address, by: nail.by, of: nail.thread, slot: ss.slot });
  }

  /** Copy the object, unless it is pinned or has been copied already. */
  private fixExact(ss: ScanState): Res {
    const { arena } = this;
    const { shield } = arena;
    const { ref } = ss;
    arena.plinth.aver(ref % this.pool.align === 0, 'amcSegFix', 'AddrIsAligned(ref, PoolAlignment(pool))');
    shield.expose(this);
    try {
      const { methods } = this;
      // Guest code that leaves an object to the host has called these methods already.
      const forwarded = ss.next !== 0 ? 0 : methods.isfwd(ref);
      if (forwarded !== 0) {
        ss.ref = forwarded;
        return Res.OK;
      }
      const next = ss.next !== 0 ? ss.next : methods.skip(ref);
      if (!this.isNext(ref, next, 'amcSegFix')) return Res.MEMORY; // It can't be moved: as without memory.
      if (this.nailed && this.staysInPlace(ref, next)) {
        if (ss.traces & ~this.nailed) {
          if (this.rankSet !== 0) this.setGrey(this.grey | ss.traces);
          this.nailed |= ss.traces;
        }
        return Res.OK;
      }
      if (ss.rank === Rank.WEAK) {
        ss.ref = 0;
        return Res.OK;
      }
      ss.wasMarked = false;
      return this.forward(ss, ref, next - ref);
    } finally {
      shield.cover(this);
    }
  }

  private forward(ss: ScanState, ref: number, size: number): Res {
    const { arena, amcGen } = this;
    const { header } = this.pool;
    const buffer = amcGen.forward;
    const newBase = buffer.reserveInside(size);
    if (newBase < 0) return failureOf(newBase);
    const to = buffer.seg as AMCSeg;
    arena.shield.expose(to);
    if (this.rankSet !== 0) {
      if (!this.summary.within(to.summary)) to.setSummary(to.summary.union(this.summary));
      const grey = to.grey | this.grey | ss.traces;
      if (grey !== to.grey) to.setGrey(grey);
    }
    arena.memory.copy(ref - header, newBase, size);
    arena.shield.cover(to);
    // A flip can't come between, so this commit always succeeds.
    buffer.init = newBase + size;
    this.forwarded += size;
    const now = newBase + header;
    this.methods.fwd(ref, now);
    ss.ref = now;
    arena.port.work(size / arena.wordSize);
    arena.statistics.objectsMoved++;
    arena.statistics.bytesMoved += size;
    const { events } = arena.port;
    if (events.on) events.emit('forward', { from: ref, to: now, size });
    return Res.OK;
  }

  /** Without memory: everything stays where it is. */
  override fixEmergency(ss: ScanState): Res {
    if (ss.rank !== Rank.AMBIG) {
      this.arena.shield.expose(this);
      const forwarded = this.methods.isfwd(ss.ref);
      this.arena.shield.cover(this);
      if (forwarded !== 0) {
        ss.ref = forwarded;
        return Res.OK;
      }
    }
    this.fixInPlace(ss);
    return Res.OK;
  }

  override reclaim(trace: Trace): void {
    this.pool.rampCollected();
    if (this.nailed & trace.bit) {
      this.reclaimNailed(trace);
      return;
    }
    this.amcGen.pgen.gen.survive(trace, this.forwarded, 0);
    this.noteReclaim('freed');
    this.release();
  }
  private noteReclaim(outcome: 'freed' | 'kept'): void {
    const { events } = this.arena.port;
    if (events.on) events.emit('seg-reclaim', { base: this.base, limit: this.limit, outcome });
  }

  /** Runs of what isn't pinned become padding; the segment survives if anything did. */
  private reclaimNailed(trace: Trace): void {
    const { arena, methods, board } = this;
    const { header } = this.pool;
    const { statistics } = arena;
    const limit = this.scanLimit;
    let preserved = 0;
    arena.shield.expose(this);
    let padBase = this.base;
    const padTo = (end: number): void => {
      if (end > padBase) methods.pad(padBase, end - padBase);
    };
    while (padBase < limit) {
      const found = this.nextPinned(padBase, limit, 'amcSegReclaimNailed');
      if (typeof found === 'number') break;
      const base = found.object - header;
      const end = found.next - header;
      padTo(base);
      preserved += end - base;
      if (board && base < this.condemnedLimit) statistics.notePin(trace, base, end);
      padBase = end;
    }
    padTo(limit);
    arena.shield.cover(this);
    this.nailed &= ~trace.bit;
    this.white &= ~trace.bit;
    if (this.nailed === 0) this.destroyBoard();
    const { gen } = this.amcGen.pgen;
    if (this.buffer) gen.condemn(trace, this.buffer.poolLimit - this.buffer.base);
    gen.survive(trace, this.forwarded, preserved);
    const keep = preserved > 0 || this.buffer !== undefined;
    this.noteReclaim(keep ? 'kept' : 'freed');
    if (!keep) this.release();
  }

  /** Back to the arena, with the generation's books. */
  release(): void {
    this.destroyBoard();
    const { pgen } = this.amcGen;
    if (this.accountedAsBuffered) {
      pgen.empty(this.size, 0, this.deferred);
      this.accountedAsBuffered = false;
    }
    pgen.free(this, this.old ? this.size : 0, this.old ? 0 : this.size, this.deferred);
  }

  override check(): boolean {
    const { plinth } = this.arena;
    return (
      super.check() &&
      plinth.aver(!this.board || this.nailed !== 0, 'AMCSegCheck', 'seg->nailed != TraceSetEMPTY if it has a board') &&
      plinth.aver(!this.accountedAsBuffered || this.buffer !== undefined, 'AMCSegCheck', 'accountedAsBuffered => SegHasBuffer')
    );
  }
}
