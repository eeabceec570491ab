/** What happens when the mutator hits a protected segment, and single references read or written by the MPS itself. */
import { AccessSet } from '../../platforms/port.js';
import { isAllocFailure, Res } from '../plinth/res.js';
import { ScanState } from './scan-state.js';
import { accessRank, Defer, scanSegment } from './scan.js';
import type { TracedArena } from './traced-arena.js';
import type { TracedSeg } from './traced.js';
import type { Trace } from './trace.js';

/** The whole segment is dealt with: scanned if it is grey, its summary given up if it was written to. */
export function accessSegment(arena: TracedArena, seg: TracedSeg, mode: number): Res {
  const hit = mode & seg.sm;
  arena.plinth.aver(hit !== 0, 'TraceSegAccess', 'shieldHit != AccessSetEMPTY');
  if (hit & AccessSet.Write) seg.defer = Defer.HIT;
  const trace = arena.traces.busy;
  if (hit & AccessSet.Read && trace) {
    const res = scanSegment(arena, seg, accessRank(trace, seg), trace);
    if (res !== Res.OK) return res;
    arena.plinth.aver((seg.grey & arena.traces.flipped) === 0, 'TraceSegAccess', 'TraceSetInter(SegGrey(seg), traces) == TraceSetEMPTY');
  }
  // After the scan, which may just have raised the write barrier.
  if (hit & AccessSet.Write) seg.setSummary(arena.zones.UNIV);
  return Res.OK;
}

/** Fix the one reference at `address` for the trace that has flipped. */
function fixSingle(arena: TracedArena, trace: Trace, seg: TracedSeg, address: number): void {
  for (;;) {
    const ss = new ScanState(arena, accessRank(trace, seg), trace.bit, trace.white);
    ss.ref = arena.memory.word(address);
    ss.slot = address;
    let res: Res = Res.OK;
    if (ss.fix1(ss.ref)) {
      res = ss.fix2();
      if (res === Res.OK) arena.memory.setWord(address, ss.ref);
    }
    seg.setSummary(seg.summary.union(ss.summary));
    if (res === Res.OK) return;
    arena.plinth.aver(isAllocFailure(res) && !arena.traces.emergency, 'TraceScanSingleRef', 'ResIsAllocFailure(res)');
    if (arena.traces.emergency) return;
    arena.traces.enterEmergency();
  }
}

/** Read a reference through any barrier: if the segment is grey, fix it first. */
export function peek(arena: TracedArena, address: number): number {
  const seg = arena.vm.segOf(address);
  if (!seg) return arena.memory.word(address);
  arena.shield.expose(seg);
  const trace = arena.traces.busy;
  if (trace && seg.grey & arena.traces.flipped) fixSingle(arena, trace, seg, address);
  const ref = arena.memory.word(address);
  arena.shield.cover(seg);
  return ref;
}

/** Write a reference through any barrier. */
export function poke(arena: TracedArena, address: number, ref: number): void {
  const seg = arena.vm.segOf(address);
  if (!seg) {
    arena.memory.setWord(address, ref);
    return;
  }
  arena.shield.expose(seg);
  arena.memory.setWord(address, ref);
  if (seg.rankSet) seg.setSummary(seg.summary.union(arena.zones.of(ref)));
  arena.shield.cover(seg);
}
