/**
 * RLIMIT_AS and RLIMIT_DATA: how much a process may have mapped, and how much of that its own to write. What the machine keeps in the
 * address space beside the program's mappings does not count; the stack counts as much as a program has of it at its start.
 * Source: getrlimit(2), may_expand_vm in mm/mmap.c (6.18).
 */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';

export interface AddressLimits {
  space: number;
  data: number;
}

/** The kernel grows the stack as it is touched; at the start it has this. */
const STACK_AT_START = 132 << 10;
const NOT_COUNTED: readonly string[] = ['library functions', '[vdso]'];

export class AddressBook {
  constructor(
    private readonly space: AddressSpace,
    private readonly userLimit: number,
    private readonly limits: () => AddressLimits,
  ) {}

  /** May so many bytes more be mapped? `data`: private ones that can be written. */
  mayExpand(bytes: number, data: boolean): boolean {
    const { space } = this.limits();
    if (space !== Infinity && this.counted(false) + bytes > space) return false;
    return !data || this.mayWrite(bytes);
  }

  /** May so many private bytes that are there be written from now on? */
  mayWrite(bytes: number): boolean {
    const most = this.limits().data;
    return bytes === 0 || most === Infinity || this.counted(true) + bytes <= most;
  }

  private counted(data: boolean): number {
    let sum = 0;
    for (const { base, limit, prot, region } of this.space.runs(0, this.userLimit)) {
      if (NOT_COUNTED.includes(region.name)) continue;
      if (region.name === '[stack]') sum += data ? 0 : STACK_AT_START;
      else if (!data || (prot & Prot.Write && region.tag === undefined)) sum += limit - base;
    }
    return sum;
  }
}
