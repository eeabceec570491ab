/** mach_vm_allocate, deallocate and protect over the same mappings as mmap. Results are kern_return_t. Source: osfmk/vm/vm_user.c. */
import { Prot } from '../../emulator/engine.js';
import type { MemoryCalls } from '../posix/memory-calls.js';
import type { ErrnoNumbers } from '../posix/traits.js';
import { Kern } from './mach-ports.js';

const VM_FLAGS_ANYWHERE = 1;
const VM_FLAGS_OVERWRITE = 0x4000;

export class MachMemory {
  constructor(
    private readonly memory: MemoryCalls,
    private readonly errno: ErrnoNumbers,
  ) {}

  private round(address: number, size: number): { base: number; length: number } {
    const { pageSize } = this.memory.traits;
    const base = address - (address % pageSize);
    return { base, length: Math.ceil((address + size - base) / pageSize) * pageSize };
  }

  allocate(wanted: number, size: number, flags: number): { result: number; address: number } {
    const { PRIVATE, ANON, FIXED } = this.memory.traits.flags;
    if (size === 0) return { result: Kern.Success, address: 0 };
    if (flags & VM_FLAGS_ANYWHERE) {
      const address = this.memory.mmap(0, size, Prot.RW, PRIVATE | ANON, -1, 0);
      return address < 0 ? { result: Kern.NoSpace, address: 0 } : { result: Kern.Success, address };
    }
    const { base, length } = this.round(wanted, size);
    if (base < this.memory.traits.lowest || base + length > this.memory.traits.limit) return { result: Kern.InvalidAddress, address: 0 };
    if (!(flags & VM_FLAGS_OVERWRITE) && !this.memory.space.isFree(base, length)) return { result: Kern.NoSpace, address: 0 };
    const address = this.memory.mmap(base, length, Prot.RW, PRIVATE | ANON | FIXED, -1, 0);
    return address < 0 ? { result: Kern.NoSpace, address: 0 } : { result: Kern.Success, address };
  }

  deallocate(address: number, size: number): number {
    if (size === 0) return Kern.Success;
    const { base, length } = this.round(address, size);
    return this.memory.munmap(base, length) === 0 ? Kern.Success : Kern.InvalidArgument;
  }

  protect(address: number, size: number, setMaximum: boolean, prot: number): number {
    if (size === 0) return Kern.Success;
    const { base, length } = this.round(address, size);
    if (setMaximum) return this.limit(base, length, prot);
    const result = this.memory.mprotect(base, length, prot & 7);
    if (result === 0) return Kern.Success;
    return result === -this.errno.ENOMEM ? Kern.InvalidAddress : Kern.ProtectionFailure;
  }

  /** The most that the pages may ever allow, which can only become less. */
  private limit(base: number, length: number, prot: number): number {
    const { memory } = this;
    let refused = false;
    const covered = memory.forEachPiece(base, base + length, ({ region }) => {
      if (prot & ~region.maxProt) refused = true;
    });
    if (refused) return Kern.ProtectionFailure;
    if (!covered) return Kern.InvalidAddress;
    memory.space.limit(base, length, prot & 7);
    return Kern.Success;
  }
}
