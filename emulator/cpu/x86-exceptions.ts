/** What the x86 CPUs say of an exception: its vector and its error code. Sources: Intel SDM vol. 3, 6.3.1, 6.13 and 4.7. */
import { Access } from '../engine.js';

// prettier-ignore
export const Vector = {
  divide: 0, debug: 1, breakpoint: 3, overflow: 4, bound: 5, invalidOpcode: 6, segmentNotPresent: 11, stackSegment: 12, protection: 13, page: 14,
  x87: 16, alignment: 17, simd: 19,
} as const;

/** Error code of a page fault: clear `present` = the page is not there, set = it refuses. */
export const PageFault = { present: 1, write: 2, user: 4, fetch: 0x10, protectionKey: 0x20 } as const;

/** The error code of a page fault in user mode. */
export function pageFaultError(access: number, present: boolean): number {
  const kind = access === Access.Write ? PageFault.write : access === Access.Fetch ? PageFault.fetch : 0;
  return PageFault.user | (present ? PageFault.present : 0) | kind;
}

/** Error code of the protection fault that int n raises where user mode may not use the gate: index n of the IDT. */
export function interruptGateError(vector: number): number {
  return vector * 8 + 2;
}

/** Bytes of int n, which a refused gate's fault points at. */
export const INT_LENGTH = 2;
