/**
 * What a code address is called: module, function and offset, from the symbol tables of the loaded images, the gates
 * of host functions, and the pieces of code that the OS models put into memory; and its source line, if somebody
 * reads line tables (`lines`).
 */
import type { LoadedImage, LoadedImages } from '../loader/link.js';
import type { AddressSpace } from '../memory/address-space.js';
import { hexAddress } from '../memory/hex-address.js';
import type { GateTable } from './gates.js';

export interface SourceLine {
  file: string;
  line: number;
}

export interface CodePlace {
  /** File name of an image or library, or what the OS calls the memory. */
  module: string;
  function?: string;
  /** From the function, or from the module where no function is known. */
  offset: number;
  source?: SourceLine;
}

/** Where the code at `offset` in an image comes from. */
export type LineSource = (loaded: LoadedImage, offset: number) => SourceLine | undefined;

interface Piece {
  base: number;
  limit: number;
  module: string;
  function: string;
}

const plus = (offset: number): string => (offset > 0 ? `+0x${offset.toString(16)}` : '');

/** 'list!main+0x12', 'libc.so.6!printf', 'list+0x1040' where there are no symbols. */
export function placeName(place: CodePlace): string {
  return `${place.module}${place.function === undefined ? '' : `!${place.function}`}${plus(place.offset)}`;
}

/** 'list.c:33' */
export function lineName({ file, line }: SourceLine): string {
  return `${file}:${line}`;
}

export class CodeNames {
  /** Set by whoever loads images and reads line tables. */
  images: LoadedImages | undefined;
  lines: LineSource | undefined;
  private readonly pieces: Piece[] = [];

  constructor(
    private readonly gates: GateTable,
    private readonly space: AddressSpace,
  ) {}

  /** Code that is in no image: a trampoline, a kernel's page. */
  define(base: number, size: number, module: string, name: string): void {
    this.pieces.push({ base, limit: base + size, module, function: name });
  }

  find(address: number): CodePlace | undefined {
    const gate = this.gates.around(address);
    if (gate) return { module: gate.library, function: gate.fn.name, offset: address - gate.address };
    const loaded = this.images?.at(address);
    if (loaded) return this.inImage(loaded, address);
    const piece = this.pieces.find(({ base, limit }) => address >= base && address < limit);
    if (piece) return { module: piece.module, function: piece.function, offset: address - piece.base };
    const region = this.space.find(address);
    return region && region.name !== '' ? { module: region.name, offset: address - region.base } : undefined;
  }

  /** Of a function by its name, in the image that has an address; local ones too. */
  addressBeside(address: number, name: string): number | undefined {
    const loaded = this.images?.at(address);
    const symbol = loaded?.image.symbols.list.find((each) => each.name === name);
    return loaded && symbol && loaded.base + symbol.offset;
  }

  private inImage(loaded: LoadedImage, address: number): CodePlace {
    const module = loaded.image.path.replaceAll('\\', '/').split('/').pop() ?? '';
    const symbol = this.images?.symbolAt(address);
    const source = this.lines?.(loaded, address - loaded.base);
    return {
      module,
      ...(symbol && { function: symbol.name }),
      offset: symbol ? symbol.offset : address - loaded.base,
      ...(source && { source }),
    };
  }

  /** What a return address belongs to: the call before it, which may end its function or be of another line. */
  findReturn(address: number): CodePlace | undefined {
    const place = this.find(address - 1);
    return place && { ...place, offset: place.offset + 1 };
  }

  isHostFunction(address: number): boolean {
    return this.gates.around(address) !== undefined;
  }

  describeReturn(address: number): string {
    return this.inWords(this.findReturn(address), address);
  }

  /** 'list!main+0x12 (list.c:33)' for people; the bare address where nothing is known of it. */
  describe(address: number | bigint): string {
    return this.inWords(this.find(Number(address)), address);
  }

  private inWords(place: CodePlace | undefined, address: number | bigint): string {
    if (!place) return hexAddress(address);
    return `${placeName(place)}${place.source ? ` (${lineName(place.source)})` : ''}`;
  }
}
