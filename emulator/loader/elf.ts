/**
 * ELF executables and shared objects for i386, x86-64 and AArch64.
 * Sources: System V gABI chapters 4 and 5, and the processor supplements.
 */
import { checkImage } from './check-image.js';
import { ElfDynamic } from './elf-dynamic.js';
import { elfRelocations } from './elf-relocations.js';
import { addSymbols } from './elf-symbols.js';
import { emptyImage, type Image, ImageSegment } from './image.js';
import { Reader, SEGMENT_LIMIT, SPAN_LIMIT } from './reader.js';

const MACHINES: Record<number, { cpu: Image['cpu']; bits: 32 | 64 }> = {
  3: { cpu: 'ia32', bits: 32 },
  62: { cpu: 'x86-64', bits: 64 },
  183: { cpu: 'arm64', bits: 64 },
};
const ET_EXEC = 2;
const ET_DYN = 3;
const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3, NOTE: 4, TLS: 7, GNU_RELRO: 0x6474e552 } as const;
const OSABI: Record<number, Image['os']> = { 3: 'linux', 9: 'freebsd' };

export interface ProgramHeader {
  type: number;
  flags: number;
  offset: number;
  vaddr: number;
  filesz: number;
  memsz: number;
  align: number;
}

export function parseElf(bytes: Uint8Array, path: string): Image {
  const r = new Reader(bytes, path);
  const bits = r.u8(4, 'EI_CLASS') === 2 ? 64 : r.u8(4, 'EI_CLASS') === 1 ? 32 : r.fail(`EI_CLASS is ${bytes[4]}, neither 32 nor 64 bits`);
  if (r.u8(5, 'EI_DATA') !== 1) r.fail(`EI_DATA is ${bytes[5]}: only little-endian files can be loaded`);
  const type = r.u16(16, 'e_type');
  if (type !== ET_EXEC && type !== ET_DYN) r.fail(`e_type is ${type}: neither an executable nor a shared object`);
  const machine = MACHINES[r.u16(18, 'e_machine')] ?? r.fail(`e_machine is ${r.u16(18, 'e_machine')}: neither i386, x86-64 nor AArch64`);
  if (machine.bits !== bits) r.fail(`EI_CLASS says ${bits} bits, e_machine ${machine.cpu}`);
  const wide = bits === 64;
  const address = (offset: number, field: string): number => (wide ? r.u64(offset, field) : r.u32(offset, field));
  const entry = address(24, 'e_entry');
  const phoff = address(wide ? 32 : 28, 'e_phoff');
  const phentsize = r.u16(wide ? 54 : 42, 'e_phentsize');
  const phnum = r.u16(wide ? 56 : 44, 'e_phnum');
  if (phnum === 0) r.fail('e_phnum is 0: there is nothing to load');
  if (phentsize < (wide ? 56 : 32)) r.fail(`e_phentsize is ${phentsize}, too small`);
  if (phnum > SEGMENT_LIMIT) r.fail(`e_phnum is ${phnum}, more than ${SEGMENT_LIMIT}`);
  r.check(phoff, phentsize * phnum, 'the program header table');
  const headers: ProgramHeader[] = [];
  for (let i = 0; i < phnum; i++) {
    const at = phoff + i * phentsize;
    const field = (name: string): string => `${name} of program header ${i}`;
    headers.push(
      wide
        ? {
            type: r.u32(at, field('p_type')),
            flags: r.u32(at + 4, field('p_flags')),
            offset: r.u64(at + 8, field('p_offset')),
            vaddr: r.u64(at + 16, field('p_vaddr')),
            filesz: r.u64(at + 32, field('p_filesz')),
            memsz: r.u64(at + 40, field('p_memsz')),
            align: r.u64(at + 48, field('p_align')),
          }
        : {
            type: r.u32(at, field('p_type')),
            offset: r.u32(at + 4, field('p_offset')),
            vaddr: r.u32(at + 8, field('p_vaddr')),
            filesz: r.u32(at + 16, field('p_filesz')),
            memsz: r.u32(at + 20, field('p_memsz')),
            flags: r.u32(at + 24, field('p_flags')),
            align: r.u32(at + 28, field('p_align')),
          },
    );
  }
  const loads = headers.filter((h) => h.type === PT.LOAD);
  if (loads.length === 0) r.fail('it has no PT_LOAD segment');
  let low = Infinity;
  let high = 0;
  for (const load of loads) {
    if (load.filesz > load.memsz) r.fail(`p_filesz ${load.filesz} of a PT_LOAD is larger than its p_memsz ${load.memsz}`);
    r.check(load.offset, load.filesz, 'a PT_LOAD segment');
    low = Math.min(low, Math.floor(load.vaddr / 4096) * 4096);
    high = Math.max(high, load.vaddr + load.memsz);
  }
  if (high - low > SPAN_LIMIT) r.fail(`its segments span ${high - low} bytes, more than can be loaded`);
  const interp = headers.find((h) => h.type === PT.INTERP);
  const dynamic = headers.find((h) => h.type === PT.DYNAMIC);
  const tables = dynamic && new ElfDynamic(r, dynamic, loads, wide, low);
  const isStatic = !interp && !tables?.needsLibraries && (type === ET_EXEC || tables?.isExecutable === true);
  // A static program protects that itself.
  const relro = isStatic ? undefined : headers.find((h) => h.type === PT.GNU_RELRO);
  const segments = loads.flatMap((h, i) =>
    splitRelro(segmentOf(r, h, i, low), relro && relro.vaddr + relro.memsz - low, relro && relro.vaddr - low),
  );

  const image: Image = {
    ...emptyImage(),
    format: 'elf',
    cpu: machine.cpu,
    kind: 'executable',
    path,
    preferredBase: low,
    span: high - low,
    relocatable: type === ET_DYN,
    segments,
  };
  if (entry !== 0) image.entry = entry - low;
  const os = osOf(r, headers, bytes);
  if (os !== undefined) image.os = os;
  if (isStatic) image.isStatic = true;
  if (interp) image.interpreter = r.string(interp.offset, 'PT_INTERP');
  const headerSegment = loads.find((h) => phoff >= h.offset && phoff + phentsize * phnum <= h.offset + h.filesz);
  if (headerSegment)
    image.programHeaders = { offset: phoff - headerSegment.offset + headerSegment.vaddr - low, entrySize: phentsize, count: phnum };
  const tls = headers.find((h) => h.type === PT.TLS);
  if (tls) {
    if (tls.filesz > tls.memsz || tls.memsz > SPAN_LIMIT) r.fail(`p_filesz or p_memsz of PT_TLS is ${tls.filesz}, ${tls.memsz}`);
    if (tls.align > 65536 || (tls.align & (tls.align - 1)) !== 0) r.fail(`p_align of PT_TLS is ${tls.align}`);
    image.tls = {
      offset: tls.vaddr - low,
      data: r.slice(tls.offset, tls.filesz, 'PT_TLS'),
      size: tls.memsz,
      align: Math.max(1, tls.align),
    };
  }
  if (tables && !isStatic) {
    tables.describe(image);
    elfRelocations(r, tables, image, machine.cpu, low);
    if (type === ET_DYN && !tables.isExecutable && !image.interpreter) image.kind = 'library';
  }
  image.symbols.later(() => addSymbols(r, image, wide, low, () => tables?.jumpSlots() ?? []));
  return checkImage(r, image);
}

function segmentOf(r: Reader, h: ProgramHeader, index: number, low: number): ImageSegment {
  const prot = (h.flags & 4 ? 1 : 0) | (h.flags & 2 ? 2 : 0) | (h.flags & 1 ? 4 : 0);
  return { offset: h.vaddr - low, size: h.memsz, data: r.slice(h.offset, h.filesz, 'a PT_LOAD segment'), prot, name: `PT_LOAD ${index}` };
}

/** Whole pages of PT_GNU_RELRO [start, end) become read-only after relocation. */
function splitRelro(segment: ImageSegment, end: number | undefined, start: number | undefined): ImageSegment[] {
  if (end === undefined || start === undefined || start < segment.offset || end > Math.ceil((segment.offset + segment.size) / 4096) * 4096)
    return [segment];
  const cut = Math.floor(end / 4096) * 4096 - segment.offset;
  if (cut <= 0 || Math.floor(start / 4096) !== Math.floor(segment.offset / 4096)) return [segment];
  const { data, name, prot, offset, size } = segment;
  const first = { offset, size: Math.min(cut, size), data: data.subarray(0, cut), prot: prot & ~2, name: `${name} (relro)` };
  return cut >= size ? [first] : [first, { offset: offset + cut, size: size - cut, data: data.subarray(cut), prot, name }];
}

/** OS from EI_OSABI, else from the ABI notes: "FreeBSD" type 1; "GNU" type 1 with OS 0 = Linux. */
function osOf(r: Reader, headers: ProgramHeader[], bytes: Uint8Array): Image['os'] {
  const named = OSABI[bytes[7]];
  if (named) return named;
  for (const note of headers.filter((h) => h.type === PT.NOTE)) {
    r.check(note.offset, note.filesz, 'a PT_NOTE segment');
    let at = note.offset;
    const end = note.offset + note.filesz;
    while (at + 12 <= end) {
      const nameSize = r.u32(at, 'n_namesz');
      const size = r.u32(at + 4, 'n_descsz');
      if (nameSize > note.filesz || size > note.filesz) break;
      const name = r.text(at + 12, Math.min(nameSize, end - at - 12), 'a note name');
      if (r.u32(at + 8, 'n_type') === 1 && name.startsWith('FreeBSD')) return 'freebsd';
      if (r.u32(at + 8, 'n_type') === 1 && name.startsWith('GNU') && size >= 4) {
        const desc = at + 12 + Math.ceil(nameSize / 4) * 4;
        if (desc + 4 <= end && r.u32(desc, 'the ABI note') === 0) return 'linux';
      }
      at += 12 + Math.ceil(nameSize / 4) * 4 + Math.ceil(size / 4) * 4;
    }
  }
  return undefined;
}
