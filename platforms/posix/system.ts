/** The parts of a POSIX system that its library calls work on. */
import type { Process } from '../../emulator/process/process.js';
import type { MemoryCalls } from './memory-calls.js';
import type { Signals } from './signals.js';
import type { ErrnoName, PosixTraits } from './traits.js';

export interface PosixSystem {
  readonly process: Process;
  readonly traits: PosixTraits;
  readonly memory: MemoryCalls;
  readonly signals: Signals;
  readonly pid: number;
  /** errno of the calling thread. */
  setErrno(value: number): void;
}

/** errno := name; the result of a call that fails. */
export function fail(system: PosixSystem, name: ErrnoName): -1 {
  system.setErrno(system.traits.errno[name]);
  return -1;
}

/** Kernel convention (address or 0, or -errno) to library convention (or -1 and errno). */
export function libraryResult(system: PosixSystem, result: number): number {
  if (result >= 0) return result;
  system.setErrno(-result);
  return -1;
}
