/**
 * Files by name: opening, links, removing. Names are those of /dev and /proc that the kernel has itself, and the directories that
 * were granted. Source: open(2), readlink(2), unlink(2), access(2).
 */
import { FileError, type FileSystem } from '../../file-system.js';
import { int } from '../../posix/system-call-table.js';
import {
  device,
  errnoOf,
  FD_CLOEXEC,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  openFlags,
  regularFile,
  type OpenFile,
  O_NONBLOCK,
} from '../../posix/kernel/descriptors.js';
import { openNamed, readPath, withFileErrors } from '../../posix/kernel/named-files.js';
import { Errno } from '../../posix/kernel/errno.js';
import { PagedFile } from '../../paged-file.js';
import { openDirectory } from './directory-calls.js';
import type { Kernel, LinuxCalls } from './kernel.js';
import type { ProcFiles } from './proc-files.js';

export const AT_FDCWD = -100;

export interface Files {
  system: FileSystem | undefined;
  proc: ProcFiles;
  random(length: number): Uint8Array;
  /** What the path resolves to: an open file, or an errno number negated. */
  open(path: string, flags: number): OpenFile | number;
  path(address: number): string | number;
}

export function filesOf(kernel: Kernel, system: FileSystem | undefined, proc: ProcFiles, random: (length: number) => Uint8Array): Files {
  const { user, descriptors } = kernel;
  const { DIRECTORY, LARGEFILE } = openFlags(kernel.convention);
  const large = kernel.convention === 'ia32' ? 0 : LARGEFILE;
  /** What is read was so when the file was opened. */
  const textFile = (path: string, text: Uint8Array, flags: number): OpenFile | number =>
    withFileErrors(() => {
      const contents = new PagedFile(kernel.system.process.memoryLimit);
      contents.write(0, text);
      return regularFile(path, contents, flags);
    });
  const openEntry = (path: string, flags: number): OpenFile | number => {
    const entry = system && withFileErrors(() => system.entry(path));
    if (!system || typeof entry !== 'object') return openNamed(system, path, flags);
    if (!entry.directory) return flags & DIRECTORY ? -Errno.ENOTDIR : openNamed(system, path, flags);
    if ((flags & O_ACCMODE) !== 0 || flags & O_CREAT) return -Errno.EISDIR;
    return openDirectory(system, path, flags & O_NONBLOCK);
  };
  const files: Files = {
    system,
    proc,
    random,
    path: (address) => readPath(user, address),
    open: (path, flags) => {
      if (path === '') return -Errno.ENOENT;
      const mode = flags & O_ACCMODE;
      if (mode === O_ACCMODE) return -Errno.EINVAL;
      const known = device(path, flags | large, random);
      if (known) return flags & DIRECTORY ? -Errno.ENOTDIR : known;
      const text = proc.read(path, descriptors);
      if (text !== undefined) return mode !== 0 ? -Errno.EACCES : textFile(path, text, flags | large);
      const named = openEntry(path, flags);
      if (typeof named !== 'number') named.flags |= large;
      return named;
    },
  };
  return files;
}

export function nameCalls(kernel: Kernel, files: Files): LinuxCalls {
  const { user, descriptors, state } = kernel;

  const open = (directory: number, address: number, flags: number): number => {
    const path = files.path(address);
    if (typeof path === 'number') return path;
    if (!path.startsWith('/') && directory !== AT_FDCWD) {
      const file = descriptors.get(directory);
      if (!file) return -Errno.EBADF;
      return -Errno.ENOTDIR;
    }
    const file = files.open(path, flags);
    if (typeof file === 'number') return file;
    const fd = descriptors.add(file, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
    if (fd < 0) file.closed?.();
    return fd;
  };

  const readLink = (path: string, address: number, size: number): number => {
    if (int(size) <= 0) return -Errno.EINVAL;
    const target = files.proc.link(path, descriptors);
    if (target === undefined) {
      const file = files.open(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      return -Errno.EINVAL;
    }
    const bytes = new TextEncoder().encode(target).subarray(0, int(size));
    user.write(address, bytes);
    return bytes.length;
  };

  const withPath = (address: number, action: (path: string) => number): number => {
    const path = files.path(address);
    if (typeof path === 'number') return path;
    if (path === '') return -Errno.ENOENT;
    try {
      return action(path);
    } catch (error) {
      if (error instanceof FileError) return -errnoOf(error);
      throw error;
    }
  };
  const remove = (address: number): number => withPath(address, (path) => (files.system ? (files.system.remove(path), 0) : -Errno.ENOENT));
  const rename = (from: number, to: number): number =>
    withPath(from, (a) => withPath(to, (b) => (files.system ? (files.system.rename(a, b), 0) : -Errno.ENOENT)));
  const access = (address: number, mode: number): number =>
    withPath(address, (path) => {
      if (mode & ~7) return -Errno.EINVAL;
      const file = files.open(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      return 0;
    });

  return {
    open: (_thread, [address, flags]) => open(AT_FDCWD, address, int(flags)),
    openat: (_thread, [directory, address, flags]) => open(int(directory), address, int(flags)),
    creat: (_thread, [address]) => open(AT_FDCWD, address, O_WRONLY | O_CREAT | O_TRUNC),
    readlink: (_thread, [address, buffer, size]) => withPath(address, (path) => readLink(path, buffer, size)),
    readlinkat: (_thread, [directory, address, buffer, size]) =>
      int(size) <= 0
        ? -Errno.EINVAL
        : withPath(address, (path) =>
            path.startsWith('/') || int(directory) === AT_FDCWD ? readLink(path, buffer, size) : -Errno.ENOTDIR,
          ),
    unlink: (_thread, [address]) => remove(address),
    unlinkat: (_thread, [, address]) => remove(address),
    rmdir: (_thread, [address]) => remove(address),
    rename: (_thread, [from, to]) => rename(from, to),
    renameat: (_thread, [, from, , to]) => rename(from, to),
    renameat2: (_thread, [, from, , to]) => rename(from, to),
    access: (_thread, [address, mode]) => access(address, int(mode)),
    faccessat: (_thread, [, address, mode]) => access(address, int(mode)),
    faccessat2: (_thread, [, address, mode]) => access(address, int(mode)),
    getcwd: (_thread, [address, size]) => {
      if (size < 2) return -Errno.ERANGE;
      user.write(address, Uint8Array.of(0x2f, 0));
      return 2;
    },
    umask: (_thread, [mask]) => {
      const before = state.umask;
      state.umask = int(mask) & 0o777;
      return before;
    },
  };
}
