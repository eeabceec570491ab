/**
 * A C stream: a buffer over a file, the guest's input or its output. Readers look ahead with a cursor and
 * take bytes only when they are sure of them, so that a fault on the way loses nothing.
 */
import { FileError, type FileContents } from './files.js';
import { ByteBuilder } from './byte-builder.js';
import type { ErrorName } from './errors.js';

export type Buffering = 'full' | 'line' | 'none';

/** Where a stream's bytes come from and go to. */
export interface Device {
  /** Empty at the end. */
  read(length: number): Uint8Array;
  write(bytes: Uint8Array): void;
  /** Undefined: it can't seek. */
  position: number | undefined;
  size?(): number;
  truncate?(size: number): void;
  close(): void;
}

export class FileDevice implements Device {
  position = 0;

  constructor(
    private readonly contents: FileContents,
    private readonly append: boolean,
  ) {}

  read(length: number): Uint8Array {
    const bytes = this.contents.read(this.position, length);
    this.position += bytes.length;
    return bytes;
  }

  write(bytes: Uint8Array): void {
    if (this.append) this.position = this.contents.size();
    this.contents.write(this.position, bytes);
    this.position += bytes.length;
  }

  truncate(size: number): void {
    this.contents.truncate(size);
  }

  size(): number {
    return this.contents.size();
  }

  close(): void {
    this.contents.close();
  }
}

const BUFFER = 4096;
/** Whoever reads looks at each byte, formatted input several times. */
const UNITS_PER_BYTE = 4;
const NEWLINE = 10;
const RETURN = 13;
const END_OF_TEXT = 26;

export class Stream {
  eof = false;
  error = false;
  /** The last failure, for errno. */
  failure: ErrorName | undefined;
  buffering: Buffering = 'full';
  private input = new Uint8Array(0);
  private at = 0;
  private pushed: number[] = [];
  private readonly output = new ByteBuilder();

  constructor(
    public device: Device,
    public readable: boolean,
    public writable: boolean,
    /** Windows' text mode: \n is \r\n in the file, 0x1a ends it. */
    public text: boolean,
    /** Told of what is read, in units of work. */
    private readonly work: (units: number) => void = () => undefined,
  ) {}

  /** Keep `failure`, set the error flag. */
  fail(code: ErrorName): void {
    this.error = true;
    this.failure = code;
  }

  private guard<T>(action: () => T, otherwise: T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.fail(error.code);
      return otherwise;
    }
  }

  // Reading

  cursor(): Cursor {
    return new Cursor(this);
  }

  /** Byte `index` of what is buffered from the present place on; -1 = end. Fills the buffer as needed. */
  rawAt(index: number): number {
    while (this.at + index >= this.input.length) {
      if (this.output.length > 0) this.flush();
      const kept = this.input.length - this.at;
      const more = this.guard(() => this.device.read(Math.max(BUFFER, kept)), new Uint8Array(0));
      if (more.length === 0) return -1;
      this.work(UNITS_PER_BYTE * more.length);
      this.append(more);
    }
    return this.input[this.at + index];
  }

  /** The room grows twofold: a long line is copied a few times, not once for each piece that comes. */
  private append(more: Uint8Array): void {
    const kept = this.input.length - this.at;
    const start = this.input.byteOffset + this.at;
    let room = new Uint8Array(this.input.buffer);
    if (start + kept + more.length > room.length) {
      room = new Uint8Array(2 * (kept + more.length));
      room.set(this.input.subarray(this.at));
      this.input = room.subarray(0, kept);
      this.at = 0;
      return this.append(more);
    }
    room.set(more, start + kept);
    this.input = room.subarray(start, start + kept + more.length);
    this.at = 0;
  }

  pushedAt(index: number): number | undefined {
    return this.pushed[this.pushed.length - 1 - index];
  }

  /** Take what a cursor has read. */
  consume(pushed: number, raw: number, atEnd: boolean): void {
    this.pushed.length -= pushed;
    this.at += raw;
    if (atEnd) this.eof = true;
  }

  unget(byte: number): void {
    this.pushed.push(byte);
    this.eof = false;
  }

  // Writing

  write(bytes: Uint8Array): boolean {
    if (!this.writable) {
      this.fail('EBADF');
      return false;
    }
    this.leaveInput();
    let lastLine = -1;
    if (this.text) {
      for (const byte of bytes) {
        if (byte === NEWLINE) this.output.byte(RETURN);
        this.output.byte(byte);
      }
    } else this.output.bytes(bytes);
    if (this.buffering === 'line') lastLine = bytes.lastIndexOf(NEWLINE);
    if (this.buffering === 'none' || lastLine >= 0 || this.output.length >= BUFFER) return this.flush();
    return true;
  }

  /** One byte. */
  put(byte: number): boolean {
    if (!this.writable || this.text) return this.write(Uint8Array.of(byte));
    this.leaveInput();
    this.output.byte(byte);
    if (this.buffering === 'none' || (this.buffering === 'line' && byte === NEWLINE) || this.output.length >= BUFFER) return this.flush();
    return true;
  }

  flush(): boolean {
    if (this.output.length === 0) return true;
    const bytes = this.output.finish();
    this.output.clear();
    return this.guard(() => (this.device.write(bytes), true), false);
  }

  /** Forget what was read ahead: the file's position goes back to the stream's. */
  private leaveInput(): void {
    if (this.input.length === 0 && this.pushed.length === 0) return;
    if (this.device.position !== undefined) this.device.position -= this.input.length - this.at;
    else if (this.input.length > this.at) return;
    this.input = new Uint8Array(0);
    this.at = 0;
    this.pushed = [];
  }

  // Position

  tell(): number | undefined {
    const { position } = this.device;
    return position === undefined ? undefined : position - (this.input.length - this.at) + this.output.length - this.pushed.length;
  }

  seek(offset: number, whence: 'start' | 'current' | 'end'): ErrorName | undefined {
    const here = this.tell();
    if (here === undefined) return 'ESPIPE';
    if (!this.flush()) return this.failure;
    const target = offset + (whence === 'start' ? 0 : whence === 'current' ? here : (this.device.size?.() ?? 0));
    if (target < 0) return 'EINVAL';
    this.leaveInput();
    this.device.position = target;
    this.eof = false;
    return undefined;
  }

  close(): boolean {
    const flushed = this.flush();
    return this.guard(() => (this.device.close(), true), false) && flushed;
  }
}

/** A place ahead in a stream's input. */
class Cursor {
  private pushed = 0;
  private raw = 0;
  private ended = false;

  constructor(private readonly stream: Stream) {}

  /** The next byte, -1 at the end. */
  next(): number {
    const pushed = this.stream.pushedAt(this.pushed);
    if (pushed !== undefined) {
      this.pushed++;
      return pushed;
    }
    let byte = this.stream.rawAt(this.raw);
    if (this.stream.text) {
      if (byte === RETURN && this.stream.rawAt(this.raw + 1) === NEWLINE) {
        this.raw++;
        byte = NEWLINE;
      } else if (byte === END_OF_TEXT) byte = -1;
    }
    if (byte < 0) this.ended = true;
    else this.raw++;
    return byte;
  }

  /** A mark to go back to with `reset`. */
  mark(): { pushed: number; raw: number; ended: boolean } {
    return { pushed: this.pushed, raw: this.raw, ended: this.ended };
  }

  reset(mark: { pushed: number; raw: number; ended: boolean }): void {
    ({ pushed: this.pushed, raw: this.raw, ended: this.ended } = mark);
  }

  /** The bytes up to here are taken from the stream. */
  take(): void {
    this.stream.consume(this.pushed, this.raw, this.ended);
  }
}
