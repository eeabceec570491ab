/**
 * Images whose tables share the same bytes of the file, so that a small file says much: many sections of code and many
 * functions, each procedure linkage table the same, segments that all hold the whole file.
 */
import { machoLayout } from './macho-layout.js';

function grown(bytes: Uint8Array, more: number): { out: Uint8Array; view: DataView; end: number } {
  const out = new Uint8Array(bytes.length + more);
  out.set(bytes);
  return { out, view: new DataView(out.buffer), end: bytes.length };
}

const [E_PHOFF, E_SHOFF, E_PHNUM, E_SHENTSIZE, E_SHNUM, E_SHSTRNDX] = [32, 40, 56, 58, 60, 62];
const [SHT_SYMTAB, SHF_EXECINSTR, STT_FUNC] = [2, 4n, 2];

/** A 64-bit ELF file with a section table at its end. */
function withSections(bytes: Uint8Array, count: number, tail: number): ReturnType<typeof grown> & { section(i: number): number } {
  const file = grown(bytes, 64 * count + tail);
  file.view.setBigUint64(E_SHOFF, BigInt(file.end), true);
  file.view.setUint16(E_SHENTSIZE, 64, true);
  file.view.setUint16(E_SHNUM, count, true);
  return { ...file, section: (i) => file.end + 64 * i };
}

/** `count` sections of code, none of which holds any of `count` functions without a size. */
export function manyFunctions(elf64: Uint8Array, count: number): Uint8Array {
  const { out, view, section, end } = withSections(elf64, count, 24 * count);
  const base = 0x400000;
  for (let i = 0; i < count; i++) {
    view.setBigUint64(section(i) + 8, SHF_EXECINSTR, true);
    view.setBigUint64(section(i) + 16, BigInt(base + 0x100000 + i), true);
    view.setBigUint64(section(i) + 32, 1n, true);
  }
  const symbols = end + 64 * count;
  view.setUint16(E_SHSTRNDX, 0, true);
  view.setUint32(section(0) + 4, SHT_SYMTAB, true);
  view.setBigUint64(section(0) + 24, BigInt(symbols), true);
  view.setBigUint64(section(0) + 32, BigInt(24 * count), true);
  view.setUint32(section(0) + 40, 1, true);
  // The names: one NUL in the ELF header's padding.
  view.setBigUint64(section(1) + 24, 9n, true);
  view.setBigUint64(section(1) + 32, 1n, true);
  for (let i = 0; i < count; i++) {
    const at = symbols + 24 * i;
    view.setUint8(at + 4, STT_FUNC);
    view.setUint16(at + 6, 1, true);
    view.setBigUint64(at + 8, BigInt(base + (i % 4000)), true);
  }
  return out;
}

/** `count` sections that are all named .plt and as long as the real one. */
export function manyLinkageTables(elf64: Uint8Array, count: number): Uint8Array {
  const old = new DataView(elf64.buffer, elf64.byteOffset);
  const number = old.getUint16(E_SHNUM, true);
  const table = Number(old.getBigUint64(E_SHOFF, true));
  const names = old.getUint16(E_SHSTRNDX, true);
  const strings = Number(old.getBigUint64(table + 64 * names + 24, true));
  const name = (i: number): string =>
    Buffer.from(elf64.subarray(strings + old.getUint32(table + 64 * i, true)))
      .toString('latin1')
      .split('\0')[0];
  const plt = Array.from({ length: number }, (_, i) => i).find((i) => name(i) === '.plt') ?? 0;
  const { out, section } = withSections(elf64, count, 0);
  for (let i = 0; i < count; i++)
    out.set(elf64.subarray(table + 64 * (i < number ? i : plt), table + 64 * (i < number ? i : plt) + 64), section(i));
  return out;
}

/** `count` more segments, each of which maps the same `size` bytes. */
export function sharedSegments(elf64: Uint8Array, count: number, size: number): Uint8Array {
  const { out, view, end } = grown(elf64, size);
  const headers = Number(view.getBigUint64(E_PHOFF, true));
  const number = view.getUint16(E_PHNUM, true);
  out.copyWithin(end, headers, headers + 56 * number);
  for (let i = 0; i < count; i++) {
    const at = end + 56 * (number + i);
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 4, true);
    view.setBigUint64(at + 16, BigInt(0x1000000 + i * size), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 40, BigInt(size), true);
  }
  view.setBigUint64(E_PHOFF, BigInt(end), true);
  view.setUint16(E_PHNUM, number + count, true);
  return out;
}

/** The same with sections of a PE file; `optional`: its optional header then reaches to the new table. */
export function sharedSections(pe: Uint8Array, count: number, size: number): Uint8Array {
  const { out, view, end } = grown(pe, size);
  const header = view.getUint32(0x3c, true);
  const number = view.getUint16(header + 6, true);
  const table = header + 24 + view.getUint16(header + 20, true);
  out.copyWithin(end, table, table + 40 * number);
  const first = 0x100000;
  for (let i = 0; i < count; i++) {
    const at = end + 40 * (number + i);
    [size, first + i * size, size, 0].forEach((word, field) => view.setUint32(at + 8 + 4 * field, word, true));
    view.setUint32(at + 36, 0x40000040, true);
  }
  view.setUint16(header + 20, end - header - 24, true);
  view.setUint16(header + 6, number + count, true);
  view.setUint32(header + 24 + 56, first + count * size, true);
  return out;
}

/** A Mach-O file whose sections are all stubs of one byte, and whose `count` indirect symbols have no name. */
export function manyStubs(macho: Uint8Array, count: number): Uint8Array {
  const layout = machoLayout(macho);
  const { out, view, end } = grown(macho, 4 * count);
  const nameless = [...(layout.structures.get('symbol table') ?? [])].find(({ name }) => name === 'n_strx');
  if (nameless) view.setUint32(nameless.at, 0, true);
  for (const { name, at } of layout.structures.get('sections') ?? []) {
    if (name === 'flags') view.setUint32(at, 8, true);
    if (name === 'reserved1') view.setUint32(at, 0, true);
    if (name === 'reserved2') view.setUint32(at, 1, true);
    if (name === 'addr') view.setBigUint64(at, view.getBigUint64(segmentAddress(view), true), true);
    if (name === 'size') view.setBigUint64(at, 0x2000n, true);
  }
  for (let i = 0, at = 32; i < view.getUint32(16, true); at += view.getUint32(at + 4, true), i++) {
    if (view.getUint32(at, true) !== 0xb) continue;
    view.setUint32(at + 56, end, true);
    view.setUint32(at + 60, count, true);
  }
  return out;
}

/** Where the address of __TEXT is, the segment after __PAGEZERO. */
function segmentAddress(view: DataView): number {
  return 32 + view.getUint32(36, true) + 24;
}
