/** What the parts of a process (its host calls, its calls of the guest) and host functions know of the whole. */
import type { Abi } from '../abi/abi.js';
import type { CpuName, Engine, Registers } from '../engine.js';
import type { EventStream } from '../events.js';
import type { MemoryLimit } from '../memory/memory-limit.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Agenda } from './agenda.js';
import type { Budget } from './budget.js';
import type { VirtualClock } from './clock.js';
import type { ExitStatus, OsModel } from './os-model.js';
import type { CallbackFrame, Thread } from './thread.js';

export interface ProcessCore {
  readonly cpu: CpuName;
  readonly engine: Engine;
  readonly memoryLimit: MemoryLimit;
  readonly abi: Abi;
  /** Memory with the guest's permissions, and whatever they are. */
  readonly user: MemoryView;
  readonly supervisor: MemoryView;
  readonly clock: VirtualClock;
  readonly events: EventStream;
  readonly os: OsModel;
  readonly status: ExitStatus | undefined;
  readonly budget: Budget;
  readonly agenda: Agenda;
  /** Set when the runnable threads changed: the scheduler decides anew. */
  reschedule: boolean;
  /** What threads may wait for (`Wait.on`) has changed. */
  changed(cause: unknown): void;
  /** The thread that is running or being looked at. */
  readonly current: Thread | undefined;
  /** Put `thread` on the CPU (not run it): its registers are then in the block. */
  load(thread: Thread): Registers;
  /** Registers of any thread, readable and writable. Valid until another thread is loaded. */
  registers(thread: Thread): Registers;
  /** The convention of the process, or the one that a function states. */
  abiOf(convention: 'stdcall' | undefined): Abi;
  /** One engine run and what it led to. Returns the instructions executed. */
  advance(thread: Thread, limit: number, frame: CallbackFrame | undefined): number;
  /** Does the OS's page fault handler put this right? */
  resolveAccess(address: number, access: number): boolean;
  /** End the process, from wherever this is called. */
  end(status: ExitStatus): never;
}
