/**
 * The flip: the moment from which the mutator sees only black. Buffers are trapped, roots
 * are scanned, ambiguous ones first so that what they pin is pinned before an exact
 * reference could move it, and grey segments get their read barriers.
 */
import { isAllocFailure, Rank, Res } from '../plinth/res.js';
import type { Root } from '../heap/root.js';
import { ScanState } from './scan-state.js';
import { TraceState, type Trace } from './trace.js';

export function flip(trace: Trace): void {
  const { arena } = trace;
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
    for (const root of [...arena.roots]) if (root.rank === rank && root.grey & trace.bit) scanRoot(trace, root);
  }
  // `flipped` looks at the traces flipped before this one.
  for (const ring of arena.greyRings) for (const seg of ring) seg.flipped(trace);
  trace.state = TraceState.FLIPPED;
  arena.flippedTraces |= trace.bit;
  arena.shield.release();
}

function scanRoot(trace: Trace, root: Root): void {
  const { arena } = trace;
  let res = attempt(trace, root);
  if (isAllocFailure(res)) {
    arena.setEmergency(true);
    res = attempt(trace, root);
    arena.plinth.aver(!isAllocFailure(res), 'traceScanRoot', '!ResIsAllocFailure(res)');
  }
  arena.plinth.aver(res === Res.OK, 'traceScanRoot', 'ResIsAllocFailure(res)');
}

function attempt(trace: Trace, root: Root): Res {
  const { events } = trace.arena.port;
  if (events.on) events.emit('root-scan', { root: root.serial, kind: root.kind, rank: root.rank });
  const ss = new ScanState(trace.arena, root.rank, trace.bit, trace.white);
  const res = root.scan(ss);
  trace.rootScanSize += ss.scannedSize;
  return res;
}
