/**
 * Mach-O 64-bit executables and dylibs, x86-64 and arm64.
 * Source: mach-o/loader.h and nlist.h (structures), dyld's documentation of its info.
 */
import { checkImage } from './check-image.js';
import { emptyImage, type Image, ImageSegment } from './image.js';
import { MachoBinder } from './macho-fixups.js';
import { exportTrie } from './macho-exports.js';
import { machoInitialisers, machoSymbols, machoThreadLocals } from './macho-sections.js';
import { Reader, SEGMENT_LIMIT, SPAN_LIMIT } from './reader.js';

const CPUS: Record<number, Image['cpu']> = { 0x01000007: 'x86-64', 0x0100000c: 'arm64' };
const MH_EXECUTE = 2;
const MH_DYLIB = 6;
const S_ATTR_PURE_INSTRUCTIONS = 0x80000000;
const LC = {
  SYMTAB: 0x2,
  UNIXTHREAD: 0x5,
  DYSYMTAB: 0xb,
  LOAD_DYLIB: 0xc,
  SEGMENT_64: 0x19,
  DYLD_INFO: 0x22,
  VERSION_MIN_MACOSX: 0x24,
  BUILD_VERSION: 0x32,
  MAIN: 0x80000028,
  LOAD_WEAK_DYLIB: 0x80000018,
  REEXPORT_DYLIB: 0x8000001f,
  DYLD_INFO_ONLY: 0x80000022,
  DYLD_EXPORTS_TRIE: 0x80000033,
  DYLD_CHAINED_FIXUPS: 0x80000034,
} as const;
const MH_PIE = 0x200000;

export interface MachoSegment {
  name: string;
  vmaddr: number;
  vmsize: number;
  fileoff: number;
  filesize: number;
}

export interface MachoSection {
  /** S_*: the low byte of its flags. */
  type: number;
  address: number;
  size: number;
  align: number;
  /** Are there instructions in it? */
  code: boolean;
  /** Of stubs: the first one's place in the table of indirect symbols, and the length of each. */
  firstIndirect: number;
  stubSize: number;
}

export function parseMacho(bytes: Uint8Array, path: string): Image {
  const r: Reader = new Reader(bytes, path);
  const cpu = CPUS[r.u32(4, 'cputype')] ?? r.fail(`cputype is 0x${r.u32(4, 'cputype').toString(16)}, neither x86-64 nor arm64`);
  if (cpu === 'arm64' && (r.u32(8, 'cpusubtype') & 0xff) === 2)
    r.fail('cpusubtype is arm64e: pointer authentication is not modelled, compile for arm64');
  const type = r.u32(12, 'filetype');
  if (type !== MH_EXECUTE && type !== MH_DYLIB) r.fail(`filetype is ${type}: neither a program nor a dylib`);
  const count = r.u32(16, 'ncmds');
  const size = r.u32(20, 'sizeofcmds');
  r.check(32, size, 'the load commands');
  const segments: MachoSegment[] = [];
  const out: ImageSegment[] = [];
  const sections: MachoSection[] = [];
  const image: Image = {
    ...emptyImage(),
    format: 'macho',
    cpu,
    os: 'macos',
    kind: type === MH_EXECUTE ? 'executable' : 'library',
    path,
    preferredBase: 0,
    span: 0,
    relocatable: type === MH_DYLIB || cpu === 'arm64' || (r.u32(24, 'flags') & MH_PIE) !== 0,
    segments: out,
  };
  const found = new Map<number, { at: number; size: number }>();
  let entryOffset: number | undefined;
  let entryAddress: number | undefined;
  let at = 32;
  for (let i = 0; i < count; i++) {
    const command = r.u32(at, 'cmd');
    const length = r.u32(at + 4, 'cmdsize');
    if (length < 8 || length % 4 !== 0 || at + length > 32 + size) r.fail(`cmdsize of load command ${i} is ${length}`);
    found.set(command, { at, size: length });
    if (command === LC.SEGMENT_64) readSegment(r, at, length, segments, out, sections);
    else if (command === LC.LOAD_DYLIB || command === LC.LOAD_WEAK_DYLIB || command === LC.REEXPORT_DYLIB) {
      const name = r.u32(at + 8, 'the name of a dylib');
      if (name >= length) r.fail(`the name of a dylib lies outside of its load command`);
      image.libraries.push(r.string(at + name, 'the name of a dylib'));
    } else if (command === LC.MAIN) entryOffset = r.u64(at + 8, 'entryoff of LC_MAIN');
    else if (command === LC.UNIXTHREAD) entryAddress = r.u64(at + 16 + (cpu === 'arm64' ? 0x100 : 0x80), 'the PC of LC_UNIXTHREAD');
    else if (command === LC.BUILD_VERSION) image.osVersion = version(r.u32(at + 12, 'minos'));
    else if (command === LC.VERSION_MIN_MACOSX) image.osVersion = version(r.u32(at + 8, 'the version'));
    at += length;
  }
  const mapped = segments.filter((s) => s.name !== '__PAGEZERO' && s.vmsize > 0);
  if (mapped.length === 0) r.fail('it has no segments to map');
  const low = Math.min(...mapped.map((s) => s.vmaddr));
  const high = Math.max(...mapped.map((s) => s.vmaddr + s.vmsize));
  if (high - low > SPAN_LIMIT) r.fail(`its segments span ${high - low} bytes, more than can be loaded`);
  image.preferredBase = low;
  image.span = high - low;
  for (const segment of out) segment.offset -= low;
  image.segments = out.filter((s) => s.name !== '__PAGEZERO');
  if (entryOffset !== undefined) {
    const owner = mapped.find((s) => entryOffset >= s.fileoff && entryOffset < s.fileoff + s.filesize);
    if (!owner) r.fail(`entryoff of LC_MAIN is 0x${entryOffset.toString(16)}, outside of every segment`);
    image.entry = owner.vmaddr + entryOffset - owner.fileoff - low;
  } else if (entryAddress !== undefined) image.entry = entryAddress - low;

  const binder = new MachoBinder(r, image, segments, low);
  const info = found.get(LC.DYLD_INFO_ONLY) ?? found.get(LC.DYLD_INFO);
  if (info) {
    const part = (offset: number, name: string): Uint8Array =>
      r.slice(r.u32(info.at + offset, name), r.u32(info.at + offset + 4, name), name);
    binder.rebases(part(8, 'the rebase info'));
    binder.binds(part(16, 'the bind info'), 'normal');
    binder.binds(part(32, 'the lazy bind info'), 'lazy');
    binder.binds(part(24, 'the weak bind info'), 'weak');
    exportTrie(r, part(40, 'the export info'), image);
  }
  const linkedit = (command: number, name: string): Uint8Array | undefined => {
    const where = found.get(command);
    return where && r.slice(r.u32(where.at + 8, name), r.u32(where.at + 12, name), name);
  };
  const chained = linkedit(LC.DYLD_CHAINED_FIXUPS, 'the chained fixups');
  if (chained) binder.chained(chained);
  const trie = linkedit(LC.DYLD_EXPORTS_TRIE, 'the exports trie');
  if (trie) exportTrie(r, trie, image);
  const symtab = found.get(LC.SYMTAB);
  if (symtab) machoSymbols(r, image, sections, symtab.at, found.get(LC.DYSYMTAB)?.at, low);
  machoInitialisers(r, image, segments, sections, low, binder);
  machoThreadLocals(r, image, segments, sections, low);
  return checkImage(r, image);
}

function version(packed: number): string {
  return `${packed >>> 16}.${(packed >> 8) & 0xff}`;
}

function readSegment(r: Reader, at: number, length: number, segments: MachoSegment[], out: ImageSegment[], found: MachoSection[]): void {
  if (segments.length >= SEGMENT_LIMIT) r.fail(`it has more than ${SEGMENT_LIMIT} segments`);
  const name = r.text(at + 8, 16, 'segname');
  const segment = {
    name,
    vmaddr: r.u64(at + 24, `vmaddr of ${name}`),
    vmsize: r.u64(at + 32, `vmsize of ${name}`),
    fileoff: r.u64(at + 40, `fileoff of ${name}`),
    filesize: r.u64(at + 48, `filesize of ${name}`),
  };
  const prot = r.u32(at + 60, `initprot of ${name}`) & 7;
  const sections = r.u32(at + 64, `nsects of ${name}`);
  if (72 + 80 * sections > length) r.fail(`nsects of ${name} is ${sections}, more than its load command holds`);
  if (name !== '__PAGEZERO') {
    if (segment.filesize > segment.vmsize) r.fail(`filesize of ${name} is larger than its vmsize`);
    if (segment.vmaddr % 4096 !== 0) r.fail(`vmaddr of ${name} is 0x${segment.vmaddr.toString(16)}, which is not page-aligned`);
  }
  segments.push(segment);
  out.push({
    offset: segment.vmaddr,
    size: name === '__PAGEZERO' ? 0 : segment.vmsize,
    data: r.slice(segment.fileoff, name === '__PAGEZERO' ? 0 : segment.filesize, name),
    prot,
    name,
  });
  if (found.length + sections > 255) r.fail('it has more than 255 sections');
  for (let i = 0; i < sections; i++) {
    const s = at + 72 + 80 * i;
    found.push({
      type: r.u32(s + 64, 'the flags of a section') & 0xff,
      address: r.u64(s + 32, 'the address of a section'),
      size: r.u64(s + 40, 'the size of a section'),
      align: 2 ** Math.min(16, r.u32(s + 52, 'the alignment of a section')),
      code: (r.u32(s + 64, 'the flags of a section') & S_ATTR_PURE_INSTRUCTIONS) !== 0,
      firstIndirect: r.u32(s + 68, 'reserved1 of a section'),
      stubSize: r.u32(s + 72, 'reserved2 of a section'),
    });
  }
}
