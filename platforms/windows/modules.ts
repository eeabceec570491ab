/** What the loader has put into the process: known once the program is loaded, which is before anything of it runs. */
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import type { GateTable } from '../../emulator/process/gates.js';

interface Loaded {
  program: LoadedImage;
  images: LoadedImages;
  /** Address of any function that programs can import, by name. */
  resolve: (name: string) => number | undefined;
}

/** A module that has a handle, its base address: an image, or a library whose functions are the host's. */
export interface Module {
  base: number;
  /** Its file. */
  path: string;
  image?: LoadedImage;
}

/** The part of a path after the last separator. */
export const fileName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** Libraries of the host whose functions Windows has in a library that is there as an image. */
const PART_OF: Record<string, string> = { 'ntoskrnl.exe': 'ntdll.dll', libmps: 'mps.dll' };

export class Modules {
  private found: Loaded | undefined;

  constructor(private readonly gates: GateTable) {}

  loaded(found: Loaded): void {
    this.found = found;
  }

  private get all(): Loaded {
    if (this.found === undefined) throw new Error('no program is loaded yet');
    return this.found;
  }

  get program(): LoadedImage {
    return this.all.program;
  }
  get images(): LoadedImages {
    return this.all.images;
  }

  resolve(name: string): number | undefined {
    return this.all.resolve(name);
  }

  at(base: number): LoadedImage | undefined {
    return this.images.list.find((module) => module.base === base);
  }

  /** By file name, in any case. */
  named(name: string): LoadedImage | undefined {
    const wanted = name.toLowerCase();
    return this.images.list.find((module) => fileName(module.image.path).toLowerCase() === wanted);
  }

  /** The module of that file name. */
  find(name: string): Module | undefined {
    const image = this.named(name);
    if (image) return this.moduleOf(image);
    const wanted = name.toLowerCase();
    const section = this.gates.sections.find(({ library }) => library.toLowerCase() === wanted);
    return section && { base: section.base, path: this.systemPath(section.library) };
  }

  /** The module that has this handle. */
  withBase(base: number): Module | undefined {
    const image = this.at(base);
    if (image) return this.moduleOf(image);
    const section = this.gates.sections.find((s) => s.base === base && PART_OF[s.library] === undefined);
    return section && { base, path: this.systemPath(section.library) };
  }

  /** The module that `address` is in. */
  around(address: number): Module | undefined {
    const image = this.images.at(address);
    if (image) return this.moduleOf(image);
    const section = this.gates.sectionAt(address);
    return section && this.find(PART_OF[section.library] ?? section.library);
  }

  private moduleOf(image: LoadedImage): Module {
    return { base: image.base, path: this.path(image), image };
  }

  private systemPath(name: string): string {
    return `C:\\Windows\\System32\\${name}`;
  }

  /** The file name that GetModuleFileName reports. */
  path(module: LoadedImage): string {
    const name = fileName(module.image.path);
    return module === this.program ? `C:\\${name}` : this.systemPath(name);
  }
}
