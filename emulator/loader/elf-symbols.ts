/** Function symbols of an ELF file's .symtab, where the linker kept it: for naming PCs. Source: gABI chapter 4. */
import type { Image } from './image.js';
import type { Reader } from './reader.js';

const SHT_SYMTAB = 2;
const STT_FUNC = 2;

export function addSymbols(r: Reader, image: Image, wide: boolean, low: number): void {
  const shoff = wide ? r.u64(40, 'e_shoff') : r.u32(32, 'e_shoff');
  const size = r.u16(wide ? 58 : 46, 'e_shentsize');
  const count = r.u16(wide ? 60 : 48, 'e_shnum');
  if (shoff === 0 || size < (wide ? 64 : 40) || shoff + size * count > r.bytes.length) return;
  const section = (i: number): { type: number; offset: number; size: number; link: number } => {
    const at = shoff + i * size;
    return wide
      ? {
          type: r.u32(at + 4, 'sh_type'),
          offset: r.u32(at + 24, 'sh_offset'),
          size: r.u32(at + 32, 'sh_size'),
          link: r.u32(at + 40, 'sh_link'),
        }
      : {
          type: r.u32(at + 4, 'sh_type'),
          offset: r.u32(at + 16, 'sh_offset'),
          size: r.u32(at + 20, 'sh_size'),
          link: r.u32(at + 24, 'sh_link'),
        };
  };
  for (let i = 0; i < count; i++) {
    const table = section(i);
    if (table.type !== SHT_SYMTAB || table.link >= count) continue;
    const strings = section(table.link);
    const entry = wide ? 24 : 16;
    if (table.offset + table.size > r.bytes.length || strings.offset + strings.size > r.bytes.length) return;
    for (let at = table.offset; at + entry <= table.offset + table.size; at += entry) {
      const info = r.u8(at + (wide ? 4 : 12), 'st_info');
      const name = r.u32(at, 'st_name');
      const value = r.u32(at + (wide ? 8 : 4), 'st_value') + (wide ? r.u32(at + 12, 'st_value') * 2 ** 32 : 0);
      const offset = value - low;
      const defined = r.u16(at + (wide ? 6 : 14), 'st_shndx') !== 0;
      if (!defined || (info & 15) !== STT_FUNC || offset < 0 || offset >= image.span || name >= strings.size) continue;
      image.symbols.push({
        name: r.string(strings.offset + name, 'a name in .strtab'),
        offset,
        size: r.u32(at + (wide ? 16 : 8), 'st_size'),
      });
    }
    // The format allows one.
    return;
  }
}
