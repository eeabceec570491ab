/** LastError, which is in the TEB, and the C run-time's errno, which is on the heap from its first use. */
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import { windowsThread } from './windows-thread.js';

export class LastError {
  constructor(private readonly core: Pick<Core, 'memory' | 'layout' | 'heap'>) {}

  set(thread: Thread, code: number): void {
    this.core.memory.setU32(this.address(thread), code);
  }

  get(thread: Thread): number {
    return this.core.memory.u32(this.address(thread));
  }

  private address(thread: Thread): number {
    return windowsThread(thread).teb + this.core.layout.teb.lastError;
  }

  errnoAddress(thread: Thread): number {
    const own = windowsThread(thread);
    if (!own.errno) own.errno = this.core.heap.allocate(8, true);
    return own.errno;
  }

  setErrno(thread: Thread, value: number): void {
    this.core.memory.setU32(this.errnoAddress(thread), value);
  }
}
