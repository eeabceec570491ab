/**
 * Chunks: contiguous pieces of reserved address space. The descriptor, the bit tables and
 * the page table lie at the chunk's base (so free ranges of two chunks never touch); an
 * entry of the page table for an allocated page is a tract: which pool has it, and which
 * segment. The page table's own pages are mapped when first used.
 */
import { TractWord } from '../plinth/descriptors.js';
import type { GuestMemory } from '../plinth/guest-memory.js';
import { PageMap } from './page-map.js';

const DESCRIPTOR_WORDS = 40;

/** Bytes at the base of a chunk of `pages` pages: descriptor and bit tables, and where the page table ends. */
export function chunkOverhead(pages: number, grain: number, wordSize: number): { tables: number; pageTable: number } {
  const bits = (n: number): number => Math.ceil(n / (wordSize * 8)) * wordSize;
  const pageTable = Math.ceil((pages * 3 * wordSize) / grain) * grain;
  const tables = DESCRIPTOR_WORDS * wordSize + 2 * bits(pages) + bits(pageTable / grain);
  return { tables: Math.ceil(tables / grain) * grain, pageTable };
}

/** `P` are the pools that grains are allocated to, `S` their segments: of no interest here. */
/** What has a descriptor in guest memory, and where. */
export interface Described {
  readonly block: number;
}

export class Chunk<P, S extends Described> {
  readonly pages: number;
  /** Bytes of descriptor and tables, mapped all the time. */
  readonly tables: number;
  /** Index of the first page that can be allocated. */
  readonly allocBase: number;
  /** Tracts: the pool of each allocated page (the allocation table is "has a pool"). */
  readonly pools = new PageMap<P>();
  readonly segs = new PageMap<S>();
  /** The pages that have memory. */
  readonly mapped = new PageMap<true>();
  /** The pages of the page table that have memory. */
  readonly tableMapped = new PageMap<true>();
  allocated = 0;

  constructor(
    readonly base: number,
    readonly limit: number,
    readonly grain: number,
    private readonly memory: GuestMemory,
    /** What the OS gave, before alignment to grains. */
    readonly reservedBase: number,
    readonly reservedSize: number,
  ) {
    this.pages = (limit - base) / grain;
    const overhead = chunkOverhead(this.pages, grain, memory.wordSize);
    this.tables = overhead.tables;
    this.allocBase = (overhead.tables + overhead.pageTable) / grain;
  }

  index(address: number): number {
    return Math.floor((address - this.base) / this.grain);
  }
  address(index: number): number {
    return this.base + index * this.grain;
  }
  /** Where free space begins. */
  get usable(): number {
    return this.address(this.allocBase);
  }
  /** Pages of the page table that hold the entries of pages [first, end). */
  tableRange(first: number, end: number): [number, number] {
    const entry = TractWord.words * this.memory.wordSize;
    return [Math.floor((first * entry) / this.grain), Math.floor((end * entry - 1) / this.grain) + 1];
  }
  /** Guest addresses of the bits that say which pages are allocated, and of the tract of page 0. */
  get allocationBits(): number {
    return this.base + DESCRIPTOR_WORDS * this.memory.wordSize;
  }
  get tracts(): number {
    return this.base + this.tables;
  }

  /** Pages [first, end), which have memory for their tracts, are a pool's. */
  allocate(first: number, end: number, pool: P): void {
    this.pools.fill(pool, first, end);
    this.allocated += end - first;
    this.setSeg(first, end, undefined);
    this.memory.setBits(this.allocationBits, first, end, true);
  }
  release(first: number, end: number): void {
    this.pools.fill(undefined, first, end);
    this.segs.fill(undefined, first, end);
    this.allocated -= end - first;
    this.memory.setBits(this.allocationBits, first, end, false);
  }
  setSeg(first: number, end: number, seg: S | undefined): void {
    this.segs.fill(seg, first, end);
    const { wordSize } = this.memory;
    const tract = this.tracts + TractWord.seg * wordSize;
    for (let i = first; i < end; i++) this.memory.setWord(tract + i * TractWord.words * wordSize, seg?.block ?? 0);
  }

  tableAddress(index: number): number {
    return this.base + this.tables + index * this.grain;
  }
  /** The lowest page without a tract, or -1. */
  firstFree(): number {
    const page = this.pools.firstWithout(this.allocBase);
    return page < this.pages ? page : -1;
  }
}
