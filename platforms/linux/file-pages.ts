/**
 * Files whose pages are mapped: a file's memory, of which every shared mapping is another name, and which reading and writing by
 * descriptor see too. It lies where no program reaches (above 4 GiB on IA-32, between the canonical halves on x86-64, far from all
 * else on ARM64). Pages that begin behind the file's end are nobody's: SIGBUS. What was written reaches a host file by msync, fsync
 * and at the end of the process. Source: mmap(2), msync(2), mm/filemap.c, mm/truncate.c (6.18).
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { FileError, type FileContents } from '../file-system.js';
import { BehindEnd, behindEnd, FileMapping, mappingOf } from './file-mapping.js';

const PAGE = 4096;
const BACKING = 0x900000000000;
/** So much may one file have, or come to have. */
const ROOM = 2 ** 36;
const PIECE = 65536;
const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE;

interface Place {
  base: number;
  size: number;
  offset: number;
  prot: number;
  name: string;
}

export class FilePages {
  private next = BACKING;
  private readonly files = new Map<string, MappedFile>();
  /** They have memory, and nobody has them open. */
  private readonly idle = new Set<MappedFile>();

  constructor(
    readonly space: AddressSpace,
    readonly memory: MemoryView,
    private readonly affordable: (bytes: number) => boolean,
    /** Work of the host's that counts as time. */
    readonly worked: (bytes: number) => void,
  ) {}

  /** A file whose pages can be mapped; files of the same `identity` are one. */
  over(contents: FileContents, identity?: string): OpenPages {
    this.sweep();
    const known = identity === undefined ? undefined : this.files.get(identity);
    const file = known ?? new MappedFile(this);
    if (identity !== undefined) this.files.set(identity, file);
    file.opens++;
    return new OpenPages(file, contents, identity !== undefined, () => {
      if (file.opens > 0) return;
      if (file.inMemory) this.idle.add(file);
      else this.forget(file);
    });
  }

  /** Files that nobody has open or mapped any more are written and closed. */
  private sweep(): void {
    for (const file of this.idle) {
      if (file.opens === 0 && file.isMapped()) continue;
      this.idle.delete(file);
      if (file.opens > 0) continue;
      file.release();
      this.forget(file);
    }
  }

  private forget(file: MappedFile): void {
    for (const [identity, known] of this.files) if (known === file) this.files.delete(identity);
  }

  /** Map a file whose contents `over` has given; false: there is no memory. Its place is free. */
  map(contents: FileContents, writable: boolean, { base, size, offset, prot, name }: Place): boolean {
    if (!(contents instanceof OpenPages) || offset + size > ROOM) return false;
    const { file } = contents;
    if (file.base === undefined) {
      file.base = this.next;
      this.next += ROOM;
    }
    if (!file.load(contents, this.affordable)) return false;
    const kept = contents.keep();
    if (writable) file.writer ??= kept;
    const maxProt = writable ? Prot.RWX : Prot.RX;
    this.place(new FileMapping(file, base, offset, prot, maxProt, name), base, size, prot);
    return true;
  }

  /** The same mapping from `offset` on at another place. */
  move({ file, maxProt, name }: FileMapping, offset: number, base: number, size: number, prot: number): void {
    this.place(new FileMapping(file, base, offset, prot, maxProt, name), base, size, prot);
  }

  private place(mapping: FileMapping, base: number, size: number, prot: number): void {
    const { file, maxProt, name } = mapping;
    const there = Math.min(size, Math.max(0, wholePages(file.size) - mapping.offset));
    if (there > 0) this.space.alias(base, file.address(mapping.offset), there, prot, { maxProt, name, tag: mapping.within });
    if (there < size) this.space.map(base + there, size - there, Prot.None, { maxProt, name, tag: mapping.beyond });
  }

  /** mprotect has given [base, limit) its protection: pages that are not there have none, and remember it. */
  protectedAnew(base: number, limit: number, prot: number): void {
    for (const region of this.space.overlapping(base, limit - base)) {
      if (behindEnd(region) === undefined) continue;
      if (region.tag instanceof BehindEnd) region.tag.prot = prot;
      const mapping = mappingOf(region)?.mapping;
      if (mapping) mapping.prot = prot;
      this.space.protect(Math.max(base, region.base), Math.min(limit, region.limit) - Math.max(base, region.base), Prot.None);
    }
  }

  /** The mappings of [base, +size) are written to their files. */
  synchronise(base: number, size: number): void {
    const files = new Set(this.space.overlapping(base, size).map((region) => mappingOf(region)?.mapping.file));
    for (const file of files) file?.writeBack();
  }

  /** The process has ended. */
  writeAll(): void {
    for (const file of this.files.values()) file.writeBack();
  }
}

/** A file as all see it that have it open or mapped. */
export class MappedFile {
  opens = 0;
  base: number | undefined;
  /** Bytes of its memory that are mapped at its base. */
  private backed = 0;
  /** The file's, while its memory is what counts. */
  size = 0;
  private loaded = false;
  /** Where what was written goes. */
  writer: FileContents | undefined;
  /** Open as long as the file is mapped: so it is the same file. */
  readonly kept = new Set<FileContents>();

  constructor(private readonly pages: FilePages) {}

  address(offset: number): number {
    return (this.base ?? 0) + offset;
  }

  get inMemory(): boolean {
    return this.loaded;
  }

  isMapped(): boolean {
    return this.pages.space.regions().some((region) => mappingOf(region)?.mapping.file === this);
  }

  /** Some mapping of it can be written, or come to be. */
  isWritten(): boolean {
    return this.pages.space.regions().some((region) => {
      const mapping = mappingOf(region)?.mapping;
      return mapping?.file === this && (mapping.maxProt & Prot.Write) !== 0;
    });
  }

  load({ contents }: OpenPages, affordable: (bytes: number) => boolean): boolean {
    if (this.loaded) return true;
    const size = contents.size();
    if (size > ROOM) return false;
    const pieces = contents.written?.(0, size);
    if (!pieces && !affordable(size)) return false;
    this.back(size);
    this.size = size;
    for (const { position, bytes } of pieces ?? inPieces(contents, size)) this.store(position, bytes);
    this.loaded = true;
    return true;
  }

  private store(position: number, bytes: Uint8Array): void {
    this.pages.memory.write(this.address(position), bytes);
    this.pages.worked(bytes.length);
  }

  private back(size: number): void {
    const { space } = this.pages;
    const wanted = wholePages(size);
    if (wanted <= this.backed) return;
    const from = this.address(this.backed);
    space.map(from, wanted - this.backed, Prot.Read, { name: 'file' });
    space.protect(from, wanted - this.backed, Prot.None);
    this.backed = wanted;
  }

  read(position: number, length: number): Uint8Array {
    const count = Math.max(0, Math.min(length, this.size - position));
    return count === 0 ? new Uint8Array(0) : this.pages.memory.bytes(this.address(position), count).slice();
  }

  write(position: number, bytes: Uint8Array): void {
    if (position + bytes.length > this.size) this.resize(position + bytes.length);
    if (bytes.length > 0) this.store(position, bytes);
  }

  /** Pages come to their mappings, or are taken from them; what is cut off is zero if it comes back. */
  resize(size: number): void {
    const { space, memory } = this.pages;
    if (size > ROOM) throw new FileError('EFBIG');
    const before = this.size;
    this.back(size);
    this.size = size;
    if (size < before) {
      const tail = Math.min(before, wholePages(size)) - size;
      if (tail > 0) memory.fill(this.address(size), tail, 0);
      if (wholePages(before) > wholePages(size)) space.discard(this.address(wholePages(size)), wholePages(before) - wholePages(size));
    }
    for (const region of [...space.regions()]) {
      const tag = mappingOf(region);
      if (tag?.mapping.file !== this) continue;
      const { mapping } = tag;
      const end = Math.min(region.limit, Math.max(region.base, region.base + wholePages(size) - mapping.offsetOf(region.base)));
      const options = { maxProt: mapping.maxProt, name: mapping.name };
      if (tag.beyond && end > region.base)
        space.alias(region.base, this.address(mapping.offsetOf(region.base)), end - region.base, mapping.prot, {
          ...options,
          tag: mapping.within,
        });
      else if (!tag.beyond && end < region.limit) space.map(end, region.limit - end, Prot.None, { ...options, tag: mapping.beyond });
    }
  }

  release(): void {
    this.writeBack();
    for (const contents of this.kept) contents.close();
    if (this.backed > 0) this.pages.space.unmap(this.address(0), this.backed);
  }

  writeBack(): void {
    const { writer } = this;
    if (!writer || !this.loaded) return;
    if (writer.size() !== this.size) writer.truncate(this.size);
    for (let at = 0; at < this.size; at += PIECE) {
      const bytes = this.read(at, PIECE);
      this.pages.worked(bytes.length);
      if (Buffer.compare(bytes, writer.read(at, bytes.length)) !== 0) writer.write(at, bytes);
    }
  }
}

function* inPieces(contents: FileContents, size: number): Iterable<{ position: number; bytes: Uint8Array }> {
  for (let position = 0; position < size; position += PIECE)
    yield { position, bytes: contents.read(position, Math.min(PIECE, size - position)) };
}

/** A file that somebody has open, by way of its memory where it has some. */
export class OpenPages implements FileContents {
  private closed = false;

  constructor(
    readonly file: MappedFile,
    readonly contents: FileContents,
    /** It is written as well, since others may see it; else its memory is all there is. */
    private readonly outer: boolean,
    private readonly released: () => void,
  ) {}

  /** It stays open for what is written to its mappings. */
  keep(): FileContents {
    this.file.kept.add(this.contents);
    return this.contents;
  }

  read(position: number, length: number): Uint8Array {
    return this.file.inMemory ? this.file.read(position, length) : this.contents.read(position, length);
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.outer || !this.file.inMemory) this.contents.write(position, bytes);
    if (this.file.inMemory) this.file.write(position, bytes);
  }

  *written(position: number, length: number): Iterable<{ position: number; bytes: Uint8Array }> {
    if (!this.file.inMemory && this.contents.written) yield* this.contents.written(position, length);
    else
      for (let at = position; at < Math.min(position + length, this.size()); at += PIECE)
        yield { position: at, bytes: this.read(at, Math.min(PIECE, position + length - at)) };
  }

  size(): number {
    return this.file.inMemory ? this.file.size : this.contents.size();
  }

  truncate(size: number): void {
    if (this.outer || !this.file.inMemory) this.contents.truncate(size);
    if (this.file.inMemory) this.file.resize(size);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.file.opens--;
    if (!this.file.kept.has(this.contents)) this.contents.close();
    this.released();
  }
}
