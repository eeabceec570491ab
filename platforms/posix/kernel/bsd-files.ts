/**
 * The calls of FreeBSD's and macOS's kernels on descriptors and names, by name; errors in this room's numbers. What one kernel
 * has in a way of its own is data (`BsdFileTraits`).
 * Source: sys/kern/kern_descrip.c, sys_generic.c, sys_pipe.c, vfs_syscalls.c (FreeBSD); bsd/kern of the same names (XNU); sys/fcntl.h of both.
 */
import { FileError, type FileSystem } from '../../file-system.js';
import { int } from '../system-call-table.js';
import { descriptorControl } from './descriptor-control.js';
import { descriptorOperations } from './descriptor-operations.js';
import {
  device,
  FD_CLOEXEC,
  fileNumber,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_TRUNC,
  type OpenFile,
} from './descriptors.js';
import { openDirectory } from './directories.js';
import { Errno } from './errno.js';
import { transferCalls } from './transfer-calls.js';
import type { FileKernel, KernelCall } from './kernel.js';
import { openNamed, readPath, withFileErrors } from './named-files.js';
import type { PathLimits } from './path-limits.js';

export interface BsdFileTraits {
  /** O_DIRECTORY and O_CLOEXEC; all the other flags of open have the same numbers on both. */
  flags: { DIRECTORY: number; CLOEXEC: number };
  dupCloexec: number;
  /** fcntl's commands for locks, F_GETLK first: nobody else holds any. */
  locks: readonly number[];
  /** What fcntl says of a command that it doesn't know, by kind of file. */
  unknownCommand: (file: OpenFile) => number;
  atCwd: number;
  removeDirectory: number;
  /** lseek's SEEK_DATA and SEEK_HOLE. */
  seekData: number;
  seekHole: number;
  pathMax: number;
  pathLimits: PathLimits;
  /** st_mode of pipes and of the standard streams. */
  pipeMode: number;
  pipesGoBothWays: boolean;
  /** Lays out struct stat. */
  writeStatus(address: number, status: FileStatus): void;
}

export interface FileStatus {
  mode: number;
  size: number;
  inode: number;
}

const BSD = { NONBLOCK: 4, APPEND: 8, CREAT: 0x200, TRUNC: 0x400, EXCL: 0x800 } as const;
const F_GETOWN = 5;
const F_SETOWN = 6;
const REQUESTS = { FIOCLEX: 0x20006601, FIONCLEX: 0x20006602, FIONREAD: 0x4004667f, FIONBIO: 0x8004667e } as const;
const MODES = { file: 0o100644, directory: 0o040755, device: 0o020666 } as const;

const exchange = (flags: number, pairs: readonly (readonly [number, number])[]): number =>
  pairs.reduce((sum, [from, to]) => sum | (flags & from ? to : 0), 0);
const PAIRS = [
  [BSD.NONBLOCK, O_NONBLOCK],
  [BSD.APPEND, O_APPEND],
  [BSD.CREAT, O_CREAT],
  [BSD.TRUNC, O_TRUNC],
  [BSD.EXCL, O_EXCL],
] as const;

/** Where struct flock has l_type. */
const FLOCK_TYPE = 20;
/** What stat says of a directory. */
const DIRECTORY_BYTES = 512;

export function bsdFiles(kernel: FileKernel, traits: BsdFileTraits, files: FileSystem | undefined, random: (length: number) => Uint8Array) {
  const { user, descriptors } = kernel;
  const operations = descriptorOperations(kernel);
  /** This room's flags of open, from the kernel's. */
  const inward = (flags: number): number => (flags & O_ACCMODE) | exchange(flags, PAIRS) | (flags & traits.flags.CLOEXEC ? O_CLOEXEC : 0);
  /** What F_GETFL tells. */
  const outward = (flags: number): number =>
    (flags & O_ACCMODE) |
    exchange(flags, [
      [O_NONBLOCK, BSD.NONBLOCK],
      [O_APPEND, BSD.APPEND],
    ]);
  const changeable = O_NONBLOCK | O_APPEND;

  const isDirectory = (path: string): boolean => {
    const entry = files && withFileErrors(() => files.entry(path));
    return typeof entry === 'object' && entry.directory;
  };
  const byName = (path: string, flags: number, directory = false): OpenFile | number => {
    if (path === '') return -Errno.ENOENT;
    if ((flags & O_ACCMODE) === O_ACCMODE) return -Errno.EINVAL;
    const known = device(path, flags & (O_ACCMODE | changeable), random);
    if (known) return directory ? -Errno.ENOTDIR : known;
    if (!files || !isDirectory(path)) {
      const there = files && directory && typeof withFileErrors(() => files.entry(path)) === 'object';
      return there ? -Errno.ENOTDIR : openNamed(files, path, flags);
    }
    if (flags & O_CREAT && flags & O_EXCL) return -Errno.EEXIST;
    return flags & O_ACCMODE ? -Errno.EISDIR : openDirectory(files, path, flags & O_NONBLOCK, DIRECTORY_BYTES);
  };
  /** The path that is meant: relative to an open directory, if that is given. */
  const withPathAt = (directory: number, address: number, action: (path: string) => number): number => {
    const path = readPath(user, address, traits.pathMax);
    if (typeof path === 'number') return path;
    if (path === '') return -Errno.ENOENT;
    if (path.startsWith('/') || directory === traits.atCwd) return withFileErrors(() => action(path));
    const base = descriptors.get(directory);
    if (!base) return -Errno.EBADF;
    return base.kind === 'directory' ? withFileErrors(() => action(`${base.name}/${path}`)) : -Errno.ENOTDIR;
  };
  const open = (directory: number, address: number, flags: number): number =>
    withPathAt(directory, address, (path) => {
      const file = byName(path, inward(flags), (flags & traits.flags.DIRECTORY) !== 0);
      if (typeof file === 'number') return file;
      const fd = descriptors.add(file, flags & traits.flags.CLOEXEC ? FD_CLOEXEC : 0);
      if (fd < 0) file.closed?.();
      return fd;
    });

  const statusOf = (file: OpenFile): FileStatus => ({
    mode: file.kind === 'pipe' || file.kind === 'stream' ? traits.pipeMode : MODES[file.kind],
    size: file.kind === 'device' ? 0 : (file.size?.() ?? 0),
    inode: fileNumber(file.name),
  });
  const tell = (address: number, file: OpenFile): number => {
    traits.writeStatus(address, statusOf(file));
    return 0;
  };
  const tellEntry = (address: number, { directory, size, path }: { directory: boolean; size: number; path: string }): number => {
    traits.writeStatus(address, { mode: MODES[directory ? 'directory' : 'file'], size, inode: fileNumber(path) });
    return 0;
  };
  const statusAt = (directory: number, address: number, buffer: number): number =>
    withPathAt(directory, address, (path) => {
      if (path === '/' || path === '/dev' || isDirectory(path)) return tellEntry(buffer, { directory: true, size: DIRECTORY_BYTES, path });
      const known = device(path, 0, random);
      if (known) return tell(buffer, known);
      if (!files) return -Errno.ENOENT;
      return tellEntry(buffer, { ...files.entry(path), path });
    });

  const { fcntl, ioctl } = descriptorControl(kernel, {
    dupCloexec: traits.dupCloexec,
    owner: [F_GETOWN, F_SETOWN],
    locks: traits.locks,
    getLock: { commands: traits.locks.slice(0, 1), type: FLOCK_TYPE },
    changeable,
    inward,
    outward,
    otherCommand: traits.unknownCommand,
    requests: REQUESTS,
    neverLess: true,
  });

  /** The action on what was granted, if anything was. */
  const withEntry = (directory: number, address: number, action: (system: FileSystem, path: string) => void): number =>
    withPathAt(directory, address, (path) => {
      if (!files) return -Errno.ENOENT;
      action(files, path);
      return 0;
    });
  const remove = (directory: number, address: number, flags: number): number => {
    if (flags & ~traits.removeDirectory) return -Errno.EINVAL;
    return withEntry(directory, address, (system, path) => {
      if (flags !== 0) return system.removeDirectory(path);
      if (system.entry(path).directory) throw new FileError('EPERM');
      system.remove(path);
    });
  };
  const make = (directory: number, address: number): number =>
    withEntry(directory, address, (system, path) => system.makeDirectory(path.replace(/(.)\/+$/, '$1')));
  const rename = (fromDirectory: number, from: number, toDirectory: number, to: number): number =>
    withPathAt(fromDirectory, from, (old) => withEntry(toDirectory, to, (system, next) => system.rename(old, next)));
  const access = (directory: number, address: number, mode: number): number => {
    if (mode & ~7) return -Errno.EINVAL;
    return withPathAt(directory, address, (path) => {
      const file = byName(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      return 0;
    });
  };
  const configured = (kind: OpenFile['kind'], name: number): number => traits.pathLimits[kind][name] ?? -Errno.EINVAL;
  const configuredAt = (address: number, name: number): number =>
    withPathAt(traits.atCwd, address, (path) => {
      if (path === '/' || path === '/dev') return configured('directory', name);
      if (device(path, 0, random)) return configured('device', name);
      if (!files) return -Errno.ENOENT;
      return configured(files.entry(path).directory ? 'directory' : 'file', name);
    });
  const readLink = (directory: number, address: number, size: number): number =>
    withPathAt(directory, address, (path) => {
      if (size < 0) return -Errno.EINVAL;
      const file = byName(path, 0);
      if (typeof file === 'number') return file;
      file.closed?.();
      return -Errno.EINVAL;
    });
  /** lseek's whence as this room numbers it. */
  const whenceOf = (whence: number): number => (whence === traits.seekData ? 3 : whence === traits.seekHole ? 4 : whence);
  const off = (args: number[], at: number): number => (user.wordSize === 8 ? args[at] : args[at] + (args[at + 1] | 0) * 2 ** 32);
  const afterOff = user.wordSize === 8 ? 1 : 2;

  const calls = {
    ...transferCalls(kernel),
    open: (_thread, [address, flags]) => open(traits.atCwd, address, int(flags)),
    openat: (_thread, [directory, address, flags]) => open(int(directory), address, int(flags)),
    close: (_thread, [fd]) => descriptors.close(int(fd)),
    lseek: (_thread, args) => operations.seek(int(args[0]), off(args, 1), whenceOf(int(args[1 + afterOff]))),
    ftruncate: (_thread, args) => operations.truncate(int(args[0]), off(args, 1)),
    fsync: (_thread, [fd]) => operations.synchronised(int(fd)),
    dup: (_thread, [fd]) => {
      const file = descriptors.get(int(fd));
      return file ? descriptors.add(file) : -Errno.EBADF;
    },
    dup2: (_thread, [old, next]) => operations.copy(int(old), int(next), 0),
    pipe2: (_thread, [address, flags]) =>
      int(flags) & ~(traits.flags.CLOEXEC | BSD.NONBLOCK)
        ? -Errno.EINVAL
        : operations.makePipe(address, inward(int(flags)), traits.pipesGoBothWays),
    fcntl: (_thread, [fd, command, value]) => fcntl(int(fd), int(command), value),
    ioctl: (_thread, [fd, code, address]) => ioctl(int(fd), code % 2 ** 32, address),
    fstat: (_thread, [fd, buffer]) => {
      const file = descriptors.get(int(fd));
      return file ? tell(buffer, file) : -Errno.EBADF;
    },
    stat: (_thread, [path, buffer]) => statusAt(traits.atCwd, path, buffer),
    fstatat: (_thread, [directory, path, buffer]) => statusAt(int(directory), path, buffer),
    pathconf: (_thread, [path, name]) => configuredAt(path, int(name)),
    fpathconf: (_thread, [fd, name]) => {
      const file = descriptors.get(int(fd));
      return file ? configured(file.kind, int(name)) : -Errno.EBADF;
    },
    access: (_thread, [path, mode]) => access(traits.atCwd, path, int(mode)),
    faccessat: (_thread, [directory, path, mode]) => access(int(directory), path, int(mode)),
    unlink: (_thread, [path]) => remove(traits.atCwd, path, 0),
    unlinkat: (_thread, [directory, path, flags]) => remove(int(directory), path, int(flags)),
    mkdir: (_thread, [path]) => make(traits.atCwd, path),
    mkdirat: (_thread, [directory, path]) => make(int(directory), path),
    rmdir: (_thread, [path]) => remove(traits.atCwd, path, traits.removeDirectory),
    rename: (_thread, [from, to]) => rename(traits.atCwd, from, traits.atCwd, to),
    renameat: (_thread, [fromDirectory, from, toDirectory, to]) => rename(int(fromDirectory), from, int(toDirectory), to),
    readlink: (_thread, [path, , size]) => readLink(traits.atCwd, path, size),
    readlinkat: (_thread, [directory, path, , size]) => readLink(int(directory), path, size),
  } satisfies Record<string, KernelCall>;
  return { ...calls, newPipe: (flags: number) => operations.newPipe(inward(flags), traits.pipesGoBothWays) };
}
