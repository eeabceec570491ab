/** What tells a region that it is of a file: where in it, and whether its pages are there or behind the file's end. Source: mmap(2). */
import type { Region } from '../../emulator/memory/address-space.js';
import type { MappedFile } from './file-pages.js';

/** A mapping of a file; regions that are of it have one of its two tags. */
export class FileMapping {
  /** Tags of the pages that the file has, and of those behind its end. */
  readonly within: MappingTag = { mapping: this, beyond: false };
  readonly beyond: MappingTag = { mapping: this, beyond: true };

  constructor(
    readonly file: MappedFile,
    readonly base: number,
    readonly offset: number,
    /** Of the pages that are not there. */
    public prot: number,
    readonly maxProt: number,
    readonly name: string,
  ) {}

  offsetOf(address: number): number {
    return address - this.base + this.offset;
  }
}

/** Pages of a private mapping that begin behind the file's end. */
export class BehindEnd {
  readonly file = true;

  constructor(public prot: number) {}
}

/** What pages would allow that are not there; undefined: they are. */
export function behindEnd(region: Region | undefined): number | undefined {
  if (region?.tag instanceof BehindEnd) return region.tag.prot;
  const tag = mappingOf(region);
  return tag?.beyond ? tag.mapping.prot : undefined;
}

interface MappingTag {
  readonly mapping: FileMapping;
  readonly beyond: boolean;
}

export function mappingOf(region: Region | undefined): MappingTag | undefined {
  const tag = region?.tag;
  return typeof tag === 'object' && tag !== null && 'mapping' in tag && tag.mapping instanceof FileMapping
    ? (tag as MappingTag)
    : undefined;
}
