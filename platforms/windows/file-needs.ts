/** What the functions of files share: the files, how they fail, and how names are read. */
import type { HostCall } from '../../emulator/process/host-call.js';
import { FileError, type FileEntry, type FileSystem } from '../file-system.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import { codeOf } from './file-errors.js';
import { nameIsValid } from './file-names.js';
import type { OpenFiles } from './file-objects.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { readName } from './named-objects.js';
import type { StackGuards } from './stack-guards.js';

export interface FileNeeds extends Pick<Core, 'process' | 'memory' | 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly files: FileSystem;
  readonly openFiles: OpenFiles;
}

/** Thrown by what a function does, with the code that it leaves. */
export class Win32Failure {
  constructor(readonly code: number) {}
}

export function fail(code: number): never {
  throw new Win32Failure(code);
}

/** Run it; a failure becomes `otherwise` and the last error. `path` is what it is done to. */
export function attempt<T>(os: FileNeeds, call: HostCall, path: string, otherwise: T, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Win32Failure || error instanceof FileError)) throw error;
    os.lastError.set(call.thread, error instanceof FileError ? codeOf(error, os.files, path) : error.code);
    return otherwise;
  }
}

/** The name at `place`; '' where there is none, which no file has. */
export function nameAt(call: HostCall, place: number, wide: boolean): string {
  return readName(call, place, wide) ?? '';
}

export function checkName(path: string): void {
  if (path === '') fail(ErrorCode.PATH_NOT_FOUND);
  if (!nameIsValid(path)) fail(ErrorCode.INVALID_NAME);
}

/** Undefined: there is no such file, but a directory where it could be. */
export function entryOf({ files }: FileNeeds, path: string): FileEntry | undefined {
  try {
    return files.entry(path);
  } catch (error) {
    if (error instanceof FileError && error.code === 'ENOENT' && codeOf(error, files, path) === ErrorCode.FILE_NOT_FOUND) return undefined;
    throw error;
  }
}
