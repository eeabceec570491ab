/**
 * What each operating system's folder provides, and what it is given: the
 * contract between boot/ (one for all) and linux/, freebsd/, windows/, macos/.
 */
import type { Image } from '../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../emulator/loader/link.js';
import type { HostLibrary } from '../emulator/process/host-call.js';
import type { OsModel } from '../emulator/process/os-model.js';
import type { ProcessOptions } from '../emulator/process/options.js';
import type { Process } from '../emulator/process/process.js';
import type { FileSystem } from './file-system.js';
import type { OsName, Platform } from './codes.js';
import type { Port } from './port.js';

/** A directory of the host that the guest may use, and the name it has there. */
export interface GrantedDirectory {
  host: string;
  guest: string;
}

export interface OsOptions {
  /** argv, argv[0] the program as the guest sees it. */
  argv: string[];
  /** 'NAME=value'. */
  env: string[];
  seed: number;
  osVersion?: string;
  quirks: string[];
  directories: GrantedDirectory[];
  /** Guest output: 1 stdout, 2 stderr. */
  output(stream: 1 | 2, bytes: Uint8Array): void;
  /** Guest input, at most `length` bytes; empty = end. */
  input(length: number): Uint8Array;
}

export interface OsContext {
  platform: Platform;
  process: Process;
  options: OsOptions;
  /** The guest's files. Undefined: there are none. */
  files?: FileSystem;
}

/** A file that the C library has opened, as its kernel sees it. */
export interface LibraryFile {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly device: {
    /** Undefined: it can't be sought. */
    position: number | undefined;
    read(length: number): Uint8Array;
    write(bytes: Uint8Array): void;
    size?(): number;
    truncate?(size: number): void;
  };
}

/** An operating system at work in one process. */
export interface Os extends OsModel {
  readonly port: Port;
  /** The OS's own calls as guests import them (mmap, pthread_create, VirtualAlloc ...), by library. */
  libraries(): HostLibrary[];
  /** Libraries that every process has, whether the program names them or not (ntdll.dll). */
  readonly alwaysLoaded?: readonly string[];
  /** Base address for an image, as this OS would place it (ASLR off). Images are placed in load order. */
  place(image: Image): number;
  /** New zeroed read-write memory for the C library's heap, by the OS's own call. */
  heapGrow(bytes: number): number | undefined;
  /** The same for one large block, which can be given back. */
  heapMap(bytes: number): number | undefined;
  heapUnmap(address: number, bytes: number): void;
  /** Descriptors, where the kernel has its own: files of the C library are among them. `add` gives -1 where no number is free. */
  readonly descriptors?: { add(file: LibraryFile): number; remove(descriptor: number): void };
  /** errno (or LastError-independent C errno) of the calling thread. */
  setErrno(value: number): void;
  /**
   * Build the start block, TLS and main thread; its first instruction is the program's (or run-time's) entry.
   * `lookup` gives the address of a library function by name (guest half or host function), e.g. 'exit'.
   */
  start(program: LoadedImage, images: LoadedImages, lookup: (name: string) => number | undefined): void;
}

export interface OsDefinition {
  name: OsName;
  /** Versions accepted by --os-version, the default first. */
  versions: string[];
  /** Quirks: name -> one line. */
  quirks: Record<string, string>;
  processOptions(platform: Platform): Omit<ProcessOptions, 'seed' | 'budget'>;
  create(context: OsContext): Os;
}
