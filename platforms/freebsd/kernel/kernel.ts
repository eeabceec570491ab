/** What FreeBSD's system calls share. */
import type { Thread } from '../../../emulator/process/thread.js';
import type { FileKernel, KernelCall } from '../../posix/kernel/kernel.js';
import type { PosixThread } from '../../posix/posix-thread.js';
import type { FreeBsdLayout } from '../layout.js';
import type { FreeBsdCallName } from './system-call-numbers.js';

export type FreeBsdCalls = Partial<Record<FreeBsdCallName, KernelCall>>;

export interface FreeBsdKernel extends FileKernel {
  readonly layout: FreeBsdLayout;
  /** Take a new thread into the process. */
  adopt(thread: Thread): PosixThread;
  random(length: number): Uint8Array;
}
