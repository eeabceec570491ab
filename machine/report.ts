/** The object that --report writes: what a run did, in numbers. */
import type { CodeNames } from '../emulator/process/code-names.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import type { CollectorReport } from '../mps/client/report.js';
import type { Machine } from './machine.js';

export interface Report {
  platform: string;
  program: string;
  status: ExitStatus;
  /** Guest instructions, all threads. */
  instructions: number;
  /** Units of virtual time (nanoseconds of the emulated machine). */
  virtualTime: number;
  collections: number;
  flips: number;
  objectsMoved: number;
  objectsPinned: number;
  /**
   * One reference that pinned an object: its address, hexadecimal as in traces, the register's or stack slot's name, and
   * where its thread stood: 'prog!main+0x12 (prog.c:33)'.
   */
  pinnedExample?: { address: string; holder: string; thread: number; at?: string };
  barrierFaults: number;
  hostCalls: number;
  threads: number;
  /** Bytes. */
  peakCommitted: number;
  peakReserved: number;
}

function exampleOf(
  { address, holder, thread, stood }: NonNullable<CollectorReport['pinnedExample']>,
  names: CodeNames,
): NonNullable<Report['pinnedExample']> {
  const at = stood && (stood.returned ? names.describeReturn(stood.pc) : names.describe(stood.pc));
  return { address: `0x${address.toString(16)}`, holder, thread, ...(at !== undefined && { at }) };
}

export function reportOf(machine: Machine): Report {
  const { process, platform, images } = machine;
  const { pinnedExample, ...collected } = machine.mps.report();
  return {
    platform: platform.code,
    program: images.program.image.path,
    status: process.status ?? { kind: 'error', text: 'not finished' },
    instructions: process.instructions,
    virtualTime: process.clock.now,
    ...collected,
    ...(pinnedExample && { pinnedExample: exampleOf(pinnedExample, process.names) }),
    hostCalls: process.hostCalls.count,
    threads: process.threadTable.made,
    peakCommitted: process.space.peakCommittedBytes,
    peakReserved: process.space.peakReservedBytes,
  };
}
