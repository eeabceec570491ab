/**
 * Moves signal frames between a scratch buffer and the guest's stack with the
 * guest's permissions, as a kernel's copy to and from user space does: pages that
 * refuse raise GuestFault. Built for speed: no copies but the one.
 */
import { Access } from '../../emulator/engine.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Process } from '../../emulator/process/process.js';

export class FrameMemory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  private readonly physical: Uint8Array;
  private readonly pageSize: number;

  constructor(
    private readonly process: Process,
    size: number,
  ) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.physical = new Uint8Array(process.engine.physical);
    this.pageSize = process.engine.pageSize;
  }

  /** A pointer-sized or 64-bit value at byte offset `at` of the scratch buffer. */
  put64(at: number, value: number): void {
    this.words[at >>> 2] = value;
    this.words[(at >>> 2) + 1] = Math.floor(value / 0x100000000);
  }

  get64(at: number): number {
    return this.words[at >>> 2] + this.words[(at >>> 2) + 1] * 0x100000000;
  }

  /** Scratch [from, from + length) goes to `address`. */
  store(address: number, from: number, length: number): void {
    const { pageSize, physical, bytes } = this;
    const view = this.process.user;
    const first = view.physical(address, Access.Write);
    const room = pageSize - (address % pageSize);
    if (length <= room) {
      physical.set(bytes.subarray(from, from + length), first);
      return;
    }
    for (let done = 0; done < length; ) {
      const at = address + done;
      const size = Math.min(length - done, pageSize - (at % pageSize));
      physical.set(bytes.subarray(from + done, from + done + size), view.physical(at, Access.Write));
      done += size;
    }
  }

  /** [address, +length) comes to scratch [to, to + length). */
  load(address: number, to: number, length: number): void {
    const { pageSize, physical, bytes } = this;
    const view = this.process.user;
    for (let done = 0; done < length; ) {
      const at = address + done;
      const size = Math.min(length - done, pageSize - (at % pageSize));
      const offset = view.physical(at, Access.Read);
      bytes.set(physical.subarray(offset, offset + size), to + done);
      done += size;
    }
  }
}

/** Run `action`; false if the guest's memory refused it. */
export function permitted(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof GuestFault) return false;
    throw error;
  }
}
