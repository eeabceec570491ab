/**
 * MRG, manual rank guardian: the hidden pool behind finalization. A guardian holds one
 * reference of rank FINAL; when a trace finds that nothing else keeps the object, the
 * guardian becomes the message that says so.
 */
import { peek, poke } from '../trace/access.js';
import { Message, MessageType } from '../heap/message.js';
import { Pool, type PoolArena, type PoolClass } from '../heap/pool.js';
import { Rank, Res } from '../plinth/res.js';
import type { ScanState } from '../trace/scan-state.js';
import { allocSeg, GCSeg, Seg } from '../heap/segment.js';

const State = { FREE: 1, PREFINAL: 2, FINAL: 3 } as const;
/** Words of a guardian's link: state, and a ring node or a message. */
const LINK_WORDS = 7;

class Guardian extends Message {
  readonly type = MessageType.FINALIZATION;
  state: number = State.FREE;

  constructor(
    readonly pool: MRGPool,
    /** Where the reference is. */
    readonly slot: number,
    /** Its link, which stands for the message. */
    readonly address: number,
  ) {
    super();
  }
  get arena(): PoolArena {
    return this.pool.arena;
  }
  override finalizationRef(): number {
    return this.arena.inside(() => {
      const { plinth } = this.arena;
      plinth.aver(this.state === State.FINAL, 'MRGFinalizationRef', 'link->state == MRGGuardianFINAL');
      const ref = peek(this.arena, this.slot);
      plinth.aver(ref !== 0, 'MRGFinalizationRef', 'ref != 0');
      return ref;
    });
  }
  override release(): void {
    this.pool.freeGuardian(this);
  }
}

/** A grain of references; its barriers are the collector's own care (peek, poke). */
class MRGRefSeg extends GCSeg {
  guardians: Guardian[] = [];

  override scan(ss: ScanState): Res {
    const { arena } = this;
    for (const guardian of this.guardians) {
      if (guardian.state === State.FREE) continue;
      ss.wasMarked = true;
      ss.slot = guardian.slot;
      ss.ref = arena.memory.word(guardian.slot);
      if (!ss.fix1(ss.ref)) continue;
      const res = ss.fix2();
      if (res !== Res.OK) return res;
      arena.memory.setWord(guardian.slot, ss.ref);
      if (ss.rank === Rank.FINAL && !ss.wasMarked && guardian.state === State.PREFINAL) this.pool_.finalize(guardian, ss.ref);
    }
    ss.scannedSize += this.size;
    arena.port.work(this.guardians.length);
    ss.total = true;
    return Res.OK;
  }
  private get pool_(): MRGPool {
    return this.pool as MRGPool;
  }
}

export class MRGPool extends Pool {
  static readonly class: PoolClass = {
    name: 'MRG',
    create: (arena, _args, address) => new MRGPool(arena, address),
  };
  private readonly refSegs: MRGRefSeg[] = [];
  /** First in, first out. */
  private free_: Guardian[] = [];

  get poolClass(): PoolClass {
    return MRGPool.class;
  }

  private createPair(): Res {
    const { arena } = this;
    const word = arena.wordSize;
    const count = arena.grain / word;
    const refSeg = allocSeg(this, arena.defaultPref, arena.grain, (base, limit) => new MRGRefSeg(this, base, limit));
    if (typeof refSeg === 'number') return refSeg;
    const linkSize = arena.grains(count * LINK_WORDS * word);
    const linkSeg = allocSeg(this, arena.defaultPref, linkSize, (base, limit) => new Seg(this, base, limit));
    if (typeof linkSeg === 'number') {
      refSeg.free();
      return linkSeg;
    }
    refSeg.setRankAndSummary(1 << Rank.FINAL, arena.zones.UNIV);
    for (let i = 0; i < count; i++) {
      const guardian = new Guardian(this, refSeg.base + i * word, linkSeg.base + i * LINK_WORDS * word);
      arena.memory.setWord(guardian.slot, 0);
      refSeg.guardians.push(guardian);
      this.free_.push(guardian);
    }
    this.refSegs.push(refSeg);
    return Res.OK;
  }

  register(object: number): Res {
    if (this.free_.length === 0) {
      const res = this.createPair();
      if (res !== Res.OK) return res;
    }
    const guardian = this.free_.shift();
    if (!guardian) return Res.FAIL;
    guardian.state = State.PREFINAL;
    poke(this.arena, guardian.slot, object);
    return Res.OK;
  }

  deregister(object: number): Res {
    for (const seg of this.refSegs) {
      for (const guardian of seg.guardians) {
        if (guardian.state !== State.PREFINAL || peek(this.arena, guardian.slot) !== object) continue;
        this.freeGuardian(guardian);
        return Res.OK;
      }
    }
    return Res.FAIL;
  }

  finalize(guardian: Guardian, ref: number): void {
    guardian.state = State.FINAL;
    const { arena } = this;
    if (arena.port.events.on) arena.port.events.emit('finalize', { object: ref });
    arena.messages.post(guardian);
  }

  freeGuardian(guardian: Guardian): void {
    guardian.state = State.FREE;
    poke(this.arena, guardian.slot, 0);
    this.free_.push(guardian);
  }

  override sizes(): { total: number; free: number } {
    this.arena.plinth.notReached('PoolNoSize');
    return { total: 0, free: 0 };
  }
  override finishPool(): void {
    for (const seg of [...this.segs]) seg.free();
  }
}
