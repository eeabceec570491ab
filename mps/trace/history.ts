/**
 * Location dependency: which zones had objects moved out of them, by epoch, so that a
 * client that hashes addresses can tell whether any that it depends on may have moved.
 */
import { RefSet, type ZoneMap } from '../space/zone.js';

const LENGTH = 4;

export class History {
  /** Flips so far that might have moved something. */
  epoch = 0;
  private prehistory = RefSet.EMPTY;
  private readonly slots: RefSet[] = new Array<RefSet>(LENGTH).fill(RefSet.EMPTY);

  constructor(private readonly zones: ZoneMap) {}

  /** Objects in `moved` may have moved. */
  age(moved: RefSet): void {
    this.slots[this.epoch % LENGTH] = RefSet.EMPTY;
    for (let i = 0; i < LENGTH; i++) this.slots[i] = this.slots[i].union(moved);
    this.prehistory = this.prehistory.union(moved);
    this.epoch++;
  }

  /** The set that mps_ld_add adds for an address. */
  zoneBit(address: number): RefSet {
    return this.zones.of(address);
  }

  isStale(epoch: number, rs: RefSet): boolean {
    if (epoch === this.epoch) return false;
    const moved = this.epoch - epoch <= LENGTH ? this.slots[epoch % LENGTH] : this.prehistory;
    return rs.intersects(moved);
  }
}
