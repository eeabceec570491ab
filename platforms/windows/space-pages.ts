/**
 * The pages behind virtual-memory.ts: reservations and commitment are entered in
 * the process's address space (which counts them); protections go straight to
 * the page table, since VirtualMemory itself keeps them page by page.
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import type { Pages } from './virtual-memory.js';

export class SpacePages implements Pages {
  constructor(private readonly space: AddressSpace) {}

  reserve(base: number, size: number): void {
    this.space.map(base, size, Prot.None, { name: 'private', maxProt: Prot.RWX });
  }

  commit(base: number, size: number, access: number): void {
    // Mapped accessible first: a region that never was has no pages to protect later.
    this.space.map(base, size, Prot.RW, { name: 'private' });
    if (access !== Prot.RW) this.space.engine.protectPages(base, size, access);
  }

  protect(base: number, size: number, access: number): void {
    this.space.engine.protectPages(base, size, access);
  }

  decommit(base: number, size: number): void {
    this.space.decommit(base, size);
  }

  release(base: number, size: number): void {
    this.space.unmap(base, size);
  }
}
