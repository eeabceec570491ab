/** malloc and its kin (C99 7.20.3, POSIX, UCRT) over the library's heap. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';

export function allocationFunctions(library: CLibrary): HostFunction[] {
  const { heap, traits } = library;
  const windows = traits.os === 'windows';

  const allocate = (size: number, align?: number): number => {
    const block = heap.allocate(size, align);
    if (block === 0) library.setErrno('ENOMEM');
    return block;
  };

  /** The guest may have taken away access to a block: then a new one is zeroed through the fault, like any store. */
  const allocateZeroed = (call: HostCall, count: number, size: number): number => {
    const block = allocate(count * size);
    if (block === 0) return 0;
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
    { name: 'malloc', signature: 'p(z)', run: (_call, size: number) => allocate(size) },
    { name: 'calloc', signature: 'p(zz)', run: (call, count: number, size: number) => allocateZeroed(call, count, size) },
    { name: 'realloc', signature: 'p(pz)', run: (call, block: number, size: number) => resize(call, block, size) },
    { name: 'free', signature: 'v(p)', run: (call, block: number) => release(call, block) },
  ];
  if (windows) {
    functions.push(
      {
        name: '_aligned_malloc',
        signature: 'p(zz)',
        run: (_call, size: number, align: number) => (powerOfTwo(align) ? allocate(size, Math.max(16, align)) : 0),
      },
      { name: '_aligned_free', signature: 'v(p)', run: (call, block: number) => release(call, block) },
      { name: '_msize', signature: 'z(p)', run: (_call, block: number) => heap.sizeOf(block) ?? 2 ** 64 },
    );
    return functions;
  }
  functions.push(
    {
      name: 'aligned_alloc',
      signature: 'p(zz)',
      run: (_call, align: number, size: number) => {
        if (powerOfTwo(align)) return allocate(size, Math.max(16, align));
        library.setErrno('EINVAL');
        return 0;
      },
    },
    {
      name: 'posix_memalign',
      signature: 'i(pzz)',
      run: (call, place: number, align: number, size: number) => {
        if (!powerOfTwo(align) || align % traits.wordSize !== 0) return traits.errno.EINVAL;
        library.probeWrite(call, place, traits.wordSize);
        const block = heap.allocate(size, Math.max(16, align));
        if (block === 0) return traits.errno.ENOMEM;
        call.memory.setWord(place, block);
        return 0;
      },
    },
    {
      name: traits.os === 'macos' ? 'malloc_size' : 'malloc_usable_size',
      signature: 'z(p)',
      run: (_call, block: number) => heap.sizeOf(block) ?? 0,
    },
  );
  return functions;
}
