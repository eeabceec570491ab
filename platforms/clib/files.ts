/**
 * The guest's file system: the directories that the user granted, under their guest names, and nothing else.
 * Paths are resolved on the host and must stay inside, symbolic links included.
 */
import {
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
  constants,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { HostLack } from '../../emulator/host-lack.js';
import type { GrantedDirectory } from '../os.js';
import { FileError, type FileContents, type FileEntry, type FileSystem, type OpenMode, type ErrorName } from '../file-system.js';
import { OpenFiles, type OpenFile } from './open-files.js';

export { FileError, type FileContents, type OpenMode };

const known: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOENT',
  'EACCES',
  'EEXIST',
  'EXDEV',
  'ENOTDIR',
  'EISDIR',
  'EINVAL',
  'EMFILE',
  'EFBIG',
  'ENOSPC',
  'EROFS',
  'ENAMETOOLONG',
  'ENOTEMPTY',
  'ELOOP',
  'EBUSY',
  'EBADF',
]);

/** Run a host file operation; its failure becomes the guest's. */
function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new FileError(known.has(code) ? (code as ErrorName) : 'EIO');
  }
}

/** Reads of more look at the file's size first. */
const LONG = 1 << 20;

class HostFile implements FileContents {
  constructor(private readonly file: OpenFile) {}

  read(position: number, wanted: number): Uint8Array {
    // A guest may ask for more than the host has memory.
    const length = wanted <= LONG ? wanted : Math.min(wanted, Math.max(LONG, this.size() - position));
    const buffer = new Uint8Array(length);
    return buffer.subarray(
      0,
      attempt(() => readSync(this.file.use(), buffer, 0, length, position)),
    );
  }

  write(position: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const from = done;
      done += attempt(() => limited(() => writeSync(this.file.use(), bytes, from, bytes.length - from, position + from)));
    }
  }

  size(): number {
    return attempt(() => fstatSync(this.file.use())).size;
  }

  truncate(size: number): void {
    attempt(() => limited(() => ftruncateSync(this.file.use(), size)));
  }

  close(): void {
    this.file.close();
  }
}

/** A file that is too long for its file system is the guest's affair; one that is too long for the host's `ulimit -f` is not. */
function limited<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const limit = (error as NodeJS.ErrnoException).code === 'EFBIG' ? fileSizeLimit() : undefined;
    if (limit === undefined) throw error;
    throw new HostLack(`this machine lets no file be longer than ${limit} bytes (ulimit -f)`);
  }
}

/** Undefined: there is none. Node knows it for its reports. */
function fileSizeLimit(): number | undefined {
  const { userLimits } = process.report.getReport() as { userLimits?: { file_size_blocks?: { soft?: unknown } } };
  const soft = userLimits?.file_size_blocks?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Of looking for a name, which is several system calls of the host. */
const PATH_UNITS = 1000;

/** What is to be done with the name. */
type Purpose = 'read' | 'create' | 'remove';

export class GuestFiles implements FileSystem {
  private readonly openFiles = new OpenFiles();
  private readonly grants: { host: string; guest: string[] }[];

  constructor(
    directories: readonly GrantedDirectory[],
    private readonly windows: boolean,
    private readonly work: (units: number) => void = () => undefined,
  ) {
    this.grants = directories.map(({ host, guest }) => ({ host: realpathSync(host), guest: this.components(guest) }));
  }

  /** Path components, '.' and '..' resolved; relative paths start in the root. */
  private components(path: string): string[] {
    const out: string[] = [];
    for (const component of (this.windows ? path.replaceAll('\\', '/') : path).split('/')) {
      if (component === '..') out.pop();
      else if (component !== '' && component !== '.') out.push(component);
    }
    return out;
  }

  private absolute(path: string): boolean {
    return path.startsWith('/') || (this.windows && /^([a-z]:)?[\\/]/i.test(path));
  }

  private same(a: string, b: string): boolean {
    return this.windows ? a.toLowerCase() === b.toLowerCase() : a === b;
  }

  /** The grant whose guest name is the longest prefix. */
  private grantOf(wanted: string[]): { host: string; guest: string[] } | undefined {
    let best: { host: string; guest: string[] } | undefined;
    for (const grant of this.grants) {
      const prefix = grant.guest.every((component, i) => i < wanted.length && this.same(component, wanted[i]));
      if (prefix && (!best || grant.guest.length > best.guest.length)) best = grant;
    }
    return best;
  }

  /** Is it the root, or another directory above a granted one? Such exist, with nothing else in them. */
  private above(wanted: string[]): boolean {
    const isAbove = (guest: string[]): boolean =>
      guest.length > wanted.length && wanted.every((component, i) => this.same(component, guest[i]));
    return wanted.length === 0 || this.grants.some(({ guest }) => isAbove(guest));
  }

  /** Why a path that no grant has can't be used: nothing is there, and nothing can be put there. */
  private outside(wanted: string[], purpose: Purpose): ErrorName {
    if (this.above(wanted)) return purpose === 'read' || this.windows ? 'EACCES' : purpose === 'create' ? 'EISDIR' : 'EBUSY';
    return purpose === 'create' && this.above(wanted.slice(0, -1)) ? 'EACCES' : 'ENOENT';
  }

  /** A granted directory's own entry, and one above it, are not the guest's to remove or to move. */
  private checkOwn(name: string): void {
    const inside = name.endsWith(sep) ? name : name + sep;
    if (this.grants.some(({ host }) => host === name || host.startsWith(inside))) throw new FileError(this.windows ? 'EACCES' : 'EBUSY');
  }

  /** The host's name of a guest path. The last component need not exist; a link may not lead outside. */
  private host(path: string, purpose: Purpose, follow: boolean): string {
    this.work(PATH_UNITS);
    if (path === '') throw new FileError('ENOENT');
    if (path.includes('\0')) throw new FileError('EINVAL');
    let wanted = this.components(path);
    let best = this.grantOf(wanted);
    if (!best && this.grants.length > 0 && !this.absolute(path)) {
      // A relative path that no grant's name begins is one inside the first granted directory.
      best = this.grants[0];
      wanted = [...best.guest, ...wanted];
    }
    if (!best) throw new FileError(this.outside(wanted, purpose));
    const { host } = best;
    const full = join(host, ...wanted.slice(best.guest.length));
    if (full === host) return host;
    const parent = attempt(() => realpathSync(dirname(full)));
    if (attempt(() => !statSync(parent).isDirectory())) throw new FileError(this.windows ? 'ENOENT' : 'ENOTDIR');
    const target = join(parent, basename(full));
    const inside = (name: string): boolean => name === host || name.startsWith(host.endsWith(sep) ? host : host + sep);
    if (!inside(parent)) throw new FileError('EACCES');
    if (!follow) return target;
    let link: boolean;
    try {
      link = lstatSync(target).isSymbolicLink();
    } catch {
      return target;
    }
    if (!link) return target;
    const real = attempt(() => realpathSync(target));
    if (!inside(resolve(real))) throw new FileError('EACCES');
    return real;
  }

  open(path: string, mode: OpenMode): FileContents {
    const name = this.host(path, mode.create ? 'create' : 'read', true);
    let exists = true;
    try {
      const stat = statSync(name);
      if (stat.isDirectory() && mode.write) throw new FileError(this.windows ? 'EACCES' : 'EISDIR');
      if (stat.isDirectory() && this.windows) throw new FileError('EACCES');
      // Devices and pipes of the host are not the guest's.
      if (!stat.isFile() && !stat.isDirectory()) throw new FileError('EACCES');
    } catch (error) {
      if (error instanceof FileError) throw error;
      exists = false;
    }
    if (!exists && !mode.create) throw new FileError('ENOENT');
    const flags =
      (mode.read && mode.write ? constants.O_RDWR : mode.write ? constants.O_WRONLY : constants.O_RDONLY) |
      (mode.create ? constants.O_CREAT : 0) |
      (mode.truncate ? constants.O_TRUNC : 0) |
      (mode.exclusive ? constants.O_EXCL : 0) |
      constants.O_NOFOLLOW;
    return new HostFile(attempt(() => this.openFiles.add(name, flags)));
  }

  remove(path: string): void {
    const name = this.host(path, 'remove', false);
    this.checkOwn(name);
    attempt(() => {
      if (!lstatSync(name).isDirectory()) {
        this.openFiles.losesName(name);
        unlinkSync(name);
      } else if (this.windows) throw new FileError('EACCES');
      else rmdirSync(name);
    });
  }

  entry(path: string): FileEntry {
    const name = this.host(path, 'read', true);
    const stat = attempt(() => statSync(name));
    if (!stat.isFile() && !stat.isDirectory()) throw new FileError('EACCES');
    return { directory: stat.isDirectory(), size: stat.size, writable: (stat.mode & 0o200) !== 0, identity: `${stat.dev} ${stat.ino}` };
  }

  list(path: string): string[] {
    const name = this.host(path, 'read', true);
    const order = (entry: string): string => (this.windows ? entry.toUpperCase() : entry);
    return attempt(() => this.openFiles.lend(() => readdirSync(name))).sort((a, b) =>
      order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0,
    );
  }

  makeDirectory(path: string): void {
    const name = this.host(path, 'create', false);
    attempt(() => mkdirSync(name));
  }

  removeDirectory(path: string): void {
    const name = this.host(path, 'remove', false);
    this.checkOwn(name);
    attempt(() => rmdirSync(name));
  }

  rename(from: string, to: string): void {
    const source = this.host(from, 'remove', false);
    const target = this.host(to, 'create', false);
    this.checkOwn(source);
    this.checkOwn(target);
    attempt(() => {
      if (this.windows && exists(target)) throw new FileError('EEXIST');
      this.openFiles.losesName(target);
      renameSync(source, target);
      this.openFiles.renamed(source, target);
    });
  }
}

function exists(name: string): boolean {
  try {
    lstatSync(name);
    return true;
  } catch {
    return false;
  }
}
