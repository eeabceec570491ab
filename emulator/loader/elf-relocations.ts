/** ELF relocation entries as ImageRelocations. Sources: the i386, x86-64 and AArch64 processor supplements. */
import type { ElfDynamic, ElfSymbol } from './elf-dynamic.js';
import type { Image, ImageRelocation } from './image.js';
import type { Reader } from './reader.js';

type Meaning = 'none' | 'symbol' | 'pcrel' | 'copy' | 'relative' | 'irelative' | 'tpoff' | 'dtpmod' | 'dtpoff' | 'tlsdesc';

const MEANINGS: Record<Image['cpu'], Record<number, Meaning>> = {
  ia32: {
    0: 'none',
    1: 'symbol',
    2: 'pcrel',
    5: 'copy',
    6: 'symbol',
    7: 'symbol',
    8: 'relative',
    14: 'tpoff',
    35: 'dtpmod',
    36: 'dtpoff',
    41: 'tlsdesc',
    42: 'irelative',
  },
  'x86-64': {
    0: 'none',
    1: 'symbol',
    2: 'pcrel',
    5: 'copy',
    6: 'symbol',
    7: 'symbol',
    8: 'relative',
    16: 'dtpmod',
    17: 'dtpoff',
    18: 'tpoff',
    36: 'tlsdesc',
    37: 'irelative',
  },
  arm64: {
    0: 'none',
    257: 'symbol',
    1024: 'copy',
    1025: 'symbol',
    1026: 'symbol',
    1027: 'relative',
    1028: 'dtpmod',
    1029: 'dtpoff',
    1030: 'tpoff',
    1031: 'tlsdesc',
    1032: 'irelative',
  },
};
/** GLOB_DAT and JUMP_SLOT of IA-32 hold the symbol's value alone, whatever the place holds. */
const IA32_NO_ADDEND = [6, 7];

const SHN_ABS = 0xfff1;

/**
 * TLS descriptors: two words, a function and its argument. All storage is static here, so the function gives back its
 * argument, the offset from the thread pointer. It keeps every other register, so it is guest code: added to the image.
 */
const DESCRIPTOR_FUNCTION = {
  ia32: [],
  'x86-64': [0x48, 0x8b, 0x40, 0x08, 0xc3], // mov rax, [rax+8]; ret
  arm64: [0x00, 0x04, 0x40, 0xf9, 0xc0, 0x03, 0x5f, 0xd6], // ldr x0, [x0, #8]; ret
} as const;

function addTlsDescriptors(
  image: Image,
  cpu: Image['cpu'],
  descriptors: { offset: number; value: ImageRelocation['value']; addend: number }[],
): void {
  const offset = Math.ceil(image.span / 4096) * 4096;
  const data = Uint8Array.from(DESCRIPTOR_FUNCTION[cpu]);
  image.segments.push({ offset, size: data.length, data, prot: 5, name: 'TLS descriptor function' });
  image.symbols.push({ name: 'tls_descriptor_static', offset, size: data.length });
  image.span = offset + 4096;
  for (const d of descriptors) {
    image.relocations.push({ offset: d.offset, kind: 'word64', value: { base: true }, addend: offset });
    image.relocations.push({ offset: d.offset + 8, kind: 'word64', value: d.value, addend: d.addend });
  }
}

export function elfRelocations(r: Reader, dynamic: ElfDynamic, image: Image, cpu: Image['cpu'], low: number): void {
  const wide = cpu !== 'ia32';
  const kind = wide ? 'word64' : 'word32';
  const importIndex = new Map<string, number>();
  const imported = (symbol: ElfSymbol): number => {
    let index = importIndex.get(symbol.name);
    if (index === undefined) {
      index = image.imports.length;
      image.imports.push({ library: '', name: symbol.name, weak: symbol.binding === 2 });
      importIndex.set(symbol.name, index);
    }
    return index;
  };
  /** What the place holds in the file (REL). */
  const implicit = (offset: number): number => {
    const segment = image.segments.find((s) => offset >= s.offset && offset + 4 <= s.offset + s.size);
    if (!segment) return 0;
    const at = offset - segment.offset;
    if (at + (wide ? 8 : 4) > segment.data.length) return 0;
    const view = new DataView(segment.data.buffer, segment.data.byteOffset, segment.data.byteLength);
    return wide ? view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32 : view.getInt32(at, true);
  };
  for (const place of dynamic.packedRelative()) {
    const offset = place - low;
    image.relocations.push({ offset, kind, value: { base: true }, addend: implicit(offset) - low });
  }
  const descriptors: { offset: number; value: { tlsOffset: number; import?: number }; addend: number }[] = [];
  for (const table of dynamic.relocationTables()) {
    for (let at = table.at; at + table.entry <= table.end; at += table.entry) {
      const offset = (wide ? r.u64(at, 'r_offset') : r.u32(at, 'r_offset')) - low;
      const type = wide ? r.u32(at + 8, 'r_info') : r.u32(at + 4, 'r_info') & 0xff;
      const symbolIndex = wide ? r.u32(at + 12, 'r_info') : r.u32(at + 4, 'r_info') >>> 8;
      const meaning = MEANINGS[cpu][type] ?? r.fail(`relocation type ${type} is not one of ${cpu}'s that can be loaded`);
      if (meaning === 'none') continue;
      if (offset < 0 || offset >= image.span) r.fail(`r_offset 0x${(offset + low).toString(16)} lies outside of the image`);
      const symbol =
        dynamic.symbols[symbolIndex] ??
        (symbolIndex === 0 ? undefined : r.fail(`r_info names dynamic symbol ${symbolIndex}, which does not exist`));
      const noAddend = !wide && IA32_NO_ADDEND.includes(type);
      let addend = noAddend ? 0 : table.addends ? (wide ? r.i64(at + 16, 'r_addend') : r.i32(at + 8, 'r_addend')) : implicit(offset);
      const named = symbol && symbol.name !== '' && symbol.binding !== 0 ? symbol : undefined;
      const relocation = (value: ImageRelocation['value'], of: ImageRelocation['kind'] = kind): void => {
        image.relocations.push({ offset, kind: of, value, addend });
      };
      switch (meaning) {
        case 'symbol':
          if (named) relocation({ import: imported(named) });
          else {
            if (symbol?.section === SHN_ABS && image.relocatable)
              r.fail(`the relocation at 0x${at.toString(16)} names a local absolute symbol`);
            addend += symbol ? symbol.value - low : -low;
            relocation({ base: true });
          }
          break;
        case 'pcrel':
          if (!named) r.fail(`the PC-relative relocation at 0x${at.toString(16)} has no symbol`);
          relocation({ import: imported(named) }, 'pcrel32');
          break;
        case 'copy':
          if (!named) r.fail('a copy relocation has no symbol');
          image.relocations.push({ offset, kind: 'copy', value: { import: imported(named) }, addend: 0, size: named.size });
          break;
        case 'relative':
          addend -= low;
          relocation({ base: true });
          break;
        case 'irelative':
          relocation({ ifunc: addend - low });
          break;
        case 'tpoff':
          relocation(named ? { tlsOffset: 0, import: imported(named) } : { tlsOffset: symbol?.value ?? 0 });
          break;
        case 'dtpmod':
          addend = 0;
          relocation(named ? { tlsModule: true, import: imported(named) } : { tlsModule: true });
          break;
        case 'dtpoff':
          relocation(named ? { tlsModuleOffset: 0, import: imported(named) } : { tlsModuleOffset: symbol?.value ?? 0 });
          break;
        case 'tlsdesc':
          if (!wide) r.fail('TLS descriptors (TLSDESC) are not supported on i386: compile with -mtls-dialect=gnu');
          descriptors.push({
            offset,
            value: named ? { tlsOffset: 0, import: imported(named) } : { tlsOffset: symbol?.value ?? 0 },
            addend,
          });
      }
    }
  }
  if (descriptors.length > 0) addTlsDescriptors(image, cpu, descriptors);
  // Undefined symbols that no relocation names (a weak reference folded away, a library's own wish) are not needed.
}
