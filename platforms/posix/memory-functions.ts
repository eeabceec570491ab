/** The C library's memory calls: mmap, munmap, mprotect, madvise, getpagesize. */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import { libraryResult, type PosixSystem } from './system.js';

export function memoryFunctions(system: PosixSystem): HostFunction[] {
  const { memory, traits, process } = system;
  /** mmap's result is MAP_FAILED, all bits set, where it fails. */
  const mapped = (result: number): number => (result >= 0 ? result : libraryResult(system, result));
  return [
    hostFunction('mmap', 'p(pziiil)', (_call, address, length, prot, flags, fd, offset) =>
      mapped(memory.mmap(address, length, prot, flags, fd, offset)),
    ),
    hostFunction('mmap64', 'p(pziiiq)', (_call, address, length, prot, flags, fd, offset) =>
      mapped(memory.mmap(address, length, prot, flags, fd, Number(offset))),
    ),
    hostFunction('munmap', 'i(pz)', (_call, address, length) => libraryResult(system, memory.munmap(address, length))),
    hostFunction('mprotect', 'i(pzi)', (_call, address, length, prot) => libraryResult(system, memory.mprotect(address, length, prot))),
    hostFunction('madvise', 'i(pzi)', (_call, address, length, advice) => libraryResult(system, memory.madvise(address, length, advice))),
    hostFunction('getpagesize', 'i()', () => traits.memory.pageSize),
    hostFunction('getpid', 'i()', () => system.pid),
    hostFunction('_exit', 'v(i)', (_call, code) => process.end({ kind: 'exit', code: code & 0xff })),
    hostFunction('_Exit', 'v(i)', (_call, code) => process.end({ kind: 'exit', code: code & 0xff })),
  ];
}
