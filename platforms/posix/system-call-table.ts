/**
 * System calls from the words in the argument registers to a value, or an errno number negated: what the words mean, the
 * memory calls of FreeBSD and macOS, the end of a thread. Sources: POSIX.1-2017; man pages section 2 of the systems.
 */
import type { Registers } from '../../emulator/engine.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

/** The thread (loaded) has made the call. Undefined: it has no result, since the thread is gone. */
export type SystemCall = (thread: Thread, args: number[]) => number | undefined;

/** An argument register: exact where it is an address or a negative int, else rounded. */
export function argument(registers: Registers, slot: number): number {
  const low = registers.lo(slot) | 0;
  return registers.hi(slot) === 0xffffffff && low < 0 ? low : registers.get(slot);
}

/** An int in an argument register, whose upper half says nothing. */
export const int = (word: number): number => (word % 0x100000000) | 0;

/** An address or a size: small negative ones are the largest of all. */
export const unsigned = (word: number): number => (word < 0 ? word + 2 ** 64 : word);

/** Memory calls, by the words of their arguments. */
export function memorySystemCalls({ memory }: PosixSystem) {
  return {
    mmap: (_thread, [address, length, prot, flags, fd, offset]) =>
      memory.mmap(unsigned(address), unsigned(length), int(prot), int(flags), int(fd), unsigned(offset)),
    munmap: (_thread, [address, length]) => memory.munmap(unsigned(address), unsigned(length)),
    mprotect: (_thread, [address, length, prot]) => memory.mprotect(unsigned(address), unsigned(length), int(prot)),
    madvise: (_thread, [address, length, advice]) => memory.madvise(unsigned(address), unsigned(length), int(advice)),
  } satisfies Record<string, SystemCall>;
}

/** The end of a thread by its own call; of the process with its last. */
export function endThread(system: PosixSystem, thread: Thread, code: number): undefined {
  const { process } = system;
  const others = process.threads.some((other) => other !== thread && other.state !== 'ended' && !posixThread(other).service);
  if (!others) process.end({ kind: 'exit', code: code & 0xff });
  process.endThread(thread, BigInt(code >>> 0));
  return undefined;
}
