/**
 * Guest memory for what the original keeps in its library's own data: class and
 * pattern tokens, stream handles, the texts of assertions. Never freed.
 */
import type { Port } from '../../platforms/port.js';

const SIZE = 64 * 1024;

export class StaticMemory {
  private next = 0;
  private limit = 0;
  private readonly strings = new Map<string, number>();

  constructor(private readonly port: Port) {}

  /** A zeroed block of `size` bytes, aligned to 16. */
  allocate(size: number): number {
    const rounded = Math.ceil(size / 16) * 16;
    if (this.next + rounded > this.limit) {
      const bytes = Math.max(SIZE, Math.ceil(rounded / SIZE) * SIZE);
      const base = this.port.vmReserve(bytes, { topDown: false });
      if (base === undefined || !this.port.vmMap(base, base + bytes)) throw new Error('no guest memory for the static data of the MPS');
      this.next = base;
      this.limit = base + bytes;
    }
    const address = this.next;
    this.next += rounded;
    return address;
  }

  /** The address of `text`, NUL-terminated. */
  string(text: string): number {
    const found = this.strings.get(text);
    if (found !== undefined) return found;
    const bytes = new TextEncoder().encode(`${text}\0`);
    const address = this.allocate(bytes.length);
    this.port.memory.write(address, bytes);
    this.strings.set(text, address);
    return address;
  }
}
