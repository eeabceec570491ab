/**
 * Guest memory for the MPS's own structures that guests hold addresses of:
 * allocation points, caches, messages' texts, and the cells that handles point at.
 * It stands in for the part of the MPS's control pool that clients can see.
 */
import type { Port } from '../../platforms/port.js';

const CHUNK = 256 * 1024;
/** Blocks of a size that stay unused after they were freed. */
const KEPT_FREE = 16;

export class ControlMemory {
  private next = 0;
  private mapped = 0;
  private limit = 0;
  /** Freed blocks by size, the longest free first out, so that a stale address stays stale for long. */
  private readonly free = new Map<number, { blocks: number[]; head: number }>();

  constructor(private readonly port: Port) {}

  /** A zeroed block, aligned to 16. Undefined: no memory. */
  allocate(size: number): number | undefined {
    const rounded = Math.ceil(size / 16) * 16;
    const address = this.reuse(rounded) ?? this.carve(rounded);
    if (address !== undefined) this.port.memory.fill(address, rounded, 0);
    return address;
  }

  release(address: number, size: number): void {
    const rounded = Math.ceil(size / 16) * 16;
    const list = this.free.get(rounded);
    if (list) list.blocks.push(address);
    else this.free.set(rounded, { blocks: [address], head: 0 });
  }

  private reuse(size: number): number | undefined {
    const list = this.free.get(size);
    if (!list || list.blocks.length - list.head <= KEPT_FREE) return undefined;
    const address = list.blocks[list.head++];
    if (list.head > 1024 && list.head * 2 > list.blocks.length) {
      list.blocks.splice(0, list.head);
      list.head = 0;
    }
    return address;
  }

  private carve(size: number): number | undefined {
    const { port } = this;
    const page = port.platform.pageSize;
    if (this.next + size > this.limit) {
      const bytes = Math.ceil(Math.max(CHUNK, size) / page) * page;
      const base = port.vmReserve(bytes, { topDown: false });
      if (base === undefined) return undefined;
      this.next = this.mapped = base;
      this.limit = base + bytes;
    }
    const end = this.next + size;
    if (end > this.mapped) {
      const upTo = Math.ceil(end / page) * page;
      if (!port.vmMap(this.mapped, upTo)) return undefined;
      this.mapped = upTo;
    }
    const address = this.next;
    this.next = end;
    return address;
  }
}
