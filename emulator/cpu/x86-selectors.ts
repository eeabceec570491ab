/** The x86 segment selectors that a process finds in its registers. Source: the GDTs of Linux, FreeBSD, XNU and Windows. */
import type { CpuName, EngineOptions, X86Selectors } from '../engine.js';

/** Linux's selectors: what a 32-bit process on a 64-bit kernel sees, and a 64-bit one. */
const DEFAULT_SELECTORS: Record<CpuName, X86Selectors> = {
  ia32: { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0, gs: 0x63 },
  'x86-64': { cs: 0x33, ss: 0x2b, ds: 0, es: 0, fs: 0, gs: 0 },
  arm64: { cs: 0, ss: 0, ds: 0, es: 0, fs: 0, gs: 0 },
};

/** The selector of the CPU's other mode, by what OSes do: 0x23 beside 0x33, 0x33 beside 0x43; 32-bit kernels have none. */
function otherMode(cpu: CpuName, cs: number): number {
  const pairs: [number, number][] = [
    [0x23, 0x33],
    [0x33, 0x43],
    [0x1b, 0x2b],
  ];
  if (cpu === 'ia32') return cs === 0x23 || cs === 0x33 ? cs + 0x10 : 0;
  return pairs.find(([, long]) => long === cs)?.[0] ?? 0;
}

/** cs, ss, ds, es, fs, gs, and code's in 32-bit and in 64-bit mode. */
export function selectorTable(options: EngineOptions): Uint16Array {
  const s = { ...DEFAULT_SELECTORS[options.cpu], ...options.selectors };
  const other = s.other ?? otherMode(options.cpu, s.cs);
  const [cs32, cs64] = options.cpu === 'ia32' ? [s.cs, other] : [other, s.cs];
  return Uint16Array.of(s.cs, s.ss, s.ds, s.es, s.fs, s.gs, cs32, cs64);
}
