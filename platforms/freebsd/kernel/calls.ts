/** All of FreeBSD's system calls that the model answers. */
import { Random } from '../../../emulator/process/random.js';
import type { Thread } from '../../../emulator/process/thread.js';
import type { FileSystem } from '../../file-system.js';
import { clockCalls } from '../../posix/clock.js';
import { bsdFiles } from '../../posix/kernel/bsd-files.js';
import { freebsdPathLimits } from '../../posix/kernel/path-limits.js';
import { Descriptors } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { PosixThread } from '../../posix/posix-thread.js';
import type { PosixSystem } from '../../posix/system.js';
import { memorySystemCalls } from '../../posix/system-call-table.js';
import type { FreeBsdLayout } from '../layout.js';
import { pageCalls } from '../page-calls.js';
import { directoryCalls } from './directory-calls.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';
import { pollCalls } from './poll-calls.js';
import { processCalls } from './process-calls.js';
import { processorCalls } from './processor-calls.js';
import { signalCalls } from './signal-calls.js';
import { writeStatus } from './status.js';
import { threadCalls } from './thread-calls.js';
import { timeCalls } from './time-calls.js';
import { umtxCalls } from './umtx.js';
import { variableCalls } from './variables.js';

/** SSIZE_MAX, and INT_MAX where that is all of a word. */
const MOST = { 4: 0x7fffffff, 8: 2 ** 63 } as const;

export function freebsdKernel(system: PosixSystem, layout: FreeBsdLayout, adopt: (thread: Thread) => PosixThread): FreeBsdKernel {
  const { process, options } = system;
  const { user } = process;
  const random = new Random(options.seed ^ 0x47524e44);
  return {
    system,
    user,
    layout,
    adopt,
    descriptors: new Descriptors(options, (cause) => process.changed(cause)),
    userLimit: layout.userLimit,
    transfer: {
      most: MOST[user.wordSize],
      refusesMore: true,
      mostInVector: MOST[user.wordSize],
      fewestPieces: 0,
      descriptorLater: true,
      partly: false,
    },
    random: (length) => Uint8Array.from({ length }, () => random.below(256)),
  };
}

export function freebsdCalls(kernel: FreeBsdKernel, files: FileSystem | undefined): FreeBsdCalls {
  const { system, user } = kernel;
  const { pread64, pwrite64, ...byDescriptor } = bsdFiles(
    kernel,
    {
      flags: { DIRECTORY: 0x20000, CLOEXEC: 0x100000 },
      dupCloexec: 17,
      locks: [11, 12, 13],
      unknownCommand: () => -Errno.EINVAL,
      atCwd: -100,
      removeDirectory: 0x800,
      seekData: 3,
      seekHole: 4,
      pathMax: 1024,
      pathLimits: freebsdPathLimits,
      pipeMode: 0o010000,
      pipesGoBothWays: true,
      writeStatus: (address, status) => writeStatus(user, address, status),
    },
    files,
    kernel.random,
  );
  const { stat: _stat, newPipe: _newPipe, ...ofFiles } = byDescriptor;
  const { mmap, munmap, mprotect, madvise } = memorySystemCalls(system);
  const umtx = umtxCalls(kernel);
  return {
    ...ofFiles,
    pread: pread64,
    pwrite: pwrite64,
    munmap,
    mprotect,
    madvise,
    // off_t takes two words of the stack on IA-32.
    mmap: (thread, [address, length, prot, flags, fd, low, high]) =>
      mmap(thread, [address, length, prot, flags, fd, user.wordSize === 4 ? low + high * 0x100000000 : low]),
    ...directoryCalls(kernel),
    ...pollCalls(kernel),
    ...pageCalls(system),
    ...processCalls(kernel),
    ...processorCalls(kernel),
    ...signalCalls(kernel),
    ...timeCalls(kernel, clockCalls(system)),
    ...variableCalls(kernel),
    ...umtx.calls,
    ...threadCalls(kernel, umtx.wake),
  };
}
