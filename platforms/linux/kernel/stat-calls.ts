/** What a file is: stat and its kin, in each of their structures. Source: asm/stat.h of the three CPUs, linux/stat.h. */
import { fileNumber } from '../../posix/kernel/descriptors.js';
import { int } from '../../posix/system-call-table.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { AT_FDCWD, type Files } from './file-names.js';
import type { Kernel, LinuxCalls } from './kernel.js';

const AT_EMPTY_PATH = 0x1000;
const AT_FLAGS = 0x100 | 0x800 | AT_EMPTY_PATH;
const STATX_FLAGS = AT_FLAGS | 0x6000;
const MODES = { stream: 0o010600, pipe: 0o010600, file: 0o100644, directory: 0o040755, device: 0o020666 } as const;
const TYPE = 0o170000;
const BLOCK = 4096;
const STATX_RESERVED = 0x80000000;
const STATX_BASIC = 0x7ff;

interface Status {
  mode: number;
  size: number;
  inode: number;
  links: number;
}

/** Offsets: device, inode, mode, links, uid, gid, rdev, size, block size, blocks, times (access, modification, change). */
const LAYOUTS = {
  'x86-64': {
    bytes: 144,
    ino: 8,
    nlink: 16,
    mode: 24,
    size: 48,
    blksize: 56,
    blocks: 64,
    times: [72, 88, 104],
    wideLink: true,
    wideIno: true,
  },
  arm64: {
    bytes: 128,
    ino: 8,
    nlink: 20,
    mode: 16,
    size: 48,
    blksize: 56,
    blocks: 64,
    times: [72, 88, 104],
    wideLink: false,
    wideIno: true,
  },
  // struct stat64; the inode's number is there twice.
  ia32: { bytes: 96, ino: 88, nlink: 20, mode: 16, size: 44, blksize: 52, blocks: 56, times: [64, 72, 80], wideLink: false, wideIno: true },
} as const;

export function statCalls(kernel: Kernel, files: Files): LinuxCalls {
  const { user, descriptors, convention } = kernel;

  const modeOf = (file: OpenFile): number => {
    const mode = (file.name.startsWith('/') ? files.modes.of(file.name) : undefined) ?? file.mode;
    return mode === undefined ? MODES[file.kind] : (MODES[file.kind] & TYPE) | mode;
  };
  const statusOf = (file: OpenFile): Status => ({
    mode: modeOf(file),
    links: file.seals ? 0 : 1,
    size: file.kind === 'pipe' || file.kind === 'device' ? 0 : (file.size?.() ?? 0),
    inode: fileNumber(file.name),
  });

  const write = (address: number, { mode, size, inode, links }: Status): number => {
    const l = LAYOUTS[convention];
    user.fill(address, l.bytes, 0);
    user.setU64(address, 8n);
    if (convention === 'ia32') user.setU32(address + 12, inode);
    user.setU64(address + l.ino, BigInt(inode));
    if (l.wideLink) user.setU64(address + l.nlink, BigInt(links));
    else user.setU32(address + l.nlink, links);
    user.setU32(address + l.mode, mode);
    user.setU64(address + l.size, BigInt(size));
    user.setU32(address + l.blksize, BLOCK);
    user.setU64(address + l.blocks, BigInt(Math.ceil(size / 512)));
    for (const at of l.times) user.setWord(address + at, REALTIME_EPOCH);
    return 0;
  };

  const writeExtended = (address: number, { mode, size, inode, links }: Status): number => {
    user.fill(address, 256, 0);
    user.setU32(address, STATX_BASIC);
    user.setU32(address + 4, BLOCK);
    user.setU32(address + 16, links);
    user.setU16(address + 28, mode);
    user.setU64(address + 32, BigInt(inode));
    user.setU64(address + 40, BigInt(size));
    user.setU64(address + 48, BigInt(Math.ceil(size / 512)));
    for (const at of [64, 80, 96, 112]) user.setU64(address + at, BigInt(REALTIME_EPOCH));
    return 0;
  };

  const byName = (path: string): Status | number => {
    if (path === '/' || path === '/dev' || path === '/proc') return { mode: MODES.directory, size: BLOCK, inode: 1, links: 1 };
    const file = files.open(path, 0);
    if (typeof file === 'number') return file;
    try {
      return statusOf(file);
    } finally {
      file.closed?.();
    }
  };

  const find = (directory: number, address: number, flags: number): Status | number => {
    const path = address === 0 && flags & AT_EMPTY_PATH ? '' : files.pathAt(directory, address);
    if (typeof path === 'number') return path;
    if (path === '') {
      if (!(flags & AT_EMPTY_PATH)) return -Errno.ENOENT;
      if (directory === AT_FDCWD) return byName('/');
      const file = descriptors.any(directory);
      return file ? statusOf(file) : -Errno.EBADF;
    }
    return byName(path);
  };
  const at = (directory: number, address: number, buffer: number, flags: number): number => {
    if (flags & ~AT_FLAGS) return -Errno.EINVAL;
    const status = find(directory, address, flags);
    return typeof status === 'number' ? status : write(buffer, status);
  };
  const ofDescriptor = (fd: number, buffer: number): number => {
    const file = descriptors.any(fd);
    return file ? write(buffer, statusOf(file)) : -Errno.EBADF;
  };
  const wide = convention !== 'ia32';

  return {
    ...(wide && {
      fstat: (_thread: unknown, [fd, buffer]: number[]) => ofDescriptor(int(fd), buffer),
      stat: (_thread: unknown, [path, buffer]: number[]) => at(AT_FDCWD, path, buffer, 0),
      lstat: (_thread: unknown, [path, buffer]: number[]) => at(AT_FDCWD, path, buffer, 0x100),
    }),
    newfstatat: (_thread, [directory, path, buffer, flags]) => at(int(directory), path, buffer, int(flags)),
    fstat64: (_thread, [fd, buffer]) => ofDescriptor(int(fd), buffer),
    stat64: (_thread, [path, buffer]) => at(AT_FDCWD, path, buffer, 0),
    lstat64: (_thread, [path, buffer]) => at(AT_FDCWD, path, buffer, 0x100),
    fstatat64: (_thread, [directory, path, buffer, flags]) => at(int(directory), path, buffer, int(flags)),
    statx: (_thread, [directory, path, flags, mask, buffer]) => {
      if (mask & STATX_RESERVED) return -Errno.EINVAL;
      if (int(flags) & ~STATX_FLAGS || (int(flags) & 0x6000) === 0x6000) return -Errno.EINVAL;
      const status = find(int(directory), path, int(flags));
      return typeof status === 'number' ? status : writeExtended(buffer, status);
    },
  };
}
