/** What happens when the mutator hits a protected segment, and single references read or written by the MPS itself. */
import { AccessSet } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import { isAllocFailure, Res } from '../plinth/res.js';
import { ScanState } from './scan-state.js';
import { Defer, type MutatorSeg, type Seg } from '../heap/segment.js';
import { accessRank, scanSegment } from './scan.js';

/** The whole segment is dealt with: scanned if it is grey, its summary given up if it was written to. */
export function accessSegment(seg: MutatorSeg, _address: number, mode: number): Res {
  const { arena } = seg;
  const hit = mode & seg.sm;
  arena.plinth.aver(hit !== 0, 'TraceSegAccess', 'shieldHit != AccessSetEMPTY');
  if (hit & AccessSet.Write) seg.defer = Defer.HIT;
  if (hit & AccessSet.Read) {
    const trace = arena.busyTrace!;
    const res = scanSegment(seg, accessRank(trace, seg), trace);
    if (res !== Res.OK) return res;
    arena.plinth.aver((seg.grey & arena.flippedTraces) === 0, 'TraceSegAccess', 'TraceSetInter(SegGrey(seg), traces) == TraceSetEMPTY');
  }
  // After the scan, which may just have raised the write barrier.
  if (hit & AccessSet.Write) seg.setSummary(arena.zones.UNIV);
  return Res.OK;
}

/** Fix the one reference at `address` for the trace that has flipped. */
function fixSingle(arena: Arena, seg: Seg, address: number): void {
  const trace = arena.busyTrace!;
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
    arena.plinth.aver(isAllocFailure(res) && !arena.emergency, 'TraceScanSingleRef', 'ResIsAllocFailure(res)');
    if (arena.emergency) return;
    arena.setEmergency(true);
  }
}

/** Read a reference through any barrier: if the segment is grey, fix it first. */
export function peek(arena: Arena, address: number): number {
  const seg = arena.vm.segOf(address);
  if (!seg) return arena.memory.word(address);
  arena.shield.expose(seg);
  if (seg.grey & arena.flippedTraces) fixSingle(arena, seg, address);
  const ref = arena.memory.word(address);
  arena.shield.cover(seg);
  return ref;
}

/** Write a reference through any barrier. */
export function poke(arena: Arena, address: number, ref: number): void {
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
