/** The standard streams behind their handles. */
import type { OsOptions } from '../os.js';

export class Console {
  constructor(private readonly options: Pick<OsOptions, 'output' | 'input'>) {}

  write(stream: 1 | 2, bytes: Uint8Array): void {
    this.options.output(stream, bytes);
  }

  read(length: number): Uint8Array {
    return this.options.input(length);
  }
}
