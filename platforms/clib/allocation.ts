/** malloc and its kin (C99 7.20.3, POSIX, UCRT) over the library's heap. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

export function allocationFunctions(library: CLibrary): HostFunction[] {
  const { heap, traits } = library;
  // Windows' is thin over its process heap: platforms/windows/crt-heap.ts.
  if (traits.os === 'windows') return [];

  const allocate = (size: number, align?: number): number => {
    const block = heap.allocate(size, align);
    if (block === 0) library.setErrno('ENOMEM');
    return block;
  };

  /** The guest may have taken away access to a block: then a new one is zeroed through the fault, like any store. */
  const allocateZeroed = (call: HostCall, count: number, size: number): number => {
    const block = allocate(count * size);
    // A large one is new memory, which is zero already: what is never touched costs nothing.
    if (block === 0 || heap.isFresh(block)) return block;
    try {
      call.memory.fill(block, count * size, 0);
    } catch (error) {
      heap.free(block);
      throw error;
    }
    return block;
  };

  const release = (call: HostCall, block: number): void => {
    if (block !== 0 && !heap.free(block)) library.abort(call, `free(): invalid pointer 0x${block.toString(16)}`);
  };

  const resize = (call: HostCall, block: number, size: number): number => {
    if (block === 0) return allocate(size);
    const old = heap.sizeOf(block);
    if (old === undefined) library.abort(call, `realloc(): invalid pointer 0x${block.toString(16)}`);
    if (size === 0 && traits.os !== 'freebsd' && traits.os !== 'macos') {
      heap.free(block);
      return 0;
    }
    if (size <= old && size > old / 2) return block;
    const kept = call.memory.bytes(block, Math.min(old, size));
    const next = allocate(size);
    if (next === 0) return 0;
    try {
      call.memory.write(next, kept);
    } catch (error) {
      heap.free(next);
      throw error;
    }
    heap.free(block);
    return next;
  };

  const powerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));

  const functions: HostFunction[] = [
    hostFunction('malloc', 'p(z)', (_call, size) => allocate(size)),
    hostFunction('calloc', 'p(zz)', (call, count, size) => allocateZeroed(call, count, size)),
    hostFunction('realloc', 'p(pz)', (call, block, size) => resize(call, block, size)),
    hostFunction('free', 'v(p)', (call, block) => release(call, block)),
  ];
  functions.push(
    hostFunction('aligned_alloc', 'p(zz)', (_call, align, size) => {
      if (powerOfTwo(align)) return allocate(size, Math.max(16, align));
      library.setErrno('EINVAL');
      return 0;
    }),
    hostFunction('posix_memalign', 'i(pzz)', (call, place, align, size) => {
      if (!powerOfTwo(align) || align % traits.wordSize !== 0) return traits.errno.EINVAL;
      library.probeWrite(call, place, traits.wordSize);
      const block = heap.allocate(size, Math.max(16, align));
      if (block === 0) return traits.errno.ENOMEM;
      call.memory.setWord(place, block);
      return 0;
    }),
    hostFunction(traits.os === 'macos' ? 'malloc_size' : 'malloc_usable_size', 'z(p)', (_call, block) => heap.sizeOf(block) ?? 0),
  );
  return functions;
}
