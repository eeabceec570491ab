/** Times as structures of the kernel: of words, or (on IA-32, by the calls with 64 in their names) of 64-bit members. */
import { UNITS_PER_SECOND } from '../../../emulator/process/clock.js';
import type { MemoryView } from '../../../emulator/memory/memory-view.js';

/** Seconds and nanoseconds, as they stand there. */
export interface Time {
  seconds: number;
  nanoseconds: number;
}

const signed = (memory: MemoryView, address: number, bytes: 4 | 8): number =>
  bytes === 4 ? memory.i32(address) : memory.u32(address) + memory.i32(address + 4) * 0x100000000;

/** struct timespec; `bytes`: of each member. */
export function readTime(memory: MemoryView, address: number, bytes: 4 | 8 = memory.wordSize): Time {
  const seconds = signed(memory, address, bytes);
  // Programs of 32 bits need not clear the upper half of nanoseconds.
  const nanoseconds = bytes === 8 && memory.wordSize === 4 ? memory.i32(address + 8) : signed(memory, address + bytes, bytes);
  return { seconds, nanoseconds };
}

/** struct timeval, as nanoseconds. */
export function readTimeval(memory: MemoryView, address: number): Time {
  const bytes = memory.wordSize;
  return { seconds: signed(memory, address, bytes), nanoseconds: signed(memory, address + bytes, bytes) * 1000 };
}

export const valid = ({ seconds, nanoseconds }: Time): boolean => seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1e9;

/** Beyond that nobody waits. */
export const units = ({ seconds, nanoseconds }: Time): number => Math.min(seconds * UNITS_PER_SECOND + nanoseconds, 2 ** 53);

/**
 * The moment, as virtual time, at which a clock reads that much: one that read `epoch` seconds when the program started.
 * The sum of epoch and nanoseconds is never made, since no number holds it exactly.
 */
export const moment = ({ seconds, nanoseconds }: Time, epoch: number): number => units({ seconds: seconds - epoch, nanoseconds });

/** `time` in nanoseconds, and `epoch` seconds. */
export function writeTime(memory: MemoryView, address: number, time: number, bytes: 4 | 8 = memory.wordSize, epoch = 0): void {
  const seconds = Math.floor(time / UNITS_PER_SECOND);
  put(memory, address, seconds + epoch, bytes);
  put(memory, address + bytes, time - seconds * UNITS_PER_SECOND, bytes);
}

export function writeTimeval(memory: MemoryView, address: number, time: number, epoch = 0): void {
  const seconds = Math.floor(time / UNITS_PER_SECOND);
  put(memory, address, seconds + epoch, memory.wordSize);
  put(memory, address + memory.wordSize, Math.floor((time - seconds * UNITS_PER_SECOND) / 1000), memory.wordSize);
}

function put(memory: MemoryView, address: number, value: number, bytes: 4 | 8): void {
  memory.setU32(address, value % 0x100000000);
  if (bytes === 8) memory.setU32(address + 4, Math.floor(value / 0x100000000));
}
