/** The guard page below each thread's stack: who touches it, the thread or the kernel for it, makes the stack grow. */
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import { Page } from './memory-constants.js';
import { canGrow, growStack } from './stacks.js';
import { windowsThread } from './windows-thread.js';

export class StackGuards {
  constructor(private readonly core: Pick<Core, 'vm' | 'memory' | 'layout'>) {}

  /** Is `address` on a guard page of `thread`'s own stack? */
  isOn(thread: Thread, address: number): boolean {
    const { stack } = windowsThread(thread);
    return address >= stack.deallocation && address < stack.base && (this.core.vm.stateAt(address) & Page.GUARD) !== 0;
  }

  /** `address` is touched. If it is on the guard page of the thread's own stack, and there is room, the stack grows: true. */
  touch(thread: Thread, address: number): boolean {
    if (!this.isOn(thread, address) || !canGrow(windowsThread(thread).stack, address)) return false;
    this.take(thread, address);
    return true;
  }

  /** The guard page goes; where there is no room for another this is the stack overflow. */
  take(thread: Thread, address: number): void {
    const { stack, teb } = windowsThread(thread);
    growStack(this.core.vm, stack, address);
    this.core.memory.setWord(teb + this.core.layout.teb.stackLimit, stack.limit);
  }

  /**
   * Run what a kernel does to user memory: growing the stack as the touch of a guard page by the kernel would.
   * Undefined if the memory refuses (the call then fails with ERROR_NOACCESS).
   */
  kernelAccess<T>(thread: Thread, action: () => T): T | undefined {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof GuestFault) || !this.touch(thread, error.address)) return undefined;
      }
    }
  }
}
