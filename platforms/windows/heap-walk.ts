/**
 * HeapWalk (PROCESS_HEAP_ENTRY): for each segment its region, its blocks in the order of their addresses, what is free behind
 * them and what is not committed; then the blocks that are memory of their own.
 */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { Heap } from './heap.js';
import type { Segment } from './heap-parts.js';

const REGION = 1;
const UNCOMMITTED = 2;
const BUSY = 4;
/** iRegionIndex of large blocks. */
const LARGE = 64;

interface WalkEntry {
  data: number;
  bytes: number;
  overhead: number;
  index: number;
  flags: number;
  /** Committed and uncommitted bytes, first and last block. */
  region?: readonly [number, number, number, number];
}

function uncommitted(segment: Segment, index: number): WalkEntry | undefined {
  const bytes = segment.limit - segment.committed;
  return bytes > 0 ? { data: segment.committed, bytes, overhead: 0, index, flags: UNCOMMITTED } : undefined;
}

function regionOf({ base, first, committed, limit }: Segment, index: number, header: number): WalkEntry {
  const sizes = [committed - base, limit - committed, first + header, limit] as const;
  return { data: base, bytes: first - base, overhead: 0, index, flags: REGION, region: sizes };
}

/** The entry whose header is at `header` in its segment: a block, or what is free behind all. */
function blockAt(heap: Heap, segment: Segment, index: number, at: number): WalkEntry | undefined {
  const data = at + heap.header;
  if (at < segment.next) {
    const { span, size } = heap.blocks.get(data) ?? { span: heap.header, size: undefined };
    const bytes = size ?? span - heap.header;
    return size === undefined
      ? { data, bytes, overhead: heap.header, index, flags: 0 }
      : { data, bytes, overhead: span - heap.header - bytes, index, flags: BUSY };
  }
  const bytes = segment.committed - data - heap.header;
  return at === segment.next && bytes > 0 ? { data, bytes, overhead: heap.header, index, flags: 0 } : undefined;
}

function largeFrom(heap: Heap, blocks: Iterator<number>): WalkEntry | undefined {
  const next = blocks.next();
  if (next.done) return undefined;
  return { data: next.value, bytes: heap.large.get(next.value)?.size ?? 0, overhead: 0, index: LARGE, flags: BUSY };
}

function firstOf(heap: Heap, index: number): WalkEntry | undefined {
  if (index < heap.segments.length) return regionOf(heap.segments[index], index, heap.header);
  return largeFrom(heap, heap.large.keys());
}

/** What comes behind the entry that has `data` and `flags`; from the beginning where `data` is 0. `onLook`: told of each block passed. */
function entryAfter(heap: Heap, data: number, flags: number, onLook: () => void): WalkEntry | undefined {
  if (data === 0) return firstOf(heap, 0);
  if (heap.large.has(data)) {
    const blocks = heap.large.keys();
    for (let next = blocks.next(); !next.done && next.value !== data; next = blocks.next()) onLook();
    return largeFrom(heap, blocks);
  }
  const index = heap.segments.findIndex(({ base, limit }) => data >= base && data < limit);
  const segment = heap.segments[index] as Segment | undefined;
  if (!segment) return undefined;
  if (flags & UNCOMMITTED) return firstOf(heap, index + 1);
  const at = flags & REGION ? segment.first : data - heap.header + (heap.blocks.get(data)?.span ?? segment.committed);
  return blockAt(heap, segment, index, at) ?? uncommitted(segment, index) ?? firstOf(heap, index + 1);
}

/** Replace the PROCESS_HEAP_ENTRY at `place` by the next. False: there is none. */
export function walkOn(heap: Heap, memory: MemoryView, wordSize: 4 | 8, place: number, onLook: () => void): boolean {
  const at = wordSize === 8 ? { flags: 14, union: 16, pointers: 24, bytes: 40 } : { flags: 10, union: 12, pointers: 20, bytes: 28 };
  const found = entryAfter(heap, memory.word(place), memory.u16(place + at.flags), onLook);
  memory.fill(place, at.bytes, 0);
  if (!found) return false;
  memory.setWord(place, found.data);
  memory.setU32(place + wordSize, found.bytes);
  memory.setU32(place + wordSize + 4, found.overhead | (found.index << 8) | (found.flags << 16));
  if (found.region) {
    const [committed, rest, first, last] = found.region;
    memory.setU32(place + at.union, committed);
    memory.setU32(place + at.union + 4, rest);
    memory.setWord(place + at.pointers, first);
    memory.setWord(place + at.pointers + wordSize, last);
  }
  return true;
}
