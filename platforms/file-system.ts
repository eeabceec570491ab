/** The guest's files as the C libraries and kernels use them: whoever provides them (clib/files.ts), and their errors, by errno's names. */
/** Names that errno's numbers have on every system. */
// prettier-ignore
export type ErrorName =
  | 'EPERM' | 'ENOENT' | 'EINTR' | 'EIO' | 'EBADF' | 'EAGAIN' | 'ENOMEM' | 'EACCES' | 'EFAULT' | 'EBUSY' | 'EEXIST' | 'EXDEV'
  | 'ENOTDIR' | 'EISDIR' | 'EINVAL' | 'EMFILE' | 'EFBIG' | 'ENOSPC' | 'ESPIPE' | 'EROFS' | 'EPIPE' | 'EDOM' | 'ERANGE' | 'EILSEQ'
  | 'EOVERFLOW' | 'ENAMETOOLONG' | 'ENOTEMPTY' | 'ELOOP' | 'ENOSYS';

export class FileError extends Error {
  constructor(readonly code: ErrorName) {
    super(code);
  }
}

export interface OpenMode {
  read: boolean;
  write: boolean;
  append: boolean;
  create: boolean;
  truncate: boolean;
  exclusive: boolean;
}

/** Bytes at positions: a host file, or a temporary one in memory. */
export interface FileContents {
  read(position: number, length: number): Uint8Array;
  write(position: number, bytes: Uint8Array): void;
  /** Those of [position, +length) that are known not to be zero, where that is known: a file may have large holes. */
  written?(position: number, length: number): Iterable<{ position: number; bytes: Uint8Array }>;
  size(): number;
  truncate(size: number): void;
  close(): void;
}

/** What there is of a file or a directory without opening it. */
export interface FileEntry {
  directory: boolean;
  size: number;
  /** May the owner write it? */
  writable: boolean;
  /** The same for all names of it. Never the guest's to see: it is the host's. */
  identity: string;
}

/** Raises FileError. */
export interface FileSystem {
  open(path: string, mode: OpenMode): FileContents;
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** Links are followed. */
  entry(path: string): FileEntry;
  /** Names in a directory, without '.' and '..', in the order of their characters. */
  list(path: string): string[];
  makeDirectory(path: string): void;
  /** An empty directory alone. */
  removeDirectory(path: string): void;
}

function nothingThere(): never {
  throw new FileError('ENOENT');
}

/** Where no directory was granted, and none can be. */
export const NO_FILES: FileSystem = {
  open: nothingThere,
  remove: nothingThere,
  rename: nothingThere,
  entry: nothingThere,
  list: nothingThere,
  makeDirectory: nothingThere,
  removeDirectory: nothingThere,
};
