/**
 * What lies where, and copying by the kernel: mach_vm_region, mach_vm_read_overwrite, mach_vm_write, mach_vm_copy on the task itself.
 * The first is a message whose answer the library stores; the others copy as the kernel does.
 * Source: osfmk/vm/vm_map.c (vm_map_region, vm_map_copyin, vm_map_copy_overwrite), vm_user.c; mach/vm_region.h.
 */
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MachSystem } from './mach-functions.js';
import { Kern } from './mach-ports.js';

const BASIC_INFO_64 = 9;
/** Ints of vm_region_basic_info_64. */
const BASIC_COUNT = 9;
const VM_INHERIT_COPY = 1;
/** Larger regions are told in pieces: so many pages are looked at in one call. */
const MOST_PAGES = 1 << 18;
/** The same for bytes that one call copies. */
const MOST_BYTES = 1 << 28;

export function regionFunctions({ kernel, memory, process }: MachSystem): HostFunction[] {
  const { space, traits } = memory;
  const mine = (task: number, action: () => number): number => kernel.onTask(task, Kern.InvalidArgument, action);

  /** Where the pages around `address`, or the next ones, are all alike. */
  const region = (address: number): { base: number; limit: number; prot: number; maxProt: number } | undefined => {
    const area = space.find(address) ?? space.overlapping(address, Math.max(0, traits.limit - address)).at(0);
    if (!area) return undefined;
    const page = traits.pageSize;
    const first = Math.max(area.base, address - (address % page));
    const prot = space.protection(first) ?? 0;
    const same = (at: number): boolean => (space.protection(at) ?? 0) === prot;
    let [base, limit] = [first, first + page];
    for (let i = 0; i < MOST_PAGES && base > area.base && same(base - page); i++) base -= page;
    for (let i = 0; i < MOST_PAGES && limit < area.limit && same(limit); i++) limit += page;
    return { base, limit: Math.min(limit, area.limit), prot, maxProt: area.maxProt };
  };

  const describe = (
    call: HostCall,
    addressAt: number,
    sizeAt: number,
    flavor: number,
    info: number,
    countAt: number,
    nameAt: number,
  ): number => {
    const address = call.memory.word(addressAt);
    const count = call.memory.u32(countAt);
    if (flavor !== BASIC_INFO_64)
      return process.end({ kind: 'unsupported', text: `mach_vm_region: flavor ${flavor} is not provided (VM_REGION_BASIC_INFO_64 is)` });
    if (count < BASIC_COUNT) return Kern.InvalidArgument;
    const found = region(address);
    if (!found) return Kern.InvalidAddress;
    call.memory.fill(info, 4 * BASIC_COUNT, 0);
    call.memory.setU32(info, found.prot);
    call.memory.setU32(info + 4, found.maxProt);
    call.memory.setU32(info + 8, VM_INHERIT_COPY);
    call.memory.setU32(countAt, BASIC_COUNT);
    call.memory.setU32(nameAt, 0);
    call.memory.setWord(sizeAt, found.limit - found.base);
    call.memory.setWord(addressAt, found.base);
    return Kern.Success;
  };

  /** KERN_INVALID_ADDRESS for what isn't there, KERN_PROTECTION_FAILURE for what may not be touched so. */
  const refusal = (error: unknown, address: number, size: number): number => {
    if (!(error instanceof GuestFault)) throw error;
    return space.isMapped(address, Math.max(1, size)) ? Kern.ProtectionFailure : Kern.InvalidAddress;
  };
  const copy = (call: HostCall, from: number, to: number, size: number): number => {
    if (size === 0) return Kern.Success;
    if (size > MOST_BYTES) return process.end({ kind: 'unsupported', text: `a Mach copy of ${size} bytes at once is not provided` });
    let bytes: Uint8Array;
    try {
      bytes = call.memory.bytes(from, size);
    } catch (error) {
      return refusal(error, from, size);
    }
    try {
      call.memory.write(to, bytes);
    } catch (error) {
      return refusal(error, to, size);
    }
    return Kern.Success;
  };

  return ['mach_vm', 'vm'].flatMap((prefix): HostFunction[] => [
    hostFunction(
      prefix === 'vm' ? 'vm_region_64' : 'mach_vm_region',
      'i(uppippp)',
      (call, task, address, size, flavor, info, count, name) => mine(task, () => describe(call, address, size, flavor, info, count, name)),
    ),
    hostFunction(`${prefix}_read_overwrite`, 'i(uzzzp)', (call, task, address, size, data, sizeAt) =>
      mine(task, () => {
        const result = copy(call, address, data, size);
        if (result === Kern.Success) call.memory.setWord(sizeAt, size);
        return result;
      }),
    ),
    hostFunction(`${prefix}_write`, 'i(uzpu)', (call, task, address, data, size) => mine(task, () => copy(call, data, address, size))),
    hostFunction(`${prefix}_copy`, 'i(uzzz)', (call, task, from, size, to) => mine(task, () => copy(call, from, to, size))),
  ]);
}
