/**
 * What printf makes: bytes, and runs of one byte that a width or a precision of any size may ask for. Runs are kept as
 * what they are, so that text of two billion bytes costs no memory.
 */
import { ByteBuilder } from './byte-builder.js';

/** Longer runs and strings are pieces of their own. */
const LONG = 4096;
const CHUNK = 65536;

type Piece = Uint8Array | { readonly byte: number; readonly count: number };

/** One serves all calls of a library, as each has written its text before the next begins. */
export class FormattedText {
  length = 0;
  private readonly pieces: Piece[] = [];
  private readonly open = new ByteBuilder();

  /** Nothing is in it, for the next text. */
  clear(): this {
    this.length = this.pieces.length = 0;
    this.open.clear();
    return this;
  }

  private close(): void {
    if (this.open.length === 0) return;
    this.pieces.push(this.open.finish());
    this.open.clear();
  }

  /** All of it, where it is in one piece (until `clear`); most is. */
  get whole(): Uint8Array | undefined {
    return this.pieces.length === 0 ? this.open.view() : undefined;
  }

  /** One byte for each character. */
  text(text: string): void {
    this.length += text.length;
    this.open.text(text);
  }

  bytes(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (bytes.length < LONG) return this.open.bytes(bytes);
    this.close();
    this.pieces.push(bytes);
  }

  repeat(byte: number, count: number): void {
    if (count <= 0) return;
    this.length += count;
    if (count < LONG) return this.open.repeat(byte, count);
    this.close();
    this.pieces.push({ byte, count });
  }

  /** The bytes from the first on, `limit` at most. */
  *chunks(limit = Infinity): Generator<Uint8Array> {
    const { whole } = this;
    if (whole) {
      if (whole.length > 0 && limit > 0) yield whole.length <= limit ? whole : whole.subarray(0, limit);
      return;
    }
    this.close();
    let left = limit;
    for (const piece of this.pieces) {
      if (left <= 0) return;
      if (piece instanceof Uint8Array) {
        yield piece.length <= left ? piece : piece.subarray(0, left);
        left -= piece.length;
        continue;
      }
      const run = new Uint8Array(Math.min(CHUNK, piece.count)).fill(piece.byte);
      for (let count = Math.min(piece.count, left); count > 0; count -= run.length) yield count < run.length ? run.subarray(0, count) : run;
      left -= piece.count;
    }
  }
}
