/**
 * What a loader makes of a file, whatever its format: segments to map, places
 * to relocate, symbols wanted and offered, thread-local template, entry and
 * initialisers. Addresses in an Image are offsets from its base (`preferredBase`)
 * so that one Image can be placed anywhere it allows.
 */
import { SymbolTable } from './symbols.js';
export type ImageFormat = 'elf' | 'pe' | 'macho';

export interface ImageSegment {
  /** Offset from the image base; multiple of the page size after rounding down. */
  offset: number;
  size: number;
  /** File contents, shorter than `size` where the rest is zero. */
  data: Uint8Array;
  /** Prot bits after relocation. */
  prot: number;
  name: string;
}

export interface ImageImport {
  /** Library it is asked from ('' where the format does not say: ELF). */
  library: string;
  /** Symbol as the program names it, without the format's underscore prefix (Mach-O, PE i386 decoration kept apart). */
  name: string;
  /** PE: import by ordinal. */
  ordinal?: number;
  weak: boolean;
  /** Mach-O weak definitions: all images use the first one; a place keeps its value if nobody offers any. */
  coalesced?: true;
}

/** A place to patch. `write` kinds: word = pointer-size, word32/word64, pcrel32. Value = symbol/base/tls expression. */
export interface ImageRelocation {
  offset: number;
  kind: 'word32' | 'word64' | 'pcrel32' | 'copy';
  value:
    | { base: true }
    | { import: number }
    /** Thread-pointer-relative offset of a place in this module's TLS block, or of an imported TLS symbol. */
    | { tlsOffset: number; import?: number }
    /** Module number (from 1) of this or the imported symbol's module, and offset within its block. */
    | { tlsModule: true; import?: number }
    | { tlsModuleOffset: number; import?: number }
    /** The resolver at this image offset must be called: refused unless the linker's owner can. */
    | { ifunc: number };
  addend: number;
  /** copy: bytes. */
  size?: number;
}

interface ExportName {
  name: string;
  offset: number;
  size: number;
  /** PE. */
  ordinal?: number;
}

export interface ImageSymbolExport extends ExportName {
  kind: 'function' | 'data' | 'tls' | 'absolute';
}

/** Another module's symbol under this name. */
export interface ImageForward extends ExportName {
  kind: 'forward';
  /** PE: 'library.name'; Mach-O: a name. */
  forward: string;
}

export type ImageExport = ImageSymbolExport | ImageForward;

export interface ImageTls {
  /** Template bytes; the block is `size` bytes, the rest zero. */
  offset: number;
  data: Uint8Array;
  size: number;
  align: number;
  /** PE: offset of the variable that receives the module's TLS index; TLS callbacks. */
  indexOffset?: number;
  callbacks?: number[];
  /** Mach-O: offsets of the 24-byte descriptors of thread-local variables (thunk, key, offset in the block). */
  descriptors?: number[];
}

export interface Image {
  format: ImageFormat;
  cpu: 'ia32' | 'x86-64' | 'arm64';
  /** Which OS the file names itself for, where it says. */
  os?: 'linux' | 'freebsd' | 'windows' | 'macos';
  kind: 'executable' | 'library';
  path: string;
  preferredBase: number;
  /** Bytes from base to the end of the last segment. */
  span: number;
  relocatable: boolean;
  segments: ImageSegment[];
  libraries: string[];
  imports: ImageImport[];
  relocations: ImageRelocation[];
  exports: Map<string, ImageExport>;
  /** Offset of the entry point; undefined for libraries without one. */
  entry?: number;
  initializers: number[];
  finalizers: number[];
  tls?: ImageTls;
  /** What the formats say of the stack (PE), program headers (ELF AT_PHDR), LC_MAIN or LC_UNIXTHREAD, .pdata … */
  stackReserve?: number;
  stackCommit?: number;
  /** PE: major version of the subsystem that the program was made for. */
  subsystemVersion?: number;
  programHeaders?: { offset: number; entrySize: number; count: number };
  /** PE: .pdata. */
  exceptionDirectory?: { offset: number; size: number };
  interpreter?: string;
  /** ELF: a program that names no dynamic linker: it relocates and initialises itself. */
  isStatic?: true;
  /** ELF note / Mach-O build version: OS version the file was built for. */
  osVersion?: string;
  /** Local and global function symbols for naming PCs. */
  symbols: SymbolTable;
}

/** What a loader fills in as it finds it. */
export function emptyImage(): Pick<Image, 'libraries' | 'imports' | 'relocations' | 'exports' | 'initializers' | 'finalizers' | 'symbols'> {
  return { libraries: [], imports: [], relocations: [], exports: new Map(), initializers: [], finalizers: [], symbols: new SymbolTable() };
}

/** A file that can't be loaded: one line saying which field is wrong. */
export class LoadError extends Error {
  constructor(message: string) {
    // Names from a damaged file may hold anything.
    super(message.replace(/\p{Cc}/gu, '?').slice(0, 400));
  }
}
