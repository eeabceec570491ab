/**
 * macOS's calls that ask of pages, or tell it of them: minherit, mincore, msync. Source: bsd/kern/kern_mman.c, osfmk/vm/vm_map.c (vm_map_inherit, vm_map_msync).
 */
import { bsdErrno as errno } from '../posix/errno.js';
import type { PosixSystem } from '../posix/system.js';
import { int, unsigned, type SystemCall } from '../posix/system-call-table.js';

/** VM_INHERIT_SHARE, COPY, NONE. */
const LAST_INHERITANCE = 2;
const Sync = { ASYNC: 1, SYNC: 0x10 } as const;
/** MINCORE_INCORE, REFERENCED, MODIFIED, ANONYMOUS. */
const RESIDENT = 1 | 2 | 4 | 0x80;
const ANONYMOUS = 0x80;

export function pageCalls({ memory, process: { user } }: PosixSystem): Record<'minherit' | 'mincore' | 'msync', SystemCall> {
  const { space, traits } = memory;
  const end = (address: number, length: number): number => memory.pageUp(unsigned(address) + unsigned(length));
  const wraps = (address: number, length: number): boolean => end(address, length) >= 2 ** 64;
  return {
    minherit: (_thread, [address, length, inheritance]) => {
      if (wraps(address, length)) return -errno.EINVAL;
      return int(inheritance) >= 0 && int(inheritance) <= LAST_INHERITANCE ? 0 : -errno.EINVAL;
    },
    // Memory that isn't there is not resident, and no error; it isn't a file's either.
    mincore: (_thread, [address, length, vector]) => {
      if (unsigned(length) === 0) return 0;
      if (wraps(address, length)) return -errno.EINVAL;
      const base = memory.pageDown(unsigned(address));
      const limit = Math.min(end(address, length), traits.limit);
      for (let at = base, i = 0; at < limit; at += traits.pageSize, i++) {
        user.setU8(vector + i, space.isResident(at) ? RESIDENT : ANONYMOUS);
      }
      return 0;
    },
    msync: (_thread, [address, length, flags]) => {
      const start = unsigned(address);
      if (start % traits.pageSize !== 0 || unsigned(length) === 0 || wraps(address, length)) return -errno.EINVAL;
      if ((int(flags) & (Sync.ASYNC | Sync.SYNC)) === (Sync.ASYNC | Sync.SYNC)) return -errno.EINVAL;
      return space.isMapped(start, end(address, length) - start) ? 0 : -errno.ENOMEM;
    },
  };
}
