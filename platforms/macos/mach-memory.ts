/** mach_vm_allocate, deallocate and protect over the same mappings as mmap. Results are kern_return_t. Source: osfmk/vm/vm_user.c, vm_map_protect of osfmk/vm/vm_map.c. */
import { Prot } from '../../emulator/engine.js';
import type { MemoryCalls } from '../posix/memory-calls.js';
import { Kern } from './mach-ports.js';

const VM_FLAGS_ANYWHERE = 1;
const VM_FLAGS_OVERWRITE = 0x4000;
/** VM_FLAGS_USER_ALLOCATE: ANYWHERE PURGABLE 4GB_CHUNK RANDOM_ADDR NO_CACHE PERMANENT TPRO OVERWRITE SUPERPAGE_MASK ALIAS_MASK. */
const KNOWN_FLAGS = 0xff07509f;
/** VM_PROT_ALL and VM_PROT_COPY. */
const KNOWN_PROT = 0x17;

export class MachMemory {
  constructor(
    private readonly memory: MemoryCalls,
    /** x86-64: a map that doesn't enforce signatures. */
    private readonly executeComesBack: boolean,
  ) {}

  private round(address: number, size: number): { base: number; length: number } {
    const { pageSize } = this.memory.traits;
    const base = address - (address % pageSize);
    return { base, length: Math.ceil((address + size - base) / pageSize) * pageSize };
  }

  allocate(wanted: number, size: number, flags: number): { result: number; address: number } {
    const { PRIVATE, ANON, FIXED } = this.memory.traits.flags;
    if (flags & ~KNOWN_FLAGS) return { result: Kern.InvalidArgument, address: 0 };
    if (size === 0) return { result: Kern.Success, address: 0 };
    if (size < 0 || size > 2 ** 63) return { result: Kern.InvalidArgument, address: 0 };
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
    if (prot & ~KNOWN_PROT) return Kern.InvalidArgument;
    if (size === 0) return Kern.Success;
    const { base, length } = this.round(address, size);
    if (base + length >= 2 ** 64) return Kern.InvalidArgument;
    const wrong = this.refused(base, base + length, prot & 7, setMaximum);
    if (wrong !== Kern.Success) return wrong;
    if (setMaximum) {
      // Nothing is put back that was lost, but the right to execute on x86-64.
      this.memory.space.limit(base, length, prot & 7);
      return Kern.Success;
    }
    return this.memory.mprotect(base, length, prot & 7) === 0 ? Kern.Success : Kern.ProtectionFailure;
  }

  /** What is wrong first, by address: a hole, or memory that may never allow so much. */
  private refused(base: number, limit: number, prot: number, setMaximum: boolean): number {
    const { memory } = this;
    const spared = setMaximum && this.executeComesBack ? Prot.Exec : 0;
    let covered = base;
    let result: number = Kern.Success;
    memory.forEachPiece(base, limit, (piece) => {
      if (result !== Kern.Success) return;
      if (piece.base !== covered) result = Kern.InvalidAddress;
      else if (prot & ~(piece.region.maxProt | spared)) result = Kern.ProtectionFailure;
      covered = piece.limit;
    });
    return result === Kern.Success && covered < limit ? Kern.InvalidAddress : result;
  }
}
