/** Open files as mmap sees them: their bytes are copied when they are mapped. Source: mmap(2) of the three systems. */
import { Prot } from '../../emulator/engine.js';
import type { MapOptions } from '../../emulator/memory/address-space.js';
import type { Process } from '../../emulator/process/process.js';
import type { FileContents } from '../file-system.js';
import { withFileErrors } from './kernel/named-files.js';

/** An open file, as far as its pages are concerned. */
export interface MappableFile {
  readonly kind: string;
  readonly name: string;
  readonly flags: number;
  readonly contents?: FileContents;
}

/** So much of a file goes through the host's hands at a time. */
const CHUNK = 65536;
const BYTES_PER_UNIT = 8;

function* inPieces(contents: FileContents, from: number, length: number): Iterable<{ position: number; bytes: Uint8Array }> {
  for (let position = from; position < from + length; position += CHUNK)
    yield { position, bytes: contents.read(position, Math.min(CHUNK, from + length - position)) };
}

export class FileMappings {
  constructor(
    private readonly process: Process,
    /** The file of a descriptor. */
    readonly open: (fd: number) => MappableFile | undefined,
  ) {}

  /** New pages with the file's bytes from `offset` on. False: there is no memory for them. `prot`: what pages really allow. */
  map(base: number, size: number, prot: number, contents: FileContents, offset: number, options: MapOptions = {}): boolean {
    const { space } = this.process;
    space.map(base, size, Prot.RW, options);
    // A host's file that can't be read any more is one whose pages can't be had.
    const done = withFileErrors(() => this.copyIn(base, size, contents, offset)) === true;
    if (done) space.protect(base, size, prot);
    else space.unmap(base, size);
    return done;
  }

  private copyIn(base: number, size: number, contents: FileContents, offset: number): boolean {
    const length = Math.max(0, Math.min(size, contents.size() - offset));
    for (const { position, bytes } of contents.written?.(offset, length) ?? inPieces(contents, offset, length))
      if (!this.store(base + position - offset, bytes)) return false;
    return true;
  }

  private store(address: number, bytes: Uint8Array): boolean {
    const { process } = this;
    process.clock.advance(bytes.length / BYTES_PER_UNIT);
    if (bytes.every((byte) => byte === 0)) return true;
    if (!process.memoryLimit.fits(bytes.length)) return false;
    process.supervisor.write(address, bytes);
    return true;
  }
}
