/** Files by name: attributes, removal, moving, copying, directories. A file that somebody has open stays unless he allows it. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { FileEntry } from '../file-system.js';
import { FALSE, TRUE, win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { attributesOf, putEntry } from './file-attributes.js';
import { attempt, checkName, entryOf, fail, nameAt, type FileNeeds } from './file-needs.js';
import { SHARE_DELETE } from './file-objects.js';

const INVALID_FILE_ATTRIBUTES = 0xffffffff;
const GET_FILE_EX_INFO_STANDARD = 0;
const MOVEFILE_REPLACE_EXISTING = 1;
const MOVEFILE_COPY_ALLOWED = 2;
const MOVEFILE_WRITE_THROUGH = 8;
const CHUNK = 1 << 20;
const BYTES_PER_UNIT = 8;

class NamedFiles {
  constructor(private readonly os: FileNeeds) {}

  entry(path: string): FileEntry {
    checkName(path);
    return entryOf(this.os, path) ?? fail(ErrorCode.FILE_NOT_FOUND);
  }

  /** May its name be taken away? */
  private checkFree({ identity }: FileEntry): void {
    const node = this.os.openFiles.find(identity);
    if (!node) return;
    if (node.mapped) fail(ErrorCode.ACCESS_DENIED);
    if ([...node.opens].some(({ share }) => (share & SHARE_DELETE) === 0)) fail(ErrorCode.SHARING_VIOLATION);
  }

  remove(path: string): number {
    const entry = this.entry(path);
    if (entry.directory || !entry.writable) fail(ErrorCode.ACCESS_DENIED);
    this.checkFree(entry);
    const node = this.os.openFiles.find(entry.identity);
    // Those who have it open and allow it keep it until they close it.
    if (node) node.deleteAtEnd = () => this.os.files.remove(path);
    else this.os.files.remove(path);
    return TRUE;
  }

  move(from: string, to: string, flags: number): number {
    if (flags & ~(MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED | MOVEFILE_WRITE_THROUGH)) fail(ErrorCode.NOT_SUPPORTED);
    const source = this.entry(from);
    checkName(to);
    this.checkFree(source);
    const target = entryOf(this.os, to);
    if (target?.identity === source.identity) return TRUE;
    if (target) {
      if (!(flags & MOVEFILE_REPLACE_EXISTING)) fail(ErrorCode.ALREADY_EXISTS);
      if (target.directory || source.directory || !target.writable) fail(ErrorCode.ACCESS_DENIED);
      if (this.os.openFiles.find(target.identity)) fail(ErrorCode.ACCESS_DENIED);
      this.os.files.remove(to);
    }
    this.os.files.rename(from, to);
    return TRUE;
  }

  copy(call: HostCall, from: string, to: string, exclusive: boolean): number {
    const { files } = this.os;
    const source = this.entry(from);
    checkName(to);
    const target = entryOf(this.os, to);
    if (source.directory) fail(ErrorCode.ACCESS_DENIED);
    if (target && exclusive) fail(ErrorCode.FILE_EXISTS);
    if (target?.directory || (target && !target.writable)) fail(ErrorCode.ACCESS_DENIED);
    if (target?.identity === source.identity || (target && this.os.openFiles.find(target.identity))) fail(ErrorCode.SHARING_VIOLATION);
    const open = this.os.openFiles.find(source.identity);
    if (open && !open.allows(1, 1)) fail(ErrorCode.SHARING_VIOLATION);
    const input = files.open(from, { read: true, write: false, append: false, create: false, truncate: false, exclusive: false });
    try {
      const output = files.open(to, { read: false, write: true, append: false, create: true, truncate: true, exclusive: !target });
      try {
        for (let at = 0; ;) {
          const bytes = input.read(at, CHUNK);
          if (bytes.length === 0) return TRUE;
          output.write(at, bytes);
          call.process.clock.advance(bytes.length / BYTES_PER_UNIT);
          at += bytes.length;
        }
      } finally {
        output.close();
      }
    } finally {
      input.close();
    }
  }

  makeDirectory(path: string): number {
    checkName(path);
    if (entryOf(this.os, path)) fail(ErrorCode.ALREADY_EXISTS);
    this.os.files.makeDirectory(path);
    return TRUE;
  }

  removeDirectory(path: string): number {
    const entry = this.entry(path);
    if (!entry.directory) fail(ErrorCode.DIRECTORY);
    this.checkFree(entry);
    this.os.files.removeDirectory(path);
    return TRUE;
  }
}

export function directoryCalls(os: FileNeeds): HostFunction[] {
  const named = new NamedFiles(os);
  const calls = (suffix: 'A' | 'W'): HostFunction[] => {
    const wide = suffix === 'W';
    const at = <T>(call: HostCall, place: number, otherwise: T, action: (path: string) => T): T => {
      const path = nameAt(call, place, wide);
      return attempt(os, call, path, otherwise, () => action(path));
    };
    /** What fails is laid to the first name or, where that is there, to the second. */
    const move = (call: HostCall, from: number, to: number, flags: number): number => {
      const target = nameAt(call, to, wide);
      const source = nameAt(call, from, wide);
      return attempt(os, call, source, FALSE, () => {
        named.entry(source);
        return attempt(os, call, target, FALSE, () => named.move(source, target, flags));
      });
    };
    return [
      win32(`GetFileAttributes${suffix}`, 'u(p)', (call, name) =>
        at(call, name, INVALID_FILE_ATTRIBUTES, (path) => attributesOf(named.entry(path))),
      ),
      win32(`GetFileAttributesEx${suffix}`, 'i(pup)', (call, name, level, place) =>
        at(call, name, FALSE, (path) => {
          if (level !== GET_FILE_EX_INFO_STANDARD) fail(ErrorCode.INVALID_PARAMETER);
          putEntry(call.memory, place, named.entry(path));
          return TRUE;
        }),
      ),
      win32(`DeleteFile${suffix}`, 'i(p)', (call, name) => at(call, name, FALSE, (path) => named.remove(path))),
      win32(`MoveFile${suffix}`, 'i(pp)', (call, from, to) => move(call, from, to, MOVEFILE_COPY_ALLOWED)),
      win32(`MoveFileEx${suffix}`, 'i(ppu)', move),
      win32(`CopyFile${suffix}`, 'i(ppi)', (call, from, to, exclusive) => {
        const target = nameAt(call, to, wide);
        return at(call, from, FALSE, (path) => {
          named.entry(path);
          return attempt(os, call, target, FALSE, () => named.copy(call, path, target, exclusive !== 0));
        });
      }),
      win32(`CreateDirectory${suffix}`, 'i(pp)', (call, name, _security) => at(call, name, FALSE, (path) => named.makeDirectory(path))),
      win32(`RemoveDirectory${suffix}`, 'i(p)', (call, name) => at(call, name, FALSE, (path) => named.removeDirectory(path))),
    ];
  };
  return [...calls('A'), ...calls('W')];
}
