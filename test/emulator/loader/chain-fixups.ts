/**
 * Rewrites a Mach-O file with LC_DYLD_INFO_ONLY into one with LC_DYLD_CHAINED_FIXUPS
 * and LC_DYLD_EXPORTS_TRIE, as newer linkers make them (lld 14 makes the former only).
 * Source: mach-o/fixup-chains.h.
 */
import { parseMacho } from '../../../emulator/loader/macho.js';
import { there } from '../../there.js';

const LC_SEGMENT_64 = 0x19;
const LC_DYLD_INFO_ONLY = 0x80000022;

interface Segment {
  at: number;
  vmaddr: number;
  fileoff: number;
  filesize: number;
}

/** `importsFormat` 1, 2, 3 = DYLD_CHAINED_IMPORT, _ADDEND, _ADDEND64; `pointerFormat` 2 or 6 = DYLD_CHAINED_PTR_64, _64_OFFSET. */
export function chainFixups(file: Uint8Array, importsFormat: number, pointerFormat: number): Uint8Array {
  const image = parseMacho(file, 'original');
  const out = new Uint8Array(file.length + 65536);
  out.set(file);
  const view = new DataView(out.buffer);
  const segments: Segment[] = [];
  let info = 0;
  for (let i = 0, at = 32; i < view.getUint32(16, true); at += view.getUint32(at + 4, true), i++) {
    const command = view.getUint32(at, true);
    const u64 = (offset: number): number => Number(view.getBigUint64(at + offset, true));
    if (command === LC_SEGMENT_64) segments.push({ at, vmaddr: u64(24), fileoff: u64(40), filesize: u64(48) });
    if (command === LC_DYLD_INFO_ONLY) info = at;
  }
  const low = image.preferredBase;
  const pageSize = image.cpu === 'arm64' ? 0x4000 : 0x1000;
  // One fixup for each place: where a place has several, the last is a weak definition's, with the same target here.
  const fixups = new Map(
    image.relocations.filter((r) => !('import' in r.value && image.imports[there(r.value.import)].coalesced)).map((r) => [r.offset, r]),
  );
  const imports = image.imports.filter((i) => !i.coalesced);
  const chained: number[] = [];
  const u32 = (value: number): void => void chained.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
  const u16 = (value: number): void => void chained.push(value & 0xff, value >>> 8);
  const starts: { segment: number; pages: (number | undefined)[] }[] = [];
  segments.forEach((segment, index) => {
    const places = [...fixups.keys()]
      .filter((o) => o + low >= segment.vmaddr && o + low < segment.vmaddr + segment.filesize)
      .sort((a, b) => a - b);
    if (places.length === 0) return;
    const pages: (number | undefined)[] = Array.from({ length: Math.ceil(segment.filesize / pageSize) }, () => undefined);
    places.forEach((place, i) => {
      const offset = place + low - segment.vmaddr;
      const page = Math.floor(offset / pageSize);
      pages[page] ??= offset % pageSize;
      const next = places[i + 1];
      const sameNext = next !== undefined && Math.floor((next + low - segment.vmaddr) / pageSize) === page;
      const { value, addend } = there(fixups.get(place));
      const link = sameNext ? BigInt((next - place) / 4) << 51n : 0n;
      const word =
        'import' in value
          ? (1n << 63n) | BigInt(imports.indexOf(image.imports[there(value.import)]))
          : BigInt(addend + (pointerFormat === 2 ? low : 0));
      view.setBigUint64(segment.fileoff + offset, word | link, true);
    });
    starts.push({ segment: index, pages });
  });
  // Header: version, starts, imports, symbols, count, formats.
  const startsSize = 4 + 4 * segments.length;
  const startsAt = 32;
  const segmentInfo: number[] = segments.map(() => 0);
  let size = startsSize;
  for (const { segment, pages } of starts) {
    segmentInfo[segment] = size;
    size = Math.ceil((size + 22 + 2 * pages.length) / 4) * 4;
  }
  const importsAt = startsAt + size;
  const importSize = [0, 4, 8, 16][importsFormat];
  const symbolsAt = importsAt + importSize * imports.length;
  for (const word of [0, startsAt, importsAt, symbolsAt, imports.length, importsFormat, 0, 0]) u32(word);
  for (const word of [segments.length, ...segmentInfo]) u32(word);
  for (const { segment, pages } of starts) {
    const { vmaddr } = segments[segment];
    u32(22 + 2 * pages.length);
    u16(pageSize);
    u16(pointerFormat);
    u32(vmaddr - low);
    u32(0);
    u32(0);
    u16(pages.length);
    for (const page of pages) u16(page ?? 0xffff);
    while (chained.length % 4 !== 0) chained.push(0);
  }
  let name = 1;
  for (const { library, name: symbol, weak } of imports) {
    const ordinal = image.libraries.indexOf(library) + 1;
    if (importsFormat === 3) {
      u32(ordinal | (weak ? 0x10000 : 0));
      u32(name);
    } else u32((ordinal | (weak ? 0x100 : 0) | (name << 9)) >>> 0);
    for (let i = importsFormat === 3 ? 8 : 4; i < importSize; i += 4) u32(0);
    name += symbol.length + 2;
  }
  chained.push(0);
  for (const { name: symbol } of imports) chained.push(...Buffer.from(`_${symbol}\0`));
  // The load commands: 16 bytes each, in the place of the 48 of LC_DYLD_INFO_ONLY.
  const trie = [view.getUint32(info + 40, true), view.getUint32(info + 44, true)];
  const at = Math.ceil(file.length / 8) * 8;
  [0x80000034, 16, at, chained.length, 0x80000033, 16, ...trie, 0x2a, 16, 0, 0].forEach((word, i) =>
    view.setUint32(info + 4 * i, word, true),
  );
  view.setUint32(16, view.getUint32(16, true) + 2, true);
  out.set(chained, at);
  const linkedit = there(segments.at(-1));
  view.setBigUint64(linkedit.at + 48, BigInt(at + chained.length - linkedit.fileoff), true);
  view.setBigUint64(linkedit.at + 32, BigInt(Math.ceil((at + chained.length - linkedit.fileoff) / pageSize) * pageSize), true);
  return out.subarray(0, at + chained.length);
}
