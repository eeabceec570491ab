/** The threads of a process, and what the host keeps for each: nothing any more once one has ended and nobody looks at it. */
import type { CpuMode, Engine } from '../engine.js';
import type { MemoryLimit } from '../memory/memory-limit.js';
import { Thread } from './thread.js';

/** What the host keeps for a thread, its saved registers above all; in bytes. */
const THREAD_COST = 32768;
/** Beside that, what it touches of its stack before it runs. */
const THREAD_START = 65536;

export class ThreadTable {
  /** Those that have not ended, lowest number first, and the main thread. */
  readonly list: Thread[] = [];
  /** Threads that have ever been. */
  made = 0;
  /** Who hears of a thread that has ended, while its registers are still there. */
  readonly onGone: ((thread: Thread) => void)[] = [];
  private readonly ended: Thread[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly memoryLimit: MemoryLimit,
  ) {}

  /** `moved` hears when its state, or whether it is suspended, changes. */
  add(name: string, mode: CpuMode | undefined, moved: (thread: Thread) => void): Thread {
    this.memoryLimit.mustTake(THREAD_COST);
    const thread = new Thread(++this.made, name, this.engine.newContext(mode), moved);
    this.list.push(thread);
    return thread;
  }

  /** May another be made? Where not, the OS has an error for that. */
  get room(): boolean {
    return this.memoryLimit.held + THREAD_COST + THREAD_START <= this.memoryLimit.limit;
  }

  noteEnd(thread: Thread): void {
    // The main thread's number and name are asked for to the end.
    if (thread.state !== 'ended' && thread.id !== 1) this.ended.push(thread);
  }

  /** Between turns, when nobody looks at them any more: those that have ended go. `unload`: off the CPU. */
  forgetEnded(unload: (thread: Thread) => void): void {
    for (const thread of this.ended.splice(0)) {
      for (const hear of this.onGone) hear(thread);
      unload(thread);
      this.list.splice(this.list.indexOf(thread), 1);
      this.engine.freeContext(thread.context);
      this.memoryLimit.give(THREAD_COST);
    }
  }
}
