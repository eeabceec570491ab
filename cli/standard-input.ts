/**
 * The guest's standard input. What a read gives must not depend on how the writer of a pipe chops its data, nor on when: from a
 * pipe or a terminal it ends with a line, at the length that is asked for, or at the end. Files are read in full.
 */
import { fstatSync, readSync } from 'node:fs';
import { FileError } from '../platforms/file-system.js';
import { sleep } from './output-file.js';

const STDIN = 0;
const PIECE = 65536;
const NEWLINE = 10;
const NOTHING = new Uint8Array(0);

export class StandardInput {
  /** Read, and not given yet. */
  private kept: Uint8Array = NOTHING;
  private ended = false;
  private readonly isFile: boolean;

  /** `file`: a descriptor of the host's. `giveUp`: the run is to end; a read gives nothing then. */
  constructor(
    private readonly giveUp: () => boolean,
    private readonly file = STDIN,
  ) {
    this.isFile = fstatSync(file).isFile();
  }

  read(length: number): Uint8Array {
    while (length > 0) {
      const end = this.endOf(length);
      if (end > 0) return this.give(end);
      const more = this.more();
      if (more === undefined) return NOTHING;
      if (more.length === 0) return this.give(this.kept.length);
      this.keep(more);
    }
    return NOTHING;
  }

  /** Bytes of what is kept that a read of `length` gives; 0: more must come first. */
  private endOf(length: number): number {
    const within = this.kept.subarray(0, length);
    const newline = this.isFile ? -1 : within.indexOf(NEWLINE);
    if (newline >= 0) return newline + 1;
    return within.length === length || this.ended ? within.length : 0;
  }

  private give(bytes: number): Uint8Array {
    const given = this.kept.slice(0, bytes);
    this.kept = this.kept.subarray(bytes);
    return given;
  }

  private keep(more: Uint8Array): void {
    const all = new Uint8Array(this.kept.length + more.length);
    all.set(this.kept);
    all.set(more, this.kept.length);
    this.kept = all;
  }

  /** Whatever there is; nothing at the end; undefined once the run is to end. */
  private more(): Uint8Array | undefined {
    const buffer = new Uint8Array(PIECE);
    while (!this.ended && !this.giveUp()) {
      try {
        const bytes = readSync(this.file, buffer);
        // A file may grow; a pipe or a terminal has ended for good.
        if (bytes === 0) this.ended = !this.isFile;
        return buffer.subarray(0, bytes);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EOF') this.ended = true;
        else if (code === 'EAGAIN') sleep(1);
        else if (code !== 'EINTR') throw new FileError(code === 'EISDIR' ? 'EISDIR' : 'EIO');
      }
    }
    return this.giveUp() ? undefined : NOTHING;
  }
}
