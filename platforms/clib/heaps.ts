/** Which heap each C library has, and what that does with a pointer that is none of its blocks. */
import { Random } from '../../emulator/process/random.js';
import { GlibcHeap } from './glibc/heap.js';
import type { HeapSource, LibraryHeap } from './heap.js';
import { HostedHeap, zoneSize } from './hosted-heap.js';
import { Jemalloc } from './jemalloc.js';
import type { LibraryCore } from './library-core.js';

/** Makes the seed's secret for the heap another than its other secrets. */
const KEY = 0x68656170;

export function heapOf(library: LibraryCore): LibraryHeap {
  const { process, os, options, traits } = library;
  const { memoryLimit } = process;
  const source: HeapSource = {
    grow: (bytes) => os.heapGrow(bytes),
    map: (bytes) => os.heapMap(bytes),
    unmap: (address, bytes) => os.heapUnmap(address, bytes),
    take: (bytes) => memoryLimit.take(bytes),
    give: (bytes) => memoryLimit.give(bytes),
  };
  const fatal = (message: string): never => library.fatal(message);
  const memory = process.user;
  switch (traits.os) {
    case 'linux': {
      const random = new Random(options.seed ^ KEY);
      return new GlibcHeap({
        memory,
        source,
        key: [random.below(2 ** 32), random.below(2 ** 32)],
        work: (units) => process.clock.advance(units),
        thread: () => library.call?.thread,
        fatal,
      });
    }
    case 'freebsd':
      return new Jemalloc(memory, source);
    case 'macos':
      return new HostedHeap(memory, source, {
        round: (size) => zoneSize(size, process.engine.pageSize),
        refuse: (block, doing) => fatal(macMessage(library, block, doing)),
        noSize: 0,
      });
    case 'windows':
      return new HostedHeap(memory, source, {
        round: (size) => size,
        refuse: (block, doing) => fatal(`${doing === 'freed' ? 'free' : 'realloc'}(): invalid pointer 0x${block.toString(16)}`),
        noSize: 2 ** 64,
      });
  }
}

/** As malloc_report prints it. Source: libmalloc, src/malloc.c (find_zone_and_free), malloc_printf.c. */
function macMessage(library: LibraryCore, block: number, doing: string): string {
  const { call, options } = library;
  const program = (options.argv[0] ?? '').split('/').at(-1) ?? '';
  const self = call ? library.osFunction('pthread_self')?.run(call) : undefined;
  const number = call ? library.osFunction('getpid')?.run(call) : undefined;
  const prefix = `${program}(${Number(number ?? 0)},0x${Number(self ?? 0).toString(16)}) malloc: `;
  return (
    `${prefix}*** error for object 0x${block.toString(16)}: pointer being ${doing} was not allocated\n` +
    `${prefix}*** set a breakpoint in malloc_error_break to debug`
  );
}
