/** Files by name in the directories that were granted. Source: open(2), path_resolution(7). */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import { FileError, type FileContents, type FileSystem } from '../../file-system.js';
import { errnoOf, O_ACCMODE, O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_TRUNC, O_WRONLY, regularFile, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';

/** The name that the program gives; `limit`: PATH_MAX. */
export function readPath(user: MemoryView, address: number, limit = 4096): string | number {
  const bytes = user.cBytes(address, limit);
  return bytes.length >= limit ? -Errno.ENAMETOOLONG : Buffer.from(bytes).toString('latin1');
}

/** The action's result, or the error that the file system raises, as an errno number negated. */
export function withFileErrors<T>(action: () => T): T | number {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileError) return -errnoOf(error);
    throw error;
  }
}

/** `over`: what stands between the file and whoever has it open. */
export function openNamed(
  system: FileSystem | undefined,
  path: string,
  flags: number,
  over: (contents: FileContents, path: string) => FileContents = (contents) => contents,
): OpenFile | number {
  if (!system) return -Errno.ENOENT;
  const mode = flags & O_ACCMODE;
  return withFileErrors(() => {
    const contents = system.open(path, {
      read: mode !== O_WRONLY,
      write: mode !== 0,
      append: (flags & O_APPEND) !== 0,
      create: (flags & O_CREAT) !== 0,
      truncate: (flags & O_TRUNC) !== 0,
      exclusive: (flags & O_EXCL) !== 0,
    });
    return regularFile(path, over(contents, path), flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  });
}
