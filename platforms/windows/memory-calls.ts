/** VirtualAlloc and its kin, the process heap, system information: thin over virtual-memory.ts and heap.ts. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { win32, FALSE, TRUE } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { GRANULARITY, PAGE_SIZE } from './memory-constants.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout' | 'vm' | 'heap'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
}

const HEAP_ZERO_MEMORY = 8;
const HEAP_REALLOC_IN_PLACE_ONLY = 0x10;
const LMEM_ZEROINIT = 0x40;

export function memoryCalls(os: Needs): HostFunction[] {
  const { vm, layout } = os;
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return 0;
  };
  return [
    win32('VirtualAlloc', 'p(pzuu)', (call, address, size, type, protect) => {
      return vm.allocate(address, size, type, protect) || failed(call, vm.error);
    }),
    win32('VirtualFree', 'i(pzu)', (call, address, size, type) => (vm.free(address, size, type) ? TRUE : failed(call, vm.error))),
    win32('VirtualProtect', 'i(pzup)', (call, address, size, protect, old) => {
      // The kernel probes the place of the old protection before it changes anything.
      const probed = os.guards.kernelAccess(call.thread, () => {
        call.memory.setU32(old, call.memory.u32(old));
        return true;
      });
      if (probed === undefined) return failed(call, os.guards.error);
      const before = vm.protect(address, size, protect);
      if (before === 0) return failed(call, vm.error);
      os.memory.setU32(old, before);
      return TRUE;
    }),
    win32('VirtualQuery', 'z(ppz)', (call, address, buffer, length) => {
      const at = layout.memoryInformation;
      const found = vm.query(address);
      if (!found) return failed(call, vm.error);
      if (length < at.bytes) return failed(call, ErrorCode.BAD_LENGTH);
      const written = os.guards.kernelAccess(call.thread, () => {
        const { memory } = call;
        memory.fill(buffer, at.bytes, 0);
        memory.setWord(buffer, found.baseAddress);
        memory.setWord(buffer + at.allocationBase, found.allocationBase);
        memory.setU32(buffer + at.allocationProtect, found.allocationProtect);
        memory.setWord(buffer + at.regionSize, found.regionSize);
        memory.setU32(buffer + at.state, found.state);
        memory.setU32(buffer + at.protect, found.protect);
        memory.setU32(buffer + at.type, found.type);
        return at.bytes;
      });
      return written ?? failed(call, os.guards.error);
    }),
    win32('GetSystemInfo', 'v(p)', (call, info) => systemInfo(os, call, info)),
    win32('GetNativeSystemInfo', 'v(p)', (call, info) => systemInfo(os, call, info)),
    win32('GetProcessHeap', 'p()', () => os.heap.base),
    win32('HeapAlloc', 'p(puz)', (_call, _heap, flags, size) => {
      // HeapAlloc does not set the last error.
      return os.heap.allocate(size, (flags & HEAP_ZERO_MEMORY) !== 0);
    }),
    win32('HeapReAlloc', 'p(pupz)', (call, _heap, flags, block, size) => reallocate(os, call, flags, block, size)),
    win32('HeapFree', 'i(pup)', (call, _heap, _flags, block) => {
      return block === 0 || os.heap.release(block) ? TRUE : failed(call, ErrorCode.INVALID_PARAMETER);
    }),
    win32('HeapSize', 'q(pup)', (_call, _heap, _flags, block) => BigInt(os.heap.size(block) ?? -1)),
    win32(
      'LocalAlloc',
      'p(uz)',
      (call, flags, size) => os.heap.allocate(size, (flags & LMEM_ZEROINIT) !== 0) || failed(call, ErrorCode.NOT_ENOUGH_MEMORY),
    ),
    win32('LocalFree', 'p(p)', (call, block) => {
      if (block === 0 || os.heap.release(block)) return 0;
      os.lastError.set(call.thread, ErrorCode.INVALID_HANDLE);
      return block;
    }),
    win32('FlushInstructionCache', 'i(ipz)', (_call, _process, address, size) => {
      if (size > 0) os.process.engine.codeChanged(address, size);
      return TRUE;
    }),
  ];
}

function reallocate(os: Needs, call: HostCall, flags: number, block: number, size: number): number {
  const { heap } = os;
  const old = heap.size(block);
  if (old === undefined) return FALSE;
  if (!heap.resize(block, size)) {
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY) return FALSE;
    const moved = heap.allocate(size);
    if (!moved) return FALSE;
    // The run-time copies with its own instructions on a real system; heap blocks have no barriers on them.
    os.memory.write(moved, call.memory.bytes(block, Math.min(old, size)));
    heap.release(block);
    block = moved;
  }
  if (flags & HEAP_ZERO_MEMORY && size > old) os.memory.fill(block + old, size - old, 0);
  return block;
}

const PROCESSOR_INTEL = 586;
const PROCESSOR_AMD64 = 8664;

function systemInfo(os: Needs, call: HostCall, info: number): void {
  const { systemInfo: at, wordSize } = os.layout;
  const { memory } = call;
  memory.fill(info, at.bytes, 0);
  memory.setU16(info, wordSize === 8 ? 9 : 0);
  memory.setU32(info + 4, PAGE_SIZE);
  memory.setWord(info + at.minimum, os.vm.lowest);
  memory.setWord(info + at.maximum, os.vm.highest);
  memory.setWord(info + at.mask, 1);
  memory.setU32(info + at.processors, 1);
  memory.setU32(info + at.type, wordSize === 8 ? PROCESSOR_AMD64 : PROCESSOR_INTEL);
  memory.setU32(info + at.granularity, GRANULARITY);
  memory.setU16(info + at.level, 6);
}
