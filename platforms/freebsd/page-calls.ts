/**
 * FreeBSD's calls that ask of pages, or tell it of them: minherit, mincore, msync.
 * Source: sys/vm/vm_mmap.c (kern_minherit, kern_mincore, kern_msync), sys/vm/vm_map.c (vm_map_inherit, vm_map_sync).
 */
import { bsdErrno as errno } from '../posix/errno.js';
import type { PosixSystem } from '../posix/system.js';
import { int, unsigned, type SystemCall } from '../posix/system-call-table.js';

/** INHERIT_SHARE, COPY, NONE, ZERO. */
const LAST_INHERITANCE = 3;
const Sync = { ASYNC: 1, INVALIDATE: 2 } as const;
/** MINCORE_INCORE, REFERENCED, MODIFIED. */
const RESIDENT = 1 | 2 | 4;

export function pageCalls({ memory, process: { user } }: PosixSystem): Record<'minherit' | 'mincore' | 'msync', SystemCall> {
  const { space, traits } = memory;
  const wrap = 2 ** (8 * user.wordSize);
  /** Whole pages of a range; undefined: it wraps. */
  const pages = (address: number, length: number): { base: number; limit: number } | undefined => {
    const base = memory.pageDown(unsigned(address));
    const limit = memory.pageUp(unsigned(address) + unsigned(length));
    return limit < wrap ? { base, limit } : undefined;
  };
  return {
    minherit: (_thread, [address, length, inheritance]) => {
      if (!pages(address, length)) return -errno.EINVAL;
      return int(inheritance) >= 0 && int(inheritance) <= LAST_INHERITANCE ? 0 : -errno.EINVAL;
    },
    mincore: (_thread, [address, length, vector]) => {
      const range = pages(address, length);
      if (!range || range.limit > traits.limit || !space.isMapped(range.base, Math.max(1, range.limit - range.base))) return -errno.ENOMEM;
      for (let at = range.base, i = 0; at < range.limit; at += traits.pageSize, i++)
        user.setU8(vector + i, space.isResident(at) ? RESIDENT : 0);
      return 0;
    },
    msync: (_thread, [address, length, flags]) => {
      const range = pages(address, length);
      if (!range || (int(flags) & (Sync.ASYNC | Sync.INVALIDATE)) === (Sync.ASYNC | Sync.INVALIDATE)) return -errno.EINVAL;
      return space.isMapped(range.base, Math.max(1, range.limit - range.base)) ? 0 : -errno.ENOMEM;
    },
  };
}
