/** Descriptors: positions, copies, flags, pipes, memory files. Source: lseek(2), dup(2), fcntl(2), pipe(2), memfd_create(2); fs/fcntl.c (6.18). */
import { int } from '../../posix/system-call-table.js';
import {
  FD_CLOEXEC,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_RDWR,
  O_TRUNC,
  openFlags,
  regularFile,
} from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { PagedFile } from '../../paged-file.js';
import { fileControl, flock } from './file-control.js';
import type { Kernel, LinuxCalls } from './kernel.js';
import { allocation } from './allocation.js';
import { Seal, sealed, Seals } from './seals.js';
import { descriptorControl } from '../../posix/kernel/descriptor-control.js';
import { descriptorOperations } from '../../posix/kernel/descriptor-operations.js';

/** What fcntl(F_SETFL) changes, besides O_DIRECT. */
const CHANGEABLE = O_APPEND | O_NONBLOCK | 0o20000 | 0o1000000;
const O_NOTIFICATION = 0o200;
const MEMFD_FLAGS = 0x1f | (0x3f << 26);
const Memfd = { CLOEXEC: 1, ALLOW_SEALING: 2, NOEXEC_SEAL: 8 } as const;
const MEMFD_NAME_LIMIT = 249;
const DUPFD_CLOEXEC = 1030;
const REQUESTS = { FIONREAD: 0x541b, FIONBIO: 0x5421, FIONCLEX: 0x5450, FIOCLEX: 0x5451 } as const;

export function descriptorCalls(kernel: Kernel): LinuxCalls {
  const { user, descriptors, system } = kernel;
  const { DIRECT, LARGEFILE } = openFlags(kernel.convention);
  const { seek, copy, makePipe, truncate, synchronised } = descriptorOperations(kernel);

  const { fcntl, ioctl } = descriptorControl(kernel, {
    dupCloexec: DUPFD_CLOEXEC,
    owner: [],
    locks: [],
    getLock: { commands: [], type: 0 },
    changeable: CHANGEABLE | DIRECT,
    inward: (flags) => flags,
    outward: (flags) => flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC),
    otherCommand: fileControl(kernel),
    requests: REQUESTS,
    neverLess: false,
  });

  const allocate = allocation(kernel);
  const written = (fd: number): number => {
    const answer = synchronised(fd);
    if (answer === 0) kernel.pages.writeAll();
    return answer;
  };

  return {
    close: (_thread, [fd]) => descriptors.close(int(fd)),
    close_range: (_thread, [from, to, flags]) => {
      // Numbers without a sign, of 32 bits.
      const [first, last] = [int(from) >>> 0, int(to) >>> 0];
      if (int(flags) & ~6 || first > last) return -Errno.EINVAL;
      for (const fd of descriptors.open.filter((each) => each >= first && each <= last)) {
        if (int(flags) & 4) descriptors.setFlags(fd, FD_CLOEXEC);
        else descriptors.close(fd);
      }
      return 0;
    },
    lseek: (_thread, [fd, distance, whence]) => seek(int(fd), user.wordSize === 4 ? int(distance) : distance, int(whence)),
    _llseek: (_thread, [fd, high, low, result, whence]) => {
      const target = seek(int(fd), int(high) * 2 ** 32 + low, int(whence));
      if (target < 0) return target;
      user.setU64(result, BigInt(target));
      return 0;
    },
    ftruncate: (_thread, [fd, size]) => truncate(int(fd), user.wordSize === 4 ? int(size) : size),
    ftruncate64: (_thread, args) => truncate(int(args[0]), args[1] + (args[2] | 0) * 2 ** 32),
    pipe: (_thread, [address]) => makePipe(address, 0),
    pipe2: (_thread, [address, flags]) =>
      int(flags) & ~(O_CLOEXEC | O_NONBLOCK | DIRECT | O_NOTIFICATION) ? -Errno.EINVAL : makePipe(address, int(flags)),
    dup: (_thread, [fd]) => {
      const file = descriptors.any(int(fd));
      return file ? descriptors.add(file) : -Errno.EBADF;
    },
    dup2: (_thread, [old, next]) => copy(int(old), int(next), 0),
    dup3: (_thread, [old, next, flags]) => {
      if (int(flags) & ~O_CLOEXEC || int(old) === int(next)) return -Errno.EINVAL;
      return copy(int(old), int(next), int(flags) & O_CLOEXEC ? FD_CLOEXEC : 0);
    },
    fcntl: (_thread, [fd, command, value]) => fcntl(int(fd), int(command), value),
    fcntl64: (_thread, [fd, command, value]) => fcntl(int(fd), int(command), value),
    ioctl: (_thread, [fd, request, value]) => ioctl(int(fd), int(request), value),
    memfd_create: (_thread, [address, flags]) => {
      if (int(flags) & ~MEMFD_FLAGS) return -Errno.EINVAL;
      if ((int(flags) & 0x18) === 0x18) return -Errno.EINVAL;
      const name = user.cBytes(address, MEMFD_NAME_LIMIT + 1);
      if (name.length > MEMFD_NAME_LIMIT) return -Errno.EINVAL;
      const noExec = (int(flags) & Memfd.NOEXEC_SEAL) !== 0;
      const held = noExec ? Seal.EXEC : int(flags) & Memfd.ALLOW_SEALING ? 0 : Seal.SEAL;
      const contents = kernel.pages.over(new PagedFile(system.process.memoryLimit));
      const seals = new Seals(held, !noExec, () => contents.file.isWritten());
      const file = regularFile(`memfd:${Buffer.from(name).toString('latin1')}`, sealed(contents, seals), O_RDWR | LARGEFILE);
      file.contents = contents;
      file.seals = seals;
      file.mode = noExec ? 0o666 : 0o777;
      return descriptors.add(file, int(flags) & Memfd.CLOEXEC ? FD_CLOEXEC : 0);
    },
    fallocate: (_thread, args) => {
      const [from, length] =
        user.wordSize === 8 ? [args[2], args[3]] : [args[2] + (args[3] | 0) * 2 ** 32, args[4] + (args[5] | 0) * 2 ** 32];
      return allocate(int(args[0]), int(args[1]), from, length);
    },
    flock: (_thread, [fd, command]) => flock(kernel, int(fd), int(command)),
    fsync: (_thread, [fd]) => written(int(fd)),
    fdatasync: (_thread, [fd]) => written(int(fd)),
  };
}
