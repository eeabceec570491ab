/**
 * The tracer: what is done in each phase of a trace. Condemn generations, start (find what refers to them), flip (let
 * the mutator see only the new world), scan what is grey, rank by rank, until nothing is, and reclaim what is still white.
 */
import { Res } from '../plinth/res.js';
import { flip } from './flip.js';
import { findGrey, scanSegment } from './scan.js';
import { POLL_INTERVAL, Trace, TraceState, traceWhyText, type TraceWhy } from './trace.js';
import type { TracedArena } from './traced-arena.js';
import type { TracedGen } from './traced.js';

/** Make segments of the generations white. FAIL: nothing to condemn. Sets the expected mortality. */
function condemn(arena: TracedArena, trace: Trace, gens: readonly TracedGen[]): Res {
  let casualties = 0;
  arena.shield.hold();
  for (const gen of gens) {
    gen.startTrace(trace);
    const before = trace.condemned;
    for (const seg of gen.segs) {
      seg.whiten(trace);
      if (!(seg.white & trace.bit)) continue;
      trace.white = trace.white.union(seg.zones);
      if (seg.pool.isMovingGC) trace.mayMove = trace.mayMove.union(seg.zones);
    }
    casualties += (trace.condemned - before) * gen.mortality;
  }
  arena.shield.release();
  if (trace.white.isEmpty) return Res.FAIL;
  trace.mortality = trace.condemned > 0 ? casualties / trace.condemned : 0;
  return Res.OK;
}

/** What refers to the condemned becomes grey, and the mutator flips. finishingTime: bytes of allocation. */
function start(arena: TracedArena, trace: Trace, finishingTime: number): void {
  for (const pool of arena.pools) {
    for (const seg of pool.segs) {
      if (seg.rankSet === 0) continue;
      if (seg.summary.intersects(trace.white)) {
        seg.greyen(trace);
        if (seg.grey & trace.bit) trace.foundation += seg.size;
      }
      if (pool.isGC && !(seg.white & trace.bit)) trace.notCondemned += seg.size;
    }
  }
  for (const root of arena.roots) if (root.summary.intersects(trace.white)) root.grey |= trace.bit;
  const survivors = trace.condemned * (1 - trace.mortality);
  const polls = Math.max(1, Math.trunc(Math.min(finishingTime / POLL_INTERVAL, Number.MAX_SAFE_INTEGER)));
  trace.quantumWork = (trace.foundation + survivors) / polls + 1;
  trace.state = TraceState.UNFLIPPED;
  arena.statistics.collections++;
  const { events } = arena.port;
  if (events.on) {
    events.emit('trace-start', {
      why: traceWhyText[trace.why],
      condemned: trace.condemned,
      foundation: trace.foundation,
      notCondemned: trace.notCondemned,
      white: [trace.white.hi >>> 0, trace.white.lo >>> 0],
    });
  }
  arena.messages.postGCStart(trace);
  flip(arena, trace);
}

/** Start a trace that condemns the generations. FAIL: nothing can be condemned. LIMIT: a trace is going on. */
export function startTrace(
  arena: TracedArena,
  why: TraceWhy,
  gens: readonly TracedGen[],
  finishingTime: (trace: Trace) => number,
): Trace | Res {
  if (arena.traces.busy) return Res.LIMIT;
  const trace = new Trace(why);
  arena.traces.begin(trace, gens);
  const res = condemn(arena, trace, gens);
  if (res !== Res.OK) {
    end(arena, trace);
    return res;
  }
  start(arena, trace, finishingTime(trace));
  return trace;
}

/** One step: scan one grey segment, or find that there is none, or reclaim, with which the trace ends. */
export function advanceTrace(arena: TracedArena, trace: Trace): void {
  if (trace.state === TraceState.FLIPPED) {
    const grey = findGrey(arena, trace);
    if (grey) scanSegment(arena, grey.seg, grey.rank, trace);
    else trace.state = TraceState.RECLAIM;
  } else if (trace.state === TraceState.RECLAIM) {
    reclaim(arena, trace);
  } else arena.plinth.notReached('TraceAdvance');
}

function reclaim(arena: TracedArena, trace: Trace): void {
  for (const gen of arena.traces.gens) {
    for (const seg of gen.segs) {
      arena.plinth.aver(!(seg.grey & trace.bit), 'traceReclaim', '!TraceSetIsMember(SegGrey(seg), trace)');
      if (seg.white & trace.bit) seg.reclaim(trace);
    }
  }
  trace.state = TraceState.FINISHED;
  arena.vm.chunks.compact();
  arena.messages.postGC(trace);
  arena.messages.prepareGC();
  arena.statistics.notePinned(trace);
  end(arena, trace);
}

/** A finished trace, or one that condemned nothing, goes. */
function end(arena: TracedArena, trace: Trace): void {
  for (const gen of arena.traces.gens) gen.endTrace(trace);
  arena.traces.end();
  arena.vm.chunks.compact();
  if (trace.state === TraceState.FINISHED && arena.port.events.on) {
    arena.port.events.emit('trace-end', {
      condemned: trace.condemned,
      forwarded: trace.forwardedSize,
      preservedInPlace: trace.preservedInPlaceSize,
      pinned: trace.pinned,
    });
  }
}
