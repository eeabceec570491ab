/**
 * Open directories and getdents64: the entries of a granted directory in the order of their names, after "." and "..".
 * A position counts entries. Source: getdents(2), open(2); struct linux_dirent64.
 */
import type { FileSystem } from '../../file-system.js';
import { fileNumber, type OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { withFileErrors } from '../../posix/kernel/named-files.js';
import { int } from '../../posix/system-call-table.js';
import type { Kernel, LinuxCalls } from './kernel.js';

const Type = { directory: 4, file: 8 } as const;
/** Offset of the name, and what entries are aligned to. */
const HEADER = 19;
const ALIGNMENT = 8;

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

const isDirectory = (file: OpenFile): file is OpenDirectory => file.kind === 'directory' && 'entries' in file;

export function openDirectory(system: FileSystem, path: string, flags: number): OpenDirectory {
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
    size: () => 4096,
    entries: () => [
      { name: '.', path: name, directory: true },
      { name: '..', path: name.slice(0, name.lastIndexOf('/')) || '/', directory: true },
      ...system.list(name).map((entry) => ({ name: entry, path: within(entry), directory: system.entry(within(entry)).directory })),
    ],
  };
}

export function directoryCalls({ user, descriptors }: Kernel): LinuxCalls {
  const text = new TextEncoder();
  const listed = new WeakMap<OpenDirectory, Entry[]>();

  const getdents64 = (fd: number, buffer: number, size: number): number => {
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    if (!isDirectory(file)) return -Errno.ENOTDIR;
    const known = file.position === 0 ? undefined : listed.get(file);
    const entries = known ?? withFileErrors(() => file.entries());
    if (typeof entries === 'number') return entries;
    listed.set(file, entries);
    let used = 0;
    for (let at = file.position ?? 0; at < entries.length; at++) {
      const { name, path, directory } = entries[at];
      const bytes = text.encode(name);
      const length = Math.ceil((HEADER + bytes.length + 1) / ALIGNMENT) * ALIGNMENT;
      if (used + length > size) {
        if (used === 0) return -Errno.EINVAL;
        break;
      }
      const place = buffer + used;
      user.fill(place, length, 0);
      user.setU64(place, BigInt(fileNumber(path)));
      user.setU64(place + 8, BigInt(at + 1));
      user.setU16(place + 16, length);
      user.write(place + 18, Uint8Array.of(directory ? Type.directory : Type.file));
      user.write(place + HEADER, bytes);
      used += length;
      file.position = at + 1;
    }
    return used;
  };
  return { getdents64: (_thread, [fd, buffer, size]) => getdents64(int(fd), buffer, int(size)) };
}
