/** The object that --report writes: what a run did, in numbers. */
import type { ExitStatus } from '../emulator/process/os-model.js';
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
  /** One reference that pinned an object: its address, hexadecimal as in traces, and the register's or stack slot's name. */
  pinnedExample?: { address: string; holder: string; thread: number };
  barrierFaults: number;
  hostCalls: number;
  threads: number;
  /** Bytes. */
  peakCommitted: number;
  peakReserved: number;
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
    ...(pinnedExample && { pinnedExample: { ...pinnedExample, address: `0x${pinnedExample.address.toString(16)}` } }),
    hostCalls: process.hostCalls.count,
    threads: process.threadsMade,
    peakCommitted: process.space.peakCommittedBytes,
    peakReserved: process.space.peakReservedBytes,
  };
}
