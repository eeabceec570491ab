/**
 * mmap, munmap, mprotect and madvise as a kernel does them: checks in its order,
 * placement in its direction, its behaviour over holes. Results are an address or
 * 0, or an errno number negated. Source: POSIX.1-2017; the differences in
 * MemoryTraits were observed on Linux and read in the FreeBSD and XNU kernels.
 */
import { Prot, type Engine } from '../../emulator/engine.js';
import { Mappings, type MappingKind } from './mappings.js';
import type { ErrnoNumbers, MemoryTraits } from './traits.js';

export type PageTable = Pick<Engine, 'mapPages' | 'unmapPages' | 'protectPages' | 'protection'>;

export class MemoryCalls {
  readonly mappings = new Mappings();
  private readonly pageSize: number;

  constructor(
    private readonly pages: PageTable,
    readonly traits: MemoryTraits,
    private readonly errno: ErrnoNumbers,
  ) {
    this.pageSize = traits.pageSize;
  }

  private pageDown(address: number): number {
    return address - (address % this.pageSize);
  }

  private pageUp(address: number): number {
    return this.pageDown(address + this.pageSize - 1);
  }

  /** What a page really allows: nothing can be written or executed that can't be read. */
  private effective(prot: number): number {
    return prot === Prot.None ? prot : prot | Prot.Read;
  }

  private protectionError(prot: number): number {
    if (prot & ~7 && this.traits.badProtection === 'EINVAL') return -this.errno.EINVAL;
    if ((prot & 6) === 6 && this.traits.writeExecute === 'EACCES') return -this.errno.EACCES;
    return 0;
  }

  mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
    const { traits, errno } = this;
    const map = traits.flags;
    const fixed = (flags & map.FIXED) !== 0 || (map.NOREPLACE !== 0 && (flags & map.NOREPLACE) !== 0);
    if (length === 0) return -errno.EINVAL;
    if (traits.refusesUnknownFlags && flags & ~map.known) return -errno.EINVAL;
    const sharing = flags & (map.SHARED | map.PRIVATE);
    if (sharing === 0 && traits.needsSharing) return -errno.EINVAL;
    if (sharing === (map.SHARED | map.PRIVATE)) return -errno.EINVAL;
    if (offset % this.pageSize !== 0) return -errno.EINVAL;
    if (!(flags & map.ANON)) return fd < 0 ? -errno.EBADF : -errno.ENODEV;
    if (traits.anonymousWithFile === 'EINVAL' && (fd !== -1 || offset !== 0)) return -errno.EINVAL;
    const denied = this.protectionError(prot);
    if (denied !== 0) return denied;
    const size = this.pageUp(length);
    if (size > traits.limit) return -errno.ENOMEM;
    if (sharing !== map.SHARED && prot & Prot.Write && size > traits.overcommitLimit) return -errno.ENOMEM;
    const base = fixed ? this.fixedPlace(address, size, flags) : this.place(address, size);
    if (base < 0) return base;
    this.map(base, size, prot, 'anonymous', flags & map.SHARED ? 'shared' : 'anonymous');
    return base;
  }

  private fixedPlace(address: number, size: number, flags: number): number {
    const { traits, errno } = this;
    if (address % this.pageSize !== 0) return -errno.EINVAL;
    if (address + size > traits.limit) return traits.topDown ? -errno.ENOMEM : -errno.EINVAL;
    if (address < traits.lowest) return -errno.EPERM;
    const noReplace = traits.flags.NOREPLACE !== 0 && (flags & traits.flags.NOREPLACE) !== 0;
    if (noReplace && !this.mappings.isFree(address, address + size)) return -errno.EEXIST;
    return address;
  }

  /** Where the kernel puts a mapping that is not fixed. */
  private place(hint: number, size: number): number {
    const { traits, mappings } = this;
    const wanted = this.pageUp(hint);
    if (wanted >= traits.lowest && wanted + size <= traits.limit && mappings.isFree(wanted, wanted + size)) return wanted;
    const found = traits.topDown
      ? (mappings.highestFree(size, traits.lowest, traits.mmapBase) ?? mappings.lowestFree(size, traits.mmapBase, traits.limit))
      : mappings.lowestFree(size, traits.mmapBase, traits.limit);
    return found ?? -this.errno.ENOMEM;
  }

  /** A free place for `size` bytes, as an unplaced mmap would choose it; nothing is mapped. */
  findPlace(size: number): number | undefined {
    const base = this.place(0, this.pageUp(size));
    return base < 0 ? undefined : base;
  }

  /** Map new zero pages for the system itself (stacks, images, the kernel's page). */
  map(base: number, size: number, prot: number, kind: MappingKind, name: string): void {
    this.mappings.add(base, base + size, kind, name);
    this.pages.mapPages(base, size, this.effective(prot));
  }

  /** Take address space without pages: whatever touches it faults as unmapped. */
  reserve(base: number, size: number, kind: MappingKind, name: string): void {
    this.mappings.add(base, base + size, kind, name);
  }

  munmap(address: number, length: number): number {
    const { traits, errno } = this;
    if (address % this.pageSize !== 0 && !traits.roundsDown) return -errno.EINVAL;
    const base = this.pageDown(address);
    const size = this.pageUp(length + (address - base));
    if (length === 0 || base + size > traits.limit) return -errno.EINVAL;
    for (const piece of this.mappings.pieces(base, base + size)) this.pages.unmapPages(piece.base, piece.limit - piece.base);
    this.mappings.remove(base, base + size);
    return 0;
  }

  mprotect(address: number, length: number, prot: number): number {
    const { traits, errno, mappings } = this;
    if (address % this.pageSize !== 0 && !traits.roundsDown) return -errno.EINVAL;
    const denied = this.protectionError(prot);
    if (denied !== 0) return denied;
    if (length === 0) return 0;
    const base = this.pageDown(address);
    const limit = base + this.pageUp(length + (address - base));
    if (limit > traits.limit) return -errno.ENOMEM;
    const wanted = this.effective(prot & 7);
    const covered = mappings.coveredTo(base, limit);
    if (covered === limit) {
      this.pages.protectPages(base, limit - base, wanted);
      return 0;
    }
    switch (traits.protectHole) {
      case 'skip':
        for (const piece of mappings.pieces(base, limit)) this.pages.protectPages(piece.base, piece.limit - piece.base, wanted);
        return 0;
      case 'partial':
        if (covered > base) this.pages.protectPages(base, covered - base, wanted);
        return -errno.ENOMEM;
      case 'fail':
        return -errno.ENOMEM;
    }
  }

  madvise(address: number, length: number, advice: number): number {
    const { traits, errno, mappings } = this;
    if (address % this.pageSize !== 0) return -errno.EINVAL;
    if (advice < 0 || advice > traits.adviceLimit) return -errno.EINVAL;
    const limit = address + this.pageUp(length);
    if (advice === traits.MADV_DONTNEED && traits.dontNeedDrops) {
      for (const piece of mappings.pieces(address, limit)) this.dropPages(piece.base, piece.limit);
    }
    return mappings.coveredTo(address, limit) < limit ? -errno.ENOMEM : 0;
  }

  /** Pages become zero and keep their protection. */
  private dropPages(base: number, limit: number): void {
    for (let page = base; page < limit; ) {
      const prot = this.pages.protection(page);
      let end = page + this.pageSize;
      while (end < limit && this.pages.protection(end) === prot) end += this.pageSize;
      if (prot >= 0) this.pages.mapPages(page, end - page, prot);
      page = end;
    }
  }
}
