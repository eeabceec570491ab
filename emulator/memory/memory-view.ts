/**
 * Reading and writing guest memory by virtual address. Two views exist of each
 * address space: the supervisor's, which ignores protection (the MPS and
 * kernels look at memory whatever its protection), and the user's, which has
 * the guest's permissions (library functions and system calls that TypeScript
 * implements). Both throw GuestFault where an access is refused.
 */
import { Access } from '../engine.js';
import { hexAddress } from './hex-address.js';

/** An access to guest memory by host code that the page table refuses. */
export class GuestFault extends Error {
  readonly kind = 'faulted';

  constructor(
    readonly address: number,
    /** One of Access. */
    readonly access: number,
  ) {
    super(`${access === Access.Write ? 'write' : access === Access.Fetch ? 'fetch' : 'read'} fault at ${hexAddress(address)}`);
  }
}

export interface MemoryView {
  readonly wordSize: 4 | 8;
  u8(address: number): number;
  u16(address: number): number;
  u32(address: number): number;
  i32(address: number): number;
  u64(address: number): bigint;
  f32(address: number): number;
  f64(address: number): number;
  /** A pointer-sized unsigned word, as a number (rounded above 2^53). */
  word(address: number): number;
  /** All bits of a pointer-sized word (signature.ts: w). */
  bits(address: number): bigint;
  setU8(address: number, value: number): void;
  setU16(address: number, value: number): void;
  setU32(address: number, value: number): void;
  setU64(address: number, value: bigint): void;
  setF32(address: number, value: number): void;
  setF64(address: number, value: number): void;
  setWord(address: number, value: number): void;
  setBits(address: number, value: bigint): void;
  /** A copy of [address, +length). */
  bytes(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
  fill(address: number, length: number, value: number): void;
  /** Bytes up to (not including) the first NUL, at most `limit`. */
  cBytes(address: number, limit?: number): Uint8Array;
  /** The same as text (UTF-8). */
  cString(address: number, limit?: number): string;
  /**
   * Physical offset of `address` (whole page is contiguous from there): for loops over
   * Uint32Array views of Engine.physical. Throws GuestFault if refused.
   */
  physical(address: number, access: number): number;
}
