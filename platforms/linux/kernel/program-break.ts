/** The break: where the heap that grows from the program's end has come to. Source: mm/mmap.c, brk(2). */
import { Prot } from '../../../emulator/engine.js';
import type { AddressBook } from '../address-limits.js';
import type { MemoryCalls } from '../../posix/memory-calls.js';

const PAGE = 4096;
/** What the kernel keeps free below a mapping that grows down; others need none. */
const up = (address: number): number => Math.ceil(address / PAGE) * PAGE;

export class ProgramBreak {
  private first = 0;
  private current = 0;

  constructor(
    private readonly memory: MemoryCalls,
    private readonly userLimit: number,
    private readonly book: AddressBook,
  ) {}

  /** At the start of the program. */
  place(address: number): void {
    this.first = this.current = up(address);
  }

  get end(): number {
    return this.current;
  }

  /** The new break; the old one where it can't be moved so. */
  move(wanted: number): number {
    const { first, current, memory } = this;
    if (first === 0 || wanted < first) return current;
    const [from, to] = [up(current), up(wanted)];
    if (to > from) {
      if (!this.book.mayExpand(to - from, true)) return current;
      if (to > this.userLimit || !memory.space.isFree(from, to - from) || !memory.affordable(to - from)) return current;
      memory.map(from, to - from, Prot.RW, { name: '[heap]' });
    } else if (to < from) memory.space.unmap(to, from - to);
    this.current = wanted;
    return wanted;
  }
}
