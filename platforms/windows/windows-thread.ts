/** What Windows keeps of each guest thread beside its registers. */
import type { Word } from '../../emulator/abi/abi.js';
import type { FrameRegisters } from '../../emulator/process/os-model.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Exception } from './exception-record.js';
import type { ThreadObject } from './objects.js';
import type { Stack } from './stacks.js';

/** An asynchronous procedure call: a routine of three arguments. */
export interface Apc {
  routine: number;
  args: readonly [Word, Word, Word];
}

export class WindowsThread {
  /** Address of the C run-time's errno of this thread; 0 until it is asked for. */
  errno = 0;
  /** _set_thread_local_invalid_parameter_handler's; 0: none. */
  invalidParameterHandler = 0;
  /** Blocks to give back to the process heap when the thread ends. */
  blocks: number[] = [];
  /** A handle that the run-time closes when the thread ends (_beginthread). */
  closeAtEnd = 0;
  /** The stack overflow that has been raised, to name it when the handling of it runs out of stack too. */
  overflow: Exception | undefined;
  /** Asynchronous procedure calls that wait to be run, oldest first. */
  readonly apcs: Apc[] = [];
  /** Where the last exception came from: its handlers run deeper on the stack. */
  raisedAt: FrameRegisters | undefined;

  constructor(
    thread: Thread,
    readonly id: number,
    readonly teb: number,
    readonly stack: Stack,
    readonly object: ThreadObject,
  ) {
    thread.os = this;
  }
}

export function windowsThread({ os, id }: Thread): WindowsThread {
  if (os instanceof WindowsThread) return os;
  throw new Error(`thread ${id} is unknown to Windows`);
}
