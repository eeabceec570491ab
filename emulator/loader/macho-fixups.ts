/**
 * What dyld patches: rebase and bind opcodes (LC_DYLD_INFO), and chained fixups
 * (LC_DYLD_CHAINED_FIXUPS, pointer formats 64 and 64-offset).
 * Sources: mach-o/loader.h, mach-o/fixup-chains.h.
 */
import type { Image } from './image.js';
import { Stream } from './macho-exports.js';
import type { MachoSegment } from './macho.js';
import type { Reader } from './reader.js';

export class MachoBinder {
  private readonly importIndex = new Map<string, number>();
  private readonly rebased = new Map<number, number>();

  constructor(
    private readonly r: Reader,
    private readonly image: Image,
    private readonly segments: MachoSegment[],
    private readonly low: number,
  ) {}

  /** Image offset that the rebased word at `offset` points to. */
  rebasedAt(offset: number): number | undefined {
    return this.rebased.get(offset);
  }

  private place(segment: number, offset: number): number {
    const found = this.segments[segment];
    // What is patched is in the file, so there can be no more places than the file has words.
    if (!found || !(offset >= 0 && offset + 8 <= found.filesize) || found.name === '__PAGEZERO')
      return this.r.fail(`a fixup lies outside of segment ${segment}'s contents`);
    if (this.image.relocations.length > this.r.bytes.length / 2) this.r.fail('it has more fixups than words');
    return found.vmaddr - this.low + offset;
  }

  private wordAt(offset: number): number {
    const segment = this.segments.find((s) => offset >= s.vmaddr - this.low && offset + 8 <= s.vmaddr - this.low + s.filesize);
    return segment ? this.r.u64(segment.fileoff + offset - (segment.vmaddr - this.low), 'a rebased word') : 0;
  }

  private rebase(offset: number, target = this.wordAt(offset) - this.low): void {
    this.rebased.set(offset, target);
    this.image.relocations.push({ offset, kind: 'word64', value: { base: true }, addend: target });
  }

  private imported(name: string, weak: boolean, ordinal: number, coalesced = false): number {
    const plain = name.replace(/^_/, '');
    const key = `${coalesced ? 'coalesced' : ordinal} ${plain}`;
    let index = this.importIndex.get(key);
    if (index === undefined) {
      index = this.image.imports.length;
      this.image.imports.push(
        coalesced
          ? { library: '', name: plain, weak: true, coalesced }
          : { library: this.image.libraries[ordinal - 1] ?? '', name: plain, weak },
      );
      this.importIndex.set(key, index);
    }
    return index;
  }

  rebases(bytes: Uint8Array): void {
    const s = new Stream(this.r, bytes, 'the rebase info');
    let segment = 0;
    let offset = 0;
    const times = (count: number, skip: number): void => {
      for (let i = 0; i < count; i++) {
        this.rebase(this.place(segment, offset));
        offset += 8 + skip;
      }
    };
    while (!s.ended) {
      const byte = s.byte();
      const immediate = byte & 15;
      switch (byte & 0xf0) {
        case 0x00:
          return;
        case 0x10:
          if (immediate !== 1) this.r.fail(`rebase type ${immediate} is not a pointer`);
          break;
        case 0x20:
          segment = immediate;
          offset = s.uleb();
          break;
        case 0x30:
          offset += s.uleb();
          break;
        case 0x40:
          offset += 8 * immediate;
          break;
        case 0x50:
          times(immediate, 0);
          break;
        case 0x60:
          times(s.uleb(), 0);
          break;
        case 0x70:
          times(1, s.uleb());
          break;
        case 0x80: {
          const count = s.uleb();
          times(count, s.uleb());
          break;
        }
        default:
          this.r.fail(`rebase opcode 0x${byte.toString(16)} is unknown`);
      }
    }
  }

  binds(bytes: Uint8Array, table: 'normal' | 'lazy' | 'weak'): void {
    const s = new Stream(this.r, bytes, 'the bind info');
    let segment = 0;
    let offset = 0;
    let name = '';
    let weak = false;
    let ordinal = 0;
    let addend = 0;
    const bind = (): void => {
      const value = { import: this.imported(name, weak, ordinal, table === 'weak') };
      this.image.relocations.push({ offset: this.place(segment, offset), kind: 'word64', value, addend });
      offset += 8;
    };
    while (!s.ended) {
      const byte = s.byte();
      const immediate = byte & 15;
      switch (byte & 0xf0) {
        case 0x00:
          if (table !== 'lazy') return;
          break;
        case 0x10:
          ordinal = immediate;
          break;
        case 0x20:
          ordinal = s.uleb();
          break;
        case 0x30:
          ordinal = immediate === 0 ? 0 : immediate - 16;
          break;
        case 0x40:
          weak = (immediate & 1) !== 0;
          name = s.string();
          break;
        case 0x50:
          if (immediate !== 1) this.r.fail(`bind type ${immediate} is not a pointer`);
          break;
        case 0x60:
          addend = s.sleb();
          break;
        case 0x70:
          segment = immediate;
          offset = s.uleb();
          break;
        case 0x80:
          offset += s.uleb();
          break;
        case 0x90:
          bind();
          break;
        case 0xa0:
          bind();
          offset += s.uleb();
          break;
        case 0xb0:
          bind();
          offset += 8 * immediate;
          break;
        case 0xc0: {
          const count = s.uleb();
          const skip = s.uleb();
          for (let i = 0; i < count; i++) {
            bind();
            offset += skip;
          }
          break;
        }
        default:
          this.r.fail(`bind opcode 0x${byte.toString(16)} is unknown`);
      }
    }
  }

  chained(bytes: Uint8Array): void {
    const { r } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const u32 = (at: number): number => (at + 4 <= bytes.length ? view.getUint32(at, true) : r.fail('the chained fixups are cut short'));
    const u16 = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, true) : r.fail('the chained fixups are cut short'));
    const starts = u32(4);
    const imports = u32(8);
    const symbolsAt = u32(12);
    const importCount = u32(16);
    const format = u32(20);
    if (format < 1 || format > 3) r.fail(`imports_format ${format} of the chained fixups is unknown`);
    if (u32(24) !== 0) r.fail('the symbol names of the chained fixups are compressed, which is not supported');
    const importSize = format === 1 ? 4 : format === 2 ? 8 : 16;
    if (importCount * importSize > bytes.length) r.fail(`imports_count ${importCount} of the chained fixups is too large`);
    const names: { index: number; addend: number }[] = [];
    for (let i = 0; i < importCount; i++) {
      const word = u32(imports + importSize * i);
      // Format 3 has a 16-bit library ordinal, a weak bit 16 and the name's offset in the upper half.
      const [weak, nameOffset, ordinal] =
        format === 3 ? [word & 0x10000, u32(imports + 16 * i + 4), word & 0xffff] : [word & 0x100, word >>> 9, word & 0xff];
      const name = r.stringIn(bytes, symbolsAt + nameOffset, 'a name of the chained fixups');
      const addend =
        format === 1
          ? 0
          : format === 2
            ? u32(imports + 8 * i + 4) | 0
            : u32(imports + 16 * i + 8) + (u32(imports + 16 * i + 12) | 0) * 2 ** 32;
      names.push({ index: this.imported(name, weak !== 0, ordinal), addend });
    }
    const segmentCount = u32(starts);
    for (let i = 0; i < Math.min(segmentCount, this.segments.length); i++) {
      const info = u32(starts + 4 + 4 * i);
      if (info === 0) continue;
      const at = starts + info;
      const pageSize = u16(at + 4);
      const pointerFormat = u16(at + 6);
      if (pointerFormat !== 2 && pointerFormat !== 6)
        r.fail(`pointer_format ${pointerFormat} of the chained fixups is not supported (arm64e?)`);
      if (pageSize !== 0x1000 && pageSize !== 0x4000) r.fail(`page_size ${pageSize} of the chained fixups is neither 4 nor 16 KiB`);
      const pages = u16(at + 20);
      for (let page = 0; page < pages; page++) {
        const start = u16(at + 22 + 2 * page);
        if (start === 0xffff) continue;
        if (start >= pageSize) r.fail(`page_start ${start} of the chained fixups lies outside of its page`);
        this.chain(i, page * pageSize + start, (page + 1) * pageSize, pointerFormat, names);
      }
    }
  }

  private chain(segment: number, start: number, limit: number, format: number, names: { index: number; addend: number }[]): void {
    const { r } = this;
    for (let offset = start; ;) {
      const place = this.place(segment, offset);
      const { fileoff } = this.segments[segment];
      if (offset >= limit) r.fail('a chain of fixups leaves its page');
      const low = r.u32(fileoff + offset, 'a chained pointer');
      const high = r.u32(fileoff + offset + 4, 'a chained pointer');
      const next = (high >>> 19) & 0xfff;
      if (high >>> 31 === 1) {
        const name = names[low & 0xffffff] ?? r.fail('a chained pointer names an import that does not exist');
        this.image.relocations.push({
          offset: place,
          kind: 'word64',
          value: { import: name.index },
          addend: name.addend + ((low >>> 24) & 0xff),
        });
      } else {
        const target = low + (high & 0xf) * 2 ** 32;
        this.rebase(place, format === 2 ? target - this.low : target);
      }
      if (next === 0) return;
      offset += 4 * next;
    }
  }
}
