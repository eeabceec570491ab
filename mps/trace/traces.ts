/** Which traces are busy and which have flipped, what they condemned, and the segments that are grey for them. */
import type { Plinth } from '../plinth/plinth.js';
import { Ring } from './ring.js';
import type { Trace } from './trace.js';
import type { TracedGen, TracedSeg } from './traced.js';

export class Traces {
  private current: Trace | undefined;
  private condemned: readonly TracedGen[] = [];
  private flippedSet = 0;
  private inEmergency = false;
  /** Grey segments by rank, newest first. */
  readonly greyRings = [0, 1, 2, 3].map(() => new Ring<TracedSeg>());

  constructor(private readonly plinth: Plinth) {}

  /** The trace that is going on: there is one at most. */
  get busy(): Trace | undefined {
    return this.current;
  }
  /** The generations that it condemns. */
  get gens(): readonly TracedGen[] {
    return this.condemned;
  }
  /** Set of traces that have flipped. */
  get flipped(): number {
    return this.flippedSet;
  }
  /** Memory ran out in this trace: fixes don't allocate any more. */
  get emergency(): boolean {
    return this.inEmergency;
  }

  begin(trace: Trace, gens: readonly TracedGen[]): void {
    this.current = trace;
    this.condemned = gens;
  }
  noteFlip(trace: Trace): void {
    this.flippedSet |= trace.bit;
  }
  end(): void {
    this.current = undefined;
    this.condemned = [];
    this.flippedSet = 0;
    this.inEmergency = false;
  }
  enterEmergency(): void {
    this.plinth.aver(this.current !== undefined, 'ArenaSetEmergency', 'arena->busyTraces != TraceSetEMPTY');
    this.inEmergency = true;
  }

  greyRing(rankSet: number): Ring<TracedSeg> {
    return this.greyRings[31 - Math.clz32(rankSet)];
  }

  check(): boolean {
    const c = (ok: boolean, text: string): boolean => this.plinth.aver(ok, 'ArenaCheck', text);
    const busy = this.current !== undefined;
    return (
      c(this.flippedSet === 0 || busy, 'TraceSetSub(arena->flippedTraces, arena->busyTraces)') &&
      c(!this.inEmergency || busy, '!arena->emergency || arena->busyTraces != TraceSetEMPTY')
    );
  }
}
