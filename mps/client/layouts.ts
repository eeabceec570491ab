/**
 * Layouts of the structures that guests and the MPS share, per platform.
 * Source: the declarations of mps.h under each platform's C ABI (IA-32 Windows
 * aligns doubles, and so unions that hold one, to eight bytes; IA-32 elsewhere to four).
 */
import type { PortPlatform } from '../../platforms/port.js';

export interface Layouts {
  word: 4 | 8;
  ap: { size: number; init: number; alloc: number; limit: number };
  ss: { size: number; zs: number; w: number; ufs: number };
  ld: { size: number; epoch: number; rs: number };
  scanTag: { size: number; mask: number; pattern: number };
  genParam: { size: number; capacity: number; mortality: number };
  arg: { size: number; key: number; val: number };
  fmtA: { size: number; align: number; scan: number; skip: number; copy: number; fwd: number; isfwd: number; pad: number };
  fmtB: { size: number; class: number };
  fmtAutoHeader: { size: number; align: number; scan: number; skip: number; fwd: number; isfwd: number; pad: number; headerSize: number };
  fmtFixed: { size: number; align: number; scan: number; fwd: number; isfwd: number; pad: number };
  sac: { middle: number; trapped: number; freelists: number };
  sacFreelist: { size: number; blockSize: number; count: number; countMax: number; blocks: number };
  sacClass: { size: number; blockSize: number; cachedCount: number; frequency: number };
  debugOption: { size: number; fenceTemplate: number; fenceSize: number; freeTemplate: number; freeSize: number };
}

export function layoutsFor(platform: Pick<PortPlatform, 'wordSize' | 'doubleAlign'>): Layouts {
  const w = platform.wordSize;
  const double = platform.doubleAlign;
  return {
    word: w,
    ap: { size: 3 * w, init: 0, alloc: w, limit: 2 * w },
    ss: { size: 3 * w, zs: 0, w, ufs: 2 * w },
    ld: { size: 2 * w, epoch: 0, rs: w },
    scanTag: { size: 2 * w, mask: 0, pattern: w },
    genParam: { size: double + 8, capacity: 0, mortality: double },
    arg: { size: double + 8, key: 0, val: double },
    fmtA: { size: 7 * w, align: 0, scan: w, skip: 2 * w, copy: 3 * w, fwd: 4 * w, isfwd: 5 * w, pad: 6 * w },
    fmtB: { size: 8 * w, class: 7 * w },
    fmtAutoHeader: { size: 7 * w, align: 0, scan: w, skip: 2 * w, fwd: 3 * w, isfwd: 4 * w, pad: 5 * w, headerSize: 6 * w },
    fmtFixed: { size: 5 * w, align: 0, scan: w, fwd: 2 * w, isfwd: 3 * w, pad: 4 * w },
    sac: { middle: 0, trapped: w, freelists: 2 * w },
    sacFreelist: { size: 4 * w, blockSize: 0, count: w, countMax: 2 * w, blocks: 3 * w },
    sacClass: { size: 3 * w, blockSize: 0, cachedCount: w, frequency: 2 * w },
    debugOption: { size: 4 * w, fenceTemplate: 0, fenceSize: w, freeTemplate: 2 * w, freeSize: 3 * w },
  };
}

/** SIZE_MAX as a number (rounded on 64-bit platforms: every comparison with a possible size still holds). */
export function sizeMax(word: 4 | 8): number {
  return word === 4 ? 2 ** 32 - 1 : 2 ** 64;
}
