/**
 * Chunks of glibc's heap as they lie in guest memory: a word with the size and three flags before each block, the size
 * of a free chunk once more at its end, links in the room of free blocks. Lists begin in the arena, which is the host's:
 * its words have addresses where no guest has memory. Source: glibc 2.36, malloc/malloc.c; compared with it.
 */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';

export const PREV_INUSE = 1;
export const IS_MMAPPED = 2;
export const NON_MAIN_ARENA = 4;
const FLAGS = PREV_INUSE | IS_MMAPPED | NON_MAIN_ARENA;
export const ALIGN = 16;
const HIGH = 0x100000000;
/** A search by links takes so much virtual time a step: the lists are the guest's, and may have no end. */
const STEP_UNITS = 4;

/** Where the heap finds what it asserts broken. Ends the program as the library does. */
export class HeapCorruption {
  constructor(
    readonly message: string,
    /** malloc's assertions say so in their own words. */
    readonly asserted = false,
  ) {}
}

export function corrupt(message: string): never {
  throw new HeapCorruption(message);
}

/** Words of the arena: the top chunk, the rest of the last split, and the two kinds of lists. */
export const TOP = 0;
export const LAST_REMAINDER = 1;
const FAST = 2;
const FAST_BINS = 10;
const BINS = FAST + FAST_BINS;
const BIN_COUNT = 128;
const ARENA_WORDS = BINS + 2 * BIN_COUNT + 2;

export class Chunks {
  readonly wordSize: 4 | 8;
  /** Two words before a block: the previous chunk's size where that is free, and its own. */
  readonly header: number;
  readonly minimum: number;
  /** One more than the largest address. */
  readonly wrap: number;
  private readonly arenaBase: number;
  private readonly arena = new Float64Array(ARENA_WORDS);
  /** Where words were written, and what they were. */
  private readonly written: number[] = [];
  private readonly before: number[] = [];
  /** How many of these count. */
  private count = 0;
  private readonly undo: (() => void)[] = [];

  constructor(
    readonly memory: MemoryView,
    /** Told of work. */
    private readonly work: (units: number) => void,
  ) {
    this.wordSize = memory.wordSize;
    this.header = 2 * this.wordSize;
    this.minimum = 4 * this.wordSize;
    this.wrap = this.wordSize === 8 ? 2 ** 64 : 2 ** 32;
    this.arenaBase = this.wordSize === 8 ? 2 ** 52 : 0xffff0000;
    for (let bin = 1; bin < BIN_COUNT; bin++) {
      this.set(this.forward(this.bin(bin)), this.bin(bin));
      this.set(this.back(this.bin(bin)), this.bin(bin));
    }
    this.settle();
  }

  // Words, and what becomes of them when the guest's memory faults on the way

  private inArena(address: number): boolean {
    return address >= this.arenaBase && address < this.arenaBase + ARENA_WORDS * this.wordSize;
  }

  get(address: number): number {
    if (address < this.arenaBase || !this.inArena(address)) return this.memory.word(address);
    return this.arena[(address - this.arenaBase) / this.wordSize];
  }

  set(address: number, value: number): void {
    const before = this.get(address);
    if (address < this.arenaBase || !this.inArena(address)) this.memory.setWord(address, value);
    else this.arena[(address - this.arenaBase) / this.wordSize] = value;
    this.written[this.count] = address;
    this.before[this.count++] = before;
  }

  /** Something of the host's changes along with the words. */
  changed(undo: () => void): void {
    this.undo.push(undo);
  }

  /** What has been done is done. */
  settle(): void {
    this.count = 0;
    if (this.undo.length > 0) this.undo.length = 0;
  }

  /** Nothing has been done. */
  takeBack(): void {
    const { written, before } = this;
    while (this.count > 0) {
      const [address, value] = [written[--this.count], before[this.count]];
      if (this.inArena(address)) this.arena[(address - this.arenaBase) / this.wordSize] = value;
      else this.memory.setWord(address, value);
    }
    for (let undo = this.undo.pop(); undo; undo = this.undo.pop()) undo();
  }

  /** The first bin from `index` on that has a chunk; undefined: none. */
  filledBin(index: number): number | undefined {
    for (let at = index; at < BIN_COUNT; at++) if (this.arena[BINS + 2 * at + 1] !== this.bin(at)) return this.bin(at);
    return undefined;
  }

  arenaWord(index: number): number {
    return this.arena[index];
  }

  setArenaWord(index: number, value: number): void {
    this.set(this.arenaBase + index * this.wordSize, value);
  }

  step(): void {
    this.work(STEP_UNITS);
  }

  // A chunk's fields

  plus(address: number, size: number): number {
    const sum = address + size;
    return sum >= this.wrap ? sum - this.wrap : sum;
  }

  block(chunk: number): number {
    return chunk + this.header;
  }

  chunk(block: number): number {
    return block - this.header < 0 ? block - this.header + this.wrap : block - this.header;
  }

  flags(chunk: number): number {
    return this.memory.u32(chunk + this.wordSize) & FLAGS;
  }

  /** The size with its flags; from the arena's own chunks nothing. */
  head(chunk: number): number {
    return this.get(this.plus(chunk, this.wordSize));
  }

  size(chunk: number): number {
    if (this.inArena(chunk)) return 0;
    const at = this.plus(chunk, this.wordSize);
    const low = (this.memory.u32(at) & ~FLAGS) >>> 0;
    return this.wordSize === 8 ? this.memory.u32(at + 4) * HIGH + low : low;
  }

  setHead(chunk: number, head: number): void {
    this.set(chunk + this.wordSize, head);
  }

  /** Another size; the flags stay. */
  setSize(chunk: number, size: number): void {
    this.setHead(chunk, size + this.flags(chunk));
  }

  previousSize(chunk: number): number {
    return this.get(chunk);
  }

  /** The size once more, at the chunk's end. */
  setFoot(chunk: number, size: number): void {
    this.set(chunk + size, size);
  }

  previousInUse(chunk: number): boolean {
    return (this.flags(chunk) & PREV_INUSE) !== 0;
  }

  setPreviousInUse(chunk: number, used: boolean): void {
    const head = this.head(chunk);
    const is = this.previousInUse(chunk);
    if (is !== used) this.setHead(chunk, used ? head + PREV_INUSE : head - PREV_INUSE);
  }

  // Links

  forward(chunk: number): number {
    return chunk + this.header;
  }

  back(chunk: number): number {
    return chunk + this.header + this.wordSize;
  }

  /** Among large chunks of other sizes. */
  forwardSize(chunk: number): number {
    return chunk + this.header + 2 * this.wordSize;
  }

  backSize(chunk: number): number {
    return chunk + this.header + 3 * this.wordSize;
  }

  /** Head of a list of free chunks, as a chunk whose two links it is. 1 is that of the unsorted. */
  bin(index: number): number {
    return this.arenaBase + (BINS + 2 * index) * this.wordSize - this.header;
  }

  fastBin(index: number): number {
    return this.arenaBase + (FAST + index) * this.wordSize;
  }

  readonly fastBins = FAST_BINS;

  /** A link that is kept with the page number of its place mixed in; undefined: what it leads to is not aligned. */
  reveal(place: number): number | undefined {
    const low = (this.memory.u32(place) ^ (Math.floor(place / 4096) >>> 0)) >>> 0;
    if (low % ALIGN !== 0) return undefined;
    if (this.wordSize === 4) return low;
    return low + ((this.memory.u32(place + 4) ^ Math.floor(place / 2 ** 44)) >>> 0) * HIGH;
  }

  /** The same of a link to a chunk, not a block. */
  revealChunk(place: number): number | undefined {
    const low = (this.memory.u32(place) ^ (Math.floor(place / 4096) >>> 0)) >>> 0;
    const chunk = this.wordSize === 4 ? low : low + ((this.memory.u32(place + 4) ^ Math.floor(place / 2 ** 44)) >>> 0) * HIGH;
    return chunk !== 0 && (low + this.header) % ALIGN !== 0 ? undefined : chunk;
  }

  protect(place: number, link: number): number {
    const low = ((link % HIGH) ^ (Math.floor(place / 4096) >>> 0)) >>> 0;
    return this.wordSize === 4 ? low : low + ((Math.floor(link / HIGH) ^ Math.floor(place / 2 ** 44)) >>> 0) * HIGH;
  }

  isAligned(chunk: number): boolean {
    return (chunk + this.header) % ALIGN === 0;
  }
}
