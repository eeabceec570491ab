/** What Linux's system calls share, for one of the conventions by which a program may make them. */
import type { CpuName } from '../../../emulator/engine.js';
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import type { Thread } from '../../../emulator/process/thread.js';
import type { PosixThread } from '../../posix/posix-thread.js';
import type { PosixSystem } from '../../posix/system.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import type { AddressBook } from '../address-limits.js';
import type { FilePages } from '../file-pages.js';
import type { LinuxLayout } from '../layout.js';
import type { Descriptors } from '../../posix/kernel/descriptors.js';
import type { Futexes } from '../../posix/kernel/futexes.js';
import type { IntervalTimers } from '../../posix/kernel/interval-timers.js';
import type { PosixTimers } from './posix-timers.js';
import type { ProgramBreak } from './program-break.js';
import type { SystemCallName } from './system-call-numbers.js';

export type LinuxCall = KernelCall;

export type LinuxCalls = Partial<Record<SystemCallName, LinuxCall>>;

export interface Kernel {
  readonly system: PosixSystem;
  readonly layout: LinuxLayout;
  /** Whose numbers, argument registers and structures: a 64-bit program may make IA-32's calls. */
  readonly convention: CpuName;
  /** The program's memory with its permissions, words as that convention has them. */
  readonly user: MemoryView;
  readonly descriptors: Descriptors;
  /** Memory of files that are mapped. */
  readonly pages: FilePages;
  /** What the process may have mapped. */
  readonly book: AddressBook;
  readonly futexes: Futexes;
  readonly programBreak: ProgramBreak;
  /** Timers that the program has made. */
  readonly timers: PosixTimers;
  /** What the kernel keeps of the process, the same for all conventions. */
  readonly state: ProcessState;
  /** Take a new thread into the process. */
  adopt(thread: Thread): PosixThread;
}

/** What prctl, setrlimit and their like have set. */
export interface ProcessState {
  limits: Map<number, { soft: bigint; hard: bigint }>;
  dumpable: number;
  keepCapabilities: number;
  noNewPrivileges: boolean;
  membarrierRegistered: number;
  umask: number;
  lockFuture: boolean;
  intervals: IntervalTimers;
}
