/**
 * Reading and writing by descriptor: the kernel touches the program's memory (EFAULT, or as much as could be moved), and waits
 * where there is nothing yet. Source: read(2), readv(2), pread(2); fs/read_write.c, fs/pipe.c (6.18).
 */
import { Access } from '../../../emulator/engine.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import { int, unsigned } from '../system-call-table.js';
import type { Progress } from '../waiting.js';
import { LATER, O_ACCMODE, O_APPEND, O_NONBLOCK, O_PATH, O_WRONLY, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';
import type { FileKernel, KernelCall } from './kernel.js';

const PAGE = 4096;
const IOV_MAX = 1024;

interface Piece {
  address: number;
  length: number;
}

export function transferCalls(kernel: FileKernel) {
  const { user, descriptors, system, userLimit, transfer } = kernel;
  const { most } = transfer;

  /** struct iovec[count]; an errno number negated. */
  const vector = (address: number, count: number): Piece[] | number => {
    if (count < 0 || count > IOV_MAX) return -Errno.EINVAL;
    const word = user.wordSize;
    const buffers: Piece[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = address + 2 * i * word;
      const buffer = { address: user.word(at), length: user.word(at + word) };
      if (buffer.length >= 2 ** (8 * word - 1)) return -Errno.EINVAL;
      if (buffer.length > 0 && buffer.address + buffer.length > userLimit) return -Errno.EFAULT;
      if (transfer.refusesMore && total + buffer.length > most) return -Errno.EINVAL;
      buffer.length = Math.min(buffer.length, most - total);
      total += buffer.length;
      buffers.push(buffer);
    }
    return buffers;
  };

  /** How much of the buffer, from its start, may be touched so. */
  const touchable = ({ address, length }: Piece, access: number): number => {
    let done = 0;
    try {
      while (done < length) {
        user.physical(address + done, access);
        done += Math.min(length - done, PAGE - ((address + done) % PAGE));
      }
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
    }
    return done;
  };
  const beyond = ({ address, length }: Piece): boolean => address < 0 || address + length > userLimit;

  const total = (buffers: Piece[]): number => buffers.reduce((sum, { length }) => sum + length, 0);

  /** Wait until the file has changed, then try again. */
  const later = (file: OpenFile, what: string, again: () => Progress): Progress => {
    if (file.flags & O_NONBLOCK) return -Errno.EAGAIN;
    const ready = (): boolean => {
      const now = file.ready();
      return now.read || now.write || now.hungUp === true || now.failed === true;
    };
    return { wait: { what, on: [file], ready }, resume: again, restarts: true };
  };

  const readInto = (fd: number, buffers: Piece[], position?: number): Progress => {
    const file = descriptors.get(fd);
    if (!file || (file.flags & O_ACCMODE) === O_WRONLY || file.flags & O_PATH) return -Errno.EBADF;
    if (file.kind === 'directory') return -Errno.EISDIR;
    if (position !== undefined && file.position === undefined) return -Errno.ESPIPE;
    if (buffers.some(beyond)) return -Errno.EFAULT;
    const wanted = Math.min(total(buffers), most);
    if (wanted === 0) return 0;
    // Nothing is taken from the file that there is no place for.
    let room = 0;
    for (const buffer of buffers) {
      const fits = touchable(buffer, Access.Write);
      room += fits;
      if (fits < buffer.length) break;
    }
    if (room < wanted && !transfer.partly) return -Errno.EFAULT;
    if (room === 0) return file.kind === 'pipe' && !file.ready().read && !file.ready().hungUp ? laterRead() : nothingLeft(file, position);
    const bytes = file.read(position ?? file.position, Math.min(wanted, room));
    if (bytes === LATER) return laterRead();
    if (typeof bytes === 'number') return bytes;
    if (position === undefined && file.position !== undefined) file.position += bytes.length;
    let at = 0;
    for (const { address, length } of buffers) {
      const part = bytes.subarray(at, at + length);
      if (part.length === 0) break;
      user.write(address, part);
      at += part.length;
    }
    return bytes.length;

    function laterRead(): Progress {
      return later(file as OpenFile, `input (descriptor ${fd})`, () => readInto(fd, buffers, position));
    }
  };

  /** A buffer that can't be touched is no error where there is nothing to put into it. */
  const nothingLeft = (file: OpenFile, position: number | undefined): number => {
    const at = position ?? file.position;
    if (file.kind === 'file' && at !== undefined && file.size && at >= file.size()) return 0;
    if (file.name === '/dev/null') return 0;
    if (file.kind === 'pipe' && !file.ready().read) return 0;
    return -Errno.EFAULT;
  };

  const writeFrom = (fd: number, buffers: Piece[], position?: number, done = 0): Progress => {
    const file = descriptors.get(fd);
    if (!file || (file.flags & O_ACCMODE) === 0 || file.flags & O_PATH) return -Errno.EBADF;
    if (position !== undefined && file.position === undefined) return -Errno.ESPIPE;
    if (buffers.some(beyond)) return -Errno.EFAULT;
    const wanted = Math.min(total(buffers), most);
    if (file.name === '/dev/null') return wanted;
    const parts: Uint8Array[] = [];
    for (const buffer of buffers) {
      const fits = touchable(buffer, Access.Read);
      if (fits > 0) parts.push(user.bytes(buffer.address, fits));
      if (fits < buffer.length) break;
    }
    let bytes = parts.length === 1 ? parts[0] : Uint8Array.from(Buffer.concat(parts));
    // Pipes take whole pages; of one that can't be read to its end they take nothing.
    const short = bytes.length < wanted;
    if (short && !transfer.partly) return -Errno.EFAULT;
    if (short && file.kind !== 'file') bytes = bytes.subarray(0, bytes.length - (bytes.length % PAGE));
    if (short && bytes.length === 0) return -Errno.EFAULT;
    const append = file.flags & O_APPEND && file.size ? file.size() : undefined;
    const at = position ?? append ?? file.position;
    const rest = bytes.subarray(done);
    const written = file.write(at, rest);
    if (written === LATER)
      return done > 0 && file.flags & O_NONBLOCK
        ? done
        : later(file, `output (descriptor ${fd})`, () => writeFrom(fd, buffers, position, done));
    if (written === -Errno.EPIPE) system.signals.sendToProcess({ signal: system.traits.signals.numbers.SIGPIPE, code: 0, pid: system.pid });
    if (written < 0) return written;
    if (position === undefined && file.position !== undefined && at !== undefined) file.position = at + written;
    if (written < rest.length && file.kind === 'pipe' && !(file.flags & O_NONBLOCK))
      return later(file, `output (descriptor ${fd})`, () => writeFrom(fd, buffers, position, done + written));
    return done + written;
  };

  const one = (address: number, length: number): Piece[] => [{ address, length: Math.min(unsigned(length), most) }];
  /** Sizes that are negative as signed numbers are refused. */
  const tooLong = (length: number): boolean => unsigned(length) >= 2 ** (8 * user.wordSize - 1);
  const moves =
    (move: (fd: number, buffers: Piece[], position?: number) => Progress): KernelCall =>
    (_thread, [fd, address, length]) => {
      if (!descriptors.get(int(fd))) return -Errno.EBADF;
      if (tooLong(length) || (transfer.refusesMore && unsigned(length) > most))
        return accessible(int(fd), move === readInto) ? -Errno.EINVAL : -Errno.EBADF;
      return move(int(fd), one(address, length));
    };
  const accessible = (fd: number, reading: boolean): boolean => {
    const file = descriptors.get(fd);
    return file !== undefined && (reading ? (file.flags & O_ACCMODE) !== O_WRONLY : (file.flags & O_ACCMODE) !== 0);
  };
  /** A 64-bit offset is one argument, or two of 32 bits. */
  const offset = (args: number[], at: number): number => (user.wordSize === 8 ? args[at] : args[at] + (args[at + 1] | 0) * 2 ** 32);
  const movesAt =
    (move: (fd: number, buffers: Piece[], position?: number) => Progress): KernelCall =>
    (_thread, args) => {
      const position = offset(args, 3);
      if (position < 0) return -Errno.EINVAL;
      if (!descriptors.get(int(args[0]))) return -Errno.EBADF;
      return move(int(args[0]), one(args[1], args[2]), position);
    };
  const vectors =
    (move: (fd: number, buffers: Piece[], position?: number) => Progress, at = false): KernelCall =>
    (_thread, args) => {
      const [fd, address, count] = args;
      // Those at a position have theirs in two words on every CPU.
      const position = at ? (user.wordSize === 8 ? args[3] : args[3] + (args[4] | 0) * 2 ** 32) : undefined;
      if (position !== undefined && position < 0) return -Errno.EINVAL;
      if (!accessible(int(fd), move === readInto)) return -Errno.EBADF;
      const buffers = vector(address, count > 2 ** 31 ? -1 : count);
      if (typeof buffers === 'number') return buffers;
      return move(int(fd), buffers, position);
    };

  return {
    read: moves(readInto),
    write: moves(writeFrom),
    pread64: movesAt(readInto),
    pwrite64: movesAt(writeFrom),
    readv: vectors(readInto),
    writev: vectors(writeFrom),
    preadv: vectors(readInto, true),
    pwritev: vectors(writeFrom, true),
  } satisfies Record<string, KernelCall>;
}
