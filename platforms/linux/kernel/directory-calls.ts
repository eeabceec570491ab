/** getdents64. Source: getdents(2), open(2); struct linux_dirent64. */
import { DirectoryReader, isDirectory } from '../../posix/kernel/directories.js';
import { Errno } from '../../posix/kernel/errno.js';
import { int } from '../../posix/system-call-table.js';
import type { Kernel, LinuxCalls } from './kernel.js';

/** Offset of the name, and what entries are aligned to. */
const HEADER = 19;
const ALIGNMENT = 8;

export function directoryCalls({ user, descriptors }: Kernel): LinuxCalls {
  const reader = new DirectoryReader(user, {
    length: (name) => Math.ceil((HEADER + name + 1) / ALIGNMENT) * ALIGNMENT,
    write: (place, { inode, next, length, type, name }) => {
      user.setU64(place, inode);
      user.setU64(place + 8, BigInt(next));
      user.setU16(place + 16, length);
      user.setU8(place + 18, type);
      user.write(place + HEADER, name);
    },
  });
  return {
    getdents64: (_thread, [fd, buffer, size]) => {
      const file = descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      if (!isDirectory(file)) return -Errno.ENOTDIR;
      const read = reader.read(file, buffer, size);
      return typeof read === 'number' ? read : read.used;
    },
  };
}
