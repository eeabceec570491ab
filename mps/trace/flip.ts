/**
 * The flip: the moment from which the mutator sees only black. Buffers are trapped, roots
 * are scanned, ambiguous ones first so that what they pin is pinned before an exact
 * reference could move it, and grey segments get their read barriers.
 */
import { isAllocFailure, Rank, Res } from '../plinth/res.js';
import { ScanState } from './scan-state.js';
import { TraceState, type Trace } from './trace.js';
import type { TracedArena } from './traced-arena.js';
import type { TracedRoot } from './traced.js';

export function flip(arena: TracedArena, trace: Trace): void {
  arena.shield.hold();
  for (const pool of arena.pools) for (const buffer of pool.buffers) buffer.flip();
  if (!trace.mayMove.isEmpty) arena.history.age(trace.mayMove);
  arena.statistics.flips++;
  const { events } = arena.port;
  if (events.on) events.emit('trace-flip');
  for (const root of arena.roots) {
    arena.plinth.aver(!(root.grey & trace.bit) || root.rank <= Rank.EXACT, 'rootFlip', 'root->rank <= RankEXACT');
  }
  for (const rank of [Rank.AMBIG, Rank.EXACT]) {
    for (const root of [...arena.roots]) if (root.rank === rank && root.grey & trace.bit) scanRoot(arena, trace, root);
  }
  // `flipped` looks at the traces flipped before this one.
  for (const ring of arena.traces.greyRings) for (const seg of ring) seg.flipped(trace);
  trace.state = TraceState.FLIPPED;
  arena.traces.noteFlip(trace);
  arena.shield.release();
}

function scanRoot(arena: TracedArena, trace: Trace, root: TracedRoot): void {
  let res = attempt(arena, trace, root);
  if (isAllocFailure(res)) {
    arena.traces.enterEmergency();
    res = attempt(arena, trace, root);
    arena.plinth.aver(!isAllocFailure(res), 'traceScanRoot', '!ResIsAllocFailure(res)');
  }
  arena.plinth.aver(res === Res.OK, 'traceScanRoot', 'ResIsAllocFailure(res)');
}

function attempt(arena: TracedArena, trace: Trace, root: TracedRoot): Res {
  const { events } = arena.port;
  if (events.on) events.emit('root-scan', { root: root.serial, kind: root.kind, rank: root.rank });
  const ss = new ScanState(arena, root.rank, trace.bit, trace.white);
  const res = root.scan(ss);
  trace.rootScanSize += ss.scannedSize;
  return res;
}
