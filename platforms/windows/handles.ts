/** The handle table of the process: values are multiples of 4, each with its object and access rights. */
import type { Thread } from '../../emulator/process/thread.js';
import { ProcessObject, type KernelObject } from './objects.js';
import { windowsThread } from './windows-thread.js';

export interface HandleEntry {
  object: KernelObject;
  access: number;
  /** HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE. */
  flags: number;
}

export const HANDLE_FLAG_INHERIT = 1;
export const HANDLE_FLAG_PROTECT_FROM_CLOSE = 2;
const ALL_ACCESS = 0x1fffff;
/** Pseudo-handles: valid without being in the table. */
export const CURRENT_PROCESS = -1;
export const CURRENT_THREAD = -2;

/** What the host keeps for a handle and its object, in bytes; freed ones are kept for the next. */
const HANDLE_COST = 256;

export class HandleTable {
  /** The only process. */
  readonly process = new ProcessObject();
  /** Objects that have a name. */
  readonly named = new Map<string, KernelObject>();
  private readonly entries: (HandleEntry | undefined)[] = [];
  /** Freed values, reused last-in first-out as the kernel's free list does. */
  private readonly freed: number[] = [];

  /** `take`: told how many bytes more the host keeps. */
  constructor(private readonly take: (bytes: number) => void) {}

  open(object: KernelObject, access: number, inherit = false): number {
    const free = this.freed.pop();
    if (free === undefined) this.take(HANDLE_COST);
    const index = free ?? this.entries.length;
    this.entries[index] = { object, access, flags: inherit ? HANDLE_FLAG_INHERIT : 0 };
    object.handles++;
    return 4 * (index + 1);
  }

  get(handle: number): HandleEntry | undefined {
    return handle > 0 ? this.entries[(handle >> 2) - 1] : undefined;
  }

  /** What a handle or a pseudo-handle of `thread` names. */
  resolve(thread: Thread, handle: number): HandleEntry | undefined {
    if (handle === CURRENT_THREAD) return { object: windowsThread(thread).object, access: ALL_ACCESS, flags: 0 };
    if (handle === CURRENT_PROCESS) return { object: this.process, access: ALL_ACCESS, flags: 0 };
    return this.get(handle);
  }

  close(handle: number): boolean {
    const index = (handle >> 2) - 1;
    const entry = handle > 0 ? this.entries[index] : undefined;
    if (!entry || entry.flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) return false;
    this.entries[index] = undefined;
    this.freed.push(index);
    entry.object.handles--;
    entry.object.closed?.();
    return true;
  }
}
