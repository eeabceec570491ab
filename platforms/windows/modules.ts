/** What the loader has put into the process: known once the program is loaded, which is before anything of it runs. */
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';

interface Loaded {
  program: LoadedImage;
  images: LoadedImages;
  /** Address of any function that programs can import, by name. */
  resolve: (name: string) => number | undefined;
}

/** The part of a path after the last separator. */
export const fileName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

export class Modules {
  private found: Loaded | undefined;

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

  /** The file name that GetModuleFileName reports. */
  path(module: LoadedImage): string {
    const name = fileName(module.image.path);
    return module === this.program ? `C:\\${name}` : `C:\\Windows\\System32\\${name}`;
  }
}
