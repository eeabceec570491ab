/** fallocate: room for a file, and holes in it. Source: fallocate(2), fs/open.c and shmem_fallocate in mm/shmem.c (6.18). */
import { O_ACCMODE } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel } from './kernel.js';

const Mode = { KEEP_SIZE: 1, PUNCH_HOLE: 2 } as const;
/** Bytes at a time. */
const PIECE = 1 << 20;

export function allocation({ descriptors, system }: Kernel): (fd: number, mode: number, from: number, length: number) => number {
  return (fd, mode, from, length) => {
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    if (from < 0 || length <= 0) return -Errno.EINVAL;
    if (mode & ~(Mode.KEEP_SIZE | Mode.PUNCH_HOLE)) return -Errno.EOPNOTSUPP;
    if (mode === Mode.PUNCH_HOLE) return -Errno.EOPNOTSUPP;
    if ((file.flags & O_ACCMODE) === 0) return -Errno.EBADF;
    if (file.kind === 'pipe' || file.kind === 'stream') return -Errno.ESPIPE;
    if (file.kind === 'directory') return -Errno.EISDIR;
    const { contents } = file;
    if (!contents) return -Errno.ENODEV;
    const end = from + length;
    if (end > 2 ** 53) return -Errno.EFBIG;
    if (mode & Mode.PUNCH_HOLE) {
      for (let at = from; at < Math.min(end, contents.size()); at += PIECE) {
        const bytes = Math.min(PIECE, end - at, contents.size() - at);
        const answer = file.write(at, new Uint8Array(bytes));
        if (typeof answer === 'number' && answer < 0) return answer;
        system.process.clock.advance(bytes / 8);
      }
      return 0;
    }
    return mode === 0 && end > contents.size() ? (file.truncate?.(end) ?? -Errno.ENODEV) : 0;
  };
}
