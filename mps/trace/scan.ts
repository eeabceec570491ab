/** Scanning a grey segment, and what its summary and its write barrier become; and which grey segment is next. */
import { isAllocFailure, Rank, Res } from '../plinth/res.js';
import { ScanState } from './scan-state.js';
import type { Trace } from './trace.js';
import type { TracedArena } from './traced-arena.js';
import type { TracedSeg } from './traced.js';

/** Scans before a segment gets a real summary and so a write barrier: at first, and after a hit. */
export const Defer = { INIT: 3, DELAY: 3, HIT: 1 } as const;

/** What the scan of a segment costs beside what is scanned: one that never succeeds is tried again and again. */
const SCAN_UNITS = 100;

/** Scan `seg` for the trace; if memory runs out, again in emergency. It is then black. */
export function scanSegment(arena: TracedArena, seg: TracedSeg, rank: Rank, trace: Trace): Res {
  let res = attempt(arena, seg, rank, trace);
  if (isAllocFailure(res)) {
    arena.traces.enterEmergency();
    res = attempt(arena, seg, rank, trace);
    arena.plinth.aver(!isAllocFailure(res), 'traceScanSeg', '!ResIsAllocFailure(res)');
  }
  arena.plinth.aver(res === Res.OK, 'traceScanSeg', 'ResIsAllocFailure(res)');
  return res;
}

function attempt(arena: TracedArena, seg: TracedSeg, rank: Rank, trace: Trace): Res {
  const { white } = trace;
  arena.port.work(SCAN_UNITS);
  if (!seg.summary.intersects(white)) {
    seg.blacken(trace.bit);
    seg.setGrey(seg.grey & ~trace.bit);
    return Res.OK;
  }
  const ss = new ScanState(arena, rank, trace.bit, white);
  arena.shield.expose(seg);
  let res: Res;
  try {
    res = seg.scan(ss);
  } finally {
    arena.shield.cover(seg);
  }
  trace.segScanSize += ss.scannedSize;
  arena.plinth.aver(
    res !== Res.OK || ss.unfixed.within(seg.summary),
    'traceScanSegRes',
    'RefSetSub(ScanStateUnfixedSummary(ss), SegSummary(seg))',
  );
  if (!ss.unfixed.intersects(white)) {
    if (seg.defer > 0) seg.defer--;
  } else if (seg.defer < Defer.DELAY) seg.defer = Defer.DELAY;
  const summary = ss.summary;
  seg.setSummary(seg.defer > 0 ? arena.zones.UNIV : res === Res.OK && ss.total ? summary : seg.summary.union(summary));
  if (res === Res.OK) seg.setGrey(seg.grey & ~trace.bit);
  return res;
}

/** The rank at which a segment is scanned when the mutator or the MPS needs it now. */
export function accessRank(trace: Trace, seg: TracedSeg): Rank {
  switch (trace.band) {
    case Rank.FINAL:
      return seg.rankSet & (1 << Rank.FINAL) ? Rank.FINAL : Rank.EXACT;
    case Rank.WEAK:
      return Rank.WEAK;
    default:
      // Also just after the flip, before the first advance, when the band is still AMBIG.
      return Rank.EXACT;
  }
}

/** Ranks of references in segments, in the order of the bands. */
const bands: readonly Rank[] = [Rank.EXACT, Rank.FINAL, Rank.WEAK];

/** The next grey segment and the rank to scan it at; undefined: none is left. */
export function findGrey(arena: TracedArena, trace: Trace): { seg: TracedSeg; rank: Rank } | undefined {
  for (;;) {
    for (const rank of bands.slice(0, trace.band).reverse()) {
      for (const seg of arena.traces.greyRings[rank]) {
        if (!(seg.grey & trace.bit)) continue;
        if (rank !== trace.band) trace.firstStretch = false;
        else arena.plinth.aver(trace.firstStretch || rank === Rank.EXACT, 'traceFindGrey', 'trace->firstStretch');
        return { seg, rank };
      }
    }
    trace.firstStretch = true;
    const next = bands[trace.band];
    trace.band = next ?? Rank.AMBIG;
    if (next === undefined) return undefined;
  }
}
