/**
 * What a heap keeps in guest memory: eight bytes before each block (units, flags and their checksum, encoded by a key of the
 * heap's, as since Windows Vista), and in a free block the links of its list. Whoever writes beyond a block or into one
 * that is free changes them; here that is noticed as the real heap notices it, when it comes upon them.
 */
import type { MemoryView } from '../../emulator/memory/memory-view.js';

const HEADER = 8;
const FLAG_BUSY = 1;
/** Where the list's head lies in the heap's own structure. */
const LIST_HEAD = 0x150;

export class HeapHeaders {
  private readonly key: number;

  constructor(
    private readonly memory: MemoryView,
    private readonly wordSize: 4 | 8,
    private readonly heap: number,
  ) {
    // The real key is random; here a run repeats.
    this.key = Math.imul(heap / 0x10000 + 1, 0x9e3779b1) >>> 0;
  }

  private words(span: number, unused: number, busy: boolean): [number, number] {
    const units = (span / (2 * this.wordSize)) & 0xffff;
    const flags = busy ? FLAG_BUSY : 0;
    const checksum = (units ^ (units >>> 8) ^ flags) & 0xff;
    return [(((checksum << 24) | (flags << 16) | units) ^ this.key) >>> 0, ((unused & 0xff) << 24) | (this.key & 0xffff)];
  }

  /** `size`: of a busy block; undefined: it is free. */
  write(block: number, span: number, size: number | undefined): void {
    const [low, high] = this.words(span, span - (size ?? 0), size !== undefined);
    this.memory.setU32(block - HEADER, low);
    this.memory.setU32(block - HEADER + 4, high >>> 0);
    if (size !== undefined) return;
    this.memory.setWord(block, this.heap + LIST_HEAD);
    this.memory.setWord(block + this.wordSize, this.heap + LIST_HEAD);
  }

  intact(block: number, span: number, size: number | undefined): boolean {
    const [low, high] = this.words(span, span - (size ?? 0), size !== undefined);
    const { memory } = this;
    if (memory.u32(block - HEADER) !== low || memory.u32(block - HEADER + 4) !== high >>> 0) return false;
    if (size !== undefined) return true;
    const head = this.heap + LIST_HEAD;
    return memory.word(block) === head && memory.word(block + this.wordSize) === head;
  }
}
