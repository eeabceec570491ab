/**
 * Thread stacks: a reservation whose top is committed, below that the guard
 * pages (Windows 10: three on x86-64, two on IA-32). Touching the guard commits
 * down to there and moves the guard below it; when there is no room for it above
 * the last page, the rest is committed and the touch is a stack overflow.
 */
import { GRANULARITY, Mem, Page, PAGE_SIZE } from './memory-constants.js';
import type { VirtualMemory } from './virtual-memory.js';

export interface Stack {
  /** Highest address, exclusive (StackBase). */
  base: number;
  /** Base of the reservation (DeallocationStack). */
  deallocation: number;
  /** Lowest committed page without guard (StackLimit). */
  limit: number;
  /** Bytes of guard pages below that. */
  guard: number;
}

const MEGABYTE = 0x100000;
const GUARDED = Page.READWRITE | Page.GUARD;
const up = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Bytes of guard below a stack; `guaranteed` (SetThreadStackGuarantee) is what an overflow's handler must find besides its page. */
export function guardBytes(wordSize: 4 | 8, guaranteed: number): number {
  const usual = (wordSize === 8 ? 3 : 2) * PAGE_SIZE;
  return guaranteed === 0 ? usual : Math.max(usual, up(guaranteed, PAGE_SIZE) + PAGE_SIZE);
}

/** Undefined: no memory. */
export function createStack(vm: VirtualMemory, reserve: number, commit: number, guard: number): Stack | undefined {
  const committed = Math.max(up(commit, PAGE_SIZE), PAGE_SIZE);
  const size = up(committed >= reserve ? up(committed, MEGABYTE) : reserve, GRANULARITY);
  const deallocation = vm.allocate(0, size, Mem.RESERVE, Page.READWRITE);
  if (!deallocation) return undefined;
  const base = deallocation + size;
  const guarded = size >= committed + guard + PAGE_SIZE;
  if (
    !vm.allocate(base - committed, committed, Mem.COMMIT, Page.READWRITE) ||
    (guarded && !vm.allocate(base - committed - guard, guard, Mem.COMMIT, GUARDED))
  ) {
    vm.free(deallocation, 0, Mem.RELEASE);
    return undefined;
  }
  return { base, deallocation, limit: base - committed, guard };
}

/** Is there room to move the guard down from the page of `address`? The lowest page of the reservation is never committed. */
export function canGrow(stack: Stack, address: number): boolean {
  return address - (address % PAGE_SIZE) - stack.guard > stack.deallocation;
}

/**
 * The guard page at `address` of this stack has been touched, which ends its being one: the stack
 * now reaches down to it, or to its end, and the new limit is returned. A guard that the program has put back is taken the
 * same way.
 */
export function growStack(vm: VirtualMemory, stack: Stack, address: number): number {
  const page = address - (address % PAGE_SIZE);
  vm.takeGuard(page);
  const room = canGrow(stack, address) && vm.allocate(page - stack.guard, stack.guard, Mem.COMMIT, GUARDED) !== 0;
  const limit = room ? page : stack.deallocation + PAGE_SIZE;
  if (limit < stack.limit) vm.allocate(limit, stack.limit - limit, Mem.COMMIT, Page.READWRITE);
  return limit;
}

export function freeStack(vm: VirtualMemory, deallocation: number): void {
  vm.free(deallocation, 0, Mem.RELEASE);
}
