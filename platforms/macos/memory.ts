/** mmap of macOS: the common rules, and MAP_JIT. Source: bsd/kern/kern_mman.c. */
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import { MemoryCalls } from '../posix/memory-calls.js';
import type { ErrnoNumbers, MemoryTraits } from '../posix/traits.js';
import { MAP_JIT } from './traits.js';

export class MacMemory extends MemoryCalls {
  constructor(
    space: AddressSpace,
    traits: MemoryTraits,
    private readonly numbers: ErrnoNumbers,
    /** MAP_JIT needs an entitlement, which programs here don't have. */
    private readonly jitNeedsEntitlement: boolean,
  ) {
    super(space, traits, numbers);
  }

  override mmap(address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
    if (flags & MAP_JIT) {
      const { FIXED, SHARED, ANON } = this.traits.flags;
      if (flags & (FIXED | SHARED) || !(flags & ANON)) return -this.numbers.EINVAL;
      if (this.jitNeedsEntitlement) return -this.numbers.EPERM;
    }
    return super.mmap(address, length, prot, flags, fd, offset);
  }
}
