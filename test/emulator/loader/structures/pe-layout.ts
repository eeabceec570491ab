/** Every structure of a PE file, 32 and 64 bits. Source: Microsoft's PE/COFF specification. */
import { Layout } from './layout.js';

const COFF =
  'Machine:2 NumberOfSections:2 TimeDateStamp:4 PointerToSymbolTable:4 NumberOfSymbols:4 SizeOfOptionalHeader:2 Characteristics:2';
const OPTIONAL_START =
  'Magic:2 LinkerVersion:2 SizeOfCode:4 SizeOfInitializedData:4 SizeOfUninitializedData:4 AddressOfEntryPoint:4 BaseOfCode:4';
const OPTIONAL_MIDDLE =
  'SectionAlignment:4 FileAlignment:4 OperatingSystemVersion:4 ImageVersion:4 SubsystemVersion:4 Win32VersionValue:4 SizeOfImage:4 SizeOfHeaders:4 CheckSum:4 Subsystem:2 DllCharacteristics:2';
const SECTION =
  'VirtualSize:4 VirtualAddress:4 SizeOfRawData:4 PointerToRawData:4 PointerToRelocations:4 PointerToLinenumbers:4 NumberOfRelocations:2 NumberOfLinenumbers:2 Characteristics:4';

export function peLayout(bytes: Uint8Array): Layout {
  const out = new Layout(bytes);
  const pe = out.field('DOS header', 'e_lfanew', 0x3c, 4);
  out.field('PE signature', 'Signature', pe, 4);
  const coff = out.fields('COFF header', pe + 4, COFF);
  const opt = pe + 24;
  const { Magic } = out.fields('optional header', opt, OPTIONAL_START);
  const word = Magic === 0x20b ? 8 : 4;
  const base = out.field('optional header', 'ImageBase', word === 8 ? opt + 24 : opt + 28, word);
  out.fields('optional header', opt + 32, OPTIONAL_MIDDLE);
  out.fields(
    'optional header',
    opt + 72,
    `SizeOfStackReserve:${word} SizeOfStackCommit:${word} SizeOfHeapReserve:${word} SizeOfHeapCommit:${word} LoaderFlags:4 NumberOfRvaAndSizes:4`,
  );
  const directories = opt + 72 + 4 * word + 8;
  const directory = Array.from({ length: 16 }, (_, i) => out.fields('data directories', directories + 8 * i, 'VirtualAddress:4 Size:4'));
  out.table('data directories', directories, 8, 16);
  const table = opt + coff.SizeOfOptionalHeader;
  const sections = Array.from({ length: coff.NumberOfSections }, (_, i) => out.fields('section table', table + 40 * i + 8, SECTION));
  out.table('section table', table, 40, sections.length);
  /** File offset of an RVA. */
  const place = (rva: number): number => {
    const section = sections.find((s) => rva >= s.VirtualAddress && rva < s.VirtualAddress + s.SizeOfRawData);
    return section ? rva - section.VirtualAddress + section.PointerToRawData : rva;
  };
  const [exports, imports, resources, exceptions, , relocations, , , , threads, config] = directory;
  if (exports.VirtualAddress) exportDirectory(out, place, exports.VirtualAddress);
  if (imports.VirtualAddress) importDirectory(out, place, place(imports.VirtualAddress), word);
  if (resources.VirtualAddress)
    out.fields('resource directory', place(resources.VirtualAddress), 'Characteristics:4 Time:4 Version:4 Named:2 Ids:2 Id:4 Offset:4');
  if (exceptions.VirtualAddress && word === 8) exceptionDirectory(out, place, place(exceptions.VirtualAddress), exceptions.Size);
  if (relocations.VirtualAddress) baseRelocations(out, place(relocations.VirtualAddress), relocations.Size);
  if (threads.VirtualAddress) {
    const tls = out.fields(
      'TLS directory',
      place(threads.VirtualAddress),
      `StartAddressOfRawData:${word} EndAddressOfRawData:${word} AddressOfIndex:${word} AddressOfCallBacks:${word} SizeOfZeroFill:4 Characteristics:4`,
    );
    if (tls.AddressOfCallBacks) out.field('TLS callbacks', 'callback', place(tls.AddressOfCallBacks - base), word);
  }
  if (config.VirtualAddress) out.fields('load config', place(config.VirtualAddress), 'Size:4 TimeDateStamp:4 Version:4 GlobalFlags:4');
  return out;
}

function exportDirectory(out: Layout, place: (rva: number) => number, rva: number): void {
  const found = out.fields(
    'export directory',
    place(rva),
    'Flags:4 Time:4 Version:4 Name:4 OrdinalBase:4 NumberOfFunctions:4 NumberOfNames:4 AddressOfFunctions:4 AddressOfNames:4 AddressOfNameOrdinals:4',
  );
  const column = (name: string, at: number, size: 2 | 4, count: number): void => {
    for (let i = 0; i < count; i++) out.field(name, name, place(at) + size * i, size);
    out.table(name, place(at), size, count);
  };
  column('export addresses', found.AddressOfFunctions, 4, found.NumberOfFunctions);
  column('export names', found.AddressOfNames, 4, found.NumberOfNames);
  column('export ordinals', found.AddressOfNameOrdinals, 2, found.NumberOfNames);
}

function importDirectory(out: Layout, place: (rva: number) => number, at: number, word: 4 | 8): void {
  let count = 0;
  for (; ; count++) {
    const found = out.fields(
      'import directory',
      at + 20 * count,
      'OriginalFirstThunk:4 TimeDateStamp:4 ForwarderChain:4 Name:4 FirstThunk:4',
    );
    if (found.Name === 0) break;
    out.mark(place(found.Name));
    let thunks = 0;
    for (; out.value(place(found.OriginalFirstThunk) + word * thunks, word) !== 0n; thunks++)
      out.field('import lookup', 'thunk', place(found.OriginalFirstThunk) + word * thunks, word);
    out.table('import lookup', place(found.OriginalFirstThunk), word, thunks + 1);
  }
  out.table('import directory', at, 20, count + 1);
}

function exceptionDirectory(out: Layout, place: (rva: number) => number, at: number, size: number): void {
  const count = Math.floor(size / 12);
  for (let i = 0; i < count; i++) {
    const { UnwindInfo } = out.fields('exception directory', at + 12 * i, 'Begin:4 End:4 UnwindInfo:4');
    out.fields('unwind information', place(UnwindInfo), 'VersionAndFlags:1 SizeOfProlog:1 CountOfCodes:1 Frame:1');
  }
  out.table('exception directory', at, 12, count);
}

function baseRelocations(out: Layout, start: number, size: number): void {
  out.stream('base relocations', start, size, 'relocation blocks');
  for (let at = start; at + 8 <= start + size;) {
    const block = out.fields('base relocation blocks', at, 'VirtualAddress:4 SizeOfBlock:4');
    for (let i = 8; i < block.SizeOfBlock; i += 2) out.field('base relocations', 'entry', at + i, 2);
    at += Math.max(8, block.SizeOfBlock);
  }
}
