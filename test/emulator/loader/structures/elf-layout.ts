/** Every structure of an ELF file, 32 and 64 bits. Source: System V gABI chapters 4 and 5; GNU hash tables and symbol versions. */
import { Layout } from './layout.js';

const HEADER = {
  32: 'e_type:2 e_machine:2 e_version:4 e_entry:4 e_phoff:4 e_shoff:4 e_flags:4 e_ehsize:2 e_phentsize:2 e_phnum:2 e_shentsize:2 e_shnum:2 e_shstrndx:2',
  64: 'e_type:2 e_machine:2 e_version:4 e_entry:8 e_phoff:8 e_shoff:8 e_flags:4 e_ehsize:2 e_phentsize:2 e_phnum:2 e_shentsize:2 e_shnum:2 e_shstrndx:2',
} as const;
const PROGRAM = {
  32: 'p_type:4 p_offset:4 p_vaddr:4 p_paddr:4 p_filesz:4 p_memsz:4 p_flags:4 p_align:4',
  64: 'p_type:4 p_flags:4 p_offset:8 p_vaddr:8 p_paddr:8 p_filesz:8 p_memsz:8 p_align:8',
} as const;
const SECTION = {
  32: 'sh_name:4 sh_type:4 sh_flags:4 sh_addr:4 sh_offset:4 sh_size:4 sh_link:4 sh_info:4 sh_addralign:4 sh_entsize:4',
  64: 'sh_name:4 sh_type:4 sh_flags:8 sh_addr:8 sh_offset:8 sh_size:8 sh_link:4 sh_info:4 sh_addralign:8 sh_entsize:8',
} as const;
const SYMBOL = {
  32: 'st_name:4 st_value:4 st_size:4 st_info:1 st_other:1 st_shndx:2',
  64: 'st_name:4 st_info:1 st_other:1 st_shndx:2 st_value:8 st_size:8',
} as const;

export function elfLayout(bytes: Uint8Array): Layout {
  const out = new Layout(bytes);
  const bits = bytes[4] === 2 ? 64 : 32;
  const word = bits === 64 ? 8 : 4;
  out.fields('ELF header', 4, 'EI_CLASS:1 EI_DATA:1 EI_VERSION:1 EI_OSABI:1');
  const header = out.fields('ELF header', 16, HEADER[bits]);
  const headers = Array.from({ length: header.e_phnum }, (_, i) =>
    out.fields(`program header ${i}`, header.e_phoff + i * header.e_phentsize, PROGRAM[bits]),
  );
  out.table('program headers', header.e_phoff, header.e_phentsize, header.e_phnum);
  for (let i = 0; header.e_shoff !== 0 && i < header.e_shnum; i++)
    out.fields('section headers', header.e_shoff + i * header.e_shentsize, SECTION[bits]);
  if (header.e_shoff !== 0) out.table('section headers', header.e_shoff, header.e_shentsize, header.e_shnum);
  for (const { p_type, p_offset, p_filesz, p_vaddr, p_memsz } of headers) {
    out.mark(p_offset + p_filesz, p_vaddr + p_memsz);
    if (p_type === 4) out.fields('note', p_offset, 'n_namesz:4 n_descsz:4 n_type:4');
  }
  const dynamic = headers.find(({ p_type }) => p_type === 2);
  if (dynamic) dynamicSection(out, bits, word, dynamic, headers);
  return out;
}

function dynamicSection(out: Layout, bits: 32 | 64, word: 4 | 8, dynamic: Record<string, number>, headers: Record<string, number>[]): void {
  const tags = new Map<number, number>();
  let count = 0;
  for (; count < dynamic.p_filesz / (2 * word); count++) {
    const { d_tag, d_val } = out.fields('dynamic section', dynamic.p_offset + 2 * word * count, `d_tag:${word} d_val:${word}`);
    if (d_tag === 0) break;
    tags.set(d_tag, d_val);
  }
  out.table('dynamic section', dynamic.p_offset, 2 * word, count + 1);
  /** File offset of what a tag's address names. */
  const place = (tag: number): number | undefined => {
    const address = tags.get(tag);
    if (address === undefined) return undefined;
    const load = headers.find((h) => h.p_type === 1 && address >= h.p_vaddr && address < h.p_vaddr + h.p_filesz);
    return load && address - load.p_vaddr + load.p_offset;
  };
  const [symtab, strtab, hash, gnu] = [place(6), place(5), place(4), place(0x6ffffef5)];
  if (strtab !== undefined) out.stream('DT_STRTAB', strtab, tags.get(10) ?? 0, 'words');
  let symbols = 0;
  if (hash !== undefined) {
    const { nbucket, nchain } = out.fields('DT_HASH', hash, 'nbucket:4 nchain:4');
    symbols = nchain;
    out.table('DT_HASH', hash + 8, 4, nbucket + nchain);
    for (let i = 0; i < nbucket + nchain; i++) out.field('DT_HASH chains', 'link', hash + 8 + 4 * i, 4);
  }
  if (gnu !== undefined) {
    const { nbuckets, bloom_size } = out.fields('DT_GNU_HASH', gnu, 'nbuckets:4 symoffset:4 bloom_size:4 bloom_shift:4');
    const buckets = gnu + 16 + bloom_size * word;
    out.table('DT_GNU_HASH buckets', buckets, 4, nbuckets);
    for (let i = 0; i < nbuckets; i++) out.field('DT_GNU_HASH buckets', 'bucket', buckets + 4 * i, 4);
    out.stream('DT_GNU_HASH chains', buckets + 4 * nbuckets, 16, 'words');
  }
  const symbolSize = bits === 64 ? 24 : 16;
  if (symtab !== undefined) {
    symbols = Math.max(symbols, 2);
    for (let i = 0; i < symbols; i++) out.fields('dynamic symbols', symtab + i * symbolSize, SYMBOL[bits]);
    out.table('dynamic symbols', symtab, symbolSize, symbols);
  }
  const relocations = (tag: number, sizeTag: number, addends: boolean, name: string): void => {
    const at = place(tag);
    const entry = (addends ? 3 : 2) * word;
    const entries = (tags.get(sizeTag) ?? 0) / entry;
    if (at === undefined) return;
    for (let i = 0; i < entries; i++)
      out.fields(
        name,
        at + i * entry,
        bits === 32 ? `r_offset:4 r_info:4${addends ? ' r_addend:4' : ''}` : 'r_offset:8 r_type:4 r_symbol:4 r_addend:8',
      );
    out.table(name, at, entry, entries);
  };
  relocations(17, 18, false, 'DT_REL');
  relocations(7, 8, true, 'DT_RELA');
  relocations(23, 2, tags.get(20) === 7, 'DT_JMPREL');
  const relr = place(36);
  if (relr !== undefined) out.stream('DT_RELR', relr, tags.get(35) ?? 0, 'relative words');
  for (const [tag, sizeTag] of [
    [25, 27],
    [26, 28],
    [32, 33],
  ]) {
    const at = place(tag);
    for (let i = 0; at !== undefined && i < (tags.get(sizeTag) ?? 0); i += word) out.field('initialisers', 'address', at + i, word);
  }
  const versions = place(0x6ffffff0);
  if (versions !== undefined) for (let i = 0; i < symbols; i++) out.field('DT_VERSYM', 'version', versions + 2 * i, 2);
  const needs = place(0x6ffffffe);
  if (needs !== undefined) out.fields('DT_VERNEED', needs, 'vn_version:2 vn_cnt:2 vn_file:4 vn_aux:4 vn_next:4');
}
