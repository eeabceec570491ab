/**
 * Roots: references that aren't in objects. Each kind scans itself; an area or a formatted
 * root may be protected, which lets it keep a summary behind a write barrier.
 */
import { AccessSet } from '../../platforms/port.js';
import type { HeapArena } from './heap-arena.js';
import { Rank, Res } from '../plinth/res.js';
import type { TracedRoot } from '../trace/traced.js';
import type { ScanState } from '../trace/scan-state.js';
import type { RefSet } from '../space/zone.js';

/** Bits of a root's mode. In mps.h PROT_INNER has PROT's value. */
export const RootMode = { CONST: 1, PROT: 2, PROT_INNER: 4 } as const;

export type RootKind = 'function' | 'area' | 'formatted' | 'thread';

export interface RootSpec {
  kind: RootKind;
  rank: Rank;
  mode: number;
  scan: (ss: ScanState) => Res;
  /** Of areas and formatted roots. */
  base?: number;
  limit?: number;
}

export class Root implements TracedRoot {
  static readonly blockWords = 20;
  readonly kind: RootKind;
  readonly rank: Rank;
  readonly mode: number;
  /** Set of traces. */
  grey = 0;
  summary: RefSet;
  /** Protection in force over [protBase, protLimit). */
  pm = 0;
  readonly protBase: number = 0;
  readonly protLimit: number = 0;
  private readonly scanReferences: (ss: ScanState) => Res;

  constructor(
    readonly arena: HeapArena,
    readonly address: number,
    readonly serial: number,
    spec: RootSpec,
    /** The ring it is on. */
    private readonly ring: Set<Root>,
  ) {
    const { plinth, grain } = arena;
    this.kind = spec.kind;
    this.rank = spec.rank;
    this.mode = spec.mode;
    this.scanReferences = spec.scan;
    this.summary = arena.zones.UNIV;
    plinth.aver(this.rank >= Rank.AMBIG && this.rank <= Rank.WEAK, 'RootCheck', 'RankCheck(root->rank)');
    plinth.aver(this.mode >= 0 && this.mode <= 7, 'RootCheck', 'RootModeCheck(root->mode)');
    if (spec.base !== undefined && spec.limit !== undefined && this.mode & RootMode.PROT) {
      let base = spec.base - (spec.base % grain);
      let limit = arena.grains(spec.limit);
      if (this.mode & RootMode.PROT_INNER) {
        base = arena.grains(spec.base);
        limit = spec.limit - (spec.limit % grain);
      }
      if (base < limit) {
        this.protBase = base;
        this.protLimit = limit;
      }
    }
  }

  get isProtectable(): boolean {
    return this.protLimit > this.protBase;
  }
  covers(address: number): boolean {
    return address >= this.protBase && address < this.protLimit;
  }
  overlaps(other: Root): boolean {
    return this.protBase < other.protLimit && other.protBase < this.protLimit;
  }

  private protect(mode: number): void {
    if (this.pm === mode || this.arena.testHooks.noBarriers) return;
    const { port } = this.arena;
    if (port.events.on) port.events.emit('protect', { base: this.protBase, limit: this.protLimit, mode });
    port.protSet(this.protBase, this.protLimit, mode);
    this.pm = mode;
  }

  /** Scan for the trace for which it is grey. */
  scan(ss: ScanState): Res {
    const pm = this.pm;
    if (pm) this.protect(AccessSet.Empty);
    const res = this.scanReferences(ss);
    if (res !== Res.OK) {
      if (pm) this.protect(pm);
      return res;
    }
    this.grey &= ~ss.traces;
    if (this.isProtectable) {
      this.summary = ss.summary;
      this.protect(this.arena.zones.isUniv(this.summary) ? AccessSet.Empty : AccessSet.Write);
    }
    return res;
  }

  /** The mutator wrote to it. */
  access(_address: number, mode: number): Res {
    this.arena.plinth.aver((mode & AccessSet.Write) !== 0, 'RootAccess', 'mode == AccessWRITE');
    this.summary = this.arena.zones.UNIV;
    this.protect(AccessSet.Empty);
    return Res.OK;
  }

  destroy(): void {
    this.arena.inside(() => this.finish());
  }
  finish(): void {
    const { arena } = this;
    // The original leaves a write protection in force behind; that is a defect, not kept here.
    this.protect(AccessSet.Empty);
    this.ring.delete(this);
    arena.controlFree(this.address, Root.blockWords * arena.wordSize);
  }
}
