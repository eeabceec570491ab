/** References to AMC's segments: an ambiguous one nails what it points to, an exact one has its object copied, unless that is pinned. */
import { failureOf, Rank, Res } from '../plinth/res.js';
import type { ScanState } from '../trace/scan-state.js';
import type { AMCSeg } from './amc-seg.js';

export function fixAmbiguous(seg: AMCSeg, ss: ScanState): Res {
  if (seg.nailed === 0) {
    const res = seg.nails.createBoard();
    if (res !== Res.OK) return res;
    seg.nailed |= ss.traces;
  }
  fixInPlace(seg, ss);
  return Res.OK;
}

/** Nail the address. Which object it belongs to doesn't matter yet. */
function fixInPlace(seg: AMCSeg, ss: ScanState): void {
  const { board } = seg.nails;
  if (board) {
    const wasNailed = board.set(ss.ref);
    if (wasNailed && (ss.traces & ~seg.nailed) === 0) return;
    if (!wasNailed && ss.rank === Rank.AMBIG) noteNail(seg, ss);
  } else if ((ss.traces & ~seg.nailed) === 0) return;
  seg.nailed |= ss.traces;
  if (seg.rankSet !== 0) seg.setGrey(seg.grey | ss.traces);
}
function noteNail({ arena }: AMCSeg, ss: ScanState): void {
  const trace = arena.traces.busy;
  const { events } = arena.port;
  if (!trace || (!events.on && !trace.wantsNails)) return;
  const stood = ss.area?.stood;
  const nail = { address: ss.ref, by: ss.holder(), thread: ss.thread, ...(stood && { stood }) };
  trace.noteNail(nail);
  if (events.on) events.emit('nail', { address: nail.address, by: nail.by, of: nail.thread, slot: ss.slot });
}

/** Copy the object, unless it is pinned or has been copied already. */
export function fixExact(seg: AMCSeg, ss: ScanState): Res {
  const { arena } = seg;
  const { shield } = arena;
  const { ref } = ss;
  arena.plinth.aver(ref % seg.pool.align === 0, 'amcSegFix', 'AddrIsAligned(ref, PoolAlignment(pool))');
  shield.expose(seg);
  try {
    const { methods } = seg.pool;
    // Guest code that leaves an object to the host has called these methods already.
    const forwarded = ss.next !== 0 ? 0 : methods.isfwd(ref);
    if (forwarded !== 0) {
      ss.ref = forwarded;
      return Res.OK;
    }
    const next = ss.next !== 0 ? ss.next : methods.skip(ref);
    if (!seg.nails.isNext(ref, next, 'amcSegFix')) return Res.MEMORY; // It can't be moved: as without memory.
    if (seg.nailed && seg.nails.keep(ref, next)) {
      if (ss.traces & ~seg.nailed) {
        if (seg.rankSet !== 0) seg.setGrey(seg.grey | ss.traces);
        seg.nailed |= ss.traces;
      }
      return Res.OK;
    }
    if (ss.rank === Rank.WEAK) {
      ss.ref = 0;
      return Res.OK;
    }
    ss.wasMarked = false;
    return forward(seg, ss, ref, next - ref);
  } finally {
    shield.cover(seg);
  }
}

function forward(seg: AMCSeg, ss: ScanState, ref: number, size: number): Res {
  const { arena, amcGen } = seg;
  const { header } = seg.pool;
  const buffer = amcGen.forward;
  const newBase = buffer.reserveInside(size);
  if (newBase < 0) return failureOf(newBase);
  const to = buffer.seg as AMCSeg;
  arena.shield.expose(to);
  if (seg.rankSet !== 0) {
    if (!seg.summary.within(to.summary)) to.setSummary(to.summary.union(seg.summary));
    const grey = to.grey | seg.grey | ss.traces;
    if (grey !== to.grey) to.setGrey(grey);
  }
  arena.memory.copy(ref - header, newBase, size);
  arena.shield.cover(to);
  // A flip can't come between, so this commit always succeeds.
  buffer.init = newBase + size;
  seg.forwarded += size;
  const now = newBase + header;
  seg.pool.methods.fwd(ref, now);
  ss.ref = now;
  arena.port.work(size / arena.wordSize);
  arena.statistics.objectsMoved++;
  arena.statistics.bytesMoved += size;
  const { events } = arena.port;
  if (events.on) events.emit('forward', { from: ref, to: now, size });
  return Res.OK;
}

/** Without memory: everything stays where it is. */
export function fixEmergency(seg: AMCSeg, ss: ScanState): Res {
  if (ss.rank !== Rank.AMBIG) {
    seg.arena.shield.expose(seg);
    const forwarded = seg.pool.methods.isfwd(ss.ref);
    seg.arena.shield.cover(seg);
    if (forwarded !== 0) {
      ss.ref = forwarded;
      return Res.OK;
    }
  }
  fixInPlace(seg, ss);
  return Res.OK;
}
