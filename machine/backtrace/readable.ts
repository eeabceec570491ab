/** How much of the guest's memory can be looked at from an address on, whatever the guest itself may do there. */
import { Prot } from '../../emulator/engine.js';
import type { AddressSpace } from '../../emulator/memory/address-space.js';

type Space = Pick<AddressSpace, 'protection' | 'pageSize'>;

export function isReadable(space: Space, address: number): boolean {
  return address >= 0 && (space.protection(address) ?? Prot.None) !== Prot.None;
}

/** At most `count` bytes. */
export function readableBytes(space: Space, address: number, count: number): number {
  let end = address;
  while (end < address + count && isReadable(space, end)) end = (Math.floor(end / space.pageSize) + 1) * space.pageSize;
  return Math.max(0, Math.min(count, end - address));
}
