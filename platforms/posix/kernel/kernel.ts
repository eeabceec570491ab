/** What the three kernels' calls on files stand on, and what such a call is. */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import type { Thread } from '../../../emulator/process/thread.js';
import type { PosixSystem } from '../system.js';
import type { Progress } from '../waiting.js';
import type { Descriptors } from './descriptors.js';

/** The thread (loaded) has made the call. Undefined: it has no result, since the thread is gone. */
export type KernelCall = (thread: Thread, args: number[]) => Progress | undefined;

export interface FileKernel {
  readonly system: PosixSystem;
  /** The program's memory with its permissions, words as the caller's convention has them. */
  readonly user: MemoryView;
  readonly descriptors: Descriptors;
  readonly userLimit: number;
  readonly transfer: TransferRules;
}

/** Where the kernels' reading and writing differ. */
export interface TransferRules {
  /** Bytes that one call moves; more are EINVAL, or left for the next call. */
  most: number;
  refusesMore: boolean;
  /** Bytes that a vector holds at most, where more are refused, and pieces that it has at least. */
  mostInVector: number;
  fewestPieces: 0 | 1;
  /** Sizes and vectors are looked at before the descriptor is, and offsets after it; else the other way round. */
  descriptorLater: boolean;
  /** What lies before memory that can't be touched is moved; else that is EFAULT. */
  partly: boolean;
}
