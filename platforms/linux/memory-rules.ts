/**
 * mmap, mprotect and madvise as Linux checks them: in its order, with what only it has.
 * Source: mm/mmap.c (do_mmap, __get_unmapped_area), mm/mprotect.c, mm/madvise.c (6.18); observed there.
 */
import { Prot } from '../../emulator/engine.js';
import type { Region } from '../../emulator/memory/address-space.js';
import type { FileContents } from '../file-system.js';
import type { AddressBook } from './address-limits.js';
import { BehindEnd, mappingOf } from './file-mapping.js';
import { OpenPages, type FilePages } from './file-pages.js';
import type { MemoryCalls, OwnMemoryRules } from '../posix/memory-calls.js';
import { Errno } from '../posix/kernel/errno.js';

// prettier-ignore
const Map = {
  SHARED: 1, PRIVATE: 2, SHARED_VALIDATE: 3, DROPPABLE: 8, TYPE: 0xf, FIXED: 0x10, ANONYMOUS: 0x20, LOW: 0x40, GROWSDOWN: 0x100, NORESERVE: 0x4000,
  HUGETLB: 0x40000, FIXED_NOREPLACE: 0x100000,
} as const;
/** What a mapping of a file may have besides if it is validated. */
const VALIDATED = 0x7c07f9f3;
const PROT_SEM = 8;
const PROT_GROWSDOWN = 0x1000000;
const PROT_GROWSUP = 0x2000000;

// prettier-ignore
const Advice = {
  NORMAL: 0, RANDOM: 1, SEQUENTIAL: 2, WILLNEED: 3, DONTNEED: 4, FREE: 8, REMOVE: 9, DONTFORK: 10, DOFORK: 11, MERGEABLE: 12, UNMERGEABLE: 13,
  HUGEPAGE: 14, NOHUGEPAGE: 15, DONTDUMP: 16, DODUMP: 17, WIPEONFORK: 18, KEEPONFORK: 19, COLD: 20, PAGEOUT: 21, POPULATE_READ: 22,
  POPULATE_WRITE: 23, DONTNEED_LOCKED: 24, COLLAPSE: 25,
} as const;
const KNOWN_ADVICE: ReadonlySet<number> = new Set(Object.values(Advice));

/** What a region is (its tag); others are private and the program's alone. */
const SHARED = { shared: true };
const FILE = { file: true };
const GROWING = { grows: true };
export const isShared = (region: Region): boolean => region.tag === SHARED || mappingOf(region) !== undefined;
/** A program's or a library's own pages are of their files. */
const isOfFile = ({ tag }: Region): boolean =>
  tag === FILE || tag instanceof BehindEnd || (typeof tag === 'object' && tag !== null && 'image' in tag);
/** The tag of the main thread's stack. */
export const STACK = GROWING;

/** An open file, as far as its pages are concerned. */
export interface MappableFile {
  readonly kind: string;
  readonly name: string;
  readonly flags: number;
  readonly contents?: FileContents;
  readonly seals?: { readonly writable: boolean };
}

const O_ACCMODE = 3;
const O_WRONLY = 1;
const O_RDWR = 2;

/** So much of a file goes through the host's hands at a time. */
const CHUNK = 65536;

function* inPieces(contents: FileContents, from: number, length: number): Iterable<{ position: number; bytes: Uint8Array }> {
  for (let position = from; position < from + length; position += CHUNK)
    yield { position, bytes: contents.read(position, Math.min(CHUNK, from + length - position)) };
}

export class LinuxMemoryRules implements OwnMemoryRules {
  constructor(
    private readonly memory: MemoryCalls,
    private readonly files: (fd: number) => MappableFile | undefined,
    /** Store in pages that have just been mapped. False: there is no memory for them. */
    private readonly fill: (address: number, bytes: Uint8Array) => boolean,
    /** Give the page memory. False: there is none. */
    private readonly touch: (address: number) => boolean,
    /** A call that exists, and is not provided. */
    private readonly missing: (what: string) => never,
    private readonly wide: boolean,
    private readonly pages: FilePages,
    private readonly book: AddressBook,
  ) {}

  mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
    const { memory } = this;
    const { traits, space } = memory;
    const { pageSize, limit } = traits;
    if (offset % pageSize !== 0) return -Errno.EINVAL;
    const anonymous = (flags & Map.ANONYMOUS) !== 0;
    const file = anonymous ? undefined : this.files(fd);
    if (!anonymous && !file) return -Errno.EBADF;
    if (flags & Map.HUGETLB) return anonymous ? -Errno.ENOMEM : -Errno.EINVAL;
    if (length === 0) return -Errno.EINVAL;
    const size = memory.pageUp(length);
    if (size >= 2 ** 64) return -Errno.ENOMEM;
    if (offset + size >= 2 ** (this.wide ? 64 : 44)) return -Errno.EOVERFLOW;
    if (size > limit) return -Errno.ENOMEM;
    const fixed = (flags & (Map.FIXED | Map.FIXED_NOREPLACE)) !== 0;
    if (fixed) {
      if (address + size > limit) return -Errno.ENOMEM;
      if (address % pageSize !== 0) return -Errno.EINVAL;
      if (address < traits.lowest) return -Errno.EPERM;
      if (flags & Map.FIXED_NOREPLACE && !space.isFree(address, size)) return -Errno.EEXIST;
    }
    const type = flags & Map.TYPE;
    const refused = file ? this.refuseFile(file, type, flags, prot) : this.refuseAnonymous(type, flags);
    if (refused !== 0) return refused;
    const isPrivate = type === Map.PRIVATE || type === Map.DROPPABLE;
    if (isPrivate && prot & Prot.Write && !(flags & Map.NORESERVE) && !memory.affordable(size)) return -Errno.ENOMEM;
    const low = (flags & Map.LOW) !== 0 && this.wide;
    const base = fixed
      ? address
      : low
        ? (space.findFree(size, pageSize, 0x40000000, 0x80000000, false) ?? -Errno.ENOMEM)
        : memory.place(address, size);
    if (base < 0) return base;
    // What a fixed mapping takes the place of is not counted twice.
    let replaced = 0;
    if (fixed) for (const { base: from, limit: to } of space.runs(base, size)) replaced += to - from;
    if (!this.book.mayExpand(size - replaced, isPrivate && !file?.contents && (prot & Prot.Write) !== 0)) return -Errno.ENOMEM;
    const tag = !isPrivate ? SHARED : file?.contents ? FILE : flags & Map.GROWSDOWN ? GROWING : undefined;
    const { contents } = file ?? {};
    const name = file?.name ?? '';
    const allowed = memory.effective(prot & 7);
    if (!contents) {
      // A device that was opened for reading is not written by another way.
      const readOnly = file && !isPrivate && (file.flags & O_ACCMODE) !== O_RDWR;
      space.map(base, size, allowed, { tag, name, ...(readOnly && { maxProt: Prot.RX }) });
      return base;
    }
    if (!isPrivate) {
      const writable = (file?.flags ?? 0) % 4 === O_RDWR && (file?.seals?.writable ?? true);
      if (fixed) space.unmap(base, size);
      return this.pages.map(contents, writable, { base, size, offset, prot: allowed, name }) ? base : -Errno.ENOMEM;
    }
    space.map(base, size, Prot.RW, { tag, name });
    if (!this.copyIn(base, size, contents, offset)) {
      space.unmap(base, size);
      return -Errno.ENOMEM;
    }
    const there = Math.min(size, memory.pageUp(Math.max(0, contents.size() - offset)));
    if (there > 0) space.protect(base, there, allowed);
    if (there < size) space.map(base + there, size - there, Prot.None, { tag: new BehindEnd(allowed), name });
    return base;
  }

  protected(base: number, limit: number, prot: number): void {
    this.pages.protectedAnew(base, limit, prot);
  }

  /** Bytes of the file from `offset` to its end, holes left out. */
  private copyIn(base: number, size: number, contents: FileContents, offset: number): boolean {
    const length = Math.max(0, Math.min(size, contents.size() - offset));
    for (const { position, bytes } of contents.written?.(offset, length) ?? inPieces(contents, offset, length))
      if (!this.fill(base + position - offset, bytes)) return false;
    return true;
  }

  private refuseAnonymous(type: number, flags: number): number {
    if (type === Map.SHARED) return flags & Map.GROWSDOWN ? -Errno.EINVAL : 0;
    if (type === Map.PRIVATE) return 0;
    return type === Map.DROPPABLE && this.wide && !(flags & (Map.GROWSDOWN | 0x2000)) ? 0 : -Errno.EINVAL;
  }

  private refuseFile(file: MappableFile, type: number, flags: number, prot: number): number {
    if (type < Map.SHARED || type > Map.SHARED_VALIDATE) return -Errno.EINVAL;
    const access = file.flags & O_ACCMODE;
    if (type === Map.SHARED_VALIDATE && flags & ~VALIDATED) return -Errno.EOPNOTSUPP;
    if (type !== Map.PRIVATE && prot & Prot.Write && access !== O_RDWR) return -Errno.EACCES;
    if (access === O_WRONLY) return -Errno.EACCES;
    if (file.name === '/dev/zero') return 0;
    if (!file.contents) return -Errno.ENODEV;
    if (flags & Map.GROWSDOWN) return -Errno.EINVAL;
    if (type !== Map.PRIVATE && prot & Prot.Write && file.seals?.writable === false) return -Errno.EPERM;
    if (type !== Map.PRIVATE && !(file.contents instanceof OpenPages)) return -Errno.ENODEV;
    return 0;
  }

  protection(address: number, length: number, prot: number): { goOn: false; result: number } | { goOn: true; prot: number } {
    const { memory } = this;
    const grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    const rest = prot & ~grows;
    const end = (result: number): { goOn: false; result: number } => ({ goOn: false, result });
    if (grows === (PROT_GROWSDOWN | PROT_GROWSUP)) return end(-Errno.EINVAL);
    if (address % memory.traits.pageSize !== 0) return end(-Errno.EINVAL);
    if (length === 0) return end(0);
    if (memory.pageUp(length) + address >= 2 ** 64) return end(-Errno.ENOMEM);
    if (rest & ~(7 | PROT_SEM)) return end(-Errno.EINVAL);
    if (grows === 0) {
      let data = 0;
      if (rest & Prot.Write)
        for (const run of memory.space.runs(address, memory.pageUp(length)))
          if (run.region.tag === undefined && !(run.prot & Prot.Write)) data += run.limit - run.base;
      return this.book.mayWrite(data) ? { goOn: true, prot: rest & 7 } : end(-Errno.ENOMEM);
    }
    const region = memory.space.find(address);
    if (!region) return end(-Errno.ENOMEM);
    if (grows === PROT_GROWSUP || region.tag !== GROWING) return end(-Errno.EINVAL);
    // From the first page that has grown.
    return end(memory.mprotect(region.base, address + length - region.base, rest));
  }

  madvise(address: number, length: number, advice: number): number {
    const { memory } = this;
    const { space, traits } = memory;
    if (advice === 100 || advice === 101 || advice === 102 || advice === 103) this.missing(`madvise with advice ${advice} is not provided`);
    if (!KNOWN_ADVICE.has(advice)) return -Errno.EINVAL;
    if (address % traits.pageSize !== 0) return -Errno.EINVAL;
    const size = memory.pageUp(length);
    if (address + size >= 2 ** 64) return -Errno.EINVAL;
    if (size === 0) return 0;
    let refused = 0;
    const covered = memory.forEachPiece(address, address + size, ({ base, limit, region }) => {
      if (refused !== 0) return;
      const prot = space.protection(base) ?? Prot.None;
      const ofFile = isShared(region) || isOfFile(region);
      switch (advice) {
        case Advice.DONTNEED:
        case Advice.DONTNEED_LOCKED:
          if (!ofFile) space.discard(base, limit - base);
          else if (isOfFile(region) && prot & Prot.Write)
            this.missing('dropping the written pages of a private mapping of a file is not provided');
          break;
        case Advice.FREE:
        case Advice.WIPEONFORK:
          if (ofFile) refused = -Errno.EINVAL;
          break;
        case Advice.REMOVE:
          if (!ofFile) refused = -Errno.EINVAL;
          else if (!isShared(region)) refused = -Errno.EACCES;
          else if (!(prot & Prot.Write)) refused = -Errno.EACCES;
          else space.discard(base, limit - base);
          break;
        case Advice.POPULATE_READ:
        case Advice.POPULATE_WRITE: {
          const wanted = advice === Advice.POPULATE_READ ? Prot.Read : Prot.Write;
          for (let at = base; at < limit && refused === 0; at += traits.pageSize) {
            if (!((space.protection(at) ?? 0) & wanted)) refused = -Errno.EINVAL;
            else if (!this.touch(at)) refused = -Errno.ENOMEM;
          }
          break;
        }
      }
    });
    return refused !== 0 ? refused : covered ? 0 : -Errno.ENOMEM;
  }
}
