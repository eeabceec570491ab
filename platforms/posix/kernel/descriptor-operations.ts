/** What the three kernels do alike with descriptors: positions, copies, pipes. Source: lseek(2), dup(2), pipe(2), ftruncate(2). */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import type { PosixSystem } from '../system.js';
import { FD_CLOEXEC, O_ACCMODE, O_CLOEXEC, O_NONBLOCK, type Descriptors } from './descriptors.js';
import { Errno } from './errno.js';
import { pipe } from './pipes.js';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

export function descriptorOperations({ user, descriptors, system }: { user: MemoryView; descriptors: Descriptors; system: PosixSystem }) {
  const { process } = system;

  const seek = (fd: number, distance: number, whence: number): number => {
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    if (file.position === undefined) return -Errno.ESPIPE;
    if (file.kind === 'device') return (file.position = 0);
    if (whence < 0 || whence > SEEK_HOLE) return -Errno.EINVAL;
    const size = file.size?.() ?? 0;
    if (whence >= SEEK_DATA) {
      if (distance < 0 || distance >= size) return -Errno.ENXIO;
      return (file.position = whence === SEEK_DATA ? distance : size);
    }
    const target = distance + [0, file.position, size][whence];
    if (target < 0 || target > 2 ** 53) return -Errno.EINVAL;
    return (file.position = target);
  };

  const copy = (old: number, next: number, flags: number): number => {
    const file = descriptors.any(old);
    if (!file) return -Errno.EBADF;
    if (next < 0 || next >= descriptors.limit) return -Errno.EBADF;
    if (next !== old) descriptors.replace(next, file, flags);
    return next;
  };

  /** The ends of a new pipe; an errno number negated. Of flags, O_NONBLOCK and O_CLOEXEC count. */
  const newPipe = (flags: number, both = false): [number, number] | number => {
    const ends = pipe(descriptors.nextPipe(), flags & O_NONBLOCK, (cause) => process.changed(cause), both);
    const close = flags & O_CLOEXEC ? FD_CLOEXEC : 0;
    const [read, write] = ends.map((end) => descriptors.add(end, close));
    if (read >= 0 && write >= 0) return [read, write];
    if (read >= 0) descriptors.close(read);
    return Math.min(read, write);
  };
  const makePipe = (address: number, flags: number, both = false): number => {
    const numbers = newPipe(flags, both);
    if (typeof numbers === 'number') return numbers;
    try {
      numbers.forEach((fd, i) => user.setU32(address + 4 * i, fd));
    } catch (error) {
      for (const fd of numbers) descriptors.close(fd);
      throw error;
    }
    return 0;
  };

  const truncate = (fd: number, size: number): number => {
    if (size < 0) return -Errno.EINVAL;
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    if (!file.truncate || (file.flags & O_ACCMODE) === 0) return -Errno.EINVAL;
    return file.truncate(size);
  };

  const synchronised = (fd: number): number => {
    const file = descriptors.get(fd);
    return !file ? -Errno.EBADF : file.kind === 'file' ? 0 : -Errno.EINVAL;
  };

  return { seek, copy, newPipe, makePipe, truncate, synchronised };
}
