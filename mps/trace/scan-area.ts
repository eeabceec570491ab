/**
 * Area scanners: fix the words of [base, limit), all of them or those whose tag bits
 * match, in place. Words are read as 32-bit halves from physical memory, page by page; a
 * word is written back only when its reference changed.
 */
import { Res } from '../plinth/res.js';
import type { ScanState } from './scan-state.js';

export type AreaScan = (ss: ScanState, base: number, limit: number) => Res;

/** Which words are references, by their bits under the mask. */
const Select = { ALL: 0, TAGGED: 1, TAGGED_OR_ZERO: 2 } as const;

function scanWords(
  ss: ScanState,
  base: number,
  limit: number,
  maskLo: number,
  maskHi: number,
  select: number,
  patternLo: number,
  patternHi: number,
): Res {
  const { memory } = ss.arena;
  const { words, pageSize, wordSize } = memory;
  const wide = wordSize === 8;
  ss.scannedSize += limit - base;
  ss.arena.port.work((limit - base) / wordSize);
  for (let at = base; at < limit;) {
    const end = Math.min(limit, at - (at % pageSize) + pageSize);
    let i = memory.index(at);
    for (; at < end; at += wordSize, i += wide ? 2 : 1) {
      let lo = words[i];
      let hi = wide ? words[i + 1] : 0;
      const tagLo = lo & maskLo;
      const tagHi = hi & maskHi;
      if (select !== Select.ALL) {
        const matches = tagLo === patternLo && tagHi === patternHi;
        if (!matches && (select === Select.TAGGED || (tagLo | tagHi) !== 0)) continue;
      }
      lo = (lo ^ tagLo) >>> 0;
      hi = (hi ^ tagHi) >>> 0;
      if (!ss.fix1Word(lo, hi)) continue;
      const ref = hi * 0x100000000 + lo;
      ss.ref = ref;
      ss.slot = at;
      const res = ss.fix2();
      if (res !== Res.OK) return res;
      if (ss.ref === ref) continue;
      words[i] = (ss.ref | tagLo) >>> 0;
      if (wide) words[i + 1] = Math.floor(ss.ref / 0x100000000) | tagHi;
    }
  }
  return Res.OK;
}

/** A word as two signed halves. */
function halves(word: number | bigint): [number, number] {
  const w = BigInt.asUintN(64, BigInt(word));
  return [Number(w & 0xffffffffn) | 0, Number(w >> 32n) | 0];
}

/** mps_scan_area: every word. */
export const scanArea: AreaScan = (ss, base, limit) => scanWords(ss, base, limit, 0, 0, Select.ALL, 0, 0);

/** mps_scan_area_masked: every word, without the bits of the mask. */
export function scanAreaMasked(mask: number | bigint): AreaScan {
  const [lo, hi] = halves(mask);
  return (ss, base, limit) => scanWords(ss, base, limit, lo, hi, Select.ALL, 0, 0);
}

/** mps_scan_area_tagged: words whose bits under the mask are the pattern. */
export function scanAreaTagged(mask: number | bigint, pattern: number | bigint): AreaScan {
  const [lo, hi] = halves(mask);
  const [pLo, pHi] = halves(pattern);
  return (ss, base, limit) => scanWords(ss, base, limit, lo, hi, Select.TAGGED, pLo, pHi);
}

/** mps_scan_area_tagged_or_zero: those, and words whose bits under the mask are zero. */
export function scanAreaTaggedOrZero(mask: number | bigint, pattern: number | bigint): AreaScan {
  const [lo, hi] = halves(mask);
  const [pLo, pHi] = halves(pattern);
  return (ss, base, limit) => scanWords(ss, base, limit, lo, hi, Select.TAGGED_OR_ZERO, pLo, pHi);
}
