/**
 * HeapAlloc and its kin, LocalAlloc on the process heap. All of it is code of the libraries: memory that it can't touch is
 * an access violation. Allocations that fail with HEAP_GENERATE_EXCEPTIONS go on in kernelbase.dll, which raises.
 */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { RegistersReplaced } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { Heap } from './heap.js';
import type { Heaps } from './heaps.js';
import { walkOn } from './heap-walk.js';
import type { LastError } from './last-error.js';
import type { Modules } from './modules.js';
import type { StackGuards } from './stack-guards.js';

interface FunctionNeeds extends Pick<Core, 'process' | 'memory' | 'layout'> {
  readonly heaps: Heaps;
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly modules: Modules;
}

interface Needs extends FunctionNeeds {
  readonly heapFunctions: HeapFunctions;
}

const NO_SERIALIZE = 1;
const ZERO_MEMORY = 8;
const REALLOC_IN_PLACE_ONLY = 0x10;
const LMEM_ZEROINIT = 0x40;
/** HEAP_INFORMATION_CLASS, and what HeapCompatibilityInformation says: the standard heap, the low-fragmentation heap. */
const Information = { COMPATIBILITY: 0, TERMINATION: 1 } as const;
const LOW_FRAGMENTATION = 2;
/** Of the header before a block, for each block that is looked at. */
const HEADER = 8;
const BLOCK_UNITS = 20;
/** Where a heap has its signature. */
const SIGNATURE = 0x10;
const BYTES_PER_UNIT = 8;

export class HeapFunctions {
  constructor(private readonly os: FunctionNeeds) {}

  failed(call: HostCall, error: number): 0 {
    this.os.lastError.set(call.thread, error);
    return 0;
  }

  /** What a handle names. Another address is used as if it were one: the library reads there, and finds no heap. */
  heap(call: HostCall, handle: number): Heap | undefined {
    const found = this.os.heaps.at(handle);
    if (found) return found;
    call.memory.u32(handle + SIGNATURE);
    this.os.heaps.corrupted(handle);
    return void this.failed(call, ErrorCode.INVALID_HANDLE);
  }

  /** Wait until no other thread has locked it. */
  enter(call: HostCall, heap: Heap, flags: number): void {
    if ((flags | heap.flags) & NO_SERIALIZE || heap.owner === undefined || heap.owner === call.thread) return;
    call.block({ what: `heap 0x${heap.base.toString(16)}`, on: [heap], ready: () => heap.owner === undefined });
  }

  /** The library goes on with the same arguments at a function of its own that raises STATUS_NO_MEMORY. */
  private raise(name: string): never {
    const address = this.os.modules.resolve(name);
    if (address === undefined) throw new Error(`${name} is not loaded`);
    const { process } = this.os;
    process.engine.registers.set(process.abi.pc, address);
    throw new RegistersReplaced();
  }

  allocate(call: HostCall, heap: Heap, flags: number, size: number): number {
    this.enter(call, heap, flags);
    const clear = (flags & ZERO_MEMORY) !== 0;
    const block = heap.allocate(size, clear);
    if (clear && block) call.process.clock.advance(size / BYTES_PER_UNIT);
    if (block) return block;
    this.os.lastError.set(call.thread, ErrorCode.NOT_ENOUGH_MEMORY);
    return this.os.heaps.raises(heap, flags) ? this.raise('RtlpAllocateHeapFailed') : 0;
  }

  free(call: HostCall, heap: Heap, flags: number, block: number): boolean {
    if (block === 0) return true;
    this.enter(call, heap, flags);
    call.memory.u32(block - HEADER);
    return heap.release(block);
  }

  /** A block of another size, perhaps elsewhere; 0: it stays. */
  reallocate(call: HostCall, heap: Heap, flags: number, block: number, size: number): number {
    this.enter(call, heap, flags);
    call.memory.u32(block - HEADER);
    const old = heap.size(block);
    if (old === undefined || !heap.intact(block)) {
      this.os.heaps.corrupted(block);
      return this.failed(call, ErrorCode.INVALID_PARAMETER);
    }
    const moved = heap.resize(block, size) ? block : flags & REALLOC_IN_PLACE_ONLY ? 0 : heap.allocate(size);
    if (!moved) {
      this.os.lastError.set(call.thread, ErrorCode.NOT_ENOUGH_MEMORY);
      return this.os.heaps.raises(heap, flags) ? this.raise('RtlpReAllocateHeapFailed') : 0;
    }
    const { memory } = this.os;
    if (moved !== block) {
      const kept = Math.min(old, size);
      memory.write(moved, memory.bytes(block, kept));
      call.process.clock.advance(kept / BYTES_PER_UNIT);
      heap.release(block);
    }
    if (flags & ZERO_MEMORY && size > old) memory.fill(moved + old, size - old, 0);
    return moved;
  }

  /** Undefined: it is no block in use. */
  size(call: HostCall, heap: Heap, block: number, flags = 0): number | undefined {
    this.enter(call, heap, flags);
    call.memory.u32(block - HEADER);
    return heap.size(block);
  }

  lock(call: HostCall, heap: Heap): void {
    if (heap.flags & NO_SERIALIZE) return;
    this.enter(call, heap, 0);
    heap.owner = call.thread;
    heap.lockCount++;
  }

  unlock(call: HostCall, heap: Heap): void {
    if (heap.owner !== call.thread || --heap.lockCount > 0) return;
    heap.owner = undefined;
    call.process.changed(heap);
  }

  /** HeapValidate: of one block, or of all. */
  validate(call: HostCall, heap: Heap, block: number): number {
    const look = (): void => call.process.clock.advance(BLOCK_UNITS);
    if (block === 0) return heap.valid(look) ? TRUE : FALSE;
    const read = this.os.guards.kernelAccess(call.thread, () => (call.memory.u32(block - HEADER), true));
    if (!read) return this.failed(call, this.os.guards.error);
    return heap.intact(block) ? TRUE : FALSE;
  }
}

export function heapCalls(os: Needs): HostFunction[] {
  const { heaps, layout, heapFunctions: heap } = os;
  const at = (call: HostCall, handle: number): Heap | undefined => heap.heap(call, handle);
  return [
    win32('GetProcessHeap', 'p()', () => heaps.process.base),
    win32('GetProcessHeaps', 'u(up)', (call, room, place) => {
      if (room >= heaps.list.length) heaps.list.forEach(({ base }, i) => call.memory.setWord(place + i * layout.wordSize, base));
      return heaps.list.length;
    }),
    win32('HeapCreate', 'p(uzz)', (call, flags, initial, maximum) => {
      if (maximum > 0 && initial > maximum) return heap.failed(call, ErrorCode.INVALID_PARAMETER);
      return heaps.create(flags, initial, maximum)?.base ?? heap.failed(call, ErrorCode.NOT_ENOUGH_MEMORY);
    }),
    win32('HeapDestroy', 'i(p)', (call, handle) => {
      const found = at(call, handle);
      if (!found || found === heaps.process) return heap.failed(call, ErrorCode.INVALID_HANDLE);
      heaps.destroy(found);
      return TRUE;
    }),
    win32('HeapAlloc', 'p(puz)', (call, handle, flags, size) => {
      const found = at(call, handle);
      return found ? heap.allocate(call, found, flags, size) : 0;
    }),
    win32('HeapReAlloc', 'p(pupz)', (call, handle, flags, block, size) => {
      const found = at(call, handle);
      if (!found) return 0;
      return block === 0 ? heap.failed(call, ErrorCode.SUCCESS) : heap.reallocate(call, found, flags, block, size);
    }),
    win32('HeapFree', 'i(pup)', (call, handle, flags, block) => {
      const found = at(call, handle);
      if (!found) return FALSE;
      return heap.free(call, found, flags, block) ? TRUE : heap.failed(call, ErrorCode.INVALID_PARAMETER);
    }),
    win32('HeapSize', 'q(pup)', (call, handle, flags, block) => {
      const found = at(call, handle);
      if (!found) return -1n;
      const size = heap.size(call, found, block, flags);
      if (size === undefined) heap.failed(call, ErrorCode.INVALID_PARAMETER);
      return BigInt(size ?? -1);
    }),
    win32('HeapValidate', 'i(pup)', (call, handle, _flags, block) => {
      const found = heaps.at(handle);
      return found ? heap.validate(call, found, block) : FALSE;
    }),
    win32('HeapCompact', 'z(pu)', (call, handle) => at(call, handle)?.largestFree ?? 0),
    win32('HeapLock', 'i(p)', (call, handle) => {
      const found = at(call, handle);
      if (found) heap.lock(call, found);
      return found ? TRUE : FALSE;
    }),
    win32('HeapUnlock', 'i(p)', (call, handle) => {
      const found = at(call, handle);
      if (found) heap.unlock(call, found);
      return found ? TRUE : FALSE;
    }),
    win32('HeapWalk', 'i(pp)', (call, handle, entry) => {
      const found = at(call, handle);
      if (!found) return FALSE;
      heap.enter(call, found, 0);
      const look = (): void => call.process.clock.advance(BLOCK_UNITS);
      return walkOn(found, call.memory, layout.wordSize, entry, look) ? TRUE : heap.failed(call, ErrorCode.NO_MORE_ITEMS);
    }),
    win32('HeapQueryInformation', 'i(pupzp)', (call, handle, kind, place, bytes, length) => {
      if (kind !== Information.COMPATIBILITY) return heap.failed(call, ErrorCode.INVALID_PARAMETER);
      const found = heaps.at(handle);
      if (!found) return heap.failed(call, ErrorCode.NO_ACCESS);
      if (length !== 0) call.memory.setWord(length, 4);
      if (bytes < 4) return heap.failed(call, ErrorCode.INSUFFICIENT_BUFFER);
      call.memory.setU32(place, found.lowFragmentation ? LOW_FRAGMENTATION : 0);
      return TRUE;
    }),
    win32('HeapSetInformation', 'i(pupz)', (call, handle, kind, place, bytes) => {
      if (kind === Information.TERMINATION) {
        heaps.terminates = true;
        return TRUE;
      }
      if (kind !== Information.COMPATIBILITY) return heap.failed(call, ErrorCode.INVALID_PARAMETER);
      if (bytes < 4) return heap.failed(call, ErrorCode.INSUFFICIENT_BUFFER);
      const found = at(call, handle);
      if (!found) return FALSE;
      const wanted = call.memory.u32(place);
      const possible = !found.sizes.fixed && !(found.flags & NO_SERIALIZE);
      if (wanted !== LOW_FRAGMENTATION || !possible) return heap.failed(call, ErrorCode.GEN_FAILURE);
      found.lowFragmentation = true;
      return TRUE;
    }),
    win32('LocalAlloc', 'p(uz)', (call, flags, size) => heap.allocate(call, heaps.process, flags & LMEM_ZEROINIT ? ZERO_MEMORY : 0, size)),
    win32('LocalFree', 'p(p)', (call, block) => {
      if (heap.free(call, heaps.process, 0, block)) return 0;
      heap.failed(call, ErrorCode.INVALID_HANDLE);
      return block;
    }),
  ];
}
