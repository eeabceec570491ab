/** What a platform and a run decide of a process. */
import type { Abi } from '../abi/abi.js';
import type { CpuName, X86Selectors } from '../engine.js';
import type { GateOptions } from './gates.js';

export interface ProcessOptions {
  cpu: CpuName;
  pageSize: number;
  abi: Abi['name'];
  /** Where host functions get their addresses: [base, base + size), never executable. */
  gates: GateOptions;
  selectors?: Partial<X86Selectors>;
  /** engine.ts. */
  alignmentChecks?: boolean;
  seed?: number;
  /** Guest instructions, all threads together. */
  budget?: number;
  /** Bytes that the host may hold for the guest (memory/memory-limit.ts). */
  memory?: number;
}
