/** CreateFileMapping, MapViewOfFile and their kin: memory of the paging file (INVALID_HANDLE_VALUE), and files. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import { attempt, fail, type FileNeeds } from './file-needs.js';
import { FileObject, FileRight } from './file-objects.js';
import { GRANULARITY, Page } from './memory-constants.js';
import { nameOf } from './named-objects.js';
import { rightsFor } from './object-rights.js';
import { SectionObject, Sections } from './sections.js';

interface Needs extends FileNeeds, Pick<Core, 'vm'> {}

const INVALID_HANDLE_VALUE = -1;
const HIGH = 0x100000000;
/** Rights of a section's handle, and (the same bits) what MapViewOfFile is asked for. */
const MapRight = { COPY: 1, WRITE: 2, READ: 4, EXECUTE: 8, EXECUTE_EXPLICIT: 0x20 } as const;
const SECTION_QUERY = 1;
const STANDARD_RIGHTS = 0xf0000;
const SEC_COMMIT = 0x8000000;
const SEC_RESERVE = 0x4000000;
const SEC_IMAGE = 0x1000000;
const SEC_NOCACHE = 0x10000000;
const SEC_WRITECOMBINE = 0x40000000;
const SEC_LARGE_PAGES = 0x80000000;
const ATTRIBUTES = SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES;
const ALL_ACCESS = 0xf001f;
/** Of a section, in bytes: what its pages can be counted with. */
const LARGEST = 2 ** 43;

/** Rights of the handle that CreateFileMapping returns, by the section's protection. */
const RIGHTS = new Map<number, number>([
  [Page.READONLY, MapRight.READ],
  [Page.WRITECOPY, MapRight.READ],
  [Page.READWRITE, MapRight.READ | MapRight.WRITE],
  [Page.EXECUTE_READ, MapRight.READ | MapRight.EXECUTE],
  [Page.EXECUTE_WRITECOPY, MapRight.READ | MapRight.EXECUTE],
  [Page.EXECUTE_READWRITE, MapRight.READ | MapRight.WRITE | MapRight.EXECUTE],
]);

/** A view's protection and the rights that it takes. */
function viewOf(access: number): { protect: number; rights: number } {
  const execute = (access & MapRight.EXECUTE_EXPLICIT) !== 0;
  const rights = execute ? MapRight.EXECUTE : 0;
  if ((access & ALL_ACCESS & ~STANDARD_RIGHTS) === MapRight.COPY)
    return { protect: execute ? Page.EXECUTE_WRITECOPY : Page.WRITECOPY, rights: rights | MapRight.READ };
  if (access & MapRight.WRITE) return { protect: execute ? Page.EXECUTE_READWRITE : Page.READWRITE, rights: rights | MapRight.WRITE };
  if (access & MapRight.READ) return { protect: execute ? Page.EXECUTE_READ : Page.READONLY, rights: rights | MapRight.READ };
  return { protect: Page.NOACCESS, rights };
}

export function mappingCalls(os: Needs): HostFunction[] {
  const { handles, vm } = os;
  const sections = new Sections(os.process, vm);
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return 0;
  };
  const create = (call: HostCall, file: number, protect: number, size: number, name: string | number | undefined): number => {
    const rights = RIGHTS.get(protect & 0xff);
    const attributes = protect & ~0xff;
    if (rights === undefined || attributes & ~ATTRIBUTES) return failed(call, ErrorCode.INVALID_PARAMETER);
    if (attributes & SEC_COMMIT && attributes & SEC_RESERVE) return failed(call, ErrorCode.INVALID_PARAMETER);
    if (attributes & SEC_LARGE_PAGES) return failed(call, ErrorCode.PRIVILEGE_NOT_HELD);
    if (attributes & (SEC_NOCACHE | SEC_WRITECOMBINE) && !(attributes & (SEC_COMMIT | SEC_RESERVE)))
      return failed(call, ErrorCode.INVALID_PARAMETER);
    const behind = file === INVALID_HANDLE_VALUE ? undefined : handles.get(file);
    const source = behind?.object instanceof FileObject && behind.object.contents ? behind.object : undefined;
    if (file !== INVALID_HANDLE_VALUE && !source) return failed(call, ErrorCode.INVALID_HANDLE);
    if (!behind && size === 0) return failed(call, ErrorCode.INVALID_PARAMETER);
    if (attributes & SEC_IMAGE) {
      if (!behind) return failed(call, ErrorCode.BAD_EXE_FORMAT);
      os.process.end({ kind: 'unsupported', text: 'CreateFileMapping with SEC_IMAGE: images are mapped by the loader alone' });
    }
    if (typeof name === 'number') return failed(call, name);
    const existing = name === undefined ? undefined : handles.named.get(name);
    if (existing && !(existing instanceof SectionObject)) return failed(call, ErrorCode.INVALID_HANDLE);
    if (!existing && size > LARGEST) return failed(call, ErrorCode.NOT_ENOUGH_MEMORY);
    const released = (): void => void (name !== undefined && handles.named.delete(name));
    if (!existing && source && behind) {
      const { access } = behind;
      const made = attempt(os, call, '', undefined, () => createOf(source, access, protect & 0xff, size, released));
      if (!made) return 0;
      os.lastError.set(call.thread, ErrorCode.SUCCESS);
      if (name !== undefined) handles.named.set((made.name = name), made);
      return handles.open(made, STANDARD_RIGHTS | SECTION_QUERY | rights);
    }
    os.lastError.set(call.thread, existing ? ErrorCode.ALREADY_EXISTS : ErrorCode.SUCCESS);
    const section = existing ?? sections.create(size, (attributes & SEC_RESERVE) !== 0, released);
    if (!section) return failed(call, vm.error);
    if (name !== undefined) handles.named.set((section.name = name), section);
    return handles.open(section, STANDARD_RIGHTS | SECTION_QUERY | rights);
  };
  /** Over a file: it grows where the section is larger and may write. */
  const createOf = (file: FileObject, access: number, protect: number, size: number, released: () => void): SectionObject => {
    const writes = (protect & (Page.READWRITE | Page.EXECUTE_READWRITE)) !== 0;
    const executes = protect >= Page.EXECUTE;
    const needed = FileRight.READ | (writes ? FileRight.WRITE : 0) | (executes ? FileRight.EXECUTE : 0);
    if ((access & needed) !== needed) fail(ErrorCode.ACCESS_DENIED);
    const bytes = size || file.size;
    if (bytes === 0) fail(ErrorCode.FILE_INVALID);
    if (bytes > vm.commitLimit || (bytes > file.size && !writes)) fail(ErrorCode.NOT_ENOUGH_MEMORY);
    if (bytes > file.size) file.contents?.truncate(bytes);
    return sections.createOf(file, bytes, writes, released);
  };
  const map = (call: HostCall, handle: number, access: number, offset: number, bytes: number, address: number): number => {
    const entry = handles.get(handle);
    if (!(entry?.object instanceof SectionObject)) return failed(call, ErrorCode.INVALID_HANDLE);
    const { protect, rights } = viewOf(access);
    if ((entry.access & rights) !== rights) return failed(call, ErrorCode.ACCESS_DENIED);
    if (offset % GRANULARITY !== 0 || address % GRANULARITY !== 0) return failed(call, ErrorCode.MAPPED_ALIGNMENT);
    const section = entry.object;
    if (offset >= section.size) return failed(call, ErrorCode.INVALID_PARAMETER);
    const size = bytes || section.size - offset;
    if (offset + size > section.size) return failed(call, ErrorCode.ACCESS_DENIED);
    return sections.map(section, offset, size, protect, address) || failed(call, vm.error);
  };
  const open = (wide: boolean) => (call: HostCall, access: number, inherit: number, place: number) => {
    const name = nameOf(call, place, wide);
    if (name === undefined) return failed(call, place === 0 ? ErrorCode.INVALID_PARAMETER : ErrorCode.INVALID_NAME);
    if (typeof name === 'number') return failed(call, name);
    const found = handles.named.get(name);
    if (!found) return failed(call, ErrorCode.FILE_NOT_FOUND);
    return found instanceof SectionObject
      ? handles.open(found, rightsFor(found, access), inherit !== 0)
      : failed(call, ErrorCode.INVALID_HANDLE);
  };
  const named = (suffix: 'A' | 'W'): HostFunction[] => [
    win32(`CreateFileMapping${suffix}`, 'p(ipuuup)', (call, file, _security, protect, high, low, name) =>
      create(call, file, protect, high * HIGH + low, nameOf(call, name, suffix === 'W')),
    ),
    win32(`OpenFileMapping${suffix}`, 'p(uip)', open(suffix === 'W')),
  ];
  return [
    ...named('A'),
    ...named('W'),
    win32('MapViewOfFile', 'p(iuuuz)', (call, handle, access, high, low, bytes) => map(call, handle, access, high * HIGH + low, bytes, 0)),
    win32('MapViewOfFileEx', 'p(iuuuzp)', (call, handle, access, high, low, bytes, address) =>
      map(call, handle, access, high * HIGH + low, bytes, address),
    ),
    win32('UnmapViewOfFile', 'i(p)', (call, address) => (sections.unmap(address) ? TRUE : failed(call, ErrorCode.INVALID_ADDRESS))),
    win32('FlushViewOfFile', 'i(pz)', (call, address) => {
      if (!vm.reservationAt(address)?.owner) return failed(call, ErrorCode.INVALID_ADDRESS) || FALSE;
      sections.flush(address);
      return TRUE;
    }),
  ];
}
