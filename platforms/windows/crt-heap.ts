/** malloc and its kin as the UCRT has them: thin over the process heap, whose damage they show. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { hostFunction } from '../../emulator/process/host-call.js';
import type { HeapFunctions } from './heap-calls.js';
import type { Heaps } from './heaps.js';
import type { InvalidParameter } from './invalid-parameter.js';
import type { Core } from './core.js';
import type { LastError } from './last-error.js';

interface Needs extends Pick<Core, 'memory' | 'layout'> {
  readonly heaps: Heaps;
  readonly heapFunctions: HeapFunctions;
  readonly lastError: LastError;
  readonly invalidParameter: InvalidParameter;
}

const ENOMEM = 12;
const ZERO_MEMORY = 8;
const REALLOC_IN_PLACE_ONLY = 0x10;
/** What _msize says of no block. */
const FAILED = 2 ** 64;

export function crtHeapCalls(os: Needs): HostFunction[] {
  const { memory, invalidParameter, heapFunctions: heap } = os;
  const { wordSize } = os.layout;
  /** _HEAP_MAXREQ. */
  const most = 256 ** wordSize - 32;
  const outOfMemory = (call: HostCall): 0 => {
    os.lastError.setErrno(call.thread, ENOMEM);
    return 0;
  };
  const invalid = (call: HostCall): 0 => {
    invalidParameter.report(call);
    return 0;
  };
  const allocate = (call: HostCall, size: number, flags = 0): number =>
    (size <= most && heap.allocate(call, os.heaps.process, flags, size)) || outOfMemory(call);
  const release = (call: HostCall, block: number): void => {
    heap.free(call, os.heaps.process, 0, block);
  };
  const reallocate = (call: HostCall, block: number, size: number, flags = 0): number => {
    if (block === 0) return allocate(call, size, flags);
    if (size === 0) {
      release(call, block);
      return 0;
    }
    return (size <= most && heap.reallocate(call, os.heaps.process, flags, block, size)) || outOfMemory(call);
  };
  const sizeOf = (call: HostCall, block: number): number => {
    if (block !== 0) return heap.size(call, os.heaps.process, block) ?? FAILED;
    invalid(call);
    return FAILED;
  };

  // Aligned blocks lie within plain ones, whose address is kept in the word before them.
  const powerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));
  const plain = (block: number): number => block - (block % wordSize) - wordSize;
  const aligned = (call: HostCall, size: number, alignment: number, flags = 0): number => {
    if (!powerOfTwo(alignment)) return invalid(call);
    const boundary = Math.max(alignment, wordSize);
    const block = allocate(call, size + boundary - 1 + wordSize, flags);
    if (block === 0) return 0;
    const place = Math.floor((block + wordSize + boundary - 1) / boundary) * boundary;
    memory.setWord(plain(place), block);
    return place;
  };

  return [
    hostFunction('malloc', 'p(z)', (call, size) => allocate(call, size)),
    hostFunction('calloc', 'p(zz)', (call, count, size) => allocate(call, count * size, ZERO_MEMORY)),
    hostFunction('realloc', 'p(pz)', (call, block, size) => reallocate(call, block, size)),
    hostFunction('_recalloc', 'p(pzz)', (call, block, count, size) => reallocate(call, block, count * size, ZERO_MEMORY)),
    hostFunction('_expand', 'p(pz)', (call, block, size) => {
      if (block === 0) return invalid(call);
      return size <= most ? heap.reallocate(call, os.heaps.process, REALLOC_IN_PLACE_ONLY, block, size) : outOfMemory(call);
    }),
    hostFunction('free', 'v(p)', release),
    hostFunction('_msize', 'z(p)', sizeOf),
    hostFunction('_get_heap_handle', 'p()', () => os.heaps.process.base),
    hostFunction('_aligned_malloc', 'p(zz)', (call, size, alignment) => aligned(call, size, alignment)),
    hostFunction('_aligned_free', 'v(p)', (call, block) => {
      if (block !== 0) release(call, call.memory.word(plain(block)));
    }),
    hostFunction('_aligned_msize', 'z(pzz)', (call, block, alignment, _offset) => {
      if (block === 0 || !powerOfTwo(alignment)) return invalid(call) || FAILED;
      const whole = sizeOf(call, call.memory.word(plain(block)));
      return whole === FAILED ? FAILED : whole - (Math.max(alignment, wordSize) - 1 + wordSize);
    }),
    hostFunction('_aligned_realloc', 'p(pzz)', (call, block, size, alignment) => {
      if (block === 0) return aligned(call, size, alignment);
      const whole = call.memory.word(plain(block));
      if (size === 0) {
        release(call, whole);
        return 0;
      }
      const old = sizeOf(call, whole);
      const moved = aligned(call, size, alignment);
      if (moved === 0 || old === FAILED) return 0;
      memory.write(moved, call.memory.bytes(block, Math.min(size, old - (block - whole))));
      release(call, whole);
      return moved;
    }),
  ];
}
