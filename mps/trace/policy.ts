/** Policy: when a collection starts and what it condemns. */
import type { Arena } from '../arena/arena.js';
import type { GenDesc } from '../heap/generation.js';
import { Res } from '../plinth/res.js';
import { Trace, TraceWhy } from './trace.js';

const WORLD_MORTALITY = 0.5;
const WORK_FACTOR = 0.25;
const COPY_SCAN_RATIO = 1.5;
/** Opportunistic collections of everything: least size, assumed rate and overhead, and the most of time that they may take. */
const COLLECTABLE_MIN = 1_000_000;
const COLLECTION_RATE = 25e6;
const COLLECTION_OVERHEAD = 0.1;
const TRACED_TIME_MIN = 1.0;
const WORLD_FRACTION = 0.1;

/** Create a trace that condemns the generations and start it; FAIL if nothing can be condemned. */
function startTrace(arena: Arena, why: number, gens: readonly GenDesc[], finishing: (trace: Trace) => number): Trace | Res {
  if (arena.busyTrace) return Res.LIMIT;
  const trace = new Trace(arena, why);
  arena.busyTrace = trace;
  const res = trace.condemn(gens);
  if (res !== Res.OK) {
    trace.destroy();
    return res;
  }
  trace.start(finishing(trace));
  return trace;
}

export function collectWorld(arena: Arena, why: number): Trace | Res {
  const gens = arena.chains.flatMap((chain) => chain.gens).concat(arena.topGen);
  return startTrace(arena, why, gens, (t) => Math.max(0, arena.vm.available - t.condemned * (1 - t.mortality)));
}

/** Start whatever policy wants now. Undefined: nothing. */
export function policyStart(arena: Arena, mayCollectWorld: boolean): Trace | undefined {
  if (mayCollectWorld) {
    const size = arena.vm.committed - arena.vm.spareCommitted;
    const survivors = size * (1 - WORLD_MORTALITY);
    const work = survivors * (1 + COPY_SCAN_RATIO);
    if (arena.vm.available - (survivors + WORK_FACTOR * work) < 0) {
      const trace = collectWorld(arena, TraceWhy.DYNAMIC);
      if (typeof trace !== 'number') return trace;
    }
  }
  let worst = 0;
  let chosen;
  for (const chain of arena.chains) {
    const deferral = chain.deferral;
    if (deferral < worst) {
      worst = deferral;
      chosen = chain;
    }
  }
  if (!chosen) return undefined;
  const trace = startTrace(arena, TraceWhy.CHAIN_GEN0CAP, chosen.toCondemn(), (t) => WORK_FACTOR * t.condemned);
  return typeof trace === 'number' ? undefined : trace;
}

/** Is there time, of `available` ticks, for collecting everything because the client is idle? */
export function shouldCollectWorld(arena: Arena, available: number, now: number): boolean {
  if (available <= 0) return false;
  const collectable = arena.vm.committed - arena.vm.spareCommitted;
  if (collectable < COLLECTABLE_MIN) return false;
  const rate = arena.tracedTime >= TRACED_TIME_MIN ? arena.tracedWork / arena.tracedTime : COLLECTION_RATE;
  const collectionTime = collectable / rate + COLLECTION_OVERHEAD;
  // Ticks against seconds, as the original compares them.
  if (available <= collectionTime) return false;
  const sinceLast = (now - arena.lastWorldCollect) / arena.port.clocksPerSecond;
  return sinceLast > collectionTime / WORLD_FRACTION;
}
