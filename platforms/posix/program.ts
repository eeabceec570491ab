/** The program and its libraries: known when the process starts, which is before anything of it runs. */
import type { LoadedImages } from '../../emulator/loader/link.js';

export class Program {
  private loaded: LoadedImages | undefined;

  start(images: LoadedImages): void {
    this.loaded = images;
  }

  get images(): LoadedImages {
    if (!this.loaded) throw new Error('the process has not been started');
    return this.loaded;
  }
}
