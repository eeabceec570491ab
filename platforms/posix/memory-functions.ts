/** The C library's memory calls: mmap, munmap, mprotect, madvise, and what the system says of itself (sysconf, getpagesize). */
import type { HostFunction } from '../../emulator/process/host-call.js';
import { fail, libraryResult, type PosixSystem } from './system.js';

export function memoryFunctions(system: PosixSystem): HostFunction[] {
  const { memory, traits, process } = system;
  /** mmap's result is MAP_FAILED, all bits set, where it fails. */
  const mapped = (result: number): number => (result >= 0 ? result : libraryResult(system, result));
  return [
    {
      name: 'mmap',
      signature: 'p(pziiil)',
      run: (_call, address: number, length: number, prot: number, flags: number, fd: number, offset: number) =>
        mapped(memory.mmap(address, length, prot, flags, fd, offset)),
    },
    {
      name: 'mmap64',
      signature: 'p(pziiiq)',
      run: (_call, address: number, length: number, prot: number, flags: number, fd: number, offset: bigint) =>
        mapped(memory.mmap(address, length, prot, flags, fd, Number(offset))),
    },
    {
      name: 'munmap',
      signature: 'i(pz)',
      run: (_call, address: number, length: number) => libraryResult(system, memory.munmap(address, length)),
    },
    {
      name: 'mprotect',
      signature: 'i(pzi)',
      run: (_call, address: number, length: number, prot: number) => libraryResult(system, memory.mprotect(address, length, prot)),
    },
    {
      name: 'madvise',
      signature: 'i(pzi)',
      run: (_call, address: number, length: number, advice: number) => libraryResult(system, memory.madvise(address, length, advice)),
    },
    { name: 'getpagesize', signature: 'i()', run: () => traits.memory.pageSize },
    {
      name: 'sysconf',
      signature: 'l(i)',
      run: (_call, name: number) => traits.sysconf[name] ?? fail(system, 'EINVAL'),
    },
    { name: 'getpid', signature: 'i()', run: () => system.pid },
    {
      name: '_exit',
      signature: 'v(i)',
      run: (_call, code: number) => process.end({ kind: 'exit', code: code & 0xff }),
    },
    {
      name: '_Exit',
      signature: 'v(i)',
      run: (_call, code: number) => process.end({ kind: 'exit', code: code & 0xff }),
    },
  ];
}
