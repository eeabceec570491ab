/**
 * Calls about pages and stacks beside VirtualAlloc's family: write watching, locking, the bounds and the guarantee of a
 * thread's stack. NtGetWriteWatch and NtLockVirtualMemory are services, so memory that they cannot touch makes them fail;
 * SetThreadStackGuarantee and GetCurrentThreadStackLimits are kernelbase's own code on the TEB.
 */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { Access } from '../../emulator/engine.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { PAGE_SIZE } from './memory-constants.js';
import type { StackGuards } from './stack-guards.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'vm'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
}

/** Of work for a page that is looked at. */
const PAGE_UNITS = 50;
const WRITE_WATCH_FLAG_RESET = 1;
/** Of the minimum working set, in pages: what can not be locked of it. */
const OVERHEAD = 8;
const SMALLEST_MINIMUM = 20 * PAGE_SIZE;
const SMALLEST_MAXIMUM = 13 * PAGE_SIZE;
/** What GetWriteWatch and ResetWriteWatch return when they fail. */
const WATCH_FAILED = 0xffffffff;

export function pageCalls(os: Needs): HostFunction[] {
  const { vm, layout } = os;
  const { locked } = vm;
  const failed = <T>(call: HostCall, error: number, result: T): T => {
    os.lastError.set(call.thread, error);
    return result;
  };
  const isProcess = (call: HostCall, handle: number): boolean => os.handles.resolve(call.thread, handle)?.object === os.handles.process;
  const workingSet = { minimum: 50 * PAGE_SIZE, maximum: 345 * PAGE_SIZE };
  /** Pages that `size` bytes from `address` on would add to those that are locked, as far as there may be more. */
  const mayLock = (address: number, size: number): boolean => {
    let count = locked.size;
    const most = workingSet.minimum / PAGE_SIZE - OVERHEAD;
    for (const page of pages(address, size)) if (!locked.has(page) && ++count > most) return false;
    return true;
  };
  /** One by one: the range may be all of memory, and the first page refused. */
  function* pages(address: number, size: number): Generator<number> {
    for (let page = Math.floor(address / PAGE_SIZE) * PAGE_SIZE; page < address + size; page += PAGE_SIZE) {
      os.process.clock.advance(PAGE_UNITS);
      yield page;
    }
  }
  const writeWatch = (call: HostCall, flags: number, base: number, size: number, addresses: number, count: number, granularity: number) => {
    const { wordSize } = layout;
    const room = os.guards.kernelAccess(call.thread, () => {
      const entries = call.memory.word(count);
      call.memory.setWord(count, entries);
      call.memory.setU32(granularity, call.memory.u32(granularity));
      return entries;
    });
    if (room === undefined) return failed(call, os.guards.error, WATCH_FAILED);
    if (flags & ~WRITE_WATCH_FLAG_RESET) return failed(call, ErrorCode.INVALID_PARAMETER, WATCH_FAILED);
    // Looked at first, so that nothing is reset where the answer cannot be stored.
    const found = vm.writeWatch(base, size, room, false);
    if (!found) return failed(call, vm.error, WATCH_FAILED);
    const stored = os.guards.kernelAccess(call.thread, () => {
      found.forEach((address, i) => call.memory.setWord(addresses + i * wordSize, address));
      return true;
    });
    if (!stored || addresses === 0) return failed(call, stored ? ErrorCode.NO_ACCESS : os.guards.error, WATCH_FAILED);
    if (flags & WRITE_WATCH_FLAG_RESET) vm.writeWatch(base, size, room, true);
    os.memory.setWord(count, found.length);
    os.memory.setU32(granularity, PAGE_SIZE);
    return 0;
  };
  return [
    win32('GetWriteWatch', 'u(upzppp)', writeWatch),
    win32('ResetWriteWatch', 'u(pz)', (call, base, size) => (vm.resetWriteWatch(base, size) ? 0 : failed(call, vm.error, WATCH_FAILED))),
    win32('VirtualLock', 'i(pz)', (call, address, size) => {
      if (size === 0 || address + size > vm.highest + 1) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      const touched = os.guards.kernelAccess(call.thread, () => {
        for (const page of pages(address, size)) call.memory.physical(page, Access.Read);
        return true;
      });
      if (!touched) return failed(call, os.guards.error, FALSE);
      if (!mayLock(address, size)) return failed(call, ErrorCode.WORKING_SET_QUOTA, FALSE);
      for (const page of pages(address, size)) locked.add(page);
      return TRUE;
    }),
    win32('VirtualUnlock', 'i(pz)', (call, address, size) => {
      if (size === 0) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      for (const page of pages(address, size)) {
        if (!locked.has(page)) return failed(call, ErrorCode.NOT_LOCKED, FALSE);
      }
      for (const page of pages(address, size)) locked.delete(page);
      return TRUE;
    }),
    win32('GetProcessWorkingSetSize', 'i(ipp)', (call, process, minimum, maximum) => {
      if (!isProcess(call, process)) return failed(call, ErrorCode.INVALID_HANDLE, FALSE);
      call.memory.setWord(minimum, workingSet.minimum);
      call.memory.setWord(maximum, workingSet.maximum);
      return TRUE;
    }),
    win32('SetProcessWorkingSetSize', 'i(izz)', (call, process, minimum, maximum) => {
      if (!isProcess(call, process)) return failed(call, ErrorCode.INVALID_HANDLE, FALSE);
      // Both -1: pages leave the working set, which nobody sees.
      const all = layout.wordSize === 8 ? 2 ** 64 : 2 ** 32 - 1;
      if (minimum === all && maximum === all) return TRUE;
      const size = { minimum: Math.ceil(minimum / PAGE_SIZE) * PAGE_SIZE, maximum: Math.ceil(maximum / PAGE_SIZE) * PAGE_SIZE };
      if (size.minimum > size.maximum || size.maximum < SMALLEST_MAXIMUM) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      if (size.minimum > vm.commitLimit) return failed(call, ErrorCode.NO_SYSTEM_RESOURCES, FALSE);
      Object.assign(workingSet, { ...size, minimum: Math.max(size.minimum, SMALLEST_MINIMUM) });
      return TRUE;
    }),
    win32('GetCurrentThreadStackLimits', 'v(pp)', (call, low, high) => {
      const { base, deallocation } = os.guards.stackOf(call.thread);
      call.memory.setWord(low, deallocation);
      call.memory.setWord(high, base);
    }),
    win32('SetThreadStackGuarantee', 'i(p)', (call, place) => {
      const at = windowsThread(call.thread).teb + layout.teb.guaranteedStackBytes;
      const { base, deallocation } = os.guards.stackOf(call.thread);
      const asked = call.memory.u32(place);
      const before = os.memory.u32(at);
      call.memory.setU32(place, before);
      const bytes = Math.ceil(asked / PAGE_SIZE) * PAGE_SIZE;
      // Two pages at the least, without which there is no room for a handler; it never shrinks.
      if (bytes > base - deallocation - 2 * PAGE_SIZE) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      if (bytes > before) os.memory.setU32(at, bytes);
      return TRUE;
    }),
  ];
}
