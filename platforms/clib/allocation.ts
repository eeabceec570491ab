/** malloc and its kin (C99 7.20.3, POSIX) over the library's heap. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { zoneSize } from './hosted-heap.js';
import type { CLibrary } from './library.js';

export function allocationFunctions(library: CLibrary): HostFunction[] {
  const { heap, traits } = library;
  // Windows' is thin over its process heap: platforms/windows/crt-heap.ts.
  if (traits.os === 'windows') return [];

  const enough = (block: number): number => {
    if (block === 0) library.setErrno('ENOMEM');
    return block;
  };
  const allocate = (size: number, align?: number): number => enough(heap.allocate(size, align));

  const resize = (block: number, size: number): number => {
    if (block === 0) return allocate(size);
    if (size !== 0 || traits.os === 'freebsd' || traits.os === 'macos') return enough(heap.resize(block, size));
    heap.free(block);
    return 0;
  };

  const powerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));

  const functions: HostFunction[] = [
    hostFunction('malloc', 'p(z)', (call, size) => (library.goOnAborting(call), allocate(size))),
    hostFunction('calloc', 'p(zz)', (call, count, size) => (library.goOnAborting(call), enough(heap.allocateZeroed(count * size)))),
    hostFunction('realloc', 'p(pz)', (call, block, size) => (library.goOnAborting(call), resize(block, size))),
    hostFunction('free', 'v(p)', (call, block) => {
      library.goOnAborting(call);
      heap.free(block);
    }),
  ];
  functions.push(
    hostFunction('aligned_alloc', 'p(zz)', (call, align, size) => {
      library.goOnAborting(call);
      if (powerOfTwo(align)) return allocate(size, Math.max(16, align));
      library.setErrno('EINVAL');
      return 0;
    }),
    hostFunction('posix_memalign', 'i(pzz)', (call, place, align, size) => {
      library.goOnAborting(call);
      if (!powerOfTwo(align) || align % traits.wordSize !== 0) return traits.errno.EINVAL;
      library.probeWrite(call, place, traits.wordSize);
      const block = heap.allocate(size, Math.max(16, align));
      if (block === 0) return traits.errno.ENOMEM;
      call.memory.setWord(place, block);
      return 0;
    }),
    hostFunction('valloc', 'p(z)', (call, size) => (library.goOnAborting(call), allocate(size, library.process.engine.pageSize))),
    ...ownFunctions(library, allocate, resize),
  );
  return functions;
}

const PAGE = 4096;

/** What each system has beyond POSIX. */
function ownFunctions(
  library: CLibrary,
  allocate: (size: number, align?: number) => number,
  resize: (block: number, size: number) => number,
): HostFunction[] {
  const { heap, traits, process } = library;
  const { pageSize } = process.engine;
  const usable = (name: string): HostFunction => hostFunction(name, 'z(p)', (_call, block) => heap.usableSize(block));
  const array = hostFunction('reallocarray', 'p(pzz)', (call, block, count, size) => {
    library.goOnAborting(call);
    if (count * size < 2 ** (8 * traits.wordSize)) return resize(block, count * size);
    library.setErrno('ENOMEM');
    return 0;
  });
  const orFree = hostFunction('reallocf', 'p(pz)', (call, block, size) => {
    library.goOnAborting(call);
    const next = resize(block, size);
    if (next === 0 && block !== 0) heap.free(block);
    return next;
  });
  switch (traits.os) {
    case 'linux':
      return [
        usable('malloc_usable_size'),
        array,
        hostFunction('memalign', 'p(zz)', (call, align, size) => {
          library.goOnAborting(call);
          // The next power of two, where it is none.
          if (align <= 2 ** (8 * traits.wordSize - 1)) return allocate(size, Math.max(16, 2 ** Math.ceil(Math.log2(Math.max(1, align)))));
          library.setErrno('EINVAL');
          return 0;
        }),
        hostFunction('pvalloc', 'p(z)', (call, size) => (library.goOnAborting(call), allocate(Math.ceil(size / PAGE) * PAGE, PAGE))),
      ];
    case 'freebsd':
      return [usable('malloc_usable_size'), array, orFree];
    default:
      return [
        usable('malloc_size'),
        orFree,
        hostFunction('malloc_good_size', 'z(z)', (_call, size) => zoneSize(Math.max(1, size), pageSize)),
      ];
  }
}
