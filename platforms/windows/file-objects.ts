/**
 * Open files: rights of their handles, sharing among those who have one open, and what of a file is mapped, which everybody
 * who reads or writes it sees too.
 */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { FileContents } from '../file-system.js';
import { KernelObject } from './objects.js';

export const FileRight = { READ: 1, WRITE: 2, APPEND: 4, EXECUTE: 0x20, DELETE: 0x10000 } as const;
const GENERIC = [
  [0x80000000, 0x120089],
  [0x40000000, 0x120116],
  [0x20000000, 0x1200a0],
  [0x10000000, 0x1f01ff],
] as const;
/** SYNCHRONIZE, FILE_READ_ATTRIBUTES: CreateFile asks for them always. */
const ALWAYS = 0x100080;
const SPECIFIC = 0xfffffff;

/** The rights that CreateFile's dwDesiredAccess stands for. */
export function fileRights(access: number): number {
  let rights = (access & SPECIFIC) | ALWAYS;
  for (const [generic, specific] of GENERIC) if (access & generic) rights |= specific;
  return rights;
}

/** What others may do meanwhile: bits of FILE_SHARE_…, by the rights that need them. */
const SHARED = [
  [FileRight.READ | FileRight.EXECUTE, 1],
  [FileRight.WRITE | FileRight.APPEND, 2],
  [FileRight.DELETE, 4],
] as const;
export const SHARE_DELETE = 4;

function sharesNeeded(rights: number): number {
  let needed = 0;
  for (const [right, share] of SHARED) if (rights & right) needed |= share;
  return needed;
}

/** Memory that has a file's bytes from its beginning on. */
export interface MappedBytes {
  readonly memory: MemoryView;
  readonly base: number;
  /** Bytes of the file that are mapped. */
  size: number;
  /** Whoever has it open for writing, if some section may write the bytes. */
  writer: FileObject | undefined;
  /** Sections. */
  users: number;
}

const CHUNK = 65536;

/** Bytes [start, end) of a file that one handle's object has locked. */
export interface FileLock {
  readonly owner: FileObject;
  readonly start: number;
  readonly end: number;
  readonly exclusive: boolean;
}

/** A file that somebody has open, or mapped. */
export class FileNode {
  readonly opens = new Set<FileObject>();
  locks: FileLock[] = [];
  mapped: MappedBytes | undefined;
  deleteAtEnd: (() => void) | undefined;

  constructor(
    readonly identity: string,
    private readonly gone: (node: FileNode) => void,
  ) {}

  /** May it be opened so, given what the others do and allow? */
  allows(rights: number, share: number): boolean {
    const needed = sharesNeeded(rights);
    return [...this.opens].every((other) => {
      const theirs = sharesNeeded(other.rights);
      return needed === 0 || theirs === 0 || ((needed & ~other.share) === 0 && (theirs & ~share) === 0);
    });
  }

  /** Do locks keep `file` from reading (or writing) `length` bytes at `start`? */
  locked(file: FileObject, start: number, length: number, writes: boolean): boolean {
    const end = start + length;
    return this.locks.some((lock) => {
      if (start >= lock.end || end <= lock.start) return false;
      return lock.owner === file ? writes && !lock.exclusive : writes || lock.exclusive;
    });
  }

  /** What the mapped memory has and the file has not goes to the file. */
  writeBack(): void {
    const { mapped } = this;
    const contents = mapped?.writer?.contents;
    if (!mapped || !contents) return;
    for (let at = 0; at < mapped.size; at += CHUNK) {
      const bytes = mapped.memory.bytes(mapped.base + at, Math.min(CHUNK, mapped.size - at));
      if (Buffer.compare(contents.read(at, bytes.length), bytes) !== 0) contents.write(at, bytes);
    }
  }

  settle(): void {
    if (this.opens.size > 0 || this.mapped) return;
    this.gone(this);
    this.deleteAtEnd?.();
  }
}

/** What a handle of a file or a directory names. */
export class FileObject extends KernelObject {
  readonly kind = 'file';
  position = 0;
  deleteOnClose = false;
  /** Sections over it, which need its contents. */
  private sections = 0;
  private open = true;

  constructor(
    readonly node: FileNode,
    readonly path: string,
    /** Undefined: a directory. */
    readonly contents: FileContents | undefined,
    readonly rights: number,
    readonly share: number,
    private readonly remove: () => void,
    /** Parts of the file may be locked no more. */
    private readonly unlocked: (node: FileNode) => void,
  ) {
    super();
    node.opens.add(this);
  }

  override closed(): void {
    if (this.handles > 0) return;
    this.node.opens.delete(this);
    this.node.locks = this.node.locks.filter(({ owner }) => owner !== this);
    this.unlocked(this.node);
    if (this.deleteOnClose) this.node.deleteAtEnd = this.remove;
    this.settle();
  }

  private settle(): void {
    if (this.handles > 0 || this.sections > 0 || !this.open) return;
    this.open = false;
    this.contents?.close();
    this.node.settle();
  }

  /** A section over it is made, or gone. */
  mapping(change: 1 | -1): void {
    this.sections += change;
    this.settle();
  }

  get size(): number {
    return this.contents?.size() ?? 0;
  }

  read(position: number, length: number): Uint8Array {
    const bytes = this.contents?.read(position, length) ?? new Uint8Array(0);
    const { mapped } = this.node;
    if (mapped && position < mapped.size) {
      const count = Math.min(bytes.length, mapped.size - position);
      bytes.set(mapped.memory.bytes(mapped.base + position, count));
    }
    return bytes;
  }

  write(position: number, bytes: Uint8Array): void {
    this.contents?.write(position, bytes);
    const { mapped } = this.node;
    if (!mapped || position >= mapped.size) return;
    mapped.memory.write(mapped.base + position, bytes.subarray(0, mapped.size - position));
  }
}

/** The files that are open, by what they are and not by their names. */
export class OpenFiles {
  private readonly nodes = new Map<string, FileNode>();
  private readonly numbers = new Map<string, number>();

  find(identity: string): FileNode | undefined {
    return this.nodes.get(identity);
  }

  node(identity: string): FileNode {
    let node = this.nodes.get(identity);
    if (!node) this.nodes.set(identity, (node = new FileNode(identity, () => this.nodes.delete(identity))));
    return node;
  }

  /** nFileIndex: the host's own would differ from run to run. */
  numberOf(identity: string): number {
    const number = this.numbers.get(identity) ?? this.numbers.size + 1;
    this.numbers.set(identity, number);
    return number;
  }

  /** The process has ended: its files are closed. */
  closeAll(): void {
    for (const node of [...this.nodes.values()]) {
      node.writeBack();
      for (const file of [...node.opens]) {
        file.handles = 0;
        file.closed();
      }
    }
  }
}
