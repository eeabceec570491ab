/** Sets of signals: bit n - 1 for signal n, up to 128 (FreeBSD's width), in 32-bit words. */
import type { MemoryView } from '../../emulator/memory/memory-view.js';

export type SignalSet = Uint32Array;

export function emptySet(): SignalSet {
  return new Uint32Array(4);
}

export function setOf(...signals: number[]): SignalSet {
  const set = emptySet();
  for (const signal of signals) add(set, signal);
  return set;
}

export function has(set: SignalSet, signal: number): boolean {
  return (set[(signal - 1) >>> 5] & (1 << ((signal - 1) & 31))) !== 0;
}

export function add(set: SignalSet, signal: number): void {
  set[(signal - 1) >>> 5] |= 1 << ((signal - 1) & 31);
}

export function remove(set: SignalSet, signal: number): void {
  set[(signal - 1) >>> 5] &= ~(1 << ((signal - 1) & 31));
}

export function include(set: SignalSet, other: SignalSet): void {
  for (let i = 0; i < 4; i++) set[i] |= other[i];
}

export function exclude(set: SignalSet, other: SignalSet): void {
  for (let i = 0; i < 4; i++) set[i] &= ~other[i];
}

/** The first `bytes` bytes (4, 8 or 16) of a set in guest memory. */
export function readSet(memory: MemoryView, address: number, bytes: number): SignalSet {
  const set = emptySet();
  for (let i = 0; i * 4 < bytes && i < 4; i++) set[i] = memory.u32(address + 4 * i);
  return set;
}

export function writeSet(memory: MemoryView, address: number, bytes: number, set: SignalSet): void {
  for (let i = 0; i * 4 < bytes && i < 4; i++) memory.setU32(address + 4 * i, set[i]);
}
