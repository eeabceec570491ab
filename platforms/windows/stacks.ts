/**
 * Thread stacks: a reservation whose top is committed, below that one guard
 * page. Touching the guard commits one page more and moves the guard down; when
 * only the last page is left the touch is a stack overflow instead.
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
}

const MEGABYTE = 0x100000;
const up = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Undefined: no memory. */
export function createStack(vm: VirtualMemory, reserve: number, commit: number): Stack | undefined {
  const committed = Math.max(up(commit, PAGE_SIZE), PAGE_SIZE);
  const size = up(committed >= reserve ? up(committed, MEGABYTE) : reserve, GRANULARITY);
  const deallocation = vm.allocate(0, size, Mem.RESERVE, Page.READWRITE);
  if (!deallocation) return undefined;
  const base = deallocation + size;
  const guard = size >= committed + 2 * PAGE_SIZE;
  const bytes = committed + (guard ? PAGE_SIZE : 0);
  if (!vm.allocate(base - bytes, bytes, Mem.COMMIT, Page.READWRITE)) {
    vm.free(deallocation, 0, Mem.RELEASE);
    return undefined;
  }
  if (guard) vm.protect(base - bytes, PAGE_SIZE, Page.READWRITE | Page.GUARD);
  return { base, deallocation, limit: base - committed };
}

/** Is there room to move the guard down from the page of `address`? The lowest page of the reservation is never committed. */
export function canGrow(stack: Stack, address: number): boolean {
  return address - (address % PAGE_SIZE) - PAGE_SIZE > stack.deallocation;
}

/** The guard page at `address` of this stack has been touched and is a guard no more: the stack now reaches down to it. */
export function growStack(vm: VirtualMemory, stack: Stack, address: number): void {
  stack.limit = address - (address % PAGE_SIZE);
  if (canGrow(stack, address)) vm.allocate(stack.limit - PAGE_SIZE, PAGE_SIZE, Mem.COMMIT, Page.READWRITE | Page.GUARD);
}

export function freeStack(vm: VirtualMemory, stack: Stack): void {
  vm.free(stack.deallocation, 0, Mem.RELEASE);
}
