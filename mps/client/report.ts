/** What the collectors of a run did, in numbers, over all its arenas. */
import type { Standing } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';

export interface CollectorReport {
  collections: number;
  flips: number;
  objectsMoved: number;
  objectsPinned: number;
  /** One reference that pinned an object: the register's or stack slot's name. */
  pinnedExample?: { address: number; holder: string; thread: number; stood?: Standing };
  barrierFaults: number;
  /** Bytes of the arenas, the largest each has been. */
  peakCommitted: number;
  peakReserved: number;
}

export function collectorReport(arenas: readonly Arena[]): CollectorReport {
  const sum: CollectorReport = {
    collections: 0,
    flips: 0,
    objectsMoved: 0,
    objectsPinned: 0,
    barrierFaults: 0,
    peakCommitted: 0,
    peakReserved: 0,
  };
  for (const arena of arenas) {
    arena.noteMoved();
    const { statistics } = arena;
    sum.collections += statistics.collections;
    sum.flips += statistics.flips;
    sum.objectsMoved += statistics.objectsMoved;
    sum.objectsPinned += statistics.objectsPinned;
    sum.barrierFaults += statistics.barrierFaults;
    sum.peakCommitted += statistics.peakCommitted;
    sum.peakReserved += statistics.peakReserved;
    const { pinnedExample } = statistics;
    if (pinnedExample && !sum.pinnedExample) {
      const { address, by, thread, stood } = pinnedExample;
      sum.pinnedExample = { address, holder: by, thread, ...(stood && { stood }) };
    }
  }
  return sum;
}
