/** getdirentries, with struct dirent as FreeBSD has it since 12. Source: sys/kern/vfs_syscalls.c (kern_getdirentries), sys/sys/dirent.h (13). */
import { O_ACCMODE, O_WRONLY } from '../../posix/kernel/descriptors.js';
import { DirectoryReader, isDirectory } from '../../posix/kernel/directories.js';
import { Errno } from '../../posix/kernel/errno.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

/** Offset of d_name; _GENERIC_DIRLEN rounds to 8. */
const HEADER = 24;

export function directoryCalls({ user, descriptors, transfer }: FreeBsdKernel): FreeBsdCalls {
  const reader = new DirectoryReader(user, {
    length: (name) => (HEADER + name + 1 + 7) & ~7,
    write: (place, { inode, next, length, type, name }) => {
      user.setU64(place, inode);
      user.setU64(place + 8, BigInt(next));
      user.setU16(place + 16, length);
      user.setU8(place + 18, type);
      user.setU16(place + 20, name.length);
      user.write(place + HEADER, name);
    },
  });
  return {
    getdirentries: (_thread, [fd, buffer, size, base]) => {
      if (unsigned(size) > transfer.most) return -Errno.EINVAL;
      const file = descriptors.get(int(fd));
      if (!file || (file.flags & O_ACCMODE) === O_WRONLY) return -Errno.EBADF;
      if (!isDirectory(file)) return -Errno.EINVAL;
      const before = file.position ?? 0;
      const read = reader.read(file, buffer, size);
      // One that was removed has no entries.
      if (typeof read === 'number' && read !== -Errno.ENOENT) return read;
      if (base !== 0) user.setU64(base, BigInt(before));
      return typeof read === 'number' ? 0 : read.used;
    },
  };
}
