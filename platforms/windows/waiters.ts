/**
 * Who waits for kernel objects, in which order, and what an object does that becomes signalled: it is given at once to
 * the first of its waiters that it satisfies (an automatic event, a mutex, a unit of a semaphore), before anybody else
 * can ask for it ("Waiting", "PulseEvent"). A suspended thread is out of the line meanwhile, and comes back at its end.
 */
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Wait } from '../../emulator/process/wait.js';
import type { KernelObject } from './objects.js';
import { windowsThread } from './windows-thread.js';

export const WAIT_OBJECT_0 = 0;
const WAIT_ABANDONED_0 = 0x80;

/** One wait of one thread: what WaitForMultipleObjects was asked. */
export class WaitBlock {
  /** What the wait returns, once it is satisfied. */
  result: number | undefined;
  /** An asynchronous procedure call has ended it. */
  alerted = false;
  /** The thread's wait while it stands in line. */
  wait: Wait | undefined;
  deadline: number | undefined;

  constructor(
    readonly thread: Thread,
    readonly objects: readonly KernelObject[],
    readonly all: boolean,
    readonly alertable: boolean,
  ) {}

  /** If all that it waits for is signalled now, it takes that: true. */
  satisfy(): boolean {
    const { thread, objects } = this;
    if (this.all) {
      if (!objects.every((object) => object.signalled(thread))) return false;
      const abandoned = objects.map((object) => object.acquire(thread)).indexOf(true);
      this.result = abandoned < 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED_0 + abandoned;
      return true;
    }
    const index = objects.findIndex((object) => object.signalled(thread));
    if (index < 0) return false;
    this.result = (objects[index].acquire(thread) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + index;
    return true;
  }

  get over(): boolean {
    return this.result !== undefined || this.alerted;
  }
}

export class Waiters {
  private readonly lines = new Map<KernelObject, Set<WaitBlock>>();
  private readonly standing = new Map<Thread, WaitBlock>();

  constructor(private readonly process: Process) {}

  enter(block: WaitBlock): void {
    this.standing.set(block.thread, block);
    for (const object of block.objects) {
      const line = this.lines.get(object);
      if (line) line.add(block);
      else this.lines.set(object, new Set([block]));
    }
  }

  leave(block: WaitBlock): void {
    if (this.standing.get(block.thread) === block) this.standing.delete(block.thread);
    for (const object of block.objects) {
      const line = this.lines.get(object);
      line?.delete(block);
      if (line?.size === 0) this.lines.delete(object);
    }
  }

  /** Does anybody wait for it? */
  wanted(object: KernelObject): boolean {
    return this.lines.has(object);
  }

  /** `object` may be signalled now: those who wait for it get it, first come first served. */
  signal(object: KernelObject): void {
    for (const block of [...(this.lines.get(object) ?? [])]) {
      // A wait that its thread has left, by its end or by its time.
      if (block.thread.wait !== block.wait) this.leave(block);
      else if (block.thread.suspendCount === 0 && block.satisfy()) this.end(block);
    }
  }

  /** An asynchronous procedure call has been queued to `thread`. */
  alert(thread: Thread): void {
    const block = this.standing.get(thread);
    if (!block?.alertable || thread.wait !== block.wait || thread.suspendCount > 0) return;
    block.alerted = true;
    this.end(block);
  }

  /** `thread` is suspended no longer: it begins its wait anew. */
  resumed(thread: Thread): void {
    const block = this.standing.get(thread);
    if (!block || thread.wait !== block.wait) return;
    this.leave(block);
    if (block.satisfy()) return this.end(block);
    this.enter(block);
    if (windowsThread(thread).apcs.length > 0) this.alert(thread);
  }

  private end(block: WaitBlock): void {
    this.leave(block);
    this.process.changed(block);
  }
}
