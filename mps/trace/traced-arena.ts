/** The arena as the tracer sees it. */
import type { ArenaVM } from '../space/arena-vm.js';
import type { History } from './history.js';
import type { ScannedArena } from './scan-state.js';
import type { Shield } from './shield.js';
import type { Statistics } from './statistics.js';
import type { Trace } from './trace.js';
import type { TracedChain, TracedGen, TracedPool, TracedRoot, TracedSeg } from './traced.js';
import type { Traces } from './traces.js';

/** Who is told of collections (messages to the client). */
export interface TraceObserver {
  /** Get ready for the next trace. */
  prepareGC(): void;
  postGCStart(trace: Trace): void;
  postGC(trace: Trace): void;
}

export interface TracedArena extends ScannedArena {
  readonly vm: ArenaVM<TracedPool, TracedSeg>;
  readonly traces: Traces;
  readonly shield: Shield;
  readonly history: History;
  readonly statistics: Statistics;
  readonly messages: TraceObserver;
  readonly pools: Iterable<TracedPool>;
  readonly roots: Iterable<TracedRoot>;
  readonly chains: Iterable<TracedChain>;
  /** The generation after the last of every chain. */
  readonly topGen: TracedGen;
}
