/**
 * Images placed in an address space: mapping, symbol lookup, relocation, thread-local
 * layout, and naming of code addresses. ELF lookup order is global (the program
 * first), as a dynamic linker's.
 */
import { Prot } from '../engine.js';
import type { AddressSpace } from '../memory/address-space.js';
import type { MemoryView } from '../memory/memory-view.js';
import { LoadError, type Image, type ImageExport, type ImageImport, type ImageRelocation } from './image.js';
import { tlsLayout, type TlsLayout } from './tls-layout.js';

export interface LoadedImage {
  image: Image;
  base: number;
  /** Address of each import after link(); undefined: weak and absent. */
  bound: (number | undefined)[];
}

export type Resolver = (wanted: ImageImport, from: LoadedImage) => number | undefined;

const fileName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
/** PE: 'library.name'; Mach-O: a name. */
const forwardName = (forward: string): string => forward.slice(forward.lastIndexOf('.') + 1);
const forwardLibrary = (forward: string): string =>
  forward.includes('.') ? `${forward.slice(0, forward.lastIndexOf('.')).toLowerCase()}.dll` : '';

/** What is needed of an address space: AddressSpace, or a fake in tests. */
export type Space = Pick<AddressSpace, 'map' | 'protect'>;

export class LoadedImages {
  readonly list: LoadedImage[] = [];
  private layout: TlsLayout | undefined;

  constructor(
    private readonly space: Space,
    private readonly memory: Pick<MemoryView, 'write' | 'bytes' | 'u32' | 'setU32' | 'setU64'>,
    private readonly pageSize: number,
  ) {}

  get program(): LoadedImage {
    return this.list[0];
  }

  /** Thread-local storage of all images (ELF). Fixed when first asked for. */
  get tls(): TlsLayout {
    return (this.layout ??= tlsLayout(this.list));
  }

  /** Map an image at `base` and fill in its contents; protections are set by link(). */
  add(image: Image, base: number): LoadedImage {
    if (base % this.pageSize !== image.preferredBase % this.pageSize)
      throw new LoadError(`${image.path}: its base 0x${base.toString(16)} is not page-aligned`);
    if (base !== image.preferredBase && !image.relocatable)
      throw new LoadError(`${image.path}: it must be loaded at 0x${image.preferredBase.toString(16)}, which is not free`);
    const loaded = { image, base, bound: [] };
    const pages = this.pages(image, base);
    const other = this.list.find((l) => base < l.base + l.image.span && l.base < base + image.span);
    if (other) throw new LoadError(`${image.path}: its place at 0x${base.toString(16)} is taken by ${other.image.path}`);
    for (const { start, limit, prot } of pages)
      this.space.map(start, limit - start, prot === Prot.None ? Prot.None : Prot.RW, { name: image.path, tag: { image: true } });
    for (const segment of image.segments) {
      if (segment.prot !== Prot.None && segment.data.length > 0) this.memory.write(base + segment.offset, segment.data);
    }
    this.list.push(loaded);
    return loaded;
  }

  /** Page runs of an image with the protection that its segments want, merged where segments share a page. */
  private pages(image: Image, base: number): { start: number; limit: number; prot: number }[] {
    const size = this.pageSize;
    const wanted = image.segments
      .filter((s) => s.size > 0)
      .map((s) => ({
        start: Math.floor((base + s.offset) / size) * size,
        limit: Math.ceil((base + s.offset + s.size) / size) * size,
        prot: s.prot,
      }));
    const bounds = [...new Set(wanted.flatMap(({ start, limit }) => [start, limit]))].sort((a, b) => a - b);
    const runs: { start: number; limit: number; prot: number }[] = [];
    for (let i = 0; i + 1 < bounds.length; i++) {
      const [start, limit] = [bounds[i], bounds[i + 1]];
      const here = wanted.filter((w) => w.start <= start && w.limit >= limit);
      if (here.length > 0) runs.push({ start, limit, prot: here.reduce((prot, w) => prot | w.prot, 0) });
    }
    return runs;
  }

  /** Address of an exported symbol, looked up globally in load order. `from` = undefined: anywhere. */
  exported(name: string, _from?: LoadedImage): number | undefined {
    for (const loaded of this.list) {
      const address = this.exportIn(loaded, name);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  private exportIn(loaded: LoadedImage, name: string): number | undefined {
    const found = loaded.image.exports.get(name);
    // A Mach-O thread-local variable's symbol is its descriptor, an ordinary address.
    if (!found || (found.kind === 'tls' && loaded.image.format === 'elf')) return undefined;
    return this.addressOf(loaded, found);
  }

  private addressOf(loaded: LoadedImage, found: ImageExport, depth = 0): number | undefined {
    if (found.kind === 'absolute') return found.offset;
    if (found.kind !== 'forward') return loaded.base + found.offset;
    if (depth > 8) throw new LoadError(`${loaded.image.path}: the forwarder of ${found.name} goes round in circles`);
    const name = forwardName(found.forward);
    const library = forwardLibrary(found.forward);
    for (const other of this.list) {
      if (library !== '' && fileName(other.image.path) !== library) continue;
      const target = other.image.exports.get(name);
      if (target && target !== found) return this.addressOf(other, target, depth + 1);
    }
    return undefined;
  }

  /** Bind every import and apply every relocation, then set the protections. */
  link(resolve: Resolver): void {
    for (const loaded of this.list) {
      loaded.bound = loaded.image.imports.map((wanted) => this.bind(wanted, loaded, resolve));
    }
    for (const loaded of this.list) {
      for (const relocation of loaded.image.relocations) if (relocation.kind !== 'copy') this.relocate(loaded, relocation);
    }
    for (const loaded of this.list) {
      for (const relocation of loaded.image.relocations) if (relocation.kind === 'copy') this.copy(loaded, relocation);
    }
    for (const { image, base } of this.list) {
      for (const { start, limit, prot } of this.pages(image, base)) this.space.protect(start, limit - start, prot);
    }
  }

  private bind(wanted: ImageImport, loaded: LoadedImage, resolve: Resolver): number | undefined {
    // A thread-local variable of ELF has no address; relocations ask for its module and offset.
    if (loaded.image.format === 'elf' && this.tlsOwner(wanted.name)) return 0;
    const address = this.fromLibrary(wanted, loaded, resolve) ?? (wanted.ordinal === undefined ? resolve(wanted, loaded) : undefined);
    if (address !== undefined || wanted.weak) return address;
    const what = wanted.ordinal === undefined ? `'${wanted.name}'` : `ordinal ${wanted.ordinal}`;
    throw new LoadError(
      `${loaded.image.path}: needs ${what}${wanted.library === '' ? '' : ` from ${wanted.library}`}, which nobody provides`,
    );
  }

  private tlsOwner(name: string): LoadedImage | undefined {
    return this.list.find((other) => other.image.exports.get(name)?.kind === 'tls');
  }

  /** PE and Mach-O say which library they want a symbol from: that one has it, whoever else does too. */
  private fromLibrary(wanted: ImageImport, loaded: LoadedImage, resolve: Resolver): number | undefined {
    const provider = wanted.library === '' ? undefined : this.list.find((l) => fileName(l.image.path) === fileName(wanted.library));
    if (!provider || provider === loaded) return undefined;
    const { exports } = provider.image;
    const found = wanted.ordinal === undefined ? exports.get(wanted.name) : this.ordinals(provider).get(wanted.ordinal);
    if (!found) return undefined;
    if (found.kind !== 'forward') return this.addressOf(provider, found);
    return (
      this.addressOf(provider, found) ??
      resolve({ library: forwardLibrary(found.forward), name: forwardName(found.forward), weak: wanted.weak }, provider)
    );
  }

  private readonly byOrdinal = new Map<LoadedImage, Map<number, ImageExport>>();

  private ordinals(provider: LoadedImage): Map<number, ImageExport> {
    let map = this.byOrdinal.get(provider);
    if (!map) {
      map = new Map();
      for (const found of provider.image.exports.values()) if (found.ordinal !== undefined) map.set(found.ordinal, found);
      this.byOrdinal.set(provider, map);
    }
    return map;
  }

  private relocate(loaded: LoadedImage, relocation: ImageRelocation): void {
    const { value, addend, offset, kind } = relocation;
    const place = loaded.base + offset;
    let target: number;
    if ('base' in value) target = loaded.base + addend;
    else if ('ifunc' in value)
      throw new LoadError(`${loaded.image.path}: has an indirect function (IFUNC), which can't be resolved before it runs`);
    else if ('tlsModule' in value) target = this.tlsModule(loaded, value.import) + addend;
    else if ('tlsOffset' in value) target = this.tlsPlace(loaded, value.tlsOffset, value.import).threadOffset + addend;
    else if ('tlsModuleOffset' in value) target = this.tlsPlace(loaded, value.tlsModuleOffset, value.import).moduleOffset + addend;
    else {
      const address = loaded.bound[value.import];
      if (address === undefined && loaded.image.imports[value.import].coalesced) return;
      target = address === undefined ? 0 : address + addend;
    }
    if (kind === 'word64') {
      this.memory.setU32(place, target >>> 0);
      this.memory.setU32(place + 4, Math.floor(target / 2 ** 32) >>> 0);
    } else this.memory.setU32(place, (kind === 'pcrel32' ? target - place : target) >>> 0);
  }

  private owner(loaded: LoadedImage, imported: number | undefined): { module: LoadedImage; symbol: ImageExport | undefined } {
    if (imported === undefined) return { module: loaded, symbol: undefined };
    const { name } = loaded.image.imports[imported];
    const module = this.tlsOwner(name);
    if (!module) throw new LoadError(`${loaded.image.path}: needs the thread-local variable '${name}', which nobody provides`);
    return { module, symbol: module.image.exports.get(name) };
  }

  private tlsModule(loaded: LoadedImage, imported: number | undefined): number {
    return this.list.indexOf(this.owner(loaded, imported).module) + 1;
  }

  private tlsPlace(loaded: LoadedImage, offset: number, imported: number | undefined): { threadOffset: number; moduleOffset: number } {
    const { module, symbol } = this.owner(loaded, imported);
    const moduleOffset = offset + (symbol?.offset ?? 0);
    const block = this.tls.blocks.find((b) => b.module === module);
    if (!block) throw new LoadError(`${module.image.path}: a relocation names thread-local storage, but it has none`);
    return { threadOffset: block.offset + moduleOffset, moduleOffset };
  }

  private copy(loaded: LoadedImage, relocation: ImageRelocation): void {
    const { name } = loaded.image.imports[(relocation.value as { import: number }).import];
    for (const other of this.list) {
      if (other === loaded) continue;
      const from = this.exportIn(other, name);
      if (from === undefined) continue;
      const size = Math.min(relocation.size ?? 0, other.image.exports.get(name)?.size || (relocation.size ?? 0));
      this.memory.write(loaded.base + relocation.offset, this.memory.bytes(from, size));
      return;
    }
    throw new LoadError(`${loaded.image.path}: needs the variable '${name}', which nobody provides`);
  }

  /** The image that holds `address`. */
  at(address: number): LoadedImage | undefined {
    return this.list.find(({ image, base }) => address >= base && address < base + image.span);
  }

  /** Function symbol at or before `address`. */
  symbolAt(address: number): { name: string; offset: number; image: LoadedImage } | undefined {
    const loaded = this.at(address);
    if (!loaded) return undefined;
    const symbols = loaded.image.symbols.list;
    const offset = address - loaded.base;
    let low = 0;
    let high = symbols.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (symbols[middle].offset <= offset) low = middle + 1;
      else high = middle;
    }
    const symbol = symbols[low - 1];
    // Behind a function whose size is known (stubs, padding) there is another, without a name.
    if (symbol && symbol.size > 0 && offset >= symbol.offset + symbol.size) return undefined;
    return symbol && { name: symbol.name, offset: offset - symbol.offset, image: loaded };
  }
}
