/**
 * read, write and their kin with a position or a vector: what they check before anything moves, and in what order.
 * Source: read(2), readv(2), pread(2); fs/read_write.c (Linux 6.18), sys/kern/sys_generic.c and subr_uio.c (FreeBSD 13), bsd/kern/sys_generic.c (XNU).
 */
import type { Thread } from '../../../emulator/process/thread.js';
import { int, unsigned } from '../system-call-table.js';
import type { Progress } from '../waiting.js';
import { O_ACCMODE, O_WRONLY, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';
import { FileTransfer } from './file-transfer.js';
import type { FileKernel, KernelCall } from './kernel.js';
import { UserBuffers, type Piece } from './user-buffers.js';

const IOV_MAX = 1024;

type Way = 'read' | 'write';

export function transferCalls(kernel: FileKernel) {
  const { user, descriptors, userLimit, transfer } = kernel;
  const { most } = transfer;
  const transfers = new FileTransfer(kernel);

  /** struct iovec[count]; an errno number negated. */
  const vector = (address: number, count: number): Piece[] | number => {
    if (count < transfer.fewestPieces || count > IOV_MAX) return -Errno.EINVAL;
    const word = user.wordSize;
    const buffers: Piece[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = address + 2 * i * word;
      const buffer = { address: user.word(at), length: user.word(at + word) };
      if (buffer.length >= 2 ** (8 * word - 1)) return -Errno.EINVAL;
      if (!transfer.descriptorLater && buffer.length > 0 && buffer.address + buffer.length > userLimit) return -Errno.EFAULT;
      if (transfer.refusesMore && total + buffer.length > transfer.mostInVector) return -Errno.EINVAL;
      if (!transfer.refusesMore) buffer.length = Math.min(buffer.length, most - total);
      total += buffer.length;
      buffers.push(buffer);
    }
    return buffers;
  };

  const openFor = (way: Way, fd: number): OpenFile | undefined => {
    const file = descriptors.get(fd);
    if (!file) return undefined;
    const access = file.flags & O_ACCMODE;
    // Opened for neither (Linux' third mode): what only ioctl is for.
    if (access === O_ACCMODE) return undefined;
    return access === (way === 'read' ? O_WRONLY : 0) ? undefined : file;
  };

  const move = (thread: Thread, way: Way, fd: number, file: OpenFile, pieces: Piece[], position?: number): Progress => {
    if (way === 'read' && file.kind === 'directory') return -Errno.EISDIR;
    if (position !== undefined && file.position === undefined) return -Errno.ESPIPE;
    if (position !== undefined && position < 0) return -Errno.EINVAL;
    if (pieces.some(({ address, length }) => address < 0 || address + length > userLimit)) return -Errno.EFAULT;
    const buffers = new UserBuffers(user, pieces);
    if (way === 'write' && file.name === '/dev/null') return buffers.length;
    return transfers[way]({ thread, fd, file, buffers, ...(position !== undefined && { position }) });
  };

  /** A 64-bit offset is one argument, or two of 32 bits. */
  const offset = (args: number[]): number => (user.wordSize === 8 ? args[3] : args[3] + (args[4] | 0) * 2 ** 32);

  /** The call, with what `pieces` finds in its arguments, checked in this kernel's order. */
  const call =
    (way: Way, at: boolean, pieces: (address: number, length: number) => Piece[] | number): KernelCall =>
    (thread, args) => {
      const [fd, address, length] = args;
      const position = at ? offset(args) : undefined;
      if (!transfer.descriptorLater && position !== undefined && position < 0) return -Errno.EINVAL;
      const early = transfer.descriptorLater ? pieces(address, length) : undefined;
      if (typeof early === 'number') return early;
      const file = openFor(way, int(fd));
      if (!file) return -Errno.EBADF;
      const found = early ?? pieces(address, length);
      return typeof found === 'number' ? found : move(thread, way, int(fd), file, found, position);
    };
  const single = (way: Way, at: boolean): KernelCall =>
    call(way, at, (address, length) => {
      // Sizes that are negative as signed numbers are refused.
      const size = unsigned(length);
      if (size >= 2 ** (8 * user.wordSize - 1) || (transfer.refusesMore && size > most)) return -Errno.EINVAL;
      return [{ address, length: Math.min(size, most) }];
    });
  const vectors = (way: Way, at: boolean): KernelCall =>
    call(way, at, (address, count) => vector(address, count > 2 ** 31 ? -1 : int(count)));

  return {
    read: single('read', false),
    write: single('write', false),
    pread64: single('read', true),
    pwrite64: single('write', true),
    readv: vectors('read', false),
    writev: vectors('write', false),
    preadv: vectors('read', true),
    pwritev: vectors('write', true),
  } satisfies Record<string, KernelCall>;
}
