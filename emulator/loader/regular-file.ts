/** Files beside a program that are read if they happen to be there: regular ones only, since a pipe or a device may never end. */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

export function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The bytes; a few words that say why not; undefined if there is nothing at `path`. */
export function readRegularFile(path: string, limit = Number.MAX_SAFE_INTEGER): Uint8Array | string | undefined {
  let file: number | undefined;
  try {
    // A pipe's other end is not waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) return 'it is not a regular file';
    return stat.size <= limit ? readFileSync(file) : `it is larger than ${limit} bytes`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : `it can't be read (${code ?? String(error)})`;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
