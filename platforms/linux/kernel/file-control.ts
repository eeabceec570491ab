/**
 * fcntl's commands that Linux has beside those of every kernel: locks (of processes, and there is one), owners, seals, sizes of pipes,
 * leases, hints. Source: fcntl(2), fs/fcntl.c, fs/locks.c, mm/memfd.c, fs/pipe.c (6.18).
 */
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { O_ACCMODE, O_RDWR, O_WRONLY } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { int } from '../../posix/system-call-table.js';
import type { Kernel } from './kernel.js';
import { Seal } from './seals.js';

// prettier-ignore
const Command = {
  GETLK: 5, SETLK: 6, SETLKW: 7, SETOWN: 8, GETOWN: 9, SETSIG: 10, GETSIG: 11, GETLK64: 12, SETLKW64: 14, SETOWN_EX: 15, GETOWN_EX: 16,
  GETOWNER_UIDS: 17, OFD_GETLK: 36, OFD_SETLKW: 38, GETLEASE: 1025, NOTIFY: 1026, DUPFD_QUERY: 1027, CREATED_QUERY: 1028, SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032, ADD_SEALS: 1033, GET_SEALS: 1034, GET_RW_HINT: 1035, SET_RW_HINT: 1036, GET_FILE_RW_HINT: 1037, SET_FILE_RW_HINT: 1038,
} as const;
const Lock = { READ: 0, WRITE: 1, UNLOCK: 2 } as const;
/** RWH_WRITE_LIFE_EXTREME. */
const LAST_HINT = 5;
/** pipe_max_size, which only a privileged process may exceed. */
const LARGEST_PIPE = 1 << 20;
const PAGE = 4096;
const OwnerKind = { PROCESS: 1, GROUP: 2 } as const;

/** What fcntl has set of an open file. */
interface Settings {
  owner: number;
  ownerKind: number;
  signal: number;
  hint: number;
}

const powerOfTwo = (size: number): number => 2 ** Math.ceil(Math.log2(size));

export function fileControl(kernel: Kernel): (file: OpenFile, command: number, value: number) => number {
  const { user, convention, descriptors, system } = kernel;
  const settings = new WeakMap<OpenFile, Settings>();
  const settingsOf = (file: OpenFile): Settings => {
    const known = settings.get(file) ?? { owner: 0, ownerKind: OwnerKind.PROCESS, signal: 0, hint: 0 };
    settings.set(file, known);
    return known;
  };

  /** struct flock with an off_t of 4 or 8 bytes: kind, whence, start and length. */
  const lock = (file: OpenFile, at: number, width: 4 | 8, command: number): number => {
    const start = width === 4 || convention === 'ia32' ? 4 : 8;
    const offset = (place: number): number => (width === 4 ? user.u32(place) | 0 : Number(BigInt.asIntN(64, user.u64(place))));
    const [kind, whence] = [user.u16(at), user.u16(at + 2)];
    const [from, length] = [offset(at + start), offset(at + start + width)];
    const own = user.u32(at + start + 2 * width);
    const ofDescription = command >= Command.OFD_GETLK;
    const asks = command === Command.GETLK || command === Command.GETLK64 || command === Command.OFD_GETLK;
    if (ofDescription && own !== 0) return -Errno.EINVAL;
    if (kind > Lock.UNLOCK || (asks && kind === Lock.UNLOCK)) return -Errno.EINVAL;
    if (whence > 2) return -Errno.EINVAL;
    const base = [0, file.position ?? 0, file.size?.() ?? 0][whence] + from;
    if (base < 0 || base + Math.min(length, 0) < 0) return -Errno.EINVAL;
    if (asks) {
      // Nobody else has any.
      user.setU16(at, Lock.UNLOCK);
      return 0;
    }
    const access = file.flags & O_ACCMODE;
    if ((kind === Lock.READ && access === O_WRONLY) || (kind === Lock.WRITE && access === 0)) return -Errno.EBADF;
    return 0;
  };

  const setOwner = (file: OpenFile, kind: number, number: number): number => {
    const known = number === 0 || (kind === OwnerKind.GROUP ? number === system.pid : system.signalCalls.thread(number) !== undefined);
    if (!known) return -Errno.ESRCH;
    Object.assign(settingsOf(file), { owner: number, ownerKind: kind });
    return 0;
  };

  const setPipeSize = (file: OpenFile, size: number): number => {
    if (!file.pipe) return -Errno.EBADF;
    if (size > 2 ** 31) return -Errno.EINVAL;
    const room = powerOfTwo(Math.max(size, PAGE));
    if (room > file.pipe.room && room > LARGEST_PIPE) return -Errno.EPERM;
    return file.pipe.resize(room) ? room : -Errno.EBUSY;
  };

  const addSeals = (file: OpenFile, seals: number): number => {
    if ((file.flags & O_ACCMODE) !== O_RDWR && (file.flags & O_ACCMODE) !== O_WRONLY) return -Errno.EPERM;
    if (seals & ~Seal.ALL) return -Errno.EINVAL;
    if (!file.seals) return -Errno.EINVAL;
    return file.seals.add(seals);
  };

  return (file, command, value) => {
    switch (command) {
      case Command.GETLK:
      case Command.SETLK:
      case Command.SETLKW:
        return lock(file, value, convention === 'ia32' ? 4 : 8, command);
      case Command.SETOWN:
        if (int(value) === -(2 ** 31)) return -Errno.EINVAL;
        return setOwner(file, int(value) < 0 ? OwnerKind.GROUP : OwnerKind.PROCESS, Math.abs(int(value)));
      case Command.GETOWN: {
        const { owner, ownerKind } = settingsOf(file);
        return ownerKind === OwnerKind.GROUP ? -owner : owner;
      }
      case Command.SETSIG:
        if (value > system.traits.signals.limit) return -Errno.EINVAL;
        settingsOf(file).signal = value;
        return 0;
      case Command.GETSIG:
        return settingsOf(file).signal;
      case Command.SETOWN_EX: {
        const kind = user.u32(value);
        const number = user.u32(value + 4) | 0;
        return kind > 2 ? -Errno.EINVAL : setOwner(file, kind, number);
      }
      case Command.GETOWN_EX:
        user.setU32(value, settingsOf(file).ownerKind);
        user.setU32(value + 4, settingsOf(file).owner);
        return 0;
      case Command.GETOWNER_UIDS:
        user.setU32(value, 0);
        user.setU32(value + 4, 0);
        return 0;
      case Command.GETLEASE:
        return Lock.UNLOCK;
      case Command.NOTIFY:
        return file.kind === 'directory' ? 0 : -Errno.ENOTDIR;
      case Command.DUPFD_QUERY: {
        const other = descriptors.any(int(value));
        return other ? (other === file ? 1 : 0) : -Errno.EBADF;
      }
      case Command.CREATED_QUERY:
        return file.created ? 1 : 0;
      case Command.SETPIPE_SZ:
        return setPipeSize(file, value % 2 ** 32);
      case Command.GETPIPE_SZ:
        return file.pipe ? file.pipe.room : file.kind === 'stream' ? 65536 : -Errno.EBADF;
      case Command.ADD_SEALS:
        return addSeals(file, int(value));
      case Command.GET_SEALS:
        return file.seals ? file.seals.held : -Errno.EINVAL;
      case Command.GET_RW_HINT:
      case Command.GET_FILE_RW_HINT:
        user.setU64(value, BigInt(settingsOf(file).hint));
        return 0;
      case Command.SET_RW_HINT:
      case Command.SET_FILE_RW_HINT: {
        const hint = user.u64(value);
        if (hint > BigInt(LAST_HINT)) return -Errno.EINVAL;
        settingsOf(file).hint = Number(hint);
        return 0;
      }
      default: {
        const wide = command >= Command.GETLK64 && command <= Command.SETLKW64 && convention === 'ia32';
        if (wide || (command >= Command.OFD_GETLK && command <= Command.OFD_SETLKW)) return lock(file, value, 8, command);
        return -Errno.EINVAL;
      }
    }
  };
}

const Flock = { SHARED: 1, EXCLUSIVE: 2, NONBLOCK: 4, UNLOCK: 8 } as const;

/** flock(2): there is nobody to wait for. */
export function flock({ descriptors }: Kernel, fd: number, command: number): number {
  const kind = command & ~Flock.NONBLOCK;
  if (kind !== Flock.SHARED && kind !== Flock.EXCLUSIVE && kind !== Flock.UNLOCK) return -Errno.EINVAL;
  return descriptors.get(fd) ? 0 : -Errno.EBADF;
}
