/** Every structure of a 64-bit Mach-O file. Sources: mach-o/loader.h, mach-o/fixup-chains.h, mach-o/nlist.h. */
import { Layout, type StreamKind } from './layout.js';

const SEGMENT = 'cmd:4 cmdsize:4 segname:8 segname2:8 vmaddr:8 vmsize:8 fileoff:8 filesize:8 maxprot:4 initprot:4 nsects:4 flags:4';
const SECTION = 'addr:8 size:8 offset:4 align:4 reloff:4 nreloc:4 flags:4 reserved1:4 reserved2:4 reserved3:4';
/** Commands that name parts of the file, as pairs of offset and size from byte 8 on. */
const PARTS: Record<number, [name: string, kind: StreamKind][]> = {
  0x22: dyldInfo(),
  0x80000022: dyldInfo(),
  0x26: [['function starts', 'uleb numbers']],
  0x80000033: [['exports trie', 'export trie']],
};
const [LC_SYMTAB, LC_DYSYMTAB, LC_SEGMENT_64, LC_DYLD_CHAINED_FIXUPS] = [2, 0xb, 0x19, 0x80000034];

function dyldInfo(): [name: string, kind: StreamKind][] {
  return [
    ['rebase info', 'rebase opcodes'],
    ['bind info', 'bind opcodes'],
    ['weak bind info', 'bind opcodes'],
    ['lazy bind info', 'bind opcodes'],
    ['export info', 'export trie'],
  ];
}

export function machoLayout(bytes: Uint8Array): Layout {
  const out = new Layout(bytes);
  const { ncmds } = out.fields('Mach header', 4, 'cputype:4 cpusubtype:4 filetype:4 ncmds:4 sizeofcmds:4 flags:4');
  const segments: Record<string, number>[] = [];
  for (let i = 0, at = 32; i < ncmds; i++) {
    const command = Number(out.value(at, 4));
    const size = Number(out.value(at + 4, 4));
    const name = `load command ${i}`;
    if (command === LC_SEGMENT_64) segments.push(segment(out, name, at));
    else for (let word = 0; word < size; word += 4) out.field(name, `word ${word / 4}`, at + word, 4);
    (PARTS[command] ?? []).forEach(([part, kind], p) => {
      out.stream(part, Number(out.value(at + 8 + 8 * p, 4)), Number(out.value(at + 12 + 8 * p, 4)), kind);
    });
    const pair = (from: number): [number, number] => [Number(out.value(at + from, 4)), Number(out.value(at + from + 4, 4))];
    if (command === LC_SYMTAB) {
      const [symoff, nsyms] = pair(8);
      for (let s = 0; s < nsyms; s++) out.fields('symbol table', symoff + 16 * s, 'n_strx:4 n_type:1 n_sect:1 n_desc:2 n_value:8');
      out.table('symbol table', symoff, 16, nsyms);
      out.stream('string table', ...pair(16), 'words');
    }
    if (command === LC_DYSYMTAB) {
      const [indirect, count] = pair(56);
      for (let s = 0; s < count; s++) out.field('indirect symbols', 'symbol', indirect + 4 * s, 4);
      out.table('indirect symbols', indirect, 4, count);
    }
    if (command === LC_DYLD_CHAINED_FIXUPS) chainedFixups(out, pair(8)[0], segments);
    out.mark(at, at + size);
    at += size;
  }
  return out;
}

function segment(out: Layout, name: string, at: number): Record<string, number> {
  const found = out.fields(name, at, SEGMENT);
  out.mark(found.vmaddr + found.vmsize, found.fileoff + found.filesize);
  for (let i = 0; i < found.nsects; i++) {
    const section = out.fields('sections', at + 72 + 80 * i + 32, SECTION);
    // Pointers to initialisers, and descriptors of thread-local variables.
    if ([0x09, 0x0a, 0x13].includes(section.flags & 0xff))
      for (let word = 0; word < section.size; word += 8) out.field('pointers of sections', 'pointer', section.offset + word, 8);
  }
  out.table('sections', at + 72, 80, found.nsects);
  return found;
}

function chainedFixups(out: Layout, start: number, segments: Record<string, number>[]): void {
  const header = out.fields(
    'chained fixups',
    start,
    'fixups_version:4 starts_offset:4 imports_offset:4 symbols_offset:4 imports_count:4 imports_format:4 symbols_format:4',
  );
  const size = [0, 4, 8, 16][header.imports_format];
  for (let i = 0; i < header.imports_count * (size / 4); i++)
    out.field('chained imports', 'word', start + header.imports_offset + 4 * i, 4);
  out.table('chained imports', start + header.imports_offset, size, header.imports_count);
  out.stream('symbols of chained imports', start + header.symbols_offset, 16, 'words');
  const starts = start + header.starts_offset;
  const count = out.field('chained starts', 'seg_count', starts, 4);
  for (let i = 0; i < count; i++) {
    const offset = out.field('chained starts', 'seg_info_offset', starts + 4 + 4 * i, 4);
    if (offset === 0) continue;
    const at = starts + offset;
    const info = out.fields(
      'chained starts in segment',
      at,
      'size:4 page_size:2 pointer_format:2 segment_offset:8 max_valid_pointer:4 page_count:2',
    );
    for (let page = 0; page < info.page_count; page++) {
      const first = out.field('chained pages', 'page_start', at + 22 + 2 * page, 2);
      if (first === 0xffff) continue;
      let pointer = segments[i].fileoff + page * info.page_size + first;
      for (;;) {
        out.fields('chained pointers', pointer, 'low:4 high:4');
        const next = Number((out.value(pointer, 8) >> 51n) & 0xfffn);
        if (next === 0) break;
        pointer += 4 * next;
      }
    }
    out.table('chained pages', at + 22, 2, info.page_count);
  }
}
