/** The places in the program's memory that a call reads or writes (one, or a vector of them), as one run of bytes. Source: readv(2), lib/iov_iter.c (6.18). */
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import type { MemoryView } from '../../../emulator/memory/memory-view.js';

const PAGE = 4096;

export interface Piece {
  address: number;
  length: number;
}

export class UserBuffers {
  readonly length: number;

  constructor(
    private readonly user: MemoryView,
    readonly pieces: readonly Piece[],
  ) {
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** The parts of [from, +length), as long as `action` says true. */
  private each(from: number, length: number, action: (address: number, length: number, done: number) => boolean): void {
    let before = 0;
    for (const piece of this.pieces) {
      const start = Math.max(from, before);
      const end = Math.min(from + length, before + piece.length);
      if (start < end && !action(piece.address + start - before, end - start, start - from)) return;
      before += piece.length;
      if (before >= from + length) return;
    }
  }

  /** How much of [from, +length), from its start, may be touched so. */
  touchable(from: number, length: number, access: number): number {
    let sum = 0;
    this.each(from, length, (address, size) => {
      try {
        for (let done = 0; done < size;) {
          this.user.physical(address + done, access);
          const step = Math.min(size - done, PAGE - ((address + done) % PAGE));
          done += step;
          sum += step;
        }
        return true;
      } catch (error) {
        if (!(error instanceof GuestFault)) throw error;
        return false;
      }
    });
    return sum;
  }

  read(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.each(from, length, (address, size, done) => {
      bytes.set(this.user.bytes(address, size), done);
      return true;
    });
    return bytes;
  }

  write(from: number, bytes: Uint8Array): void {
    this.each(from, bytes.length, (address, size, done) => {
      this.user.write(address, bytes.subarray(done, done + size));
      return true;
    });
  }
}
