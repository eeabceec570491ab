/**
 * mmap, mprotect and madvise as FreeBSD checks them, in its order. Guards (MAP_GUARD, and the lowest page of a MAP_STACK
 * mapping) are left out by mprotect; PROT_MAX limits what pages may ever allow; holes are no error.
 * Source: sys/vm/vm_mmap.c (kern_mmap, kern_mprotect, kern_madvise), sys/vm/vm_map.c (vm_map_protect, vm_map_stack), 13 and 14.
 */
import { Prot } from '../../emulator/engine.js';
import type { Region } from '../../emulator/memory/address-space.js';
import { bsdErrno as errno } from '../posix/errno.js';
import type { FileMappings, MappableFile } from '../posix/file-mappings.js';
import { O_ACCMODE, O_RDWR, O_WRONLY } from '../posix/kernel/descriptors.js';
import type { MemoryCalls, OwnMemoryRules } from '../posix/memory-calls.js';

// prettier-ignore
const Map = {
  SHARED: 1, PRIVATE: 2, FIXED: 0x10, STACK: 0x400, ANON: 0x1000, GUARD: 0x2000, EXCL: 0x4000, LOW: 0x80000, ALIGNMENT: 0xff000000,
} as const;
/** All but old ones: HASSEMAPHORE 200, NOSYNC 800, NOCORE 20000, PREFAULT_READ 40000 besides the above. */
const KNOWN = 0xff0e7e13;
const OF_GUARDS = Map.FIXED | Map.GUARD | Map.EXCL | Map.LOW | Map.ALIGNMENT;
const ALIGNED_SUPER = 1;
const SUPERPAGE = 1 << 21;
/** MAP_32BIT_MAX_ADDR. */
const LOW_LIMIT = 0x80000000;
/** PROT_MAX(prot): bits 16 to 18. */
const PROT_MAX_SHIFT = 16;
const KNOWN_PROT = 7 | (7 << PROT_MAX_SHIFT);
/** MADV_NORMAL to MADV_PROTECT. */
const LAST_ADVICE = 10;
const ENOTSUP = 45;

/** The tag of guards. */
const GUARD = { guard: true };
const isGuard = (region: Region): boolean => region.tag === GUARD;

export class FreeBsdMemoryRules implements OwnMemoryRules {
  constructor(
    private readonly memory: MemoryCalls,
    private readonly files: Pick<FileMappings, 'open' | 'map'>,
    /** A call that exists, and is not provided. */
    private readonly missing: (what: string) => never,
    private readonly wide: boolean,
  ) {}

  mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
    const { memory } = this;
    const { pageSize, limit, lowest } = memory.traits;
    const { allowed, maximum } = this.protections(prot);
    if (prot & ~KNOWN_PROT) return -errno.EINVAL;
    if (maximum !== 0 && allowed & ~maximum) return -ENOTSUP;
    if (length === 0 || (flags & Map.ANON && (fd !== -1 || offset !== 0))) return -errno.EINVAL;
    let from = offset;
    if (flags & Map.STACK) {
      if (fd !== -1 || (allowed & Prot.RW) !== Prot.RW) return -errno.EINVAL;
      flags |= Map.ANON;
      from = 0;
    }
    if (flags & ~KNOWN) return -errno.EINVAL;
    if ((flags & (Map.EXCL | Map.FIXED)) === Map.EXCL) return -errno.EINVAL;
    if ((flags & (Map.SHARED | Map.PRIVATE)) === (Map.SHARED | Map.PRIVATE)) return -errno.EINVAL;
    if (flags & Map.GUARD && (allowed !== Prot.None || fd !== -1 || from !== 0 || flags & ~OF_GUARDS)) return -errno.EINVAL;
    const pageOffset = from % pageSize;
    const size = memory.pageUp(length + pageOffset);
    if (size >= 2 ** (this.wide ? 64 : 32)) return -errno.ENOMEM;
    const alignment = flags >>> 24;
    if (alignment > ALIGNED_SUPER && (alignment >= (this.wide ? 64 : 32) || 2 ** alignment < pageSize)) return -errno.EINVAL;
    const base = address - pageOffset;
    if (flags & Map.FIXED) {
      if (base % pageSize !== 0) return -errno.EINVAL;
      if (base < lowest || base + size > limit) return -errno.EINVAL;
      if (flags & Map.LOW && base + size > LOW_LIMIT) return -errno.EINVAL;
    }
    const file = flags & (Map.ANON | Map.GUARD) ? undefined : this.files.open(fd);
    const refused = flags & (Map.ANON | Map.GUARD) ? 0 : this.refuseFile(file, flags, allowed);
    if (refused !== 0) return refused;
    if (flags & Map.STACK && size <= pageSize) return -errno.EINVAL;
    if (!memory.affordable(size)) return -errno.ENOMEM;
    const place = flags & Map.FIXED ? this.fixedPlace(base, size, flags) : this.freePlace(base, size, flags);
    if (place < 0) return place;
    if (file?.contents) {
      if (!this.files.map(place, size, memory.effective(allowed), file.contents, from - pageOffset)) return -errno.ENOMEM;
    } else this.fill(place, size, flags, allowed, maximum === 0 ? Prot.RWX : maximum);
    return place + pageOffset;
  }

  /** vn_mmap of sys/kern/vfs_vnops.c and its like. Changes of shared mappings don't reach the file here. */
  private refuseFile(file: MappableFile | undefined, flags: number, allowed: number): number {
    if (!file) return -errno.EBADF;
    if (file.name === '/dev/zero') return 0;
    if (file.kind === 'directory') return -errno.EINVAL;
    if (!file.contents) return -errno.ENODEV;
    const access = file.flags & O_ACCMODE;
    if (access === O_WRONLY)
      return allowed & Prot.Read ? -errno.EACCES : this.missing('mapping a file that is open for writing alone is not provided');
    if (!(flags & Map.SHARED) || !(allowed & Prot.Write)) return 0;
    return access === O_RDWR ? this.missing('a shared mapping of a file that can be written is not provided') : -errno.EACCES;
  }

  private protections(prot: number): { allowed: number; maximum: number } {
    return { allowed: prot & 7, maximum: (prot >>> PROT_MAX_SHIFT) & 7 };
  }

  private fixedPlace(base: number, size: number, flags: number): number {
    return flags & Map.EXCL && !this.memory.space.isFree(base, size) ? -errno.ENOMEM : base;
  }

  private freePlace(hint: number, size: number, flags: number): number {
    const { memory } = this;
    const { pageSize, lowest, limit } = memory.traits;
    if (flags & Map.LOW && this.wide)
      return memory.space.findFree(size, this.alignment(size, flags), pageSize * 16, LOW_LIMIT, false) ?? -errno.ENOMEM;
    const align = this.alignment(size, flags);
    if (align === pageSize) return memory.place(hint, size);
    const wanted = Math.ceil(hint / align) * align;
    if (wanted >= lowest && wanted + size <= limit && memory.space.isFree(wanted, size)) return wanted;
    return memory.space.findFree(size, align, memory.traits.mmapBase, limit, false) ?? -errno.ENOMEM;
  }

  private alignment(size: number, flags: number): number {
    const { pageSize } = this.memory.traits;
    const alignment = flags >>> 24;
    if (alignment === ALIGNED_SUPER) return size >= SUPERPAGE ? SUPERPAGE : pageSize;
    return alignment === 0 ? pageSize : 2 ** alignment;
  }

  private fill(base: number, size: number, flags: number, allowed: number, maxProt: number): void {
    const { memory } = this;
    const { space } = memory;
    if (flags & Map.GUARD) return space.map(base, size, Prot.None, { tag: GUARD, maxProt: Prot.None });
    // A stack grows by itself, down to its last page, which stays a guard.
    const guard = flags & Map.STACK ? memory.traits.pageSize : 0;
    if (guard > 0) space.map(base, guard, Prot.None, { tag: GUARD, maxProt: Prot.None });
    space.map(base + guard, size - guard, memory.effective(allowed), { maxProt: memory.effective(maxProt) });
  }

  protection(address: number, length: number, prot: number): { goOn: false; result: number } {
    return { goOn: false, result: this.protect(address, length, prot) };
  }

  private protect(address: number, length: number, prot: number): number {
    const { memory } = this;
    const { space, traits } = memory;
    const { allowed, maximum } = this.protections(prot);
    if (prot & ~KNOWN_PROT) return -errno.EINVAL;
    const base = memory.pageDown(address);
    const end = base + memory.pageUp(length + (address - base));
    if (end >= 2 ** (this.wide ? 64 : 32)) return -errno.EINVAL;
    if (maximum !== 0 && allowed & ~maximum) return -ENOTSUP;
    const limit = Math.min(end, traits.limit);
    if (limit <= base) return 0;
    const wanted = memory.effective(allowed);
    const needed = memory.effective(allowed | maximum);
    let refused = false;
    memory.forEachPiece(base, limit, ({ region }) => {
      if (!isGuard(region) && needed & ~region.maxProt) refused = true;
    });
    if (refused) return -errno.EACCES;
    const pieces: { base: number; limit: number }[] = [];
    memory.forEachPiece(base, limit, (piece) => {
      if (!isGuard(piece.region)) pieces.push(piece);
    });
    for (const piece of pieces) {
      const size = piece.limit - piece.base;
      if (maximum !== 0) space.limit(piece.base, size, memory.effective(maximum));
      space.protect(piece.base, size, wanted);
    }
    return 0;
  }

  madvise(address: number, length: number, advice: number): number {
    const { lowest, limit } = this.memory.traits;
    // MADV_PROTECT is for the whole process.
    if (advice === LAST_ADVICE) return 0;
    if (address < lowest || address + length > limit) return -errno.EINVAL;
    return advice < 0 || advice > LAST_ADVICE ? -errno.EINVAL : 0;
  }
}
