/**
 * What Mach-O says section by section: initialisers, thread-local variables, and
 * the symbol table. Sources: mach-o/loader.h, mach-o/nlist.h, dyld's threadLocalVariables.c.
 */
import type { Image } from './image.js';
import type { MachoBinder } from './macho-fixups.js';
import type { MachoSection, MachoSegment } from './macho.js';
import type { Reader } from './reader.js';
import { finishSymbols } from './symbols.js';

const S = {
  SYMBOL_STUBS: 0x08,
  MOD_INIT_FUNC_POINTERS: 0x09,
  MOD_TERM_FUNC_POINTERS: 0x0a,
  THREAD_LOCAL_REGULAR: 0x11,
  THREAD_LOCAL_ZEROFILL: 0x12,
  THREAD_LOCAL_VARIABLES: 0x13,
  THREAD_LOCAL_INIT_FUNCTION_POINTERS: 0x15,
  INIT_FUNC_OFFSETS: 0x16,
} as const;
const DESCRIPTOR_BYTES = 24;

/** File offset of a section's contents, which must be in the file. */
function contents(r: Reader, segments: MachoSegment[], { address, size }: Pick<MachoSection, 'address' | 'size'>, what: string): number {
  const owner = segments.find((s) => address >= s.vmaddr && address + size <= s.vmaddr + s.filesize);
  if (!owner) return r.fail(`${what} at 0x${address.toString(16)} lies in no segment's file contents`);
  r.check(owner.fileoff + address - owner.vmaddr, size, what);
  return owner.fileoff + address - owner.vmaddr;
}

export function machoInitialisers(
  r: Reader,
  image: Image,
  segments: MachoSegment[],
  sections: MachoSection[],
  low: number,
  binder: MachoBinder,
): void {
  for (const section of sections) {
    const { type, address, size } = section;
    if (type !== S.MOD_INIT_FUNC_POINTERS && type !== S.MOD_TERM_FUNC_POINTERS && type !== S.INIT_FUNC_OFFSETS) continue;
    const at = contents(r, segments, section, 'a section of initialisers');
    if (image.initializers.length + image.finalizers.length + size / 4 > r.bytes.length) r.fail('the sections of initialisers overlap');
    if (type === S.INIT_FUNC_OFFSETS) {
      for (let i = 0; i + 4 <= size; i += 4) image.initializers.push(r.u32(at + i, 'an initialiser'));
      continue;
    }
    for (let i = 0; i + 8 <= size; i += 8) {
      // With chained fixups the word in the file is a link of the chain; its target is the relocation's.
      const target = binder.rebasedAt(address - low + i) ?? r.u64(at + i, 'an initialiser') - low;
      (type === S.MOD_INIT_FUNC_POINTERS ? image.initializers : image.finalizers).push(target);
    }
  }
}

/** The template of a thread's block is all data and zero-fill sections together; each variable has a descriptor. */
export function machoThreadLocals(r: Reader, image: Image, segments: MachoSegment[], sections: MachoSection[], low: number): void {
  const template = sections.filter(({ type, size }) => (type === S.THREAD_LOCAL_REGULAR || type === S.THREAD_LOCAL_ZEROFILL) && size > 0);
  const variables = sections.filter(({ type }) => type === S.THREAD_LOCAL_VARIABLES);
  if (sections.some(({ type, size }) => type === S.THREAD_LOCAL_INIT_FUNCTION_POINTERS && size > 0)) {
    r.fail('thread-local variables with initialising functions are not supported');
  }
  if (template.length === 0 && variables.length === 0) return;
  const start = template.length > 0 ? Math.min(...template.map((s) => s.address)) : low;
  const end = Math.max(start, ...template.map((s) => s.address + s.size));
  const regular = template.filter(({ type }) => type === S.THREAD_LOCAL_REGULAR);
  const dataEnd = Math.max(start, ...regular.map((s) => s.address + s.size));
  if (start < low || end - low > image.span) r.fail('a section of thread-local data lies outside of the image');
  const data = dataEnd - start;
  const at = data === 0 ? 0 : contents(r, segments, { address: start, size: data }, 'thread-local data');
  const descriptors: number[] = [];
  for (const section of variables) {
    contents(r, segments, section, 'a section of thread-local variables');
    if (descriptors.length + section.size / DESCRIPTOR_BYTES > r.bytes.length) r.fail('the sections of thread-local variables overlap');
    for (let i = 0; i + DESCRIPTOR_BYTES <= section.size; i += DESCRIPTOR_BYTES) descriptors.push(section.address - low + i);
  }
  const align = Math.max(1, ...template.map((s) => s.align));
  image.tls = { offset: start - low, data: r.slice(at, data, 'thread-local data'), size: end - start, align, descriptors };
}

/** Symbols defined in a section, and the stubs through which others are called: for naming PCs. */
export function machoSymbols(
  r: Reader,
  image: Image,
  sections: readonly MachoSection[],
  symtab: number,
  dysymtab: number | undefined,
  low: number,
): void {
  const table = r.u32(symtab + 8, 'symoff');
  const count = r.u32(symtab + 12, 'nsyms');
  const strings = r.u32(symtab + 16, 'stroff');
  const stringSize = r.u32(symtab + 20, 'strsize');
  r.check(table, 16 * count, 'the symbol table');
  r.check(strings, stringSize, 'the string table');
  const nameOf = (symbol: number): string | undefined => {
    const index = r.u32(table + 16 * symbol, 'n_strx');
    return index < stringSize ? r.string(strings + index, 'a symbol name').replace(/^_/, '') : undefined;
  };
  for (let i = 0; i < count; i++) {
    const s = table + 16 * i;
    const type = r.u8(s + 4, 'n_type');
    // Defined in a section (N_SECT), no debugging entry (N_STAB).
    const name = (type & 0xe0) === 0 && (type & 0x0e) === 0x0e ? nameOf(i) : undefined;
    const offset = r.u32(s + 8, 'n_value') + r.u32(s + 12, 'n_value') * 2 ** 32 - low;
    if (name !== undefined && offset >= 0 && offset < image.span) image.symbols.push({ name, offset, size: 0 });
  }
  const indirect = dysymtab === undefined ? 0 : r.u32(dysymtab + 56, 'indirectsymoff');
  const indirects = dysymtab === undefined ? 0 : r.u32(dysymtab + 60, 'nindirectsyms');
  r.check(indirect, 4 * indirects, 'the indirect symbol table');
  let named = 0;
  for (const { type, address, size, firstIndirect, stubSize } of sections) {
    if (type !== S.SYMBOL_STUBS || stubSize === 0 || address < low || address + size - low > image.span) continue;
    const stubs = Math.max(0, Math.min(Math.floor(size / stubSize), indirects - firstIndirect));
    named += stubs;
    if (named > indirects) r.fail(`the sections of stubs have more than the ${indirects} indirect symbols`);
    for (let i = 0; i < stubs; i++) {
      const symbol = r.u32(indirect + 4 * (firstIndirect + i), 'an indirect symbol');
      const name = symbol < count ? nameOf(symbol) : undefined;
      if (name !== undefined) image.symbols.push({ name: `${name}@stub`, offset: address - low + i * stubSize, size: stubSize });
    }
  }
  finishSymbols(
    image.symbols,
    sections.filter(({ code }) => code).map(({ address, size }) => [address - low, address - low + size]),
  );
}
