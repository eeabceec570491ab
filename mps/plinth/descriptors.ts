/**
 * Where the collector's guest code (fixtures/guest/mps, whose descriptors.h has the same as C) finds what it needs, in
 * words from the start of each descriptor. The host writes them as its own objects change; a buffer's allocation point
 * and what is marked are the guest's as well.
 */

/** At the start of the arena structure. */
export const ArenaWord = {
  grainShift: 16,
  chunkCount: 17,
  /** 1: there are chunks that the table has no room for. */
  moreChunks: 18,
  /** Since somebody last took note: the guest's. */
  movedObjects: 19,
  movedBytes: 20,
  /** A table of chunks. */
  chunks: 24,
} as const;

/** Chunks in the table: as many as fit into the first 1,024 bytes on any platform. */
export const CHUNKS_SEEN = 26;
export const ChunkWord = { base: 0, size: 1, allocated: 2, tracts: 3, words: 4 } as const;

/** In a chunk's page table. */
export const TractWord = { pool: 0, seg: 1, base: 2, words: 3 } as const;

export const SegWord = {
  white: 0,
  grey: 1,
  nailed: 2,
  rankSet: 3,
  summary: 4,
  protection: 5,
  /** Descriptor of the format, 0: the segment's references are not for guest code to fix. */
  format: 6,
  /** Descriptor of the buffer that its objects are moved to. */
  to: 7,
  /** Bytes moved out of it: the guest's. */
  forwarded: 8,
  limit: 9,
  /** Its nailboard, 0: none. */
  board: 10,
  /** 1: a nail anywhere in an object pins it, rather than at its client pointer alone. */
  interior: 11,
  /** Behind the object that a walk has come to: the guest's. */
  next: 12,
} as const;

/** At the start of a nailboard; tables of bits, a pointer to each, are the levels from the lowest. */
export const BoardWord = { base: 0, alignShift: 1, levels: 2, tables: 5 } as const;

/** The allocation point lies in the same descriptor. */
export const BufferWord = { seg: 0, ap: 8 } as const;

export const FormatWord = { isfwd: 0, skip: 1, fwd: 2, headerSize: 3, alignMask: 4 } as const;

/** Behind the mps_ss_s that clients know. */
export const ScanWord = {
  magic: 3,
  arena: 4,
  traces: 5,
  /** The zones of what was fixed: the guest's. */
  fixed: 6,
  words: 7,
} as const;

/** In a scan that guest code may fix for. */
export const SCAN_MAGIC = 0x519f1c;
