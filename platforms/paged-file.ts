/** A file in memory (tmpfile, memfd_create, what /proc tells): gone with the process, so it needs no host file. Where nothing was written it takes no memory. */
import type { MemoryLimit } from '../emulator/memory/memory-limit.js';
import { FileError, type FileContents } from './file-system.js';

const PAGE = 4096;
/** What a page costs beside its bytes. */
const PAGE_COST = 128;

export class PagedFile implements FileContents {
  constructor(private readonly memoryLimit: Pick<MemoryLimit, 'take' | 'give'>) {}

  private readonly pages = new Map<number, Uint8Array>();
  private length = 0;

  /** Calls visit(page, offset in it, bytes, done before) for the pieces of a range. */
  private pieces(position: number, length: number, visit: (page: number, at: number, size: number, done: number) => void): void {
    for (let done = 0; done < length;) {
      const at = (position + done) % PAGE;
      const size = Math.min(length - done, PAGE - at);
      visit((position + done - at) / PAGE, at, size, done);
      done += size;
    }
  }

  private drop(page: number): void {
    this.pages.delete(page);
    this.memoryLimit.give(PAGE + PAGE_COST);
  }

  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.length - position)));
    this.pieces(position, bytes.length, (page, at, size, done) => {
      const contents = this.pages.get(page);
      if (contents) bytes.set(contents.subarray(at, at + size), done);
    });
    return bytes;
  }

  write(position: number, bytes: Uint8Array): void {
    this.length = Math.max(this.length, position + bytes.length);
    this.pieces(position, bytes.length, (page, at, size, done) => {
      let contents = this.pages.get(page);
      if (!contents) {
        if (!this.memoryLimit.take(PAGE + PAGE_COST)) throw new FileError('ENOSPC');
        this.pages.set(page, (contents = new Uint8Array(PAGE)));
      }
      contents.set(bytes.subarray(done, done + size), at);
    });
  }

  /** What has been written of [position, +length), page by page. */
  *written(position: number, length: number): Iterable<{ position: number; bytes: Uint8Array }> {
    const end = Math.min(position + length, this.length);
    for (const [page, contents] of this.pages) {
      const from = Math.max(position, page * PAGE);
      const to = Math.min(end, (page + 1) * PAGE);
      if (from < to) yield { position: from, bytes: contents.subarray(from - page * PAGE, to - page * PAGE) };
    }
  }

  size(): number {
    return this.length;
  }

  truncate(size: number): void {
    for (const [page, contents] of this.pages) {
      if (page * PAGE >= size) this.drop(page);
      else if ((page + 1) * PAGE > size) contents.fill(0, size - page * PAGE);
    }
    this.length = size;
  }

  close(): void {
    for (const page of [...this.pages.keys()]) this.drop(page);
  }
}
