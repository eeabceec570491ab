/**
 * PE32 (i386) and PE32+ (x86-64) executables and DLLs.
 * Source: Microsoft's PE/COFF specification.
 */
import { finishSymbols } from './symbols.js';
import { checkImage } from './check-image.js';
import { emptyImage, type Image, ImageRelocation, ImageSegment } from './image.js';
import { Reader, SEGMENT_LIMIT, SPAN_LIMIT } from './reader.js';

const MACHINES: Record<number, { cpu: Image['cpu']; magic: number }> = {
  0x14c: { cpu: 'ia32', magic: 0x10b },
  0x8664: { cpu: 'x86-64', magic: 0x20b },
};
const DIRECTORY = { export: 0, import: 1, exception: 3, reloc: 5, tls: 9, delay: 13 } as const;
const IMAGE_FILE_DLL = 0x2000;
const IMAGE_FILE_RELOCS_STRIPPED = 1;
const LIMIT = 65536;

interface Section {
  name: string;
  rva: number;
  size: number;
  raw: number;
  rawSize: number;
  flags: number;
}

class PeFile {
  readonly sections: Section[] = [];
  constructor(
    readonly r: Reader,
    readonly headerSize: number,
  ) {}

  /** File offset of an RVA that must have `size` bytes in the file. */
  at(rva: number, size: number, field: string): number {
    if (rva + size <= this.headerSize) return rva;
    const section = this.sections.find((s) => rva >= s.rva && rva + size <= s.rva + s.rawSize);
    if (!section) this.r.fail(`${field} at RVA 0x${rva.toString(16)} lies in no section's file contents`);
    return section.raw + rva - section.rva;
  }

  u16(rva: number, field: string): number {
    return this.r.u16(this.at(rva, 2, field), field);
  }

  u32(rva: number, field: string): number {
    return this.r.u32(this.at(rva, 4, field), field);
  }

  string(rva: number, field: string): string {
    return this.r.string(this.at(rva, 1, field), field, 1024);
  }
}

export function parsePe(bytes: Uint8Array, path: string): Image {
  const r = new Reader(bytes, path);
  const pe = r.u32(0x3c, 'e_lfanew');
  if (r.u32(pe, 'the PE signature') !== 0x4550) r.fail('it has no PE signature: a DOS program?');
  const machine =
    MACHINES[r.u16(pe + 4, 'Machine')] ?? r.fail(`Machine is 0x${r.u16(pe + 4, 'Machine').toString(16)}, neither i386 nor x86-64`);
  const sectionCount = r.u16(pe + 6, 'NumberOfSections');
  const optionalSize = r.u16(pe + 20, 'SizeOfOptionalHeader');
  const characteristics = r.u16(pe + 22, 'Characteristics');
  const opt = pe + 24;
  const magic = r.u16(opt, 'Magic of the optional header');
  if (magic !== machine.magic) r.fail(`Magic of the optional header is 0x${magic.toString(16)}, which does not go with its Machine`);
  const wide = magic === 0x20b;
  const word = wide ? 8 : 4;
  const address = (offset: number, field: string): number => (wide ? r.u64(offset, field) : r.u32(offset, field));
  const base = wide ? r.u64(opt + 24, 'ImageBase') : r.u32(opt + 28, 'ImageBase');
  const span = r.u32(opt + 56, 'SizeOfImage');
  if (span === 0 || span > SPAN_LIMIT) r.fail(`SizeOfImage is ${span}`);
  if (base % 65536 !== 0) r.fail(`ImageBase 0x${base.toString(16)} is no multiple of 64 KiB`);
  const headerSize = Math.min(r.u32(opt + 60, 'SizeOfHeaders'), span, bytes.length);
  const directories = opt + (wide ? 112 : 96);
  const directoryCount = Math.min(16, r.u32(directories - 4, 'NumberOfRvaAndSizes'));
  const file = new PeFile(r, headerSize);
  const table = opt + optionalSize;
  if (sectionCount >= SEGMENT_LIMIT) r.fail(`NumberOfSections is ${sectionCount}, more than can be loaded`);
  r.check(table, 40 * sectionCount, 'the section table');
  const segments: ImageSegment[] = [{ offset: 0, size: headerSize, data: bytes.subarray(0, headerSize), prot: 1, name: 'headers' }];
  for (let i = 0; i < sectionCount; i++) {
    const s = table + 40 * i;
    const name = r.text(s, 8, 'the name of a section');
    const virtual = r.u32(s + 8, 'VirtualSize');
    const rva = r.u32(s + 12, 'VirtualAddress');
    const rawSize = r.u32(s + 16, 'SizeOfRawData');
    const raw = r.u32(s + 20, 'PointerToRawData');
    const flags = r.u32(s + 36, 'Characteristics of a section');
    const size = virtual || rawSize;
    if (rva % 4096 !== 0) r.fail(`section ${name} is at RVA 0x${rva.toString(16)}, which is not page-aligned`);
    if (rva + size > Math.ceil(span / 4096) * 4096) r.fail(`section ${name} ends beyond SizeOfImage ${span}`);
    const inFile = Math.min(rawSize, size);
    const data = inFile === 0 ? new Uint8Array(0) : r.slice(raw, inFile, `section ${name}`);
    file.sections.push({ name, rva, size, raw, rawSize: inFile, flags });
    if (rva < headerSize) r.fail(`section ${name} at RVA 0x${rva.toString(16)} overlaps the headers`);
    if (flags & 0x02000000 && !data.length) continue;
    const prot = (flags & 0x40000000 ? 1 : 0) | (flags & 0x80000000 ? 3 : 0) | (flags & 0x20000000 ? 4 : 0);
    segments.push({ offset: rva, size, data, prot, name });
  }
  const directory = (index: number): { rva: number; size: number } | undefined => {
    if (index >= directoryCount) return undefined;
    const rva = r.u32(directories + 8 * index, 'a data directory');
    return rva === 0 ? undefined : { rva, size: r.u32(directories + 8 * index + 4, 'a data directory') };
  };
  const image: Image = {
    ...emptyImage(),
    format: 'pe',
    cpu: machine.cpu,
    os: 'windows',
    kind: characteristics & IMAGE_FILE_DLL ? 'library' : 'executable',
    path,
    preferredBase: base,
    span,
    relocatable: (characteristics & IMAGE_FILE_RELOCS_STRIPPED) === 0,
    segments,
    stackReserve: address(opt + 72, 'SizeOfStackReserve'),
    subsystemVersion: r.u16(opt + 48, 'MajorSubsystemVersion'),
    stackCommit: address(opt + 72 + word, 'SizeOfStackCommit'),
  };
  const entry = r.u32(opt + 16, 'AddressOfEntryPoint');
  if (entry >= span) r.fail(`AddressOfEntryPoint 0x${entry.toString(16)} lies outside of the image`);
  if (entry !== 0) image.entry = entry;
  if (directory(DIRECTORY.delay)) r.fail('delay-loaded imports are not supported: link without /delayload');
  imports(file, image, directory(DIRECTORY.import), word);
  relocations(file, image, directory(DIRECTORY.reloc));
  exportsOf(file, image, directory(DIRECTORY.export));
  const pdata = directory(DIRECTORY.exception);
  if (pdata) image.exceptionDirectory = { offset: pdata.rva, size: pdata.size };
  const tls = directory(DIRECTORY.tls);
  if (tls) threadLocal(file, image, tls.rva, word, address);
  symbols(r, image, pe, file);
  finishSymbols(
    image.symbols,
    file.sections.filter(({ flags }) => (flags & 0x20000000) !== 0).map(({ rva, size }) => [rva, rva + size]),
  );
  return checkImage(r, image);
}

function imports(file: PeFile, image: Image, directory: { rva: number } | undefined, word: 4 | 8): void {
  if (!directory) return;
  const { r } = file;
  for (let i = 0; ; i++) {
    if (i > 1024) r.fail('the import directory does not end');
    const at = directory.rva + 20 * i;
    const lookup = file.u32(at, 'OriginalFirstThunk');
    const nameRva = file.u32(at + 12, 'Name of an import');
    const thunk = file.u32(at + 16, 'FirstThunk');
    if (nameRva === 0 && thunk === 0) break;
    const library = file.string(nameRva, 'the name of an imported library');
    image.libraries.push(library);
    const names = lookup || thunk;
    for (let j = 0; ; j++) {
      if (j > LIMIT || image.imports.length > LIMIT) r.fail(`the imports from ${library} do not end`);
      const entry = file.u32(names + word * j, 'an import');
      const high = word === 8 ? file.u32(names + 8 * j + 4, 'an import') : entry;
      if (entry === 0 && (word === 4 || high === 0)) break;
      const place = thunk + word * j;
      if (place + word > image.span) r.fail(`the import addresses of ${library} lie outside of the image`);
      const byOrdinal = high >>> 31 === 1;
      image.relocations.push({ offset: place, kind: word === 8 ? 'word64' : 'word32', value: { import: image.imports.length }, addend: 0 });
      image.imports.push(
        byOrdinal
          ? { library, name: `#${entry & 0xffff}`, ordinal: entry & 0xffff, weak: false }
          : { library, name: file.string(entry + 2, `the name of import ${j} from ${library}`), weak: false },
      );
    }
  }
}

function relocations(file: PeFile, image: Image, directory: { rva: number; size: number } | undefined): void {
  if (!directory) return;
  const { r } = file;
  let at = directory.rva;
  const end = directory.rva + directory.size;
  while (at + 8 <= end) {
    const page = file.u32(at, 'a base relocation page');
    const size = file.u32(at + 4, 'the size of a base relocation block');
    if (size < 8 || at + size > end) r.fail(`the size ${size} of the base relocation block for page 0x${page.toString(16)} is wrong`);
    for (let e = at + 8; e + 2 <= at + size; e += 2) {
      const entry = file.u16(e, 'a base relocation');
      const type = entry >> 12;
      const offset = page + (entry & 0xfff);
      if (type === 0) continue;
      if (type !== 3 && type !== 10) r.fail(`base relocation type ${type} is neither HIGHLOW nor DIR64`);
      const wide = type === 10;
      if (offset + (wide ? 8 : 4) > image.span) r.fail(`a base relocation at RVA 0x${offset.toString(16)} lies outside of the image`);
      const place = file.at(offset, wide ? 8 : 4, 'a relocated word');
      const value = wide ? r.u64(place, 'a relocated word') : r.u32(place, 'a relocated word');
      const relocation: ImageRelocation = {
        offset,
        kind: wide ? 'word64' : 'word32',
        value: { base: true },
        addend: value - image.preferredBase,
      };
      image.relocations.push(relocation);
    }
    at += size;
  }
}

function exportsOf(file: PeFile, image: Image, directory: { rva: number; size: number } | undefined): void {
  if (!directory) return;
  const { rva, size } = directory;
  const ordinalBase = file.u32(rva + 16, 'OrdinalBase');
  const functions = file.u32(rva + 20, 'NumberOfFunctions');
  const names = file.u32(rva + 24, 'NumberOfNames');
  if (functions > LIMIT || names > LIMIT || 4 * Math.max(functions, names) > file.r.bytes.length)
    file.r.fail(`NumberOfFunctions ${functions} or NumberOfNames ${names} is too large`);
  const addresses = file.u32(rva + 28, 'AddressOfFunctions');
  const nameTable = file.u32(rva + 32, 'AddressOfNames');
  const ordinals = file.u32(rva + 36, 'AddressOfNameOrdinals');
  const named = new Map<number, string>();
  if (rva + size > image.span) file.r.fail('the export directory lies outside of the image');
  for (let i = 0; i < names; i++) {
    named.set(file.u16(ordinals + 2 * i, 'a name ordinal'), file.string(file.u32(nameTable + 4 * i, 'an export name'), 'an export name'));
  }
  for (let i = 0; i < functions; i++) {
    const offset = file.u32(addresses + 4 * i, 'an export address');
    if (offset === 0) continue;
    const name = named.get(i) ?? `#${ordinalBase + i}`;
    const ordinal = ordinalBase + i;
    if (offset >= rva && offset < rva + size) {
      image.exports.set(name, {
        name,
        offset: 0,
        size: 0,
        kind: 'forward',
        forward: file.string(offset, `the forwarder of ${name}`),
        ordinal,
      });
      continue;
    }
    if (offset >= image.span) file.r.fail(`the export ${name} lies outside of the image`);
    const code = file.sections.some((s) => offset >= s.rva && offset < s.rva + s.size && (s.flags & 0x20000000) !== 0);
    image.exports.set(name, { name, offset, size: 0, kind: code ? 'function' : 'data', ordinal });
    if (code) image.symbols.push({ name, offset, size: 0 });
  }
}

function threadLocal(file: PeFile, image: Image, rva: number, word: 4 | 8, address: (offset: number, field: string) => number): void {
  const { r } = file;
  const at = file.at(rva, 4 * word + 8, 'the TLS directory');
  const relative = (index: number, field: string): number => {
    const value = address(at + word * index, field);
    if (value === 0) return 0;
    const offset = value - image.preferredBase;
    if (offset < 0 || offset > image.span) r.fail(`${field} of the TLS directory lies outside of the image`);
    return offset;
  };
  const start = relative(0, 'StartAddressOfRawData');
  const end = relative(1, 'EndAddressOfRawData');
  const zero = r.u32(at + 4 * word, 'SizeOfZeroFill');
  if (end < start || zero > SPAN_LIMIT) r.fail('the raw data of the TLS directory ends before it starts');
  const characteristics = r.u32(at + 4 * word + 4, 'Characteristics of the TLS directory');
  const alignment = (characteristics >> 20) & 15;
  const data =
    end === start ? new Uint8Array(0) : r.slice(file.at(start, end - start, 'the TLS template'), end - start, 'the TLS template');
  const callbacks: number[] = [];
  const list = relative(3, 'AddressOfCallBacks');
  if (list !== 0) {
    for (let i = 0; ; i++) {
      if (i > 256) r.fail('the TLS callbacks do not end');
      const callback = address(file.at(list + word * i, word, 'a TLS callback'), 'a TLS callback');
      if (callback === 0) break;
      callbacks.push(callback - image.preferredBase);
    }
  }
  image.tls = {
    offset: start,
    data,
    size: data.length + zero,
    align: alignment ? 1 << (alignment - 1) : 16,
    indexOffset: relative(2, 'AddressOfIndex'),
    callbacks,
  };
}

/** COFF symbols, where the linker kept them: only for naming PCs. */
function symbols(r: Reader, image: Image, pe: number, file: PeFile): void {
  const table = r.u32(pe + 12, 'PointerToSymbolTable');
  const count = r.u32(pe + 16, 'NumberOfSymbols');
  if (table === 0 || table + 18 * count + 4 > r.bytes.length) return;
  const strings = table + 18 * count;
  for (let i = 0; i < count; i++) {
    const at = table + 18 * i;
    const section = r.u16(at + 12, '');
    const isFunction = r.u16(at + 14, '') >> 4 === 2 || [2, 3].includes(r.u8(at + 16, ''));
    const auxiliary = r.u8(at + 17, '');
    const owner = file.sections[section - 1];
    if (owner && isFunction && (owner.flags & 0x20000000) !== 0 && auxiliary === 0) {
      const long = r.u32(at, '') === 0;
      const start = long ? strings + r.u32(at + 4, '') : at;
      const raw = r.bytes.subarray(start, long ? Math.min(start + 256, r.bytes.length) : start + 8);
      const end = raw.indexOf(0);
      const text = new TextDecoder('latin1').decode(end < 0 ? raw : raw.subarray(0, end));
      // What a weak function is called where it was not replaced.
      const name = /^\.weak\.(.+?)\.default(\..*)?$/.exec(text)?.[1] ?? text;
      if (!name.startsWith('.'))
        image.symbols.push({ name: image.cpu === 'ia32' ? undecorated(name) : name, offset: owner.rva + r.u32(at + 8, ''), size: 0 });
    }
    i += auxiliary;
  }
}

/** IA-32: `_name` is cdecl, `_name@12` stdcall, `@name@8` fastcall. */
function undecorated(symbol: string): string {
  return symbol.replace(/^[_@](.+?)(@\d+)?$/, '$1');
}
