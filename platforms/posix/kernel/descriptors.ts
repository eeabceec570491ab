/**
 * Open files: descriptors, what they stand for, pipes. A pipe's ends, memory files and devices are the kernel's own;
 * others are the directories that were granted. Source: open(2), pipe(7), fcntl(2), memfd_create(2).
 */
import { posix } from 'node:path';
import type { CpuName } from '../../../emulator/engine.js';
import { FileError, type FileContents } from '../../file-system.js';
import type { LibraryFile, OsOptions } from '../../os.js';
import { Errno } from './errno.js';

/** What read and write of an open file answer where there is nothing now, and may be later. */
export const LATER = Symbol('later');

export interface OpenFile {
  readonly kind: 'stream' | 'pipe' | 'file' | 'directory' | 'device';
  /** For /proc/self/fd and messages. */
  readonly name: string;
  /** O_RDONLY 0, O_WRONLY 1, O_RDWR 2, with O_APPEND and O_NONBLOCK. */
  flags: number;
  /** Undefined: it can't be sought. */
  position: number | undefined;
  /** An errno number negated where it fails. */
  read(position: number | undefined, length: number): Uint8Array | number | typeof LATER;
  write(position: number | undefined, bytes: Uint8Array): number | typeof LATER;
  /** Could read, or write, be done at once? Hung up: nobody is at the other end. */
  ready(): { read: boolean; write: boolean; hungUp?: boolean; failed?: boolean };
  size?(): number;
  truncate?(size: number): number;
  /** Bytes of a file whose pages mmap may take. */
  contents?: FileContents;
  /** Its last descriptor was closed. */
  closed?(): void;
  /** Of a pipe: bytes that it holds at most; false where more are in it than would fit. */
  pipe?: { readonly room: number; resize(room: number): boolean };
  /** Permissions, where they are the file's own. */
  mode?: number;
  /** Of a memory file. */
  seals?: { readonly held: number; readonly writable: boolean; add(seals: number): number };
  /** Whether opening has made it. */
  created?: boolean;
}

export const O_ACCMODE = 3;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

/** Those that ARM64 numbers in a way of its own. LARGEFILE is set in all that 64-bit programs open. */
export const openFlags = (cpu: CpuName): { DIRECTORY: number; DIRECT: number; LARGEFILE: number } =>
  cpu === 'arm64'
    ? { DIRECTORY: 0o40000, DIRECT: 0o200000, LARGEFILE: 0o400000 }
    : { DIRECTORY: 0o200000, DIRECT: 0o40000, LARGEFILE: 0o100000 };

export const FD_CLOEXEC = 1;

interface Slot {
  file: OpenFile;
  flags: number;
}

/** RLIMIT_NOFILE where nobody has set it. */
export const DESCRIPTOR_LIMIT = 1024;

export class Descriptors {
  private readonly slots: (Slot | undefined)[] = [];
  /** How many calls hold it. */
  private readonly held = new Map<OpenFile, number>();
  limit = DESCRIPTOR_LIMIT;
  private pipes = 2000;

  constructor(
    options: Pick<OsOptions, 'input' | 'output'>,
    private readonly changed: (cause: unknown) => void,
  ) {
    this.slots[0] = { file: standardInput(options), flags: 0 };
    for (const stream of [1, 2] as const) this.slots[stream] = { file: standardOutput(options, stream), flags: 0 };
  }

  /** What can be read, written or asked; not what names a place alone (O_PATH). */
  get(fd: number): OpenFile | undefined {
    const file = this.any(fd);
    return file && file.flags & O_PATH ? undefined : file;
  }

  any(fd: number): OpenFile | undefined {
    return this.slots[fd]?.file;
  }

  /** Numbers of pipes, as their names and inodes have them. */
  nextPipe(): number {
    return this.pipes++;
  }

  flagsOf(fd: number): number {
    return this.slots[fd]?.flags ?? 0;
  }

  setFlags(fd: number, flags: number): void {
    const slot = this.slots[fd];
    if (slot) slot.flags = flags;
  }

  /** The lowest free number from `from`; an errno number negated where there is none. */
  add(file: OpenFile, flags = 0, from = 0): number {
    let fd = from;
    while (this.slots[fd]) fd++;
    if (fd >= this.limit) return -Errno.EMFILE;
    this.slots[fd] = { file, flags };
    return fd;
  }

  replace(fd: number, file: OpenFile, flags: number): void {
    const before = this.slots[fd]?.file;
    this.slots[fd] = { file, flags };
    if (before && before !== file) this.dropped(before);
  }

  close(fd: number): number {
    const file = this.slots[fd]?.file;
    if (!file) return -Errno.EBADF;
    this.slots[fd] = undefined;
    this.dropped(file);
    return 0;
  }

  /** A call is in the middle of something with the file: it stays open though its last descriptor is closed. */
  hold(file: OpenFile): void {
    this.held.set(file, (this.held.get(file) ?? 0) + 1);
  }

  release(file: OpenFile): void {
    const left = (this.held.get(file) ?? 0) - 1;
    if (left > 0) this.held.set(file, left);
    else {
      this.held.delete(file);
      this.dropped(file);
    }
  }

  private dropped(file: OpenFile): void {
    if (this.held.has(file) || this.slots.some((slot) => slot?.file === file)) return;
    file.closed?.();
    this.changed(this);
  }

  get open(): number[] {
    return this.slots.flatMap((slot, fd) => (slot ? [fd] : []));
  }
}

function standardInput(options: Pick<OsOptions, 'input'>): OpenFile {
  return {
    kind: 'stream',
    name: 'pipe:[1000]',
    flags: 0,
    position: undefined,
    read: (_position, length) => {
      try {
        return options.input(length);
      } catch (error) {
        if (error instanceof FileError) return -errnoOf(error);
        throw error;
      }
    },
    write: () => -Errno.EBADF,
    ready: () => ({ read: true, write: false }),
  };
}

function standardOutput(options: Pick<OsOptions, 'output'>, stream: 1 | 2): OpenFile {
  return {
    kind: 'stream',
    name: `pipe:[${1000 + stream}]`,
    flags: O_WRONLY,
    position: undefined,
    read: () => -Errno.EBADF,
    write: (_position, bytes) => {
      if (bytes.length > 0) options.output(stream, bytes);
      return bytes.length;
    },
    ready: () => ({ read: false, write: true }),
  };
}

/** An inode's number: a pipe's own, or made of the name, since the host's is not the guest's to see. */
export const fileNumber = (name: string): number => {
  const own = /:\[(\d+)\]$/.exec(name);
  if (own) return Number(own[1]);
  return 1 + [...posix.normalize(name).replace(/(.)\/$/, '$1')].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 0x7fffffff, 7);
};

/** A file with bytes at positions. */
export function regularFile(name: string, contents: FileContents, flags: number): OpenFile {
  const attempt = <T>(action: () => T): T | number => {
    try {
      return action();
    } catch (error) {
      if (error instanceof FileError) return -errnoOf(error);
      throw error;
    }
  };
  return {
    kind: 'file',
    name,
    flags,
    position: 0,
    contents,
    read: (position, length) => attempt(() => contents.read(position ?? 0, length)),
    write: (position, bytes) =>
      attempt(() => {
        contents.write(position ?? 0, bytes);
        return bytes.length;
      }),
    ready: () => ({ read: true, write: true }),
    size: () => contents.size(),
    truncate: (size) => attempt(() => (contents.truncate(size), 0)),
    closed: () => contents.close(),
  };
}

/** A file that the C library reads and writes by itself: its position is the library's too. */
export function libraryFile(file: LibraryFile): OpenFile {
  const at = <T>(position: number | undefined, action: () => T): T | number => {
    const { device } = file;
    const before = device.position;
    if (before !== undefined && position !== undefined) device.position = position;
    try {
      return action();
    } catch (error) {
      if (error instanceof FileError) return -errnoOf(error);
      throw error;
    } finally {
      if (before !== undefined) device.position = before;
    }
  };
  return {
    kind: 'file',
    name: 'a file of the C library',
    flags: file.writable ? (file.readable ? O_RDWR : O_WRONLY) : 0,
    get position() {
      return file.device.position;
    },
    set position(position) {
      if (file.device.position !== undefined) file.device.position = position;
    },
    read: (position, length) => at(position, () => file.device.read(length)),
    write: (position, bytes) => at(position, () => (file.device.write(bytes), bytes.length)),
    ready: () => ({ read: true, write: true }),
    size: () => file.device.size?.() ?? 0,
    truncate: (size) => at(undefined, () => (file.device.truncate ? (file.device.truncate(size), 0) : -Errno.EINVAL)),
  };
}

export function errnoOf(error: FileError): number {
  return (Errno as Record<string, number>)[error.code] ?? Errno.EIO;
}

/** /dev/null and its kin. */
export function device(name: string, flags: number, random: (length: number) => Uint8Array): OpenFile | undefined {
  const zeros = (length: number): Uint8Array => new Uint8Array(length);
  const reads: Record<string, (length: number) => Uint8Array> = {
    '/dev/null': () => new Uint8Array(0),
    '/dev/zero': zeros,
    '/dev/full': zeros,
    '/dev/urandom': random,
    '/dev/random': random,
  };
  if (!Object.hasOwn(reads, name)) return undefined;
  return {
    kind: 'device',
    name,
    flags,
    position: 0,
    read: (_position, length) => reads[name](length),
    write: (_position, bytes) => (name === '/dev/full' ? -Errno.ENOSPC : bytes.length),
    ready: () => ({ read: true, write: true }),
  };
}
