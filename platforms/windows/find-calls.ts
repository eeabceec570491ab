/** FindFirstFile, FindNextFile, FindClose: the names of a directory that a pattern fits, in the order that NTFS keeps them in. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FileError, type FileEntry } from '../file-system.js';
import { FALSE, TRUE, win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { putEntry } from './file-attributes.js';
import { attempt, fail, nameAt, type FileNeeds } from './file-needs.js';
import { patternOf, splitPattern } from './file-names.js';
import { KernelObject } from './objects.js';

/** WIN32_FIND_DATA: where the names lie, and how many units they may have. */
const FILE_NAME = 44;
const MAX_PATH = 260;
const ALTERNATE = 14;
const INVALID_HANDLE_VALUE = -1n;
/** Of each name that is looked at. */
const NAME_UNITS = 100;

class Search extends KernelObject {
  readonly kind = 'search';
  private at = 0;

  constructor(
    readonly directory: string,
    private readonly names: readonly string[],
  ) {
    super();
  }

  override get waitable(): boolean {
    return false;
  }

  next(): string | undefined {
    return this.names[this.at++];
  }
}

export function findCalls(os: FileNeeds): HostFunction[] {
  const { files } = os;
  const entryIn = (directory: string, name: string): FileEntry | undefined => {
    if (name === '.' || name === '..') return { directory: true, size: 0, writable: true, identity: '' };
    try {
      return files.entry(`${directory}/${name}`);
    } catch (error) {
      // What can't be looked at (a link that leads outside) is not there.
      if (error instanceof FileError) return undefined;
      throw error;
    }
  };
  const put = (call: HostCall, place: number, wide: boolean, name: string, entry: FileEntry): void => {
    const { memory } = call;
    const unit = wide ? 2 : 1;
    memory.fill(place, FILE_NAME + unit * (MAX_PATH + ALTERNATE) + (wide ? 0 : 2), 0);
    putEntry(memory, place, entry);
    memory.write(place + FILE_NAME, Buffer.from(name.slice(0, MAX_PATH - 1), wide ? 'utf16le' : 'latin1'));
  };
  const next = (call: HostCall, search: Search, place: number, wide: boolean): boolean => {
    for (let name = search.next(); name !== undefined; name = search.next()) {
      call.process.clock.advance(NAME_UNITS);
      const entry = entryIn(search.directory, name);
      if (!entry) continue;
      put(call, place, wide, name, entry);
      return true;
    }
    return false;
  };
  const first = (call: HostCall, path: string, place: number, wide: boolean): bigint =>
    attempt(os, call, path, INVALID_HANDLE_VALUE, () => {
      const { directory, pattern } = splitPattern(path);
      if (path === '') fail(ErrorCode.PATH_NOT_FOUND);
      if (/[<>"|]/.test(path)) fail(ErrorCode.INVALID_NAME);
      const fits = patternOf(pattern);
      const names = ['.', '..', ...files.list(directory)];
      call.process.clock.advance(NAME_UNITS * names.length);
      const search = new Search(
        directory,
        names.filter((name) => fits.test(name)),
      );
      if (!next(call, search, place, wide)) fail(ErrorCode.FILE_NOT_FOUND);
      return BigInt(os.handles.open(search, 0));
    });
  const searchOf = (handle: number): Search => {
    const object = os.handles.get(handle)?.object;
    return object instanceof Search ? object : fail(ErrorCode.INVALID_HANDLE);
  };
  const calls = (suffix: 'A' | 'W'): HostFunction[] => {
    const wide = suffix === 'W';
    return [
      win32(`FindFirstFile${suffix}`, 'q(pp)', (call, name, place) => first(call, nameAt(call, name, wide), place, wide)),
      win32(`FindNextFile${suffix}`, 'i(ip)', (call, handle, place) =>
        attempt(os, call, '', FALSE, () => (next(call, searchOf(handle), place, wide) ? TRUE : fail(ErrorCode.NO_MORE_FILES))),
      ),
    ];
  };
  return [
    ...calls('A'),
    ...calls('W'),
    win32('FindClose', 'i(i)', (call, handle) =>
      attempt(os, call, '', FALSE, () => {
        searchOf(handle);
        os.handles.close(handle);
        return TRUE;
      }),
    ),
  ];
}
