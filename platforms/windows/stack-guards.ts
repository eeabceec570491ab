/**
 * What the kernel's page-fault handler does for a user's access, whoever makes it, the program or the kernel for it:
 * a copy made on writing, a written page noted, and the guard pages. Where a stack is, and how large its guard must be,
 * the handler reads in the thread's TEB (StackBase, DeallocationStack, GuaranteedStackBytes), so that it is the same for
 * a stack that a fiber has brought; whether a page is a guard is the page's own state.
 */
import { Access } from '../../emulator/engine.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import { Page } from './memory-constants.js';
import { canGrow, growStack, guardBytes, type Stack } from './stacks.js';
import { windowsThread } from './windows-thread.js';

export class StackGuards {
  /** Win32 code of the last kernelAccess that failed. */
  error = 0;

  constructor(private readonly core: Pick<Core, 'vm' | 'memory' | 'layout'>) {}

  /** The stack that `thread` is on. */
  stackOf(thread: Thread): Stack {
    const { memory, layout } = this.core;
    const { teb } = windowsThread(thread);
    return {
      base: memory.word(teb + layout.teb.stackBase),
      deallocation: memory.word(teb + layout.teb.deallocationStack),
      limit: memory.word(teb + layout.teb.stackLimit),
      guard: guardBytes(layout.wordSize, memory.u32(teb + layout.teb.guaranteedStackBytes)),
    };
  }

  private isGuard(address: number): boolean {
    return (this.core.vm.stateAt(address) & Page.GUARD) !== 0;
  }

  /** Is `address` on a guard page of the stack that `thread` is on? */
  isOn(thread: Thread, address: number): boolean {
    if (!this.isGuard(address)) return false;
    const { deallocation, base } = this.stackOf(thread);
    return address >= deallocation && address < base;
  }

  /** `address` is touched. If it is on a guard page of the thread's own stack, and there is room, the stack grows: true. */
  touch(thread: Thread, address: number): boolean {
    if (!this.isOn(thread, address) || !canGrow(this.stackOf(thread), address)) return false;
    this.take(thread, address);
    return true;
  }

  /** The guard page goes; where there is no room for another this is the stack overflow. */
  take(thread: Thread, address: number): void {
    const limit = growStack(this.core.vm, this.stackOf(thread), address);
    this.core.memory.setWord(windowsThread(thread).teb + this.core.layout.teb.stackLimit, limit);
  }

  /** What nobody is told of. True: the access may be tried again. */
  resolve(thread: Thread, address: number, access: number): boolean {
    return this.touch(thread, address) || (access === Access.Write && this.core.vm.resolveWrite(address));
  }

  /**
   * Run what a system service does to user memory. Undefined if the memory refuses, and `error` is what the service then
   * fails with: a guard page that it meets is used up, and the end of the stack is an overflow for it too.
   */
  kernelAccess<T>(thread: Thread, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      this.error = this.refused(thread, error.address);
      return undefined;
    }
  }

  private refused(thread: Thread, address: number): number {
    if (this.isOn(thread, address)) {
      this.take(thread, address);
      return ErrorCode.STACK_OVERFLOW;
    }
    return this.core.vm.takeGuard(address) ? ErrorCode.GUARD_PAGE : ErrorCode.NO_ACCESS;
  }
}
