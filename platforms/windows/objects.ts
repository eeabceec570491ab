/** Kernel objects that handles name: threads, the process, events, mutexes, semaphores, timers, the standard streams. */
import type { Thread } from '../../emulator/process/thread.js';
import { windowsThread } from './windows-thread.js';

export abstract class KernelObject {
  abstract readonly kind: string;
  handles = 0;
  name: string | undefined;

  /** Would a wait by `waiter` be satisfied now? */
  signalled(_waiter: Thread): boolean {
    return true;
  }

  /** A wait is satisfied: take what it gives. True: an abandoned mutex. */
  acquire(_waiter: Thread): boolean {
    return false;
  }

  /** A handle has been closed. */
  closed?(): void;

  get waitable(): boolean {
    return true;
  }
}

const STILL_ACTIVE = 259;

export class ThreadObject extends KernelObject {
  readonly kind = 'thread';
  exitCode = STILL_ACTIVE;
  /** Mutexes owned, to be abandoned at the end. */
  readonly owned = new Set<MutexObject>();

  constructor(readonly thread: Thread) {
    super();
  }

  get ended(): boolean {
    return this.thread.state === 'ended';
  }

  override signalled(): boolean {
    return this.ended;
  }
}

export class ProcessObject extends KernelObject {
  readonly kind = 'process';

  override signalled(): boolean {
    return false;
  }
}

export class EventObject extends KernelObject {
  readonly kind = 'event';

  constructor(
    readonly manualReset: boolean,
    public set: boolean,
  ) {
    super();
  }

  override signalled(): boolean {
    return this.set;
  }

  override acquire(): boolean {
    if (!this.manualReset) this.set = false;
    return false;
  }
}

export class MutexObject extends KernelObject {
  readonly kind = 'mutex';
  owner: ThreadObject | undefined;
  count = 0;
  private abandoned = false;

  override signalled(waiter: Thread): boolean {
    return this.owner === undefined || this.owner.thread === waiter;
  }

  override acquire(waiter: Thread): boolean {
    const { object } = windowsThread(waiter);
    this.owner = object;
    this.count++;
    object.owned.add(this);
    const abandoned = this.abandoned;
    this.abandoned = false;
    return abandoned;
  }

  release(): void {
    if (--this.count > 0) return;
    this.owner?.owned.delete(this);
    this.owner = undefined;
  }

  /** Its owner has ended. */
  abandon(): void {
    this.owner = undefined;
    this.count = 0;
    this.abandoned = true;
  }
}

export class SemaphoreObject extends KernelObject {
  readonly kind = 'semaphore';

  constructor(
    public count: number,
    readonly maximum: number,
  ) {
    super();
  }

  override signalled(): boolean {
    return this.count > 0;
  }

  override acquire(): boolean {
    this.count--;
    return false;
  }
}

/** A waitable timer: signalled when its time has come, until it is set again or, if it is not reset by hand, until a wait takes that. */
export class TimerObject extends KernelObject {
  readonly kind = 'timer';
  set = false;

  constructor(readonly manualReset: boolean) {
    super();
  }

  override signalled(): boolean {
    return this.set;
  }

  override acquire(): boolean {
    if (!this.manualReset) this.set = false;
    return false;
  }
}

export class StreamObject extends KernelObject {
  readonly kind = 'stream';

  constructor(readonly stream: 0 | 1 | 2) {
    super();
  }
}
