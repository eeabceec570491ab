/** The dynamic section of an ELF file: strings, symbols, libraries, initialisers. Source: gABI chapter 5, GNU hash table format. */
import type { Image, ImageExport } from './image.js';
import type { ProgramHeader } from './elf.js';
import type { Reader, StringTable } from './reader.js';

const DT = {
  NEEDED: 1,
  PLTRELSZ: 2,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  RELAENT: 9,
  STRSZ: 10,
  SYMENT: 11,
  INIT: 12,
  FINI: 13,
  REL: 17,
  RELSZ: 18,
  PLTREL: 20,
  JMPREL: 23,
  INIT_ARRAY: 25,
  FINI_ARRAY: 26,
  INIT_ARRAYSZ: 27,
  FINI_ARRAYSZ: 28,
  PREINIT_ARRAY: 32,
  PREINIT_ARRAYSZ: 33,
  RELRSZ: 35,
  RELR: 36,
  GNU_HASH: 0x6ffffef5,
  FLAGS_1: 0x6ffffffb,
} as const;
const DF_1_PIE = 0x08000000;

export interface ElfSymbol {
  name: string;
  value: number;
  size: number;
  type: number;
  binding: number;
  section: number;
}

export class ElfDynamic {
  private readonly tags = new Map<number, number>();
  private readonly needed: number[] = [];
  private strings: StringTable | undefined;
  readonly symbols: ElfSymbol[] = [];
  readonly word: 4 | 8;

  constructor(
    private readonly r: Reader,
    dynamic: ProgramHeader,
    private readonly loads: ProgramHeader[],
    private readonly wide: boolean,
    private readonly low: number,
  ) {
    this.word = wide ? 8 : 4;
    r.check(dynamic.offset, dynamic.filesz, 'PT_DYNAMIC');
    const size = 2 * this.word;
    for (let at = dynamic.offset; at + size <= dynamic.offset + dynamic.filesz; at += size) {
      const tag = r.u32(at, 'd_tag');
      if (tag === 0) break;
      const value = wide ? r.u64(at + 8, `d_val of tag 0x${tag.toString(16)}`) : r.u32(at + 4, 'd_val');
      if (tag === DT.NEEDED) this.needed.push(value);
      else this.tags.set(tag, value);
    }
    this.readSymbols();
  }

  get(tag: number): number | undefined {
    return this.tags.get(tag);
  }

  get needsLibraries(): boolean {
    return this.needed.length > 0;
  }

  get isExecutable(): boolean {
    return ((this.tags.get(DT.FLAGS_1) ?? 0) & DF_1_PIE) !== 0;
  }

  /** File offset of a virtual address. */
  fileOffset(address: number, size: number, field: string): number {
    const load = this.loads.find((h) => address >= h.vaddr && address + size <= h.vaddr + h.filesz);
    if (!load) this.r.fail(`${field} at 0x${address.toString(16)} lies in no segment's file contents`);
    return address - load.vaddr + load.offset;
  }

  private stringAt(index: number, field: string): string {
    const table = this.tags.get(DT.STRTAB);
    const size = this.tags.get(DT.STRSZ) ?? 0;
    if (table === undefined) this.r.fail('the dynamic section has no DT_STRTAB');
    if (index >= size) this.r.fail(`${field} is string ${index} of a table of ${size} bytes`);
    this.strings ??= this.r.stringTable(this.fileOffset(table, size, 'DT_STRTAB'), size, 'DT_STRTAB');
    return this.strings.at(index, field);
  }

  private symbolCount(): number {
    const hash = this.tags.get(DT.HASH);
    if (hash !== undefined) return this.r.u32(this.fileOffset(hash, 8, 'DT_HASH') + 4, 'nchain of DT_HASH');
    const gnu = this.tags.get(DT.GNU_HASH);
    if (gnu === undefined) return this.lastRelocationSymbol() + 1;
    const at = this.fileOffset(gnu, 16, 'DT_GNU_HASH');
    const buckets = this.r.u32(at, 'nbuckets of DT_GNU_HASH');
    const first = this.r.u32(at + 4, 'symoffset of DT_GNU_HASH');
    const bloom = this.r.u32(at + 8, 'bloom_size of DT_GNU_HASH');
    const table = at + 16 + bloom * this.word;
    this.r.check(table, buckets * 4, 'the buckets of DT_GNU_HASH');
    let last = 0;
    for (let i = 0; i < buckets; i++) last = Math.max(last, this.r.u32(table + 4 * i, 'a bucket of DT_GNU_HASH'));
    // Undefined symbols come before symoffset, so an empty table still has those.
    if (last < first) return Math.max(first, this.lastRelocationSymbol() + 1);
    const chains = table + 4 * buckets;
    while ((this.r.u32(chains + 4 * (last - first), 'a chain of DT_GNU_HASH') & 1) === 0) last++;
    return last + 1;
  }

  /** The highest symbol that a relocation names: files without a hash table. */
  private lastRelocationSymbol(): number {
    let last = 0;
    for (const { at, end, entry } of this.relocationTables()) {
      for (let offset = at; offset + entry <= end; offset += entry) {
        last = Math.max(last, this.wide ? this.r.u32(offset + 12, 'r_info') : this.r.u32(offset + 4, 'r_info') >>> 8);
      }
    }
    return last;
  }

  private readSymbols(): void {
    const table = this.tags.get(DT.SYMTAB);
    if (table === undefined) return;
    const entry = this.wide ? 24 : 16;
    const count = this.symbolCount();
    if (count * entry > this.r.bytes.length) this.r.fail(`the dynamic symbol table has ${count} entries, more than the file can hold`);
    const at = this.fileOffset(table, count * entry, 'DT_SYMTAB');
    for (let i = 0; i < count; i++) {
      const s = at + i * entry;
      const info = this.r.u8(s + (this.wide ? 4 : 12), 'st_info');
      this.symbols.push({
        name: this.stringAt(this.r.u32(s, 'st_name'), `st_name of dynamic symbol ${i}`),
        value: this.wide ? this.r.u64(s + 8, `st_value of dynamic symbol ${i}`) : this.r.u32(s + 4, 'st_value'),
        size: this.wide ? this.r.u64(s + 16, `st_size of dynamic symbol ${i}`) : this.r.u32(s + 8, 'st_size'),
        type: info & 15,
        binding: info >> 4,
        section: this.r.u16(s + (this.wide ? 6 : 14), 'st_shndx'),
      });
    }
  }

  relocationTables(): { at: number; end: number; entry: number; addends: boolean }[] {
    const out: { at: number; end: number; entry: number; addends: boolean }[] = [];
    const add = (tag: number, sizeTag: number, addends: boolean, name: string): void => {
      const address = this.tags.get(tag);
      const size = this.tags.get(sizeTag) ?? 0;
      if (address === undefined || size === 0) return;
      const at = this.fileOffset(address, size, name);
      out.push({ at, end: at + size, entry: (addends ? 3 : 2) * this.word, addends });
    };
    add(DT.REL, DT.RELSZ, false, 'DT_REL');
    add(DT.RELA, DT.RELASZ, true, 'DT_RELA');
    add(DT.JMPREL, DT.PLTRELSZ, this.tags.get(DT.PLTREL) === DT.RELA, 'DT_JMPREL');
    return out;
  }

  /** The symbols that DT_JMPREL's relocations name, which are the PLT's entries in order. */
  jumpSlots(): string[] {
    const address = this.tags.get(DT.JMPREL);
    const size = this.tags.get(DT.PLTRELSZ) ?? 0;
    if (address === undefined || size === 0) return [];
    const entry = (this.tags.get(DT.PLTREL) === DT.RELA ? 3 : 2) * this.word;
    const at = this.fileOffset(address, size, 'DT_JMPREL');
    const names: string[] = [];
    for (let i = 0; i + entry <= size; i += entry) {
      const symbol = this.wide ? this.r.u32(at + i + 12, 'r_info') : this.r.u32(at + i + 4, 'r_info') >>> 8;
      names.push(this.symbols[symbol]?.name || 'unnamed');
    }
    return names;
  }

  /** DT_RELR: an address, then bitmaps of the words after it that are relative relocations. */
  packedRelative(): number[] {
    const address = this.tags.get(DT.RELR);
    const size = this.tags.get(DT.RELRSZ) ?? 0;
    if (address === undefined || size === 0) return [];
    const at = this.fileOffset(address, size, 'DT_RELR');
    const places: number[] = [];
    let next = 0;
    for (let i = 0; i + this.word <= size; i += this.word) {
      const low = this.r.u32(at + i, 'a DT_RELR entry');
      const high = this.wide ? this.r.u32(at + i + 4, 'a DT_RELR entry') : 0;
      if ((low & 1) === 0) {
        next = low + high * 2 ** 32;
        places.push(next);
        next += this.word;
        continue;
      }
      const bits = 8 * this.word - 1;
      for (let bit = 1; bit <= bits; bit++) {
        const half = bit < 32 ? low : high;
        if ((half >>> (bit & 31)) & 1) places.push(next + (bit - 1) * this.word);
      }
      next += bits * this.word;
    }
    return places;
  }

  /** Fill in what the dynamic section says of the image, relocations apart. */
  describe(image: Image): void {
    image.libraries = this.needed.map((index) => this.stringAt(index, 'DT_NEEDED'));
    for (const symbol of this.symbols) {
      if (symbol.section === 0 || symbol.name === '' || symbol.binding === 0) continue;
      const kind: ImageExport['kind'] =
        symbol.section === 0xfff1 ? 'absolute' : symbol.type === 6 ? 'tls' : symbol.type === 2 || symbol.type === 10 ? 'function' : 'data';
      const offset = kind === 'tls' || kind === 'absolute' ? symbol.value : symbol.value - this.low;
      if (!image.exports.has(symbol.name)) image.exports.set(symbol.name, { name: symbol.name, offset, size: symbol.size, kind });
      if (symbol.type === 2) image.symbols.push({ name: symbol.name, offset: symbol.value - this.low, size: symbol.size });
    }
    image.initializers = [
      ...this.list(DT.PREINIT_ARRAY, DT.PREINIT_ARRAYSZ),
      ...this.one(DT.INIT),
      ...this.list(DT.INIT_ARRAY, DT.INIT_ARRAYSZ),
    ];
    image.finalizers = [...this.list(DT.FINI_ARRAY, DT.FINI_ARRAYSZ).reverse(), ...this.one(DT.FINI)];
  }

  private one(tag: number): number[] {
    const address = this.tags.get(tag);
    return address === undefined || address === 0 ? [] : [address - this.low];
  }

  /** Addresses in the file before relocation; on RELA targets the words may be zero, see initArrayAddends. */
  private list(tag: number, sizeTag: number): number[] {
    const address = this.tags.get(tag);
    const size = this.tags.get(sizeTag) ?? 0;
    if (address === undefined || size === 0) return [];
    const at = this.fileOffset(address, size, 'an array of initialisers');
    const addends = this.relativeAddends();
    const out: number[] = [];
    for (let i = 0; i + this.word <= size; i += this.word) {
      const value = addends.get(address + i) ?? (this.wide ? this.r.u64(at + i, 'an initialiser') : this.r.u32(at + i, 'an initialiser'));
      if (value !== 0 && value !== 0xffffffff) out.push(value - this.low);
    }
    return out;
  }

  private addends: Map<number, number> | undefined;

  /** RELA: place -> addend, for words whose value is only in the relocation. */
  private relativeAddends(): Map<number, number> {
    if (this.addends) return this.addends;
    const map = new Map<number, number>();
    for (const table of this.relocationTables()) {
      if (!table.addends) continue;
      for (let at = table.at; at + table.entry <= table.end; at += table.entry) {
        const symbol = this.symbols[this.wide ? this.r.u32(at + 12, 'r_info') : this.r.u32(at + 4, 'r_info') >>> 8];
        const addend = this.wide ? this.r.i64(at + 16, 'r_addend') : this.r.i32(at + 8, 'r_addend');
        map.set(
          this.wide ? this.r.u64(at, 'r_offset') : this.r.u32(at, 'r_offset'),
          addend + (symbol && symbol.section !== 0 ? symbol.value : 0),
        );
      }
    }
    return (this.addends = map);
  }
}
