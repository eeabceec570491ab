/** The pages behind virtual-memory.ts: regions of the process's address space, which counts them. */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import type { Pages } from './virtual-memory.js';

export class SpacePages implements Pages {
  constructor(private readonly space: AddressSpace) {}

  reserve(base: number, size: number): void {
    this.space.map(base, size, Prot.None, { name: 'private' });
  }

  commit(base: number, size: number, access: number): void {
    this.space.map(base, size, access, { name: 'private', committed: true });
  }

  protect(base: number, size: number, access: number): void {
    if (!this.space.protect(base, size, access)) throw new Error(`committed memory at 0x${base.toString(16)} is not in the address space`);
  }

  decommit(base: number, size: number): void {
    this.space.decommit(base, size);
  }

  release(base: number, size: number): void {
    this.space.unmap(base, size);
  }
}
