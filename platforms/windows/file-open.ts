/** CreateFile: its dispositions, rights, share modes. Source: "CreateFileA function", "Creating and Opening Files". */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { FileEntry } from '../file-system.js';
import { win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { attempt, checkName, entryOf, fail, nameAt, type FileNeeds } from './file-needs.js';
import { FileObject, fileRights, FileRight, type FileNode } from './file-objects.js';

const Disposition = { CREATE_NEW: 1, CREATE_ALWAYS: 2, OPEN_EXISTING: 3, OPEN_ALWAYS: 4, TRUNCATE_EXISTING: 5 } as const;
const FLAG_BACKUP_SEMANTICS = 0x02000000;
const FLAG_DELETE_ON_CLOSE = 0x04000000;
const INVALID_HANDLE_VALUE = -1n;

interface Wanted {
  path: string;
  rights: number;
  share: number;
  disposition: number;
  flags: number;
}

const writes = (rights: number): boolean => (rights & (FileRight.WRITE | FileRight.APPEND)) !== 0;

function checkDisposition({ disposition, rights }: Wanted): void {
  if (disposition < Disposition.CREATE_NEW || disposition > Disposition.TRUNCATE_EXISTING) fail(ErrorCode.INVALID_PARAMETER);
  if (disposition === Disposition.TRUNCATE_EXISTING && !(rights & FileRight.WRITE)) fail(ErrorCode.INVALID_PARAMETER);
}

/** Open to the others' terms; nothing is changed where they don't allow it. */
function nodeFor(os: FileNeeds, entry: FileEntry, { rights, share }: Wanted): FileNode {
  const node = os.openFiles.node(entry.identity);
  if (node.allows(rights, share)) return node;
  return fail(ErrorCode.SHARING_VIOLATION);
}

function openDirectory(os: FileNeeds, entry: FileEntry, wanted: Wanted): FileObject {
  const { path, rights, share, disposition, flags } = wanted;
  if (disposition === Disposition.CREATE_NEW) fail(ErrorCode.FILE_EXISTS);
  if (!(flags & FLAG_BACKUP_SEMANTICS) || disposition === Disposition.CREATE_ALWAYS) fail(ErrorCode.ACCESS_DENIED);
  if (disposition === Disposition.TRUNCATE_EXISTING) fail(ErrorCode.ACCESS_DENIED);
  return new FileObject(nodeFor(os, entry, wanted), path, undefined, rights, share, () => os.files.removeDirectory(path), unlocked(os));
}

/** Who waits for a part of the file may have it. */
const unlocked =
  ({ process }: FileNeeds) =>
  (node: FileNode): void =>
    process.changed(node);

function openFile(os: FileNeeds, entry: FileEntry | undefined, wanted: Wanted): FileObject {
  const { path, rights, share, disposition } = wanted;
  if (entry && disposition === Disposition.CREATE_NEW) fail(ErrorCode.FILE_EXISTS);
  if (!entry && (disposition === Disposition.OPEN_EXISTING || disposition === Disposition.TRUNCATE_EXISTING))
    fail(ErrorCode.FILE_NOT_FOUND);
  const truncates = entry !== undefined && (disposition === Disposition.CREATE_ALWAYS || disposition === Disposition.TRUNCATE_EXISTING);
  if (entry && !entry.writable && (writes(rights) || truncates)) fail(ErrorCode.ACCESS_DENIED);
  const known = entry && nodeFor(os, entry, wanted);
  if (truncates && known?.mapped) fail(ErrorCode.USER_MAPPED_FILE);
  const write = writes(rights) || truncates;
  // What is mapped later may be read, whatever is asked for now.
  const mode = { read: true, write, append: false, create: !entry, truncate: truncates, exclusive: !entry };
  const contents = os.files.open(path, mode);
  const node = known ?? os.openFiles.node(os.files.entry(path).identity);
  return new FileObject(node, path, contents, rights, share, () => os.files.remove(path), unlocked(os));
}

function create(os: FileNeeds, call: HostCall, wanted: Wanted, inherit: boolean): bigint {
  const { path, disposition, flags } = wanted;
  return attempt(os, call, path, INVALID_HANDLE_VALUE, () => {
    checkName(path);
    checkDisposition(wanted);
    const entry = entryOf(os, path);
    if (/[\\/]$/.test(path) && !entry?.directory) fail(entry ? ErrorCode.INVALID_NAME : ErrorCode.FILE_NOT_FOUND);
    const file = entry?.directory ? openDirectory(os, entry, wanted) : openFile(os, entry, wanted);
    file.deleteOnClose = (flags & FLAG_DELETE_ON_CLOSE) !== 0;
    const opened = entry && (disposition === Disposition.CREATE_ALWAYS || disposition === Disposition.OPEN_ALWAYS);
    os.lastError.set(call.thread, opened ? ErrorCode.ALREADY_EXISTS : ErrorCode.SUCCESS);
    return BigInt(os.handles.open(file, wanted.rights, inherit));
  });
}

export function fileOpenCalls(os: FileNeeds): HostFunction[] {
  const { wordSize } = os.layout;
  /** SECURITY_ATTRIBUTES says whether other processes get the handle. */
  const inherits = (call: HostCall, security: number): boolean => security !== 0 && call.memory.u32(security + 2 * wordSize) !== 0;
  return (['A', 'W'] as const).map((suffix) =>
    win32(`CreateFile${suffix}`, 'q(puupuui)', (call, name, access, share, security, disposition, flags, _template) => {
      const path = nameAt(call, name, suffix === 'W');
      // Who wants it deleted at the end needs that right, and gets it.
      const rights = fileRights(access) | (flags & FLAG_DELETE_ON_CLOSE ? FileRight.DELETE : 0);
      return create(os, call, { path, rights, share, disposition, flags }, inherits(call, security));
    }),
  );
}
