/**
 * System calls by name, as far as the three kernels agree: from the words in the argument registers to a
 * value, or an errno number negated. Each OS numbers them, and adds or replaces what it does its own way.
 * Sources: POSIX.1-2017; man pages section 2 of the systems.
 */
import type { Registers } from '../../emulator/engine.js';
import type { Thread } from '../../emulator/process/thread.js';
import { clockCalls } from './clock.js';
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

const STANDARD_INPUT = 0;
const isOutput = (fd: number): fd is 1 | 2 => fd === 1 || fd === 2;

/** Descriptors 0, 1 and 2 alone: files that the C library opens are its own. */
function descriptorCalls(system: PosixSystem) {
  const { process, traits, options } = system;
  const { user } = process;
  const { errno, transfer } = traits;
  /** Bytes that one call moves; undefined: it refuses so many. */
  const amount = (length: number): number | undefined =>
    length <= transfer.limit ? length : transfer.beyond === 'cut' ? transfer.limit : undefined;
  return {
    read: (_thread, [fd, address, length]) => {
      const wanted = amount(unsigned(length));
      if (wanted === undefined) return -errno.EINVAL;
      if (int(fd) !== STANDARD_INPUT) return -errno.EBADF;
      // Nothing is taken from the input that there is no place for.
      if (wanted > 0) user.setU8(address, user.u8(address));
      const bytes = options.input(wanted);
      user.write(address, bytes);
      return bytes.length;
    },
    write: (_thread, [fd, address, length]) => {
      const wanted = amount(unsigned(length));
      if (wanted === undefined) return -errno.EINVAL;
      const number = int(fd);
      if (!isOutput(number)) return -errno.EBADF;
      options.output(number, user.bytes(address, wanted));
      return wanted;
    },
    close: (_thread, [fd]) => (int(fd) === STANDARD_INPUT || isOutput(int(fd)) ? 0 : -errno.EBADF),
  } satisfies Record<string, SystemCall>;
}

export function commonCalls(system: PosixSystem) {
  const { process, memory, signalCalls } = system;
  const clocks = clockCalls(system);
  const exit: SystemCall = (_thread, [code]) => process.end({ kind: 'exit', code: code & 0xff });
  const root: SystemCall = () => 0;
  return {
    ...descriptorCalls(system),
    exit,
    mmap: (_thread, [address, length, prot, flags, fd, offset]) =>
      memory.mmap(unsigned(address), unsigned(length), int(prot), int(flags), int(fd), unsigned(offset)),
    munmap: (_thread, [address, length]) => memory.munmap(unsigned(address), unsigned(length)),
    mprotect: (_thread, [address, length, prot]) => memory.mprotect(unsigned(address), unsigned(length), int(prot)),
    madvise: (_thread, [address, length, advice]) => memory.madvise(unsigned(address), unsigned(length), int(advice)),
    sched_yield: () => {
      process.reschedule = true;
      return 0;
    },
    getpid: () => system.pid,
    getppid: () => 1,
    getuid: root,
    geteuid: root,
    getgid: root,
    getegid: root,
    clock_gettime: (_thread, [clock, address]) => clocks.gettime(int(clock), address),
    clock_getres: (_thread, [clock, address]) => clocks.getres(int(clock), address),
    gettimeofday: (_thread, [address, zone]) => clocks.timeofday(address, zone),
    sigaction: (_thread, [signal, wanted, old]) => signalCalls.sigaction(int(signal), wanted, old),
    sigprocmask: (thread, [how, wanted, old]) => signalCalls.sigprocmask(thread, int(how), wanted, old),
    sigpending: (thread, [address]) => signalCalls.sigpending(thread, address),
    sigaltstack: (thread, [wanted, old]) => signalCalls.sigaltstack(thread, wanted, old),
    kill: (_thread, [pid, signal]) => signalCalls.kill(int(pid), int(signal)),
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
