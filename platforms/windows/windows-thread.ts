/** What Windows keeps of each guest thread beside its registers. */
import type { Thread } from '../../emulator/process/thread.js';
import type { Exception } from './exceptions.js';
import type { ThreadObject } from './objects.js';
import type { Stack } from './stacks.js';

export interface WindowsThread {
  id: number;
  teb: number;
  stack: Stack;
  object: ThreadObject;
  /** Address of the C run-time's errno of this thread; 0 until it is asked for. */
  errno: number;
  /** Blocks to give back to the process heap when the thread ends. */
  blocks: number[];
  /** A handle that the run-time closes when the thread ends (_beginthread). */
  closeAtEnd: number;
  /** The stack overflow that has been raised, to name it when the handling of it runs out of stack too. */
  overflow: Exception | undefined;
}

export function windowsThread(thread: Thread): WindowsThread {
  return thread.os as WindowsThread;
}
