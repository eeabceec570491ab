/** Policy: when a collection starts and what it condemns. Pure questions: who asks is the collector. */
import type { TracedArena } from './traced-arena.js';
import type { TracedChain, TracedGen } from './traced.js';
import type { Trace } from './trace.js';

const WORLD_MORTALITY = 0.5;
const WORK_FACTOR = 0.25;
const COPY_SCAN_RATIO = 1.5;
/** Opportunistic collections of everything: least size, assumed rate and overhead, and the most of time that they may take. */
const COLLECTABLE_MIN = 1_000_000;
const COLLECTION_RATE = 25e6;
const COLLECTION_OVERHEAD = 0.1;
const TRACED_TIME_MIN = 1.0;
const WORLD_FRACTION = 0.1;

/** Everything: all generations of all chains, and the top generation. */
export function world(arena: TracedArena): TracedGen[] {
  return [...arena.chains].flatMap((chain) => [...chain.gens]).concat(arena.topGen);
}
/** Bytes of allocation within which a collection of everything is to be done. */
export function worldFinishingTime(arena: TracedArena, trace: Trace): number {
  return Math.max(0, arena.vm.available - trace.condemned * (1 - trace.mortality));
}
/** The same for a collection of some generations. */
export function minorFinishingTime(trace: Trace): number {
  return WORK_FACTOR * trace.condemned;
}

/** Is memory for finishing a collection of everything running short? */
export function mustCollectWorld(arena: TracedArena): boolean {
  const size = arena.vm.committed - arena.vm.spareCommitted;
  const survivors = size * (1 - WORLD_MORTALITY);
  const work = survivors * (1 + COPY_SCAN_RATIO);
  return arena.vm.available - (survivors + WORK_FACTOR * work) < 0;
}

/** The chain that is furthest over its capacity, if one is. */
export function chainToCollect(arena: TracedArena): TracedChain | undefined {
  let worst = 0;
  let chosen: TracedChain | undefined;
  for (const chain of arena.chains) {
    const deferral = chain.deferral;
    if (deferral < worst) {
      worst = deferral;
      chosen = chain;
    }
  }
  return chosen;
}

/** Work done by traces so far, and the seconds that it took. */
export interface TracedSoFar {
  work: number;
  time: number;
}

/** Is there time, of `available` ticks, for collecting everything because the client is idle? `sinceLast`: seconds. */
export function shouldCollectWorld(arena: TracedArena, available: number, traced: TracedSoFar, sinceLast: number): boolean {
  if (available <= 0) return false;
  const collectable = arena.vm.committed - arena.vm.spareCommitted;
  if (collectable < COLLECTABLE_MIN) return false;
  const rate = traced.time >= TRACED_TIME_MIN ? traced.work / traced.time : COLLECTION_RATE;
  const collectionTime = collectable / rate + COLLECTION_OVERHEAD;
  // Ticks against seconds, as the original compares them.
  if (available <= collectionTime) return false;
  return sinceLast > collectionTime / WORLD_FRACTION;
}
