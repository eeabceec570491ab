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
  readonly view: DataView;
  private readonly physical: Uint32Array;
  private readonly pageSize: number;

  constructor(
    private readonly process: Process,
    size: number,
  ) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.physical = new Uint32Array(process.engine.physical, 0, Math.floor(process.engine.physical.byteLength / 4));
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

  /** Scratch [from, from + length) goes to `address`. Places and lengths are multiples of 4. */
  store(address: number, from: number, length: number): void {
    const view = this.process.user;
    for (let done = 0; done < length;) {
      const at = address + done;
      const size = Math.min(length - done, this.pageSize - (at % this.pageSize));
      this.move(this.words, from + done, this.physical, view.physical(at, Access.Write), size);
      done += size;
    }
  }

  /** [address, +length) comes to scratch [to, to + length). The address may be any. */
  load(address: number, to: number, length: number): void {
    const view = this.process.user;
    for (let done = 0; done < length;) {
      const at = address + done;
      const size = Math.min(length - done, this.pageSize - (at % this.pageSize));
      const offset = view.physical(at, Access.Read);
      if ((offset | size | (to + done)) & 3) this.bytes.set(new Uint8Array(this.physical.buffer, offset, size), to + done);
      else this.move(this.physical, offset, this.words, to + done, size);
      done += size;
    }
  }

  /** Word by word: for a frame's few hundred words that beats making array views. */
  private move(source: Uint32Array, from: number, target: Uint32Array, to: number, size: number): void {
    const shift = (to - from) / 4;
    const first = from / 4;
    const limit = first + size / 4;
    for (let i = first; i < limit; i++) target[i + shift] = source[i];
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
