/**
 * Sections backed by the paging file or by a file, and their views: several addresses of the same memory. The memory itself is mapped
 * where no address of a program reaches (above 4 GiB on IA-32, between the canonical halves on x86-64), and lives as long as a
 * handle or a view does.
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';
import type { Process } from '../../emulator/process/process.js';
import type { FileObject } from './file-objects.js';
import { accessOf, Page, PAGE_SIZE } from './memory-constants.js';
import { PageStates } from './page-states.js';
import { KernelObject } from './objects.js';
import type { Reservation, SharedPages, ViewOwner } from './reservations.js';
import type { VirtualMemory } from './virtual-memory.js';

const BACKING = 0x900000000000;
/** For the memory of a file, which a later section may find longer. */
const FILE_ROOM = 2 ** 36;
const BYTES_PER_UNIT = 8;
const CHUNK = 1 << 20;

const wholePages = (size: number): number => Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;

export class SectionObject extends KernelObject {
  readonly kind = 'section';
  views = 0;
  /** Which pages are committed, where there is no file behind them. */
  readonly pages: SharedPages | undefined;

  constructor(
    /** Bytes: whole pages, but of a file what it has. */
    readonly size: number,
    readonly backing: number,
    private readonly release: (section: SectionObject) => void,
    readonly file?: FileObject,
  ) {
    super();
    if (!file) this.pages = { committed: new PageStates(size / PAGE_SIZE), views: new Set() };
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
  private readonly space: AddressSpace;

  constructor(
    private readonly process: Process,
    private readonly vm: VirtualMemory,
  ) {
    this.space = process.space;
  }

  /** Of the paging file: all of it committed, or (`reserve`) what VirtualAlloc commits. Undefined: there is no more of it. */
  create(size: number, reserve: boolean, released: (section: SectionObject) => void): SectionObject | undefined {
    const bytes = wholePages(size);
    if (!reserve && !this.vm.charge(bytes)) return undefined;
    const backing = this.next;
    this.next += bytes;
    this.back(backing, bytes);
    const section = new SectionObject(bytes, backing, () => {
      this.space.unmap(backing, bytes);
      const pages = section.pages?.committed;
      this.vm.charge(-(pages?.committed(0, pages.count) ?? 0) * PAGE_SIZE);
      released(section);
    });
    if (!reserve) section.pages?.committed.fill(0, bytes / PAGE_SIZE, Page.READWRITE);
    return section;
  }

  /** Pages that are nobody's to touch at this address; they stay. */
  private back(address: number, bytes: number): void {
    this.space.map(address, bytes, Prot.Read, { name: 'section', committed: true });
    this.space.protect(address, bytes, Prot.None);
  }

  /** All sections of a file share its memory, which the first brings in. `writes`: views may change the file. */
  createOf(file: FileObject, size: number, writes: boolean, released: (section: SectionObject) => void): SectionObject {
    const { node } = file;
    const { supervisor: memory } = this.process;
    if (!node.mapped) {
      node.mapped = { memory, base: this.next, size: 0, writer: undefined, users: 0 };
      this.next += FILE_ROOM;
    }
    const { mapped } = node;
    const had = wholePages(mapped.size);
    if (wholePages(size) > had) this.back(mapped.base + had, wholePages(size) - had);
    for (let at = mapped.size; at < size;) {
      const bytes = file.contents?.read(at, Math.min(CHUNK, size - at)) ?? new Uint8Array(0);
      if (bytes.length === 0) break;
      memory.write(mapped.base + at, bytes);
      this.process.clock.advance(bytes.length / BYTES_PER_UNIT);
      at += bytes.length;
    }
    mapped.size = Math.max(mapped.size, size);
    if (writes) mapped.writer ??= file;
    mapped.users++;
    file.mapping(1);
    const gone = (section: SectionObject): void => {
      node.writeBack();
      if (--mapped.users === 0) {
        this.space.unmap(mapped.base, wholePages(mapped.size));
        node.mapped = undefined;
      }
      file.mapping(-1);
      node.settle();
      released(section);
    };
    return new SectionObject(size, mapped.base, gone, file);
  }

  /** The view's address; 0: there is no room, `vm.error` says why. */
  map(section: SectionObject, offset: number, size: number, protect: number, address: number): number {
    const copies = (protect & (Page.WRITECOPY | Page.EXECUTE_WRITECOPY)) !== 0;
    const first = offset / PAGE_SIZE;
    const { pages: shared } = section;
    const view: View = { section, copies, allowed: compatible(protect), first, ...(shared && { shared }) };
    // What may be copied may all be the process's own one day.
    const copied = copies ? wholePages(size) : 0;
    if (!this.vm.charge(copied)) return 0;
    const found = this.vm.addView(address, size, protect, view);
    if (!found) {
      this.vm.charge(-copied);
      return 0;
    }
    const bytes = found.end - found.base;
    this.space.alias(found.base, section.backing + offset, bytes, shared ? Prot.None : accessOf(protect), { name: 'view' });
    if (shared) {
      shared.views.add(found);
      this.vm.showCommitted(found, first, first + bytes / PAGE_SIZE);
    }
    section.views++;
    return found.base;
  }

  /** The view at that address is written to its file, if it has one. */
  flush(address: number): void {
    const view = this.vm.reservationAt(address)?.owner as View | undefined;
    if (view?.section instanceof SectionObject) view.section.file?.node.writeBack();
  }

  /** False: there is no view at that address. */
  unmap(address: number): boolean {
    const found: Reservation | undefined = this.vm.reservationAt(address);
    const view = found?.owner as View | undefined;
    if (!found || !(view?.section instanceof SectionObject)) return false;
    this.vm.removeView(found);
    if (view.copies) this.vm.charge(found.base - found.end);
    view.section.pages?.views.delete(found);
    view.section.file?.node.writeBack();
    view.section.views--;
    view.section.settle();
    return true;
  }
}
