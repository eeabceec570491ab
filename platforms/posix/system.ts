/** The parts of a POSIX system that its library and system calls work on, and the two conventions for errors. */
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';
import type { Platform } from '../codes.js';
import type { OsOptions } from '../os.js';
import type { Cancellation } from './cancellation.js';
import type { MemoryCalls } from './memory-calls.js';
import type { SignalCalls } from './signal-calls.js';
import type { Signals } from './signals.js';
import type { ErrnoName, PosixTraits } from './traits.js';

/** What all the other parts stand on. */
export interface PosixCore {
  readonly process: Process;
  readonly platform: Platform;
  readonly options: OsOptions;
  readonly traits: PosixTraits;
  readonly memory: MemoryCalls;
  readonly pid: number;
  /** errno of the calling thread. */
  setErrno(value: number): void;
}

export interface PosixSystem extends PosixCore {
  readonly signals: Signals;
  readonly signalCalls: SignalCalls;
  readonly cancellation: Cancellation;
}

/** errno := name; the result of a call that fails. */
export function fail(system: PosixCore, name: ErrnoName): -1 {
  system.setErrno(system.traits.errno[name]);
  return -1;
}

/** Kernel convention (address or 0, or -errno) to library convention (or -1 and errno). */
export function libraryResult(system: PosixCore, result: number): number {
  if (result >= 0) return result;
  system.setErrno(-result);
  return -1;
}

/** A kernel's own copying: memory that the program may not use is EFAULT, not a fault. */
export function systemCall<T>(system: PosixCore, action: () => T): T | number {
  try {
    return action();
  } catch (error) {
    if (error instanceof GuestFault) return -system.traits.errno.EFAULT;
    throw error;
  }
}

export function copyOut(system: PosixCore, action: () => void): number {
  return systemCall(system, () => (action(), 0));
}

/** A library function that is a system call and nothing else. */
export function calledDirectly(system: PosixCore, action: () => number): number {
  return libraryResult(system, systemCall(system, action));
}
