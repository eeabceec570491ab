/** Failures of files as Win32 codes: what RtlNtStatusToDosError makes of the status that the file system gives. */
import { FileError, type ErrorName, type FileSystem } from '../file-system.js';
import { ErrorCode } from './error-codes.js';

const CODES: Partial<Record<ErrorName, number>> = {
  EPERM: ErrorCode.ACCESS_DENIED,
  EACCES: ErrorCode.ACCESS_DENIED,
  EISDIR: ErrorCode.ACCESS_DENIED,
  ENOENT: ErrorCode.FILE_NOT_FOUND,
  ENOTDIR: ErrorCode.PATH_NOT_FOUND,
  EEXIST: ErrorCode.ALREADY_EXISTS,
  ENOTEMPTY: ErrorCode.DIR_NOT_EMPTY,
  EBUSY: ErrorCode.SHARING_VIOLATION,
  EINVAL: ErrorCode.INVALID_NAME,
  ENAMETOOLONG: ErrorCode.FILENAME_EXCED_RANGE,
  EMFILE: ErrorCode.TOO_MANY_OPEN_FILES,
  ENOSPC: ErrorCode.DISK_FULL,
  EFBIG: ErrorCode.DISK_FULL,
  EROFS: ErrorCode.WRITE_PROTECT,
  EXDEV: ErrorCode.NOT_SAME_DEVICE,
  ELOOP: ErrorCode.CANT_RESOLVE_FILENAME,
};

/** Part of a path up to its last component; '.' for a name alone. */
export function parentOf(path: string): string {
  const trimmed = path.replace(/[\\/]+$/, '');
  const at = Math.max(trimmed.lastIndexOf('\\'), trimmed.lastIndexOf('/'));
  return at < 0 ? '.' : trimmed.slice(0, at + 1);
}

/** Is there a directory of that name? One above a granted directory is there, though nothing can be done with it. */
function directoryThere(files: FileSystem, path: string): boolean {
  try {
    return files.entry(path).directory;
  } catch (error) {
    if (error instanceof FileError) return error.code === 'EACCES';
    throw error;
  }
}

/** The code for what was done to `path`: a directory that is missing on the way is another error than a missing file. */
export function codeOf(error: FileError, files: FileSystem, path: string): number {
  if (error.code === 'ENOENT' && !directoryThere(files, parentOf(path))) return ErrorCode.PATH_NOT_FOUND;
  return CODES[error.code] ?? ErrorCode.IO_DEVICE;
}
