/**
 * fcntl and ioctl on descriptors: what the three kernels do alike; numbers and differences are data. Source: fcntl(2), ioctl(2),
 * fs/fcntl.c and fs/ioctl.c (Linux), sys/kern/kern_descrip.c (FreeBSD), bsd/kern/kern_descrip.c (XNU).
 */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import { int } from '../system-call-table.js';
import { FD_CLOEXEC, O_NONBLOCK, O_PATH, type Descriptors, type OpenFile } from './descriptors.js';
import { Errno } from './errno.js';

/** The same on all. */
const F_UNLCK = 2;
const Command = { DUPFD: 0, GETFD: 1, SETFD: 2, GETFL: 3, SETFL: 4 } as const;

/** What may be asked of a descriptor that names a place alone. */
const OF_PLACES: readonly number[] = [Command.DUPFD, Command.GETFD, Command.SETFD, Command.GETFL];

export interface ControlTraits {
  dupCloexec: number;
  /** F_GETOWN and F_SETOWN: nobody is sent a signal. */
  owner: readonly number[];
  /** fcntl's commands for locks, which are of processes: nobody else holds any. */
  locks: readonly number[];
  /** F_GETLK among them, and where struct flock has l_type. */
  getLock: { commands: readonly number[]; type: number };
  /** What F_SETFL changes, as this room numbers it. */
  changeable: number;
  /** This room's flags of open from the kernel's, and what F_GETFL tells. */
  inward(flags: number): number;
  outward(flags: number): number;
  /** What fcntl says of any other command. */
  otherCommand(file: OpenFile, command: number, value: number): number;
  requests: { FIOCLEX: number; FIONCLEX: number; FIONREAD: number; FIONBIO: number };
  /** FIONREAD's answer at a position behind the end: 0, rather than a negative number. */
  neverLess: boolean;
}

export function descriptorControl({ user, descriptors }: { user: MemoryView; descriptors: Descriptors }, traits: ControlTraits) {
  const { requests } = traits;

  const fcntl = (fd: number, command: number, value: number): number => {
    const file = descriptors.any(fd);
    if (!file || (file.flags & O_PATH && !OF_PLACES.includes(command) && command !== traits.dupCloexec)) return -Errno.EBADF;
    switch (command) {
      case Command.DUPFD:
      case traits.dupCloexec:
        if (int(value) < 0 || int(value) >= descriptors.limit) return -Errno.EINVAL;
        return descriptors.add(file, command === Command.DUPFD ? 0 : FD_CLOEXEC, int(value));
      case Command.GETFD:
        return descriptors.flagsOf(fd);
      case Command.SETFD:
        descriptors.setFlags(fd, int(value) & FD_CLOEXEC);
        return 0;
      case Command.GETFL:
        return traits.outward(file.flags);
      case Command.SETFL:
        file.flags = (file.flags & ~traits.changeable) | (traits.inward(int(value)) & traits.changeable);
        return 0;
      default:
        if (traits.getLock.commands.includes(command)) user.setU16(value + traits.getLock.type, F_UNLCK);
        return traits.owner.includes(command) || traits.locks.includes(command) ? 0 : traits.otherCommand(file, command, value);
    }
  };

  const ioctl = (fd: number, request: number, address: number): number => {
    const file = descriptors.get(fd);
    if (!file) return -Errno.EBADF;
    switch (request) {
      case requests.FIOCLEX:
      case requests.FIONCLEX:
        descriptors.setFlags(fd, request === requests.FIOCLEX ? FD_CLOEXEC : 0);
        return 0;
      case requests.FIONBIO:
        file.flags = (file.flags & ~O_NONBLOCK) | (user.u32(address) !== 0 ? O_NONBLOCK : 0);
        return 0;
      case requests.FIONREAD: {
        if (!file.size || file.kind === 'device') return -Errno.ENOTTY;
        const left = file.size() - (file.position ?? 0);
        user.setU32(address, traits.neverLess ? Math.max(0, left) : left);
        return 0;
      }
      default:
        return -Errno.ENOTTY;
    }
  };

  return { fcntl, ioctl };
}
