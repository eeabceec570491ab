/**
 * The shield: between the protection that segments should have (sm) and the protection
 * that their pages have now (pm). The collector exposes a segment to touch it and covers it
 * afterwards; while the mutator is suspended protections may lag, in a queue that is
 * flushed when the arena is left.
 */
import { AccessSet, type Port } from '../../platforms/port.js';
import type { Plinth } from '../plinth/plinth.js';
import type { TestHooks } from '../plinth/test-hooks.js';

const QUEUE_LENGTH = 512;
const DEPTH_MAX = 15;

/** A segment as the shield sees it. */
export interface ShieldedSeg {
  readonly base: number;
  readonly limit: number;
  /** How often exposed. */
  depth: number;
  /** In the shield's queue. */
  queued: boolean;
  /** Protection that the pages have, and should have. */
  pm: number;
  sm: number;
}

/** The arena as the shield sees it. */
export interface ShieldedArena {
  readonly port: Port;
  readonly plinth: Plinth;
  readonly wordSize: number;
  readonly testHooks: TestHooks;
  readonly threads: { suspend(): void; resume(): void };
  controlAlloc(size: number): number;
  controlFree(address: number, size: number): void;
}

export class Shield {
  inside = false;
  suspended = false;
  /** Total of all segments' depths. */
  depth = 0;
  holds = 0;
  /** Segments with sm != pm that aren't exposed. */
  unsynced = 0;
  private queue: ShieldedSeg[] = [];
  private length = 0;
  private next = 0;
  private limit = 0;

  constructor(private readonly arena: ShieldedArena) {}

  enter(): void {
    const { plinth } = this.arena;
    plinth.aver(!this.inside, 'ShieldEnter', '!shield->inside');
    plinth.aver(this.depth === 0, 'ShieldEnter', 'shield->depth == 0');
    plinth.aver(!this.suspended, 'ShieldEnter', '!shield->suspended');
    plinth.aver(this.unsynced === 0, 'ShieldEnter', 'shield->unsynced == 0');
    this.next = this.limit = 0;
    this.inside = true;
  }

  leave(): void {
    const { plinth } = this.arena;
    plinth.aver(this.depth === 0, 'ShieldLeave', 'shield->depth == 0');
    plinth.aver(this.holds === 0, 'ShieldLeave', 'shield->holds == 0');
    this.flush();
    plinth.aver(this.unsynced === 0, 'ShieldLeave', 'shield->unsynced == 0');
    if (this.suspended) {
      this.arena.threads.resume();
      this.suspended = false;
    }
    this.inside = false;
  }

  suspend(): void {
    if (this.suspended) return;
    this.arena.threads.suspend();
    this.suspended = true;
  }
  /** Keep the mutator out until release; it resumes only when the arena is left. */
  hold(): void {
    this.suspend();
    this.holds++;
  }
  release(): void {
    this.arena.plinth.aver(this.holds > 0, 'ShieldRelease', 'shield->holds > 0');
    this.holds--;
  }

  private setProtection(base: number, limit: number, mode: number): void {
    const { port, testHooks } = this.arena;
    if (testHooks.noBarriers) return;
    if (port.events.on) port.events.emit('protect', { base, limit, mode });
    port.protSet(base, limit, mode);
  }

  private sync(seg: ShieldedSeg): void {
    if (seg.pm === seg.sm) return;
    this.unsynced--;
    seg.pm = seg.sm;
    this.setProtection(seg.base, seg.limit, seg.sm);
  }

  /** Change sm or pm, keeping the count of segments out of step. */
  private set(seg: ShieldedSeg, sm: number, pm: number): void {
    const was = seg.sm !== seg.pm;
    seg.sm = sm;
    seg.pm = pm;
    const is = sm !== pm;
    if (was !== is) this.unsynced += is ? 1 : -1;
  }

  raise(seg: ShieldedSeg, mode: number): void {
    this.set(seg, seg.sm | mode, seg.pm);
    this.enqueue(seg);
  }

  lower(seg: ShieldedSeg, mode: number): void {
    const pm = seg.pm & ~mode;
    const changed = pm !== seg.pm;
    this.set(seg, seg.sm & ~mode, pm);
    if (changed) this.setProtection(seg.base, seg.limit, pm);
  }

  expose(seg: ShieldedSeg): void {
    const { plinth } = this.arena;
    plinth.aver(seg.depth < DEPTH_MAX, 'ShieldExpose', 'SegDepth(seg) < ShieldDepthMAX');
    seg.depth++;
    this.depth++;
    if (seg.pm !== AccessSet.Empty) {
      this.suspend();
      this.set(seg, seg.sm, AccessSet.Empty);
      this.setProtection(seg.base, seg.limit, AccessSet.Empty);
    }
  }

  cover(seg: ShieldedSeg): void {
    this.arena.plinth.aver(seg.depth > 0, 'ShieldCover', 'SegDepth(seg) > 0');
    seg.depth--;
    this.depth--;
    this.enqueue(seg);
  }

  private enqueue(seg: ShieldedSeg): void {
    if (seg.sm === seg.pm || seg.queued) return;
    if (seg.depth > 0) {
      // Covering it will see to it.
      this.suspend();
      return;
    }
    if (this.next >= this.length && !this.grow() && this.length > 0) this.next = 0;
    if (this.length === 0 || !this.suspended) {
      this.sync(seg);
      return;
    }
    if (this.limit >= this.length) {
      const old = this.queue[this.next];
      old.queued = false;
      if (old.depth === 0) this.sync(old);
    }
    this.queue[this.next] = seg;
    seg.queued = true;
    this.next++;
    if (this.next > this.limit) this.limit = this.next;
  }

  /** Double the queue, as far as the control pool has room for it. */
  private grow(): boolean {
    const { arena } = this;
    const length = this.length === 0 ? QUEUE_LENGTH : this.length * 2;
    const block = arena.controlAlloc(length * arena.wordSize);
    if (block < 0) return false;
    if (this.length > 0) arena.controlFree(this.block, this.length * arena.wordSize);
    this.block = block;
    this.length = length;
    return true;
  }
  private block = 0;

  /** Bring everything in the queue into step, adjacent segments of equal mode by one call. */
  flush(): void {
    if (this.limit === 0) return;
    const pending = this.queue.slice(0, this.limit);
    this.next = this.limit = 0;
    this.queue.length = 0;
    pending.sort((a, b) => a.base - b.base);
    let base = 0;
    let limit = 0;
    let mode = 0;
    for (const seg of pending) {
      seg.queued = false;
      if (seg.pm === seg.sm || seg.depth > 0) continue;
      this.set(seg, seg.sm, seg.sm);
      if (limit !== seg.base || mode !== seg.sm) {
        if (base !== 0) this.setProtection(base, limit, mode);
        base = seg.base;
        mode = seg.sm;
      }
      limit = seg.limit;
    }
    if (base !== 0) this.setProtection(base, limit, mode);
  }

  finish(): void {
    if (this.length > 0) this.arena.controlFree(this.block, this.length * this.arena.wordSize);
    this.length = 0;
  }

  check(): boolean {
    const { plinth } = this.arena;
    return (
      plinth.aver(this.inside || !this.suspended, 'ShieldCheck', 'shield->inside || !shield->suspended') &&
      plinth.aver(this.holds === 0 || this.suspended, 'ShieldCheck', 'shield->holds == 0 || shield->suspended') &&
      plinth.aver(this.limit <= this.length, 'ShieldCheck', 'shield->limit <= shield->length')
    );
  }
}
