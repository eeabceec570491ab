/**
 * Sections backed by the paging file, and their views: several addresses of the same memory. The memory itself is mapped
 * where no address of a program reaches (above 4 GiB on IA-32, between the canonical halves on x86-64), and lives as long as a
 * handle or a view does.
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import { accessOf, Page, PAGE_SIZE } from './memory-constants.js';
import { KernelObject } from './objects.js';
import type { Reservation, ViewOwner } from './reservations.js';
import type { VirtualMemory } from './virtual-memory.js';

const BACKING = 0x900000000000;

export class SectionObject extends KernelObject {
  readonly kind = 'section';
  views = 0;

  constructor(
    /** Bytes, whole pages. */
    readonly size: number,
    readonly backing: number,
    private readonly release: (section: SectionObject) => void,
  ) {
    super();
  }

  override closed(): void {
    this.settle();
  }

  settle(): void {
    if (this.handles === 0 && this.views === 0) this.release(this);
  }
}

interface View extends ViewOwner {
  readonly section: SectionObject;
}

/** Protections that a view with this one may be given by VirtualProtect. */
function compatible(protect: number): number {
  const executable = protect & (Page.EXECUTE_READ | Page.EXECUTE_READWRITE | Page.EXECUTE_WRITECOPY);
  const read = Page.NOACCESS | Page.READONLY | Page.WRITECOPY;
  const execute = executable ? Page.EXECUTE | Page.EXECUTE_READ | Page.EXECUTE_WRITECOPY : 0;
  const write = protect & (Page.READONLY | Page.EXECUTE_READ) ? 0 : Page.READWRITE | (executable ? Page.EXECUTE_READWRITE : 0);
  return read | execute | write;
}

export class Sections {
  private next = BACKING;

  constructor(
    private readonly space: AddressSpace,
    private readonly vm: VirtualMemory,
  ) {}

  create(size: number, released: (section: SectionObject) => void): SectionObject {
    const bytes = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
    const backing = this.next;
    this.next += bytes;
    this.space.map(backing, bytes, Prot.Read, { name: 'section', committed: true });
    // Nobody's to touch here; the pages stay.
    this.space.protect(backing, bytes, Prot.None);
    return new SectionObject(bytes, backing, (section) => {
      this.space.unmap(backing, bytes);
      released(section);
    });
  }

  /** The view's address; 0: there is no room, `vm.error` says why. */
  map(section: SectionObject, offset: number, size: number, protect: number, address: number): number {
    const copies = (protect & (Page.WRITECOPY | Page.EXECUTE_WRITECOPY)) !== 0;
    const view: View = { section, copies, allowed: compatible(protect) };
    const found = this.vm.addView(address, size, protect, view);
    if (!found) return 0;
    const bytes = found.end - found.base;
    this.space.alias(found.base, section.backing + offset, bytes, accessOf(protect), { name: 'view' });
    section.views++;
    return found.base;
  }

  /** False: there is no view at that address. */
  unmap(address: number): boolean {
    const found: Reservation | undefined = this.vm.reservationAt(address);
    const view = found?.owner as View | undefined;
    if (!found || !(view?.section instanceof SectionObject)) return false;
    this.vm.removeView(found);
    view.section.views--;
    view.section.settle();
    return true;
  }
}
