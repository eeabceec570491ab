/**
 * Linux's memory calls beyond mmap, munmap, mprotect and madvise: the break, moving mappings, and what is said of pages.
 * Source: mm/mmap.c, mm/mremap.c, mm/mincore.c, mm/msync.c, mm/mlock.c (6.18).
 */
import { Prot } from '../../../emulator/engine.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import { behindEnd, mappingOf, type FileMapping } from '../file-mapping.js';
import { isShared } from '../memory-rules.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCalls } from './kernel.js';

const PAGE = 4096;
const Remap = { MAYMOVE: 1, FIXED: 2, DONTUNMAP: 4 } as const;
const Sync = { ASYNC: 1, INVALIDATE: 2, SYNC: 4 } as const;
const LockFlags = { CURRENT: 1, FUTURE: 2, ONFAULT: 4 } as const;

export function memoryCalls(kernel: Kernel): LinuxCalls {
  const { system, user, programBreak, layout, state } = kernel;
  const { memory } = system;
  const { space } = memory;
  const up = (size: number): number => Math.ceil(size / PAGE) * PAGE;

  const map = (address: number, length: number, prot: number, flags: number, fd: number, offset: number): number =>
    memory.mmap(address, length, prot, flags, fd, offset);

  /** The pages of [from, +size) become those of [to, +size), protection and contents kept. */
  const movePages = (from: number, to: number, size: number): void => {
    for (const run of [...space.runs(from, size)]) space.moveTo(run.base, to + run.base - from, run.limit - run.base);
  };

  const remap = (old: number, oldLength: number, newLength: number, flags: number, wanted: number): number => {
    const has = (flag: number): boolean => (flags & flag) !== 0;
    if (flags & ~7) return -Errno.EINVAL;
    if (has(Remap.FIXED) && !has(Remap.MAYMOVE)) return -Errno.EINVAL;
    if (has(Remap.DONTUNMAP) && (!has(Remap.MAYMOVE) || oldLength !== newLength)) return -Errno.EINVAL;
    if (old % PAGE !== 0) return -Errno.EINVAL;
    const [size, next] = [up(oldLength), up(newLength)];
    if (next === 0) return -Errno.EINVAL;
    if (next > layout.userLimit) return -Errno.EINVAL;
    if (has(Remap.FIXED) || has(Remap.DONTUNMAP)) {
      if (has(Remap.FIXED)) {
        if (wanted % PAGE !== 0 || wanted > layout.userLimit - next) return -Errno.EINVAL;
        if (old + size > wanted && wanted + next > old) return -Errno.EINVAL;
      }
    }
    const region = space.find(old);
    if (!region) return -Errno.EFAULT;
    const mapping = mappingOf(region)?.mapping;
    if (mapping) return remapFile(mapping, old, size, next, flags, wanted);
    if (size === 0 && !isShared(region)) return -Errno.EINVAL;
    if (size > region.limit - old) return -Errno.EFAULT;
    if (next > size) {
      // What grows is one mapping, of one protection; and there must be memory for it.
      for (const { limit } of space.runs(old, Math.max(size, PAGE))) {
        if (limit < old + size) return -Errno.EFAULT;
        break;
      }
      const writable = ((space.protection(old) ?? 0) & Prot.Write) !== 0;
      const data = writable && region.tag === undefined;
      if (!kernel.book.mayExpand(next - size, data)) return -Errno.ENOMEM;
      if (writable && !isShared(region) && !memory.affordable(next - size)) return -Errno.ENOMEM;
    }
    if (!has(Remap.FIXED) && !has(Remap.DONTUNMAP)) {
      if (next < size) {
        space.unmap(old + next, size - next);
        return old;
      }
      if (next === size && size !== 0) return old;
      const prot = space.protection(old) ?? Prot.None;
      if (size !== 0 && old + size === region.limit && old + next <= layout.userLimit && space.isFree(old + size, next - size)) {
        space.map(old + size, next - size, prot, { name: region.name, tag: region.tag, maxProt: region.maxProt });
        return old;
      }
      if (!has(Remap.MAYMOVE)) return -Errno.ENOMEM;
    }
    let target = wanted;
    if (has(Remap.FIXED)) space.unmap(wanted, next);
    else {
      const found = memory.findPlace(next);
      if (found === undefined) return -Errno.ENOMEM;
      target = found;
    }
    const kept = Math.min(size, next);
    const prot = space.protection(old) ?? Prot.None;
    movePages(old, target, kept);
    if (next > kept) space.map(target + kept, next - kept, prot, { name: region.name, tag: region.tag, maxProt: region.maxProt });
    if (has(Remap.DONTUNMAP)) space.map(old, size, prot, { name: region.name, tag: region.tag, maxProt: region.maxProt });
    else if (size > 0) space.unmap(old, size);
    return target;
  };

  /** The same for pages of a file, some of which may lie behind its end. */
  const remapFile = (mapping: FileMapping, old: number, size: number, next: number, flags: number, wanted: number): number => {
    let limit = old;
    for (const region of space.overlapping(old, Math.max(size, PAGE))) if (mappingOf(region)?.mapping === mapping) limit = region.limit;
    if (size > limit - old) return -Errno.EFAULT;
    const fixed = (flags & Remap.FIXED) !== 0;
    const stays = !fixed && !(flags & Remap.DONTUNMAP);
    if (stays && next <= size && size !== 0) {
      if (next < size) space.unmap(old + next, size - next);
      return old;
    }
    const prot = behindEnd(space.find(old)) ?? space.protection(old) ?? Prot.None;
    const offset = mapping.offsetOf(old);
    if (stays && size !== 0 && old + size === limit && old + next <= layout.userLimit && space.isFree(old + size, next - size)) {
      space.unmap(old, size);
      kernel.pages.move(mapping, offset, old, next, prot);
      return old;
    }
    if (!(flags & Remap.MAYMOVE) || !kernel.book.mayExpand(next - size, false)) return -Errno.ENOMEM;
    if (fixed) space.unmap(wanted, next);
    const target = fixed ? wanted : memory.findPlace(next);
    if (target === undefined) return -Errno.ENOMEM;
    if (size !== 0 && !(flags & Remap.DONTUNMAP)) space.unmap(old, size);
    kernel.pages.move(mapping, offset, target, next, prot);
    return target;
  };

  /** -ENOMEM where a page of [address, +length) belongs to nothing. */
  const covered = (address: number, length: number): boolean => length === 0 || space.isMapped(address, length);

  const lock = (address: number, length: number, flags: number): number => {
    if (flags & ~1) return -Errno.EINVAL;
    const first = address - (address % PAGE);
    const size = up(length + (address % PAGE));
    // A length that wraps to nothing is one.
    if (size === 0 || size >= 2 ** 64) return 0;
    if (first + size >= 2 ** 64) return -Errno.EINVAL;
    if (first + size > layout.userLimit || !covered(first, size)) return -Errno.ENOMEM;
    if (flags === 0) for (const { prot } of space.runs(first, size)) if (prot === Prot.None) return -Errno.ENOMEM;
    return 0;
  };

  return {
    brk: (_thread, [address]) => programBreak.move(unsigned(address)),
    mmap:
      kernel.convention === 'ia32'
        ? // Its arguments lie in memory.
          (_thread, [at]) => {
            const [address, length, prot, flags, fd, offset] = [0, 1, 2, 3, 4, 5].map((i) => user.u32(at + 4 * i));
            if (offset % PAGE !== 0) return -Errno.EINVAL;
            return map(address, length, int(prot), int(flags), int(fd), offset);
          }
        : (_thread, [address, length, prot, flags, fd, offset]) =>
            map(unsigned(address), unsigned(length), int(prot), int(flags), int(fd), unsigned(offset)),
    mmap2: (_thread, [address, length, prot, flags, fd, page]) => map(address, length, int(prot), int(flags), int(fd), page * PAGE),
    munmap: (_thread, [address, length]) => memory.munmap(unsigned(address), unsigned(length)),
    mprotect: (_thread, [address, length, prot]) => memory.mprotect(unsigned(address), unsigned(length), int(prot)),
    pkey_mprotect: (_thread, [address, length, prot, key]) =>
      int(key) === -1 ? memory.mprotect(unsigned(address), unsigned(length), int(prot)) : -Errno.EINVAL,
    madvise: (_thread, [address, length, advice]) => memory.madvise(unsigned(address), unsigned(length), int(advice)),
    mremap: (_thread, [old, oldLength, newLength, flags, wanted]) =>
      remap(unsigned(old), unsigned(oldLength), unsigned(newLength), int(flags), unsigned(wanted)),
    mincore: (_thread, [address, length, vector]) => {
      const [start, size] = [unsigned(address), unsigned(length)];
      if (start % PAGE !== 0) return -Errno.EINVAL;
      if (start + size > layout.userLimit) return -Errno.ENOMEM;
      const pages = up(size) / PAGE;
      for (let i = 0; i < pages; i++) {
        system.process.clock.advance(1);
        if (!space.find(start + i * PAGE)) return -Errno.ENOMEM;
        user.setU8(vector + i, space.isResident(start + i * PAGE) ? 1 : 0);
      }
      return 0;
    },
    msync: (_thread, [address, length, flags]) => {
      if (int(flags) & ~7) return -Errno.EINVAL;
      const start = unsigned(address);
      if (start % PAGE !== 0) return -Errno.EINVAL;
      if ((int(flags) & Sync.ASYNC) !== 0 && (int(flags) & Sync.SYNC) !== 0) return -Errno.EINVAL;
      const size = up(unsigned(length));
      if (start + size >= 2 ** 64) return -Errno.ENOMEM;
      if (!covered(start, size)) return -Errno.ENOMEM;
      if (size > 0) kernel.pages.synchronise(start, size);
      return 0;
    },
    mlock: (_thread, [address, length]) => lock(unsigned(address), unsigned(length), 0),
    mlock2: (_thread, [address, length, flags]) => lock(unsigned(address), unsigned(length), int(flags)),
    munlock: (_thread, [address, length]) => {
      const start = unsigned(address);
      const first = start - (start % PAGE);
      return covered(first, up(unsigned(length) + (start % PAGE))) ? 0 : -Errno.ENOMEM;
    },
    mlockall: (_thread, [flags]) => {
      if (int(flags) === 0 || int(flags) & ~7 || int(flags) === LockFlags.ONFAULT) return -Errno.EINVAL;
      state.lockFuture = (int(flags) & LockFlags.FUTURE) !== 0;
      return 0;
    },
    munlockall: () => {
      state.lockFuture = false;
      return 0;
    },
    pkey_alloc: (_thread, [flags, rights]) => (flags !== 0 || rights & ~3 ? -Errno.EINVAL : -Errno.ENOSPC),
    pkey_free: () => -Errno.EINVAL,
    membarrier: (_thread, [command, flags]) => {
      const PRIVATE_EXPEDITED = 8;
      const REGISTER_PRIVATE = 16;
      if (int(flags) !== 0) return -Errno.EINVAL;
      switch (int(command)) {
        case 0:
          return 0x7f | (1 << 9);
        case 1:
        case 2:
          return 0;
        case 4:
        case REGISTER_PRIVATE:
        case 64:
          state.membarrierRegistered |= int(command);
          return 0;
        case PRIVATE_EXPEDITED:
          return state.membarrierRegistered & REGISTER_PRIVATE ? 0 : -Errno.EPERM;
        case 32:
          return state.membarrierRegistered & 64 ? 0 : -Errno.EPERM;
        default:
          return -Errno.EINVAL;
      }
    },
  };
}
