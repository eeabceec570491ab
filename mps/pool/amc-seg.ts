/** AMC's segments: how they are condemned, scanned and reclaimed, nailed or not (amc-fix.ts: references to them). */
import type { Nailboard } from '../trace/nailboard.js';
import { SegWord } from '../plinth/descriptors.js';
import { Rank, Res } from '../plinth/res.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Buffer } from '../heap/buffer.js';
import { MutatorSeg } from '../heap/segment.js';
import type { Trace } from '../trace/trace.js';
import type { AMCGen, AMCPool } from './amc.js';
import { fixAmbiguous, fixEmergency, fixExact } from './amc-fix.js';
import { Nails } from './nails.js';

export class AMCSeg extends MutatorSeg {
  declare buffer: Buffer | undefined;
  readonly nails = new Nails(this);
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
    this.nails.describe();
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
      if (this.nailed && !this.nails.board) return;
      const board = this.nails.ownBoard();
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
    if (this.nails.board) return this.scanNailed(ss, this.nails.board);
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
      const found = this.nails.nextPinned(p, this.scanLimit, 'amcSegScanNailedRange');
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
    return ss.rank === Rank.AMBIG ? fixAmbiguous(this, ss) : fixExact(this, ss);
  }
  override fixEmergency(ss: ScanState): Res {
    return fixEmergency(this, ss);
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
    const { arena, methods } = this;
    const { board } = this.nails;
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
      const found = this.nails.nextPinned(padBase, limit, 'amcSegReclaimNailed');
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
    if (this.nailed === 0) this.nails.destroyBoard();
    const { gen } = this.amcGen.pgen;
    if (this.buffer) gen.condemn(trace, this.buffer.poolLimit - this.buffer.base);
    gen.survive(trace, this.forwarded, preserved);
    const keep = preserved > 0 || this.buffer !== undefined;
    this.noteReclaim(keep ? 'kept' : 'freed');
    if (!keep) this.release();
  }

  /** Back to the arena, with the generation's books. */
  release(): void {
    this.nails.destroyBoard();
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
      plinth.aver(!this.nails.board || this.nailed !== 0, 'AMCSegCheck', 'seg->nailed != TraceSetEMPTY if it has a board') &&
      plinth.aver(!this.accountedAsBuffered || this.buffer !== undefined, 'AMCSegCheck', 'accountedAsBuffered => SegHasBuffer')
    );
  }
}
