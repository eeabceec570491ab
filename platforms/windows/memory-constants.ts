/** MEM_* and PAGE_* values (winnt.h), and what a page protection lets the CPU do. */
import { Prot } from '../../emulator/engine.js';

export const Mem = {
  COMMIT: 0x1000,
  RESERVE: 0x2000,
  DECOMMIT: 0x4000,
  RELEASE: 0x8000,
  FREE: 0x10000,
  PRIVATE: 0x20000,
  MAPPED: 0x40000,
  RESET: 0x80000,
  TOP_DOWN: 0x100000,
  WRITE_WATCH: 0x200000,
  PHYSICAL: 0x400000,
  IMAGE: 0x1000000,
  LARGE_PAGES: 0x20000000,
} as const;

export const Page = {
  NOACCESS: 0x01,
  READONLY: 0x02,
  READWRITE: 0x04,
  WRITECOPY: 0x08,
  EXECUTE: 0x10,
  EXECUTE_READ: 0x20,
  EXECUTE_READWRITE: 0x40,
  EXECUTE_WRITECOPY: 0x80,
  GUARD: 0x100,
  NOCACHE: 0x200,
  WRITECOMBINE: 0x400,
} as const;

export const PAGE_SIZE = 0x1000;
/** Reservations begin on multiples of this (dwAllocationGranularity). */
export const GRANULARITY = 0x10000;

const MODIFIERS = Page.GUARD | Page.NOCACHE | Page.WRITECOMBINE;

/** Is this a protection that the call may be given? Copy-on-write ones only where there is a file behind the memory. */
export function validProtection(protect: number, copyOnWrite: boolean): boolean {
  const base = protect & 0xff;
  if (protect & ~(0xff | MODIFIERS) || base === 0 || base & (base - 1)) return false;
  if (!copyOnWrite && (base === Page.WRITECOPY || base === Page.EXECUTE_WRITECOPY)) return false;
  if (protect & MODIFIERS && base === Page.NOACCESS) return false;
  return !(protect & Page.NOCACHE && protect & Page.WRITECOMBINE);
}

/** What a copy-on-write page has become once it has been written; undefined: it was none. */
export function afterCopy(protect: number): number | undefined {
  if (protect & Page.GUARD) return undefined;
  if ((protect & 0xff) === Page.WRITECOPY) return protect - Page.WRITECOPY + Page.READWRITE;
  if ((protect & 0xff) === Page.EXECUTE_WRITECOPY) return protect - Page.EXECUTE_WRITECOPY + Page.EXECUTE_READWRITE;
  return undefined;
}

/** A writable protection as it is on a page that is to be copied first. */
export function beforeCopy(protect: number): number {
  if ((protect & 0xff) === Page.READWRITE) return protect - Page.READWRITE + Page.WRITECOPY;
  if ((protect & 0xff) === Page.EXECUTE_READWRITE) return protect - Page.EXECUTE_READWRITE + Page.EXECUTE_WRITECOPY;
  return protect;
}

/** Engine protection of a committed page; x86 has no execute-only and no write-only. */
export function accessOf(protect: number): number {
  if (protect & Page.GUARD) return Prot.None;
  switch (protect & 0xff) {
    // The first write to a copy-on-write page makes it another.
    case Page.READONLY:
    case Page.WRITECOPY:
      return Prot.Read;
    case Page.READWRITE:
      return Prot.RW;
    case Page.EXECUTE:
    case Page.EXECUTE_READ:
    case Page.EXECUTE_WRITECOPY:
      return Prot.RX;
    case Page.EXECUTE_READWRITE:
      return Prot.RWX;
    default:
      return Prot.None;
  }
}
