/**
 * What an ELF file's section table, where the linker kept it, says for naming PCs: the functions of .symtab, and the
 * entries of the procedure linkage table, which tools call `name@plt`. Source: gABI chapter 4; psABIs, PLT.
 */
import { LoadError, type Image } from './image.js';
import type { Reader } from './reader.js';
import { finishSymbols, type ImageSymbol } from './symbols.js';

const SHT_SYMTAB = 2;
const SHF_EXECINSTR = 4;
/** Labels of assembly that says no type. */
const STT_NOTYPE = 0;
const STT_FUNC = 2;
/** Of the PLT of each CPU here; its header, where there is one, is as long as one or two. */
const PLT_ENTRY = 16;

interface Section {
  name: string;
  type: number;
  flags: number;
  address: number;
  offset: number;
  size: number;
  link: number;
}

function sectionsOf(r: Reader, wide: boolean): Section[] {
  const shoff = wide ? r.u64(40, 'e_shoff') : r.u32(32, 'e_shoff');
  const size = r.u16(wide ? 58 : 46, 'e_shentsize');
  const count = r.u16(wide ? 60 : 48, 'e_shnum');
  const names = r.u16(wide ? 62 : 50, 'e_shstrndx');
  if (shoff === 0 || size < (wide ? 64 : 40) || shoff + size * count > r.bytes.length) return [];
  const word = (at: number): number => r.u32(at, 'a section header') + (wide ? r.u32(at + 4, 'a section header') * 2 ** 32 : 0);
  const sections: (Section & { index: number })[] = [];
  for (let i = 0; i < count; i++) {
    const at = shoff + i * size;
    const place = at + (wide ? 16 : 12);
    const step = wide ? 8 : 4;
    sections.push({
      index: r.u32(at, 'sh_name'),
      name: '',
      type: r.u32(at + 4, 'sh_type'),
      flags: r.u32(at + 8, 'sh_flags'),
      address: word(place),
      offset: word(place + step),
      size: word(place + 2 * step),
      link: r.u32(place + 3 * step, 'sh_link'),
    });
  }
  const strings = names < count ? sections[names] : undefined;
  if (strings && strings.offset + strings.size <= r.bytes.length) {
    for (const section of sections) {
      if (section.index < strings.size) section.name = r.string(strings.offset + section.index, 'a name of a section');
    }
  }
  return sections;
}

/**
 * Reads them into the image's symbols. `jumpSlots`: the functions that the PLT's entries call, in order.
 * A system looks at no section, so that damage here means fewer names and no more.
 */
export function addSymbols(r: Reader, image: Image, wide: boolean, low: number, jumpSlots: () => readonly string[]): void {
  let sections: Section[] = [];
  try {
    sections = sectionsOf(r, wide);
    // The format allows one.
    const table = sections.find(({ type }) => type === SHT_SYMTAB);
    const strings = table && sections[table.link];
    if (table && strings) functions(r, image, wide, low, table, strings, sections);
    linkage(image, low, sections, jumpSlots());
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
  }
  const code = sections.filter(({ flags }) => (flags & SHF_EXECINSTR) !== 0);
  finishSymbols(
    image.symbols,
    code.map(({ address, size }) => [address - low, address - low + size]),
  );
}

function linkage(image: Image, low: number, sections: Section[], jumpSlots: readonly string[]): void {
  for (const { name, address, size } of ['.plt', '.plt.sec'].flatMap((plt) => sections.find((section) => section.name === plt) ?? [])) {
    const start = address - low;
    const header = size - PLT_ENTRY * jumpSlots.length;
    if (start < 0 || start + size > image.span || header < 0 || header > 2 * PLT_ENTRY) continue;
    if (header > 0) image.symbols.push({ name, offset: start, size: header });
    jumpSlots.forEach((target, i) => {
      image.symbols.push({ name: `${target}@plt`, offset: start + header + PLT_ENTRY * i, size: PLT_ENTRY });
    });
  }
}

function functions(r: Reader, image: Image, wide: boolean, low: number, table: Section, strings: Section, sections: Section[]): void {
  const entry = wide ? 24 : 16;
  const labels: ImageSymbol[] = [];
  if (table.offset + table.size > r.bytes.length || strings.offset + strings.size > r.bytes.length) return;
  for (let at = table.offset; at + entry <= table.offset + table.size; at += entry) {
    const info = r.u8(at + (wide ? 4 : 12), 'st_info');
    const name = r.u32(at, 'st_name');
    const value = r.u32(at + (wide ? 8 : 4), 'st_value') + (wide ? r.u32(at + 12, 'st_value') * 2 ** 32 : 0);
    const offset = value - low;
    const section = r.u16(at + (wide ? 6 : 14), 'st_shndx');
    const type = info & 15;
    if (section === 0 || offset < 0 || offset >= image.span || name >= strings.size) continue;
    const symbol = { name: r.string(strings.offset + name, 'a name in .strtab'), offset, size: r.u32(at + (wide ? 16 : 8), 'st_size') };
    if (type === STT_FUNC) image.symbols.push(symbol);
    else if (type === STT_NOTYPE && ((sections[section]?.flags ?? 0) & SHF_EXECINSTR) !== 0 && /^[^$.]/.test(symbol.name))
      labels.push(symbol);
  }
  for (const label of outside(image.symbols.list, labels)) image.symbols.push(label);
}

/** Labels that are in no function: there they are places in its code. */
function outside(found: readonly ImageSymbol[], labels: ImageSymbol[]): ImageSymbol[] {
  const sized = found.filter(({ size }) => size > 0).sort((a, b) => a.offset - b.offset);
  labels.sort((a, b) => a.offset - b.offset);
  let covered = 0;
  let next = 0;
  return labels.filter(({ offset }) => {
    for (; next < sized.length && sized[next].offset <= offset; next++) covered = Math.max(covered, sized[next].offset + sized[next].size);
    return offset >= covered;
  });
}
