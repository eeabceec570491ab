/** All of Linux's system calls that the model answers, for one convention, and what the conventions share. */
import { Random } from '../../../emulator/process/random.js';
import type { FileSystem } from '../../file-system.js';
import type { PosixSystem } from '../../posix/system.js';
import type { AddressBook } from '../address-limits.js';
import type { FilePages } from '../file-pages.js';
import type { LinuxLayout } from '../layout.js';
import { Descriptors } from '../../posix/kernel/descriptors.js';
import { descriptorCalls } from './descriptor-calls.js';
import { filesOf, nameCalls } from './file-names.js';
import { transferCalls } from '../../posix/kernel/transfer-calls.js';
import { directoryCalls } from './directory-calls.js';
import { fileSystemCalls } from './file-system-calls.js';
import { futexCalls } from './futex-calls.js';
import { Futexes } from '../../posix/kernel/futexes.js';
import { informationCalls } from './information-calls.js';
import { initialLimits, Limit } from './limits.js';
import type { Kernel, LinuxCalls, ProcessState } from './kernel.js';
import type { TransferRules } from '../../posix/kernel/kernel.js';
import { IntervalTimers } from '../../posix/kernel/interval-timers.js';
import { memoryCalls } from './memory-calls.js';
import { pollCalls } from './poll-calls.js';
import { PosixTimers } from './posix-timers.js';
import { ProcFiles } from './proc-files.js';
import { ProgramBreak } from './program-break.js';
import { signalCalls } from './signal-calls.js';
import { statCalls } from './stat-calls.js';
import { threadCalls } from './thread-calls.js';
import { timeCalls } from './time-calls.js';

export interface SharedKernel extends Pick<Kernel, 'descriptors' | 'futexes' | 'pages' | 'book' | 'programBreak' | 'state' | 'timers'> {
  readonly proc: ProcFiles;
  readonly files: FileSystem | undefined;
  random(length: number): Uint8Array;
}

const DUMPABLE = 1;
/** Bytes that one read or write moves. */
const MOST = 0x7ffff000;
const TRANSFER: TransferRules = {
  most: MOST,
  refusesMore: false,
  mostInVector: MOST,
  fewestPieces: 0,
  descriptorLater: false,
  partly: true,
};

export function sharedKernel(
  system: PosixSystem,
  layout: LinuxLayout,
  pages: FilePages,
  book: AddressBook,
  files: FileSystem | undefined,
): SharedKernel {
  const { process, options, pid } = system;
  const changed = (cause: unknown): void => process.changed(cause);
  const random = new Random(options.seed ^ 0x47524e44);
  const state: ProcessState = {
    limits: initialLimits(),
    dumpable: DUMPABLE,
    keepCapabilities: 0,
    noNewPrivileges: false,
    membarrierRegistered: 0,
    umask: 0o022,
    lockFuture: false,
    intervals: new IntervalTimers(system),
  };
  system.signals.queueLimit = () => Number(state.limits.get(Limit.SIGPENDING)?.soft ?? Infinity);
  return {
    descriptors: new Descriptors(options, changed),
    futexes: new Futexes(changed),
    programBreak: new ProgramBreak(system.memory, layout.userLimit, book),
    state,
    timers: new PosixTimers(system),
    proc: new ProcFiles(process, options.argv, pid, layout.userLimit, () => state.umask),
    files,
    pages,
    book,
    random: (length) => Uint8Array.from({ length }, () => random.below(256)),
  };
}

export function linuxCalls(kernel: Kernel, { files, proc, random }: SharedKernel): LinuxCalls {
  const named = filesOf(kernel, files, proc, random);
  return {
    ...memoryCalls(kernel),
    ...signalCalls(kernel),
    ...threadCalls(kernel),
    ...futexCalls(kernel),
    ...timeCalls(kernel),
    ...pollCalls(kernel),
    ...transferCalls({ ...kernel, userLimit: kernel.layout.userLimit, transfer: TRANSFER }),
    ...descriptorCalls(kernel),
    ...nameCalls(kernel, named),
    ...directoryCalls(kernel),
    ...statCalls(kernel, named),
    ...fileSystemCalls(kernel, named),
    ...informationCalls(kernel, random),
  };
}
