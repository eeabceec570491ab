/** All of macOS's calls of the UNIX class that the model answers. */
import { Random } from '../../../emulator/process/random.js';
import type { FileSystem } from '../../file-system.js';
import { bsdFiles } from '../../posix/kernel/bsd-files.js';
import { macosPathLimits } from '../../posix/kernel/path-limits.js';
import { Descriptors } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { memorySystemCalls } from '../../posix/system-call-table.js';
import type { MachSystem } from '../mach-functions.js';
import { pageCalls } from '../page-calls.js';
import { directoryCalls } from './directory-calls.js';
import type { MacBsd } from './kernel.js';
import { pollCalls } from './poll-calls.js';
import { processCalls } from './process-calls.js';
import { writeStatus } from './status.js';
import type { UnixCallName } from './system-call-numbers.js';
import { ulockCalls } from './ulock.js';
import { variableCalls } from './variables.js';

export type UnixCalls = Partial<Record<UnixCallName, KernelCall>>;

/** RLIMIT_NOFILE where nobody has set it. */
const OPEN_FILES = 256;
const MOST = 0x7fffffff;
const ENOTTY_KINDS: readonly string[] = ['file', 'directory', 'device'];

export function macBsd(system: MachSystem): MacBsd {
  const { process, options, layout, kernel } = system;
  const random = new Random(options.seed ^ 0x47524e44);
  const descriptors = new Descriptors(options, (cause) => process.changed(cause));
  descriptors.limit = OPEN_FILES;
  return {
    system,
    user: process.user,
    layout,
    mach: kernel,
    descriptors,
    userLimit: layout.userLimit,
    transfer: { most: MOST, refusesMore: true, mostInVector: 2 ** 63 - 1, fewestPieces: 1, descriptorLater: true, partly: false },
    random: (length) => Uint8Array.from({ length }, () => random.below(256)),
  };
}

export function unixCalls(kernel: MacBsd, files: FileSystem | undefined): UnixCalls {
  const { system, user } = kernel;
  const f = bsdFiles(
    kernel,
    {
      flags: { DIRECTORY: 0x100000, CLOEXEC: 0x1000000 },
      dupCloexec: 67,
      locks: [7, 8, 9],
      unknownCommand: (file) => (ENOTTY_KINDS.includes(file.kind) ? -Errno.ENOTTY : -Errno.EBADF),
      atCwd: -2,
      removeDirectory: 0x80,
      seekData: 4,
      seekHole: 3,
      pathMax: 1024,
      pathLimits: macosPathLimits,
      pipeMode: 0o010660,
      pipesGoBothWays: false,
      writeStatus: (address, status) => writeStatus(user, address, status),
    },
    files,
    kernel.random,
  );
  const { mmap, munmap, mprotect, madvise } = memorySystemCalls(system);
  return {
    read: f.read,
    read_nocancel: f.read,
    write: f.write,
    write_nocancel: f.write,
    pread: f.pread64,
    pread_nocancel: f.pread64,
    pwrite: f.pwrite64,
    pwrite_nocancel: f.pwrite64,
    preadv: f.preadv,
    preadv_nocancel: f.preadv,
    pwritev: f.pwritev,
    pwritev_nocancel: f.pwritev,
    readv: f.readv,
    readv_nocancel: f.readv,
    writev: f.writev,
    writev_nocancel: f.writev,
    open: f.open,
    open_nocancel: f.open,
    openat: f.openat,
    openat_nocancel: f.openat,
    close: f.close,
    close_nocancel: f.close,
    lseek: f.lseek,
    ftruncate: f.ftruncate,
    fsync: f.fsync,
    fsync_nocancel: f.fsync,
    dup: f.dup,
    dup2: f.dup2,
    fcntl: f.fcntl,
    fcntl_nocancel: f.fcntl,
    ioctl: f.ioctl,
    // Two results: the ends, low and high half.
    pipe: () => {
      const made = f.newPipe(0);
      return typeof made === 'number' ? made : made[0] + made[1] * 2 ** 32;
    },
    fstat64: f.fstat,
    stat64: f.stat,
    lstat64: f.stat,
    fstatat64: f.fstatat,
    access: f.access,
    pathconf: f.pathconf,
    fpathconf: f.fpathconf,
    faccessat: f.faccessat,
    unlink: f.unlink,
    unlinkat: f.unlinkat,
    rename: f.rename,
    renameat: f.renameat,
    mkdir: f.mkdir,
    mkdirat: f.mkdirat,
    rmdir: f.rmdir,
    readlink: f.readlink,
    readlinkat: f.readlinkat,
    mmap,
    munmap,
    mprotect,
    madvise,
    ...directoryCalls(kernel),
    ...pollCalls(kernel),
    ...pageCalls(system),
    ...processCalls(kernel),
    ...variableCalls(kernel),
    ...ulockCalls(kernel),
  };
}
