/**
 * FILE objects in guest memory and the streams behind them. A FILE is opaque: 16 bytes that begin with MAGIC
 * and the stream's number, so that the guest half of the library can define stdin, stdout and stderr as data.
 */
import { BadFiles, type Touch } from './bad-files.js';
import type { LibraryCore } from './library-core.js';
import { FileError, type FileContents } from './files.js';
import { FileDevice, Stream, type Device } from './stream.js';

/** "FILE" in little-endian order. */
export const FILE_MAGIC = 0x454c4946;
export const FILE_BYTES = 16;
export const STANDARD_STREAMS = 3;
const WINDOWS_STREAMS = 512;
/** What glibc allocates for one that is opened. */
const GLIBC_BYTES = { 4: 312, 8: 472 } as const;

class Input implements Device {
  readonly position = undefined;

  constructor(
    private readonly library: LibraryCore,
    private readonly prompt: Stream,
  ) {}

  read(length: number): Uint8Array {
    // A prompt without a newline must be seen before the program waits for its answer.
    this.prompt.flush();
    return this.library.options.input(length);
  }

  write(): void {
    throw new FileError('EBADF');
  }

  close(): void {}
}

class Output implements Device {
  readonly position = undefined;

  constructor(
    private readonly library: LibraryCore,
    private readonly stream: 1 | 2,
  ) {}

  read(): Uint8Array {
    throw new FileError('EBADF');
  }

  write(bytes: Uint8Array): void {
    this.library.options.output(this.stream, bytes);
  }

  close(): void {}
}

export class StreamTable {
  private readonly streams: (Stream | undefined)[];
  /** Streams that there can be at once. Windows' (512 at first, _setmaxstdio) and nobody else's limit is of streams. */
  most: number;
  /** The library's own standard FILEs, in a row: they are never given back. 0: not yet. */
  private firstStandard = 0;
  private readonly objects = new Map<number, number>();
  /** FILEs that were closed, which but for glibc's are used again. */
  private readonly spare: number[] = [];
  private readonly bad: BadFiles;
  private readonly work = (units: number): void => this.library.process.clock.advance(units);

  /** `library`: all but what is opened by it. */
  constructor(private readonly library: LibraryCore) {
    this.bad = new BadFiles(library);
    const out = new Stream(new Output(library, 1), false, true, false);
    // As on a terminal: the order of guest output and system calls is kept line by line.
    out.buffering = 'line';
    const err = new Stream(new Output(library, 2), false, true, false);
    err.buffering = 'none';
    this.most = library.traits.os === 'windows' ? WINDOWS_STREAMS : Infinity;
    this.streams = [new Stream(new Input(library, out), true, false, false, this.work), out, err];
  }

  byNumber(number: number): Stream | undefined {
    return this.streams[number];
  }

  /** The FILE of a standard stream, where the library makes it itself (Windows). */
  standard(number: number): number {
    if (this.firstStandard === 0) {
      this.firstStandard = this.library.own(STANDARD_STREAMS * FILE_BYTES);
      for (let i = 0; i < STANDARD_STREAMS; i++) this.write(this.firstStandard + i * FILE_BYTES, i);
    }
    return this.firstStandard + number * FILE_BYTES;
  }

  /** 0: no memory. */
  private object(number: number): number {
    const { heap, process, traits } = this.library;
    const size = traits.os === 'linux' ? GLIBC_BYTES[traits.wordSize] : FILE_BYTES;
    const address = this.spare.pop() ?? heap.allocate(size);
    if (address === 0) return 0;
    process.supervisor.fill(address, size, 0);
    this.write(address, number);
    this.bad.noteOpened(address);
    this.objects.set(number, address);
    return address;
  }

  private write(file: number, number: number): void {
    const memory = this.library.process.supervisor;
    memory.setU32(file, FILE_MAGIC);
    memory.setU32(file + 4, number);
  }

  numberAt(file: number): number | undefined {
    const memory = this.library.process.supervisor;
    try {
      if (memory.u32(file) === FILE_MAGIC) return memory.u32(file + 4);
    } catch {
      // Not memory: no stream.
    }
    return undefined;
  }

  /** The stream of a FILE; undefined (and errno EBADF) if it is none or closed, where that is no crash. */
  at(file: number, touch: Touch = 'lock'): Stream | undefined {
    const number = this.numberAt(file);
    const stream = number === undefined ? undefined : this.streams[number];
    if (stream) return stream;
    if (this.library.refused(file === 0)) return undefined;
    if (number === undefined) this.bad.meet(file, touch);
    if (touch !== 'flags') this.library.setErrno('EBADF');
    return undefined;
  }

  /** Is it one of glibc's that was closed? */
  isClosed(file: number): boolean {
    return this.bad.wasClosed(file);
  }

  /** Is every stream open that there may be? */
  get isFull(): boolean {
    if (this.most === Infinity) return false;
    for (let number = 0; number < this.most; number++) if (!this.streams[number]) return false;
    return true;
  }

  /** A new FILE; 0 where memory is out. */
  open(stream: Stream): number {
    const { descriptors } = this.library.os;
    let number = 3;
    const { most } = this;
    if (descriptors) number = descriptors.add(stream);
    else while (this.streams[number]) number++;
    if (number < 0 || number >= most) {
      this.library.setErrno('EMFILE');
      stream.device.close();
      return 0;
    }
    const file = this.object(number);
    if (file === 0) {
      stream.close();
      descriptors?.remove(number);
      this.library.setErrno('ENOMEM');
      return 0;
    }
    this.streams[number] = stream;
    return file;
  }

  /** False: more are open than that. */
  limitTo(most: number): boolean {
    if (this.streams.some((stream, number) => stream && number >= most)) return false;
    this.most = most;
    return true;
  }

  openFile(contents: FileContents, mode: { read: boolean; write: boolean; append: boolean; text: boolean }): Stream {
    return new Stream(new FileDevice(contents, mode.append), mode.read, mode.write, mode.text, this.work);
  }

  close(file: number): boolean {
    if (file === 0 && this.library.traits.os === 'macos') {
      this.library.setErrno('EFAULT');
      return false;
    }
    // glibc frees it once more.
    if (this.bad.wasClosed(file) && this.numberAt(file) === undefined) this.library.heap.free(file);
    const stream = this.at(file);
    const number = this.numberAt(file);
    if (!stream || number === undefined) return false;
    const closed = stream.close();
    if (!closed && stream.failure) this.library.setErrno(stream.failure);
    this.streams[number] = undefined;
    this.library.os.descriptors?.remove(number);
    if (this.objects.get(number) === file) {
      this.library.process.supervisor.fill(file, FILE_BYTES, 0);
      this.objects.delete(number);
      if (this.library.traits.os !== 'linux') this.spare.push(file);
      else {
        this.bad.noteClosed(file);
        this.library.heap.free(file);
      }
    }
    return closed;
  }

  flushAll(): boolean {
    let ok = true;
    for (const stream of this.streams) {
      if (stream && !stream.flush()) {
        if (stream.failure) this.library.setErrno(stream.failure);
        ok = false;
      }
    }
    return ok;
  }
}
