/** The chunks of an arena: lookup by address, reservation, growth and compaction. */
import { ArenaWord, CHUNKS_SEEN, ChunkWord } from '../plinth/descriptors.js';
import { Chunk, chunkOverhead, type Described } from './chunk.js';
import type { ArenaVM } from './arena-vm.js';
import { Res } from '../plinth/res.js';

export class Chunks<P extends object, S extends Described> {
  /** In order of creation; the first is the primary chunk. */
  readonly ring: Chunk<P, S>[] = [];
  private sorted: Chunk<P, S>[] = [];
  private last: Chunk<P, S> | undefined;
  /** Preferred and least size of a new chunk (mps_arena_vm_growth). */
  extendBy: number;
  extendMin = 0;

  constructor(private readonly vm: ArenaVM<P, S>) {
    this.extendBy = vm.size;
  }

  get primary(): Chunk<P, S> {
    return this.ring[0];
  }

  of(address: number): Chunk<P, S> | undefined {
    const last = this.last;
    if (last && address >= last.base && address < last.limit) return last;
    let lo = 0;
    let hi = this.sorted.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (this.sorted[mid].base <= address) lo = mid + 1;
      else hi = mid;
    }
    const chunk = this.sorted[lo - 1];
    if (chunk === undefined || address >= chunk.limit) return undefined;
    return (this.last = chunk);
  }

  /** The chunk of an address that is known to be in one. */
  at(address: number): Chunk<P, S> {
    const chunk = this.of(address);
    if (!chunk) throw new RangeError(`no chunk at 0x${address.toString(16)}`);
    return chunk;
  }

  /** Reserve a chunk, map its tables and enter it. Its usable range is not in the free land yet. */
  create(size: number): Chunk<P, S> | Res {
    const { vm } = this;
    const { grain, port } = vm;
    size = Math.ceil(size / grain) * grain;
    const asked = size + grain - port.platform.pageSize;
    const base = port.vmReserve(asked, { topDown: vm.topDown });
    if (base === undefined) return Res.RESOURCE;
    const aligned = Math.ceil(base / grain) * grain;
    const chunk = new Chunk<P, S>(aligned, aligned + size, grain, vm.memory, base, asked);
    if (chunk.allocBase >= chunk.pages) {
      port.vmRelease(base, asked);
      return Res.MEMORY;
    }
    const res = vm.map(chunk.base, chunk.base + chunk.tables, true);
    if (res !== Res.OK) {
      port.vmRelease(base, asked);
      return res;
    }
    vm.reserved += asked;
    this.ring.push(chunk);
    this.sorted.push(chunk);
    this.sorted.sort((a, b) => a.base - b.base);
    this.describe();
    vm.notePeaks();
    if (port.events.on) port.events.emit('chunk-create', { base: chunk.base, limit: chunk.limit });
    vm.extended(chunk.base, size);
    return chunk;
  }

  destroy(chunk: Chunk<P, S>): void {
    const { vm } = this;
    vm.contracted(chunk.base, chunk.limit - chunk.base);
    for (const { first, end } of chunk.tableMapped.runs()) vm.unmap(chunk.tableAddress(first), chunk.tableAddress(end));
    vm.unmap(chunk.base, chunk.base + chunk.tables);
    vm.port.vmRelease(chunk.reservedBase, chunk.reservedSize);
    vm.reserved -= chunk.reservedSize;
    this.ring.splice(this.ring.indexOf(chunk), 1);
    this.sorted.splice(this.sorted.indexOf(chunk), 1);
    this.last = undefined;
    this.describe();
    if (vm.port.events.on) vm.port.events.emit('chunk-destroy', { base: chunk.base, limit: chunk.limit });
  }

  /** The table of chunks in the arena structure. */
  private describe(): void {
    const { memory, structure, grain } = this.vm;
    const at = (word: number): number => structure + word * memory.wordSize;
    const seen = this.ring.slice(0, CHUNKS_SEEN);
    memory.setWord(at(ArenaWord.grainShift), Math.log2(grain));
    memory.setWord(at(ArenaWord.chunkCount), seen.length);
    memory.setWord(at(ArenaWord.moreChunks), this.ring.length > seen.length ? 1 : 0);
    seen.forEach((chunk, i) => {
      const entry = ArenaWord.chunks + i * ChunkWord.words;
      memory.setWord(at(entry + ChunkWord.base), chunk.base);
      memory.setWord(at(entry + ChunkWord.size), chunk.limit - chunk.base);
      memory.setWord(at(entry + ChunkWord.allocated), chunk.allocationBits);
      memory.setWord(at(entry + ChunkWord.tracts), chunk.tracts);
    });
  }

  /** A new chunk with room for `size`: of the preferred size, or as much less as the OS has. */
  grow(size: number): Res {
    const { vm } = this;
    const { grain } = vm;
    const wordSize = vm.port.platform.wordSize;
    let min = Math.max(size, this.extendMin, grain);
    for (;;) {
      const o = chunkOverhead(Math.ceil(min / grain), grain, wordSize);
      const need = Math.max(size + o.tables + o.pageTable, this.extendMin);
      if (need <= min) break;
      min = need;
    }
    let chunkSize = Math.max(this.extendBy, min);
    for (;;) {
      let half = Math.floor(chunkSize / 2);
      const slice = Math.floor(half / 8);
      if (half < min) half = min;
      for (; chunkSize >= half; chunkSize -= slice) {
        const made = this.create(chunkSize);
        if (typeof made !== 'number') {
          return vm.insertFree(made.usable, made.limit);
        }
        if (made !== Res.RESOURCE) return made;
        if (slice === 0) break;
      }
      if (half === min) return Res.RESOURCE;
      chunkSize = half;
    }
  }

  /** Give back every chunk but the primary in which nothing is allocated. */
  compact(): void {
    for (const chunk of [...this.ring]) {
      if (chunk === this.primary || chunk.allocated > 0) continue;
      this.vm.forgetChunk(chunk);
      this.destroy(chunk);
    }
  }

  check(): boolean {
    let limit = 0;
    let ok = true;
    for (const chunk of this.sorted) {
      ok = this.vm.plinth.aver(chunk.base >= limit, 'ChunkCheck', 'chunk->base >= previous limit') && ok;
      limit = chunk.limit;
    }
    return ok;
  }
}
