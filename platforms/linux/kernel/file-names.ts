/**
 * Files by name: opening, links, removing. Names are those of /dev and /proc that the kernel has itself, and the directories that
 * were granted. Source: open(2), readlink(2), unlink(2), access(2).
 */
import { FileError, type FileContents, type FileSystem } from '../../file-system.js';
import { int } from '../../posix/system-call-table.js';
import {
  device,
  FD_CLOEXEC,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_TRUNC,
  O_WRONLY,
  openFlags,
  regularFile,
  type OpenFile,
  O_NONBLOCK,
} from '../../posix/kernel/descriptors.js';
import { FileModes } from './file-modes.js';
import { openDirectory } from '../../posix/kernel/directories.js';
import { openNamed, readPath, withFileErrors } from '../../posix/kernel/named-files.js';
import { Errno } from '../../posix/kernel/errno.js';
import { PagedFile } from '../../paged-file.js';
import type { Kernel, LinuxCalls } from './kernel.js';
import type { ProcFiles } from './proc-files.js';

export const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;
const X_OK = 1;
/** They are there, and not to be listed. */
const KERNEL_DIRECTORIES: readonly string[] = ['/dev', '/proc', '/proc/self'];

export interface Files {
  system: FileSystem | undefined;
  proc: ProcFiles;
  random(length: number): Uint8Array;
  /** What the path resolves to: an open file, or an errno number negated. */
  open(path: string, flags: number, mode?: number): OpenFile | number;
  modes: FileModes;
  path(address: number): string | number;
  /** The same, where the path is relative to an open directory. */
  pathAt(directory: number, address: number): string | number;
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
      const file = regularFile(path, contents, flags);
      // Its pages can't be mapped.
      delete file.contents;
      return file;
    });
  const over = (contents: FileContents, path: string): FileContents => kernel.pages.over(contents, system?.entry(path).identity);
  const modes = new FileModes(system);
  const openEntry = (path: string, flags: number, mode: number): OpenFile | number => {
    const entry = system && withFileErrors(() => system.entry(path));
    if (!system || typeof entry !== 'object') {
      const made = openNamed(system, path, flags, over);
      if (typeof made === 'number') return made;
      modes.set(path, mode & ~kernel.state.umask);
      made.created = true;
      return made;
    }
    if (!entry.directory) return flags & DIRECTORY ? -Errno.ENOTDIR : openNamed(system, path, flags, over);
    if ((flags & O_ACCMODE) !== 0 || flags & O_CREAT) return -Errno.EISDIR;
    return openDirectory(system, path, flags & O_NONBLOCK, 4096);
  };
  const textOf = (path: string, flags: number): OpenFile | number | undefined => {
    const text = proc.read(path);
    return text === undefined ? undefined : textFile(path, text, flags & O_PATH ? flags : flags | large);
  };
  const files: Files = {
    system,
    proc,
    modes,
    random,
    path: (address) => readPath(user, address),
    pathAt: (directory, address) => {
      const path = readPath(user, address);
      if (typeof path === 'number' || path === '' || path.startsWith('/') || directory === AT_FDCWD) return path;
      const file = descriptors.any(directory);
      if (!file) return -Errno.EBADF;
      return file.kind === 'directory' ? `${file.name}/${path}` : -Errno.ENOTDIR;
    },
    open: (path, asked, mode = 0) => {
      if (path === '') return -Errno.ENOENT;
      // What names a place alone is neither made nor read.
      const flags = asked & O_PATH ? asked & (O_PATH | DIRECTORY | O_CLOEXEC) : asked;
      if (flags & DIRECTORY && flags & O_CREAT) return -Errno.EINVAL;
      const access = flags & O_ACCMODE;
      const own = device(path, flags | large, random) ?? textOf(path, flags);
      if (own) {
        if (flags & O_CREAT && flags & O_EXCL) return -Errno.EEXIST;
        if (flags & DIRECTORY) return -Errno.ENOTDIR;
        return typeof own === 'object' && own.kind === 'file' && access !== 0 ? -Errno.EACCES : own;
      }
      if (KERNEL_DIRECTORIES.includes(path)) return flags & O_CREAT || access !== 0 ? -Errno.EISDIR : -Errno.ENOENT;
      // Nothing lies under what is no directory.
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
        if (device(path.slice(0, at), 0, random) ?? textOf(path.slice(0, at), 0)) return -Errno.ENOTDIR;
      const named = openEntry(path, flags, mode);
      if (typeof named !== 'number') {
        named.flags |= flags & O_PATH ? O_PATH : large;
        const given = modes.of(path);
        if (given !== undefined) named.mode = given;
      }
      return named;
    },
  };
  return files;
}

export function nameCalls(kernel: Kernel, files: Files): LinuxCalls {
  const { user, descriptors, state } = kernel;

  const open = (directory: number, address: number, flags: number, mode: number): number => {
    const path = files.pathAt(directory, address);
    if (typeof path === 'number') return path;
    const file = files.open(path, flags, mode);
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

  const withPath = (directory: number, address: number, action: (path: string) => number): number => {
    const path = files.pathAt(directory, address);
    if (typeof path === 'number') return path;
    return path === '' ? -Errno.ENOENT : withFileErrors(() => action(path));
  };
  /** The action on what was granted, if anything was. */
  const withEntry = (directory: number, address: number, action: (system: FileSystem, path: string) => void): number =>
    withPath(directory, address, (path) => {
      if (!files.system) return -Errno.ENOENT;
      action(files.system, path);
      return 0;
    });
  const remove = (directory: number, address: number, flags: number): number => {
    if (flags & ~AT_REMOVEDIR) return -Errno.EINVAL;
    return withEntry(directory, address, (system, path) => {
      const isDirectory = system.entry(path).directory;
      if (flags === AT_REMOVEDIR && !isDirectory) throw new FileError('ENOTDIR');
      if (flags !== AT_REMOVEDIR && isDirectory) throw new FileError('EISDIR');
      system.remove(path);
    });
  };
  const make = (directory: number, address: number, mode: number): number =>
    withEntry(directory, address, (system, path) => {
      const name = path.replace(/(.)\/+$/, '$1');
      system.makeDirectory(name);
      files.modes.set(name, mode & 0o1777 & ~state.umask);
    });
  const change = (directory: number, address: number, mode: number): number =>
    withPath(directory, address, (path) => {
      const file = files.open(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      if (file.kind === 'file' || file.kind === 'directory') files.modes.set(path, mode);
      return 0;
    });
  const rename = (fromDirectory: number, from: number, toDirectory: number, to: number, flags = 0): number => {
    // No file system here exchanges names.
    if (flags & ~RENAME_NOREPLACE) return -Errno.EINVAL;
    return withPath(fromDirectory, from, (a) =>
      withEntry(toDirectory, to, (system, b) => {
        if (flags === RENAME_NOREPLACE && typeof withFileErrors(() => system.entry(b)) === 'object') throw new FileError('EEXIST');
        system.rename(a, b);
      }),
    );
  };
  const access = (directory: number, address: number, mode: number): number =>
    withPath(directory, address, (path) => {
      if (mode & ~7) return -Errno.EINVAL;
      const file = files.open(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      // The privileged may execute what anybody may.
      return mode & X_OK && file.kind !== 'directory' && ((file.mode ?? 0) & 0o111) === 0 ? -Errno.EACCES : 0;
    });

  return {
    open: (_thread, [address, flags, mode]) => open(AT_FDCWD, address, int(flags), mode),
    openat: (_thread, [directory, address, flags, mode]) => open(int(directory), address, int(flags), mode),
    creat: (_thread, [address, mode]) => open(AT_FDCWD, address, O_WRONLY | O_CREAT | O_TRUNC, mode),
    readlink: (_thread, [address, buffer, size]) => withPath(AT_FDCWD, address, (path) => readLink(path, buffer, size)),
    readlinkat: (_thread, [directory, address, buffer, size]) =>
      int(size) <= 0 ? -Errno.EINVAL : withPath(int(directory), address, (path) => readLink(path, buffer, size)),
    unlink: (_thread, [address]) => remove(AT_FDCWD, address, 0),
    unlinkat: (_thread, [directory, address, flags]) => remove(int(directory), address, int(flags)),
    rmdir: (_thread, [address]) => remove(AT_FDCWD, address, AT_REMOVEDIR),
    mkdir: (_thread, [address, mode]) => make(AT_FDCWD, address, mode),
    mkdirat: (_thread, [directory, address, mode]) => make(int(directory), address, mode),
    chmod: (_thread, [address, mode]) => change(AT_FDCWD, address, mode),
    fchmodat: (_thread, [directory, address, mode]) => change(int(directory), address, mode),
    fchmod: (_thread, [fd, mode]) => {
      const file = descriptors.get(int(fd));
      if (!file) return -Errno.EBADF;
      file.mode = mode & 0o7777;
      if (file.kind === 'directory' || file.name.startsWith('/')) withFileErrors(() => files.modes.set(file.name, mode));
      return 0;
    },
    rename: (_thread, [from, to]) => rename(AT_FDCWD, from, AT_FDCWD, to),
    renameat: (_thread, [fromDirectory, from, toDirectory, to]) => rename(int(fromDirectory), from, int(toDirectory), to),
    renameat2: (_thread, [fromDirectory, from, toDirectory, to, flags]) =>
      rename(int(fromDirectory), from, int(toDirectory), to, int(flags)),
    access: (_thread, [address, mode]) => access(AT_FDCWD, address, int(mode)),
    faccessat: (_thread, [directory, address, mode]) => access(int(directory), address, int(mode)),
    faccessat2: (_thread, [directory, address, mode]) => access(int(directory), address, int(mode)),
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
