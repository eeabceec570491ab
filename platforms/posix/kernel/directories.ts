/**
 * Open directories: the entries of a granted directory in the order of their names, after "." and "..". A position counts
 * entries. How a kernel lays out its records is the caller's (`DirectoryRecord`).
 */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import type { FileSystem } from '../../file-system.js';
import { fileNumber, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';
import { withFileErrors } from './named-files.js';

const Type = { directory: 4, file: 8 } as const;

interface Entry {
  name: string;
  path: string;
  directory: boolean;
}

/** What its entries are is asked when it is read from its start. */
export interface OpenDirectory extends OpenFile {
  readonly kind: 'directory';
  entries(): Entry[];
}

export const isDirectory = (file: OpenFile): file is OpenDirectory => file.kind === 'directory' && 'entries' in file;

/** `size`: what stat says of it. */
export function openDirectory(system: FileSystem, path: string, flags: number, size: number): OpenDirectory {
  const name = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const within = (entry: string): string => `${name === '/' ? '' : name}/${entry}`;
  return {
    kind: 'directory',
    name,
    flags,
    position: 0,
    read: () => -Errno.EISDIR,
    write: () => -Errno.EBADF,
    ready: () => ({ read: true, write: true }),
    size: () => size,
    entries: () => [
      { name: '.', path: name, directory: true },
      { name: '..', path: name.slice(0, name.lastIndexOf('/')) || '/', directory: true },
      ...system.list(name).map((entry) => ({ name: entry, path: within(entry), directory: system.entry(within(entry)).directory })),
    ],
  };
}

/** An entry as a structure in the program's memory. */
export interface DirectoryRecord {
  /** Bytes of one whose name has so many. */
  length(name: number): number;
  /** Memory is zero but for what this writes. `next`: the position behind it. */
  write(place: number, entry: { inode: bigint; next: number; length: number; type: number; name: Uint8Array }): void;
}

export class DirectoryReader {
  private readonly listed = new WeakMap<OpenDirectory, Entry[]>();

  constructor(
    private readonly user: MemoryView,
    private readonly record: DirectoryRecord,
  ) {}

  /** Entries of the directory in a buffer of the program: how many bytes they take, and whether they are the last; an errno number negated. */
  read(file: OpenDirectory, buffer: number, size: number): { used: number; ended: boolean } | number {
    const { user, record, listed } = this;
    const known = file.position === 0 ? undefined : listed.get(file);
    const entries = known ?? withFileErrors(() => file.entries());
    if (typeof entries === 'number') return entries;
    listed.set(file, entries);
    let used = 0;
    for (let at = file.position ?? 0; at < entries.length; at++) {
      const { name, path, directory } = entries[at];
      const bytes = new TextEncoder().encode(name);
      const length = record.length(bytes.length);
      if (used + length > size) return used === 0 ? -Errno.EINVAL : { used, ended: false };
      user.fill(buffer + used, length, 0);
      const type = directory ? Type.directory : Type.file;
      record.write(buffer + used, { inode: BigInt(fileNumber(path)), next: at + 1, length, type, name: bytes });
      used += length;
      file.position = at + 1;
    }
    return { used, ended: true };
  }
}
