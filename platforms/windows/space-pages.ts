/** The pages behind virtual-memory.ts: regions of the process's address space, which counts them. */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import { PAGE_SIZE } from './memory-constants.js';
import type { Pages } from './page-access.js';

export class SpacePages implements Pages {
  constructor(
    private readonly space: AddressSpace,
    /** Pages whose execution is a call of the host, whatever their protection. */
    private readonly gates: { readonly base: number; readonly limit: number },
    /** Told what is done, in units of work: one for each page whose state changes. */
    private readonly work: (units: number) => void,
  ) {}

  reserve(base: number, size: number): void {
    this.space.map(base, size, Prot.None, { name: 'private' });
  }

  commit(base: number, size: number, access: number): void {
    this.work(size / PAGE_SIZE);
    this.space.map(base, size, access, { name: 'private', committed: true });
  }

  protect(base: number, size: number, access: number): void {
    this.work(size / PAGE_SIZE);
    const gated = base >= this.gates.base && base < this.gates.limit;
    if (!this.space.protect(base, size, gated ? access & ~Prot.Exec : access))
      throw new Error(`committed memory at 0x${base.toString(16)} is not in the address space`);
  }

  copy(base: number): void {
    const { engine } = this.space;
    const bytes = new Uint8Array(engine.physical);
    const shared = engine.translate(base, 0);
    const contents = bytes.slice(shared, shared + PAGE_SIZE);
    this.space.map(base, PAGE_SIZE, Prot.RW, { name: 'view', committed: true });
    bytes.set(contents, engine.translate(base, 0));
  }

  decommit(base: number, size: number): void {
    this.work(size / PAGE_SIZE);
    this.space.decommit(base, size);
  }

  release(base: number, size: number): void {
    this.space.unmap(base, size);
  }
}
