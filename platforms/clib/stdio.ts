/** Streams (C99 7.19): opening, characters, blocks, positions. Buffers are probed before a byte is taken or written. */
import type { Signature } from '../../emulator/abi/signature.js';
import { hostFunction, type HostBody, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { errorMessage } from './errors.js';
import { Access } from '../../emulator/engine.js';
import { ByteBuilder } from './byte-builder.js';
import { FileError } from './files.js';
import type { CLibrary } from './library.js';
import { openMode } from './open-mode.js';
import type { Stream } from './stream.js';
import { PagedFile } from '../paged-file.js';

const EOF = -1;
const NEWLINE = 10;
/** Of memory that is read or written for the guest, where there is much of it (LONG). */
const BYTES_PER_UNIT = 8;
const LONG = 4096;
/** Of a new file and its stream. */
const FILE_UNITS = 1000;
const CHUNK = 65536;

export function stdioFunctions(library: CLibrary): HostFunction[] {
  const { traits, streams, files } = library;
  const windows = traits.os === 'windows';
  const stdin = (): Stream | undefined => streams.byNumber(0);
  const stdout = (): Stream | undefined => streams.byNumber(1);

  /** A file operation's result, or `otherwise` with errno set. */
  const attempt = <T>(action: () => T, otherwise: T): T => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      library.setErrno(error.code);
      return otherwise;
    }
  };

  const open = (call: HostCall, path: number, modeText: number): Stream | undefined => {
    if (library.refused(path === 0 || modeText === 0)) return undefined;
    const mode = openMode(call.memory.cString(modeText), windows);
    if (library.refused(!mode)) return undefined;
    if (!mode) {
      library.setErrno('EINVAL');
      return undefined;
    }
    const name = call.memory.cString(path);
    // Of an empty name nobody is told (UCRT); no file has it.
    if (windows && name === '') {
      library.setErrno('EINVAL');
      return undefined;
    }
    return attempt(() => streams.openFile(files.open(name, mode), mode), undefined);
  };

  const readable = (stream: Stream | undefined): stream is Stream => {
    if (!stream) return false;
    if (!stream.readable) {
      stream.fail('EBADF');
      library.setErrno('EBADF');
    }
    return stream.readable;
  };

  const write = (stream: Stream | undefined, bytes: Uint8Array): boolean => {
    if (!stream) return false;
    const done = stream.write(bytes);
    if (!done) library.setErrno(stream.failure ?? 'EIO');
    return done;
  };

  const getByte = (stream: Stream | undefined): number => {
    if (!readable(stream)) return EOF;
    const cursor = stream.cursor();
    const byte = cursor.next();
    cursor.take();
    return byte;
  };

  const line = new ByteBuilder();
  const putLine = (text: Uint8Array): boolean => {
    line.clear();
    line.bytes(text);
    line.byte(NEWLINE);
    return write(stdout(), line.view());
  };

  const putByte = (stream: Stream | undefined, c: number): number => {
    if (!stream) return EOF;
    if (stream.put(c & 0xff)) return c & 0xff;
    library.setErrno(stream.failure ?? 'EIO');
    return EOF;
  };

  /**
   * Bytes from `next` (negative: the end) up to `most`, for a buffer of the guest's. Before each page of the buffer is
   * reached it is asked for: however large `most` is, no more is kept than the guest has room for.
   */
  const collect = (call: HostCall, buffer: number, most: number, next: () => number, last?: number): ByteBuilder => {
    const bytes = new ByteBuilder();
    const { pageSize } = library.process.engine;
    let asked = buffer;
    while (bytes.length < most) {
      const byte = next();
      if (byte < 0) break;
      if (buffer + bytes.length >= asked) {
        call.memory.physical(asked, Access.Write);
        asked += pageSize - (asked % pageSize);
      }
      bytes.byte(byte);
      if (byte === last) break;
    }
    if (bytes.length > LONG) call.process.clock.advance(bytes.length / BYTES_PER_UNIT);
    return bytes;
  };

  const getLine = (call: HostCall, buffer: number, size: number, stream: Stream | undefined): number => {
    if (library.refused(size < 0 || (buffer === 0 && size > 0)) || !readable(stream) || size <= 0) return 0;
    const cursor = stream.cursor();
    const bytes = collect(call, buffer, size - 1, () => cursor.next(), NEWLINE);
    const any = bytes.length > 0 || size === 1;
    bytes.byte(0);
    if (any) call.memory.write(buffer, bytes.finish());
    cursor.take();
    return any ? buffer : 0;
  };

  const readBlock = (call: HostCall, buffer: number, size: number, count: number, stream: Stream | undefined): number => {
    const wanted = size * count;
    if (wanted === 0 || library.refused(buffer === 0) || !readable(stream)) return 0;
    const cursor = stream.cursor();
    const bytes = collect(call, buffer, wanted, () => cursor.next()).finish();
    call.memory.write(buffer, bytes);
    cursor.take();
    return Math.floor(bytes.length / size);
  };

  /** In pieces, once all of it can be read. */
  const writeBlock = (call: HostCall, buffer: number, length: number, stream: Stream | undefined): boolean => {
    const { pageSize } = library.process.engine;
    for (let at = buffer; at < buffer + length; at += pageSize - (at % pageSize)) call.memory.physical(at, Access.Read);
    for (let done = 0; done < length; done += CHUNK) {
      if (!write(stream, call.memory.bytes(buffer + done, Math.min(CHUNK, length - done)))) return false;
    }
    return true;
  };

  const seek = (stream: Stream | undefined, offset: number, whence: number): number => {
    if (!stream) return -1;
    const origin = (['start', 'current', 'end'] as const)[whence];
    const failure = origin === undefined ? 'EINVAL' : stream.seek(offset, origin);
    if (failure) library.setErrno(failure);
    return failure ? -1 : 0;
  };

  const tell = (stream: Stream | undefined): number => {
    const position = stream?.tell();
    if (stream && position === undefined) library.setErrno('ESPIPE');
    return position ?? -1;
  };

  const flush = (file: number): number => {
    if (file === 0) return streams.flushAll() ? 0 : EOF;
    const stream = streams.at(file);
    const done = stream?.flush() ?? false;
    if (stream && !done) library.setErrno(stream.failure ?? 'EIO');
    return done ? 0 : EOF;
  };

  const setBuffering = (file: number, mode: number): number => {
    const stream = streams.at(file);
    const { full, line, none } = traits.buffering;
    if (!stream || ![full, line, none].includes(mode)) return -1;
    stream.buffering = mode === full ? 'full' : mode === line ? 'line' : 'none';
    return 0;
  };

  /** Functions that take no lock come to the table of functions first. */
  const touchOf = (call: HostCall): 'lock' | 'functions' => (call.fn.name.endsWith('_unlocked') ? 'functions' : 'lock');

  const fn = <const S extends string>(names: string | string[], signature: Signature<S>, run: HostBody<S>): HostFunction[] =>
    [names].flat().map((name) => hostFunction<S>(name, signature, run));

  return [
    fn('fopen', 'p(pp)', (call, path, mode) => {
      if (streams.isFull) {
        library.setErrno('EMFILE');
        return 0;
      }
      const stream = open(call, path, mode);
      return stream ? streams.open(stream) : 0;
    }),
    fn('freopen', 'p(ppp)', (call, path, mode, file) => {
      const stream = streams.at(file);
      if (!stream) return 0;
      const next = path === 0 ? undefined : open(call, path, mode);
      if (path === 0) library.setErrno('EINVAL');
      stream.close();
      if (!next) return 0;
      Object.assign(stream, {
        device: next.device,
        readable: next.readable,
        writable: next.writable,
        text: next.text,
        eof: false,
        error: false,
      });
      stream.buffering = 'full';
      return file;
    }),
    fn('fclose', 'i(p)', (_call, file) => (streams.close(file) ? 0 : EOF)),
    fn('fflush', 'i(p)', (_call, file) => flush(file)),
    fn('tmpfile', 'p()', (call) => {
      call.process.clock.advance(FILE_UNITS);
      const file = new PagedFile(library.process.memoryLimit);
      return streams.open(streams.openFile(file, { read: true, write: true, append: false, text: false }));
    }),
    fn(['fgetc', 'getc', 'getc_unlocked', ...(traits.os === 'linux' ? ['_IO_getc'] : [])], 'i(p)', (_call, file) =>
      getByte(streams.at(file, 'functions')),
    ),
    fn(['getchar', 'getchar_unlocked'], 'i()', () => getByte(stdin())),
    fn('ungetc', 'i(ip)', (_call, c, file) => {
      const stream = streams.at(file, streams.isClosed(file) ? 'buffer' : 'functions');
      if (!readable(stream) || c === EOF) return EOF;
      stream.unget(c & 0xff);
      return c & 0xff;
    }),
    fn('fgets', 'p(pip)', (call, buffer, size, file) => {
      // glibc looks at no stream for no characters.
      if (size === 1 && traits.os === 'linux') call.memory.setU8(buffer, 0);
      else return getLine(call, buffer, size, streams.at(file));
      return buffer;
    }),
    fn(['fputc', 'putc', 'putc_unlocked', ...(traits.os === 'linux' ? ['_IO_putc'] : [])], 'i(ip)', (_call, c, file) =>
      putByte(streams.at(file, 'functions'), c),
    ),
    fn(['putchar', 'putchar_unlocked'], 'i(i)', (_call, c) => putByte(stdout(), c)),
    fn(['fputs', 'fputs_unlocked'], 'i(pp)', (call, text, file) => {
      if (library.refused(text === 0)) return EOF;
      const bytes = call.memory.cBytes(text);
      return write(streams.at(file, touchOf(call)), bytes) ? 1 : EOF;
    }),
    fn('puts', 'i(p)', (call, text) => (!library.refused(text === 0) && putLine(call.memory.cBytes(text)) ? 1 : EOF)),
    fn(['fread', 'fread_unlocked'], 'z(pzzp)', (call, buffer, size, count, file) =>
      size * count === 0 ? 0 : readBlock(call, buffer, size, count, streams.at(file, streams.isClosed(file) ? 'buffer' : touchOf(call))),
    ),
    fn(['fwrite', 'fwrite_unlocked'], 'z(pzzp)', (call, buffer, size, count, file) => {
      if (size * count === 0 || library.refused(buffer === 0)) return 0;
      return writeBlock(call, buffer, size * count, streams.at(file, touchOf(call))) ? count : 0;
    }),
    fn('fseek', 'i(pli)', (_call, file, offset, whence) => seek(streams.at(file), offset, whence)),
    fn(
      windows ? '_fseeki64' : 'fseeko',
      windows ? 'i(pqi)' : traits.os === 'linux' ? 'i(pli)' : 'i(pqi)',
      (_call, file: number, offset: number | bigint, whence: number) => seek(streams.at(file), Number(offset), whence),
    ),
    fn('ftell', 'l(p)', (_call, file) => tell(streams.at(file))),
    fn(windows ? '_ftelli64' : 'ftello', windows || traits.os !== 'linux' ? 'q(p)' : 'l(p)', (call, file: number) =>
      call.fn.signature[0] === 'q' ? BigInt(tell(streams.at(file))) : tell(streams.at(file)),
    ),
    fn('rewind', 'v(p)', (_call, file) => {
      const stream = streams.at(file);
      if (!stream) return;
      seek(stream, 0, 0);
      stream.error = false;
    }),
    fn('fgetpos', 'i(pp)', (call, file, place) => {
      library.probeWrite(call, place, 8);
      const position = tell(streams.at(file));
      if (position < 0) return -1;
      call.memory.setU64(place, BigInt(position));
      return 0;
    }),
    fn('fsetpos', 'i(pp)', (call, file, place) => seek(streams.at(file), Number(call.memory.u64(place)), 0)),
    fn(['feof', 'feof_unlocked'], 'i(p)', (_call, file) => (streams.at(file, 'flags')?.eof ? 1 : 0)),
    fn(['ferror', 'ferror_unlocked'], 'i(p)', (_call, file) => (streams.at(file, 'flags')?.error ? 1 : 0)),
    fn('clearerr', 'v(p)', (_call, file) => {
      const stream = streams.at(file);
      if (stream) stream.eof = stream.error = false;
    }),
    fn('setvbuf', 'i(ppiz)', (_call, file, _buffer, mode) => setBuffering(file, mode)),
    fn('setbuf', 'v(pp)', (_call, file, buffer) => void setBuffering(file, buffer === 0 ? traits.buffering.none : traits.buffering.full)),
    fn('perror', 'v(p)', (call, text) => {
      const prefix = text === 0 ? '' : `${call.memory.cString(text)}: `;
      streams
        .byNumber(2)
        ?.write(new TextEncoder().encode(`${prefix === ': ' ? '' : prefix}${errorMessage(traits.os, library.errno(call))}\n`));
    }),
    fn(windows ? '_fileno' : 'fileno', 'i(p)', (_call, file) => {
      if (streams.at(file, 'flags')) return streams.numberAt(file) ?? -1;
      library.setErrno('EBADF');
      return -1;
    }),
  ].flat();
}
