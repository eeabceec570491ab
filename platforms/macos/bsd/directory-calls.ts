/** getdirentries64 and struct dirent with 64-bit inode numbers. Source: bsd/vfs/vfs_syscalls.c (getdirentries64, vnode_readdir64), bsd/sys/dirent.h (XNU). */
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { O_ACCMODE, O_WRONLY } from '../../posix/kernel/descriptors.js';
import { DirectoryReader, isDirectory } from '../../posix/kernel/directories.js';
import { Errno } from '../../posix/kernel/errno.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import type { MacBsd } from './kernel.js';
import type { UnixCallName } from './system-call-numbers.js';

/** Offset of d_name. DIRENT64_LEN counts the padding at struct direntry's end as well. */
const HEADER = 21;
const TAIL = 4;
/** Buffers from this size on end in flags. */
const EXTENDED = 1024;
const FLAGS = 4;
const ENDED = 1;
const MOST = 128 << 10;

export function directoryCalls({ user, descriptors }: MacBsd): Partial<Record<UnixCallName, KernelCall>> {
  const reader = new DirectoryReader(user, {
    length: (name) => (HEADER + name + TAIL + 7) & ~7,
    write: (place, { inode, next, length, type, name }) => {
      user.setU64(place, inode);
      user.setU64(place + 8, BigInt(next));
      user.setU16(place + 16, length);
      user.setU16(place + 18, name.length);
      user.setU8(place + 20, type);
      user.write(place + HEADER, name);
    },
  });
  return {
    getdirentries64: (_thread, [fd, buffer, size, position]) => {
      const whole = unsigned(size);
      const room = whole >= EXTENDED ? whole - FLAGS : whole;
      const file = descriptors.get(int(fd));
      if (!file || (file.flags & O_ACCMODE) === O_WRONLY) return -Errno.EBADF;
      // Names alone have vnodes.
      if (file.kind === 'pipe' || file.kind === 'stream') return -Errno.EOPNOTSUPP;
      if (!isDirectory(file)) return -Errno.EINVAL;
      const before = file.position ?? 0;
      const read = reader.read(file, buffer, Math.min(room, MOST));
      if (typeof read === 'number' && read !== -Errno.ENOENT) return read;
      const { used, ended } = typeof read === 'number' ? { used: 0, ended: true } : read;
      user.setU64(position, BigInt(before));
      if (whole >= EXTENDED) user.setU32(buffer + room, ended ? ENDED : 0);
      return used;
    },
  };
}
