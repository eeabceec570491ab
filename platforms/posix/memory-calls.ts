/**
 * mmap, munmap, mprotect and madvise as a kernel does them: checks in its order,
 * placement in its direction, its behaviour over holes. Results are an address or
 * 0, or an errno number negated. Source: POSIX.1-2017; the differences in
 * MemoryTraits were observed on Linux and read in the FreeBSD and XNU kernels.
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace, MapOptions, Region } from '../../emulator/memory/address-space.js';
import type { MemoryLimit } from '../../emulator/memory/memory-limit.js';
import type { FileMappings, MappableFile } from './file-mappings.js';
import type { ErrnoNumbers, MemoryTraits } from './traits.js';

export interface Piece {
  base: number;
  limit: number;
  region: Region;
}

/** What one kernel does in a way of its own. */
export interface OwnMemoryRules {
  mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number;
  /** Checks that come before the others of mprotect: its end, or the bits to go on with. */
  protection(address: number, length: number, prot: number): { goOn: false; result: number } | { goOn: true; prot: number };
  madvise(address: number, length: number, advice: number): number;
  /** mprotect has done this. */
  protected?(base: number, limit: number, prot: number): void;
}

/** What a kernel says of mapping a file, where it has no rules of its own for all of mmap. */
export interface FileRules {
  readonly mappings: FileMappings;
  /** 0, or an errno number negated. */
  refuse(file: MappableFile | undefined, shared: boolean, prot: number): number;
}

export class MemoryCalls {
  own: OwnMemoryRules | undefined;
  files: FileRules | undefined;
  private readonly pageSize: number;

  constructor(
    readonly space: AddressSpace,
    private readonly memoryLimit: MemoryLimit,
    readonly traits: MemoryTraits,
    private readonly errno: ErrnoNumbers,
  ) {
    this.pageSize = traits.pageSize;
  }

  pageDown(address: number): number {
    return address - (address % this.pageSize);
  }

  pageUp(address: number): number {
    return this.pageDown(address + this.pageSize - 1);
  }

  /** What a page really allows: nothing can be written that can't be read, nor executed on most machines. */
  effective(prot: number): number {
    if (prot === Prot.None || (prot === Prot.Exec && this.traits.executeOnly)) return prot;
    return prot | Prot.Read;
  }

  private protectionError(prot: number): number {
    if (prot & ~7 && this.traits.badProtection === 'EINVAL') return -this.errno.EINVAL;
    if ((prot & 6) === 6 && this.traits.writeExecute === 'EACCES') return -this.errno.EACCES;
    return 0;
  }

  /** What of [base, limit) is mapped, in order, is told; whether that is all of it. */
  forEachPiece(base: number, limit: number, action: (piece: Piece) => void): boolean {
    let covered = base;
    for (const piece of this.pieces(base, limit)) {
      if (piece.base === covered) covered = piece.limit;
      action(piece);
    }
    return covered >= limit;
  }

  /** The mapped pieces of [base, limit), in order. */
  private pieces(base: number, limit: number): Piece[] {
    return this.space
      .overlapping(base, limit - base)
      .map((region) => ({ base: Math.max(base, region.base), limit: Math.min(limit, region.limit), region }));
  }

  mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
    const { traits, errno } = this;
    const map = traits.flags;
    if (this.own) return this.own.mmap(address, length, prot, flags, fd, offset);
    if (length === 0) return -errno.EINVAL;
    if (traits.refusesUnknownFlags && flags & ~map.known) return -errno.EINVAL;
    const sharing = flags & (map.SHARED | map.PRIVATE);
    if (sharing === 0 && traits.needsSharing) return -errno.EINVAL;
    if (traits.jit && flags & traits.jit.flag) {
      if (flags & (map.FIXED | map.SHARED) || !(flags & map.ANON)) return -errno.EINVAL;
      if (traits.jit.needsEntitlement) return -errno.EPERM;
    }
    if (offset % this.pageSize !== 0) return -errno.EINVAL;
    const file = flags & map.ANON ? undefined : this.files?.mappings.open(fd);
    if (!(flags & map.ANON)) {
      const refused = this.files?.refuse(file, sharing === map.SHARED, prot) ?? -errno.EBADF;
      if (refused !== 0) return refused;
    } else if (fd !== -1 && traits.anonymousFd !== undefined && fd & ~traits.anonymousFd) return -errno.EINVAL;
    if (flags & map.NOREPLACE && !(flags & map.FIXED) && map.noReplaceAlone === 'EINVAL') return -errno.EINVAL;
    const denied = this.protectionError(prot);
    if (denied !== 0) return denied;
    const size = this.pageUp(length);
    if (size > traits.limit) return -errno.ENOMEM;
    if (sharing !== map.SHARED && prot & Prot.Write && size > traits.overcommitLimit) return -errno.ENOMEM;
    if (!this.memoryLimit.admits(size)) return -errno.ENOMEM;
    const base = this.isFixed(flags) ? this.fixedPlace(address, size, flags) : this.place(address, size);
    if (base < 0) return base;
    if (!file?.contents) this.space.map(base, size, this.effective(prot & 7));
    else if (!this.files?.mappings.map(base, size, this.effective(prot & 7), file.contents, offset)) return -errno.ENOMEM;
    return base;
  }

  /** Anonymous read-write memory anywhere. */
  anonymous(bytes: number): number | undefined {
    const { PRIVATE, ANON } = this.traits.flags;
    const base = this.mmap(0, bytes, Prot.RW, PRIVATE | ANON, -1, 0);
    return base >= 0 ? base : undefined;
  }

  private isFixed(flags: number): boolean {
    return (flags & (this.traits.flags.FIXED | this.traits.flags.NOREPLACE)) !== 0;
  }

  private fixedPlace(address: number, size: number, flags: number): number {
    const { traits, errno } = this;
    if (address % this.pageSize !== 0) return -errno.EINVAL;
    if (address + size > traits.limit) return -errno[traits.beyondLimit];
    if (address < traits.lowest) return -errno[traits.belowLowest];
    if (flags & traits.flags.NOREPLACE && !this.space.isFree(address, size)) return -errno[traits.flags.occupied];
    return address;
  }

  /** Where the kernel puts a mapping that is not fixed. */
  place(hint: number, size: number): number {
    const { traits, space } = this;
    const wanted = traits.hintRounds === 'down' ? this.pageDown(hint) : this.pageUp(hint);
    if (wanted >= traits.lowest && wanted + size <= traits.limit && space.isFree(wanted, size)) return wanted;
    const { pageSize } = this;
    const found = traits.topDown
      ? (space.findFree(size, pageSize, traits.lowest, traits.mmapBase, true) ??
        space.findFree(size, pageSize, traits.mmapBase, traits.limit, false))
      : space.findFree(size, pageSize, traits.mmapBase, traits.limit, false);
    return found ?? -this.errno.ENOMEM;
  }

  /** Would heuristic overcommit give so many writable private bytes at once, and is there memory left? */
  affordable(bytes: number): boolean {
    return bytes <= this.traits.overcommitLimit && this.memoryLimit.admits(bytes);
  }

  /** A free place for `size` bytes, as an unplaced mmap would choose it; nothing is mapped. */
  findPlace(size: number): number | undefined {
    const base = this.place(0, this.pageUp(size));
    return base < 0 ? undefined : base;
  }

  /** Map new zero pages for the system itself (stacks, the kernel's page). */
  map(base: number, size: number, prot: number, options: MapOptions): void {
    this.space.map(base, this.pageUp(size), this.effective(prot), options);
  }

  munmap(address: number, length: number): number {
    const { traits, errno } = this;
    if (address % this.pageSize !== 0 && !traits.roundsDown) return -errno.EINVAL;
    const base = this.pageDown(address);
    const size = this.pageUp(length + (address - base));
    if (length === 0 || base + size > traits.limit || (traits.roundsDown && base < traits.lowest)) return -errno.EINVAL;
    this.space.unmap(base, size);
    return 0;
  }

  mprotect(address: number, length: number, wanted: number): number {
    const { traits, errno } = this;
    const own = this.own?.protection(address, length, wanted);
    if (own !== undefined && !own.goOn) return own.result;
    const prot = own ? own.prot : wanted;
    if (address % this.pageSize !== 0 && !traits.roundsDown) return -errno.EINVAL;
    const denied = this.protectionError(prot);
    if (denied !== 0) return denied;
    if (length === 0) return 0;
    const base = this.pageDown(address);
    const limit = base + this.pageUp(length + (address - base));
    if (limit > traits.limit) return -errno.ENOMEM;
    const allowed = this.effective(prot & 7);
    if (this.space.protect(base, limit - base, allowed)) {
      this.own?.protected?.(base, limit, allowed);
      return 0;
    }
    const pieces = this.pieces(base, limit);
    let covered = base;
    for (const piece of pieces) if (piece.base === covered) covered = piece.limit;
    if (covered < limit && traits.protectHole === 'fail') return -errno.ENOMEM;
    for (const piece of pieces) {
      if (piece.base >= covered && traits.protectHole === 'partial') break;
      if (allowed & ~piece.region.maxProt) return -errno.EACCES;
      this.space.protect(piece.base, piece.limit - piece.base, allowed);
      this.own?.protected?.(piece.base, piece.limit, allowed);
    }
    return covered < limit && traits.protectHole === 'partial' ? -errno.ENOMEM : 0;
  }

  madvise(address: number, length: number, advice: number): number {
    const { traits, errno } = this;
    if (this.own) return this.own.madvise(address, length, advice);
    if (address % this.pageSize !== 0 && !traits.adviceRoundsDown) return -errno.EINVAL;
    if (advice === traits.advice.unsupported) return -errno.ENOTSUP;
    if (!traits.advice.known.includes(advice)) return -errno.EINVAL;
    if (length === 0) return 0;
    const first = this.pageDown(address);
    const limit = first + this.pageUp(length + (address - first));
    if (first < traits.lowest || limit > traits.limit) return -errno[traits.advice.outside];
    const pieces = this.pieces(first, limit);
    let covered = first;
    for (const { base, limit: end } of pieces) if (base === covered) covered = end;
    if (covered < limit) return -errno[traits.advice.hole];
    const { needsWriting, zeroes } = traits.advice;
    for (const { base, limit: end } of pieces) {
      const allowed = [...this.space.runs(base, end - base)].map(({ prot }) => prot);
      if (needsWriting.includes(advice) && allowed.some((prot) => (prot & Prot.Write) === 0)) return -errno.EPERM;
      if (advice === zeroes && allowed.some((prot) => (prot & Prot.Exec) !== 0)) return -errno.EPERM;
      if (advice === zeroes) this.space.discard(base, end - base);
    }
    return 0;
  }

  /** Does anything lie at `address`? (A fault there is ACCERR, else MAPERR.) */
  isMapped(address: number): boolean {
    return this.space.find(address) !== undefined;
  }
}
