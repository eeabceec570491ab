/** Errors of this room as FreeBSD and macOS number them. Source: sys/sys/errno.h (FreeBSD), bsd/sys/errno.h (XNU). */
import { isWaiting, type Progress } from '../waiting.js';
import { Errno } from './errno.js';

/** Those that aren't the same number; EILSEQ is not among what kernels answer. */
const DIFFERENT = new Map<number, number>([
  [Errno.EAGAIN, 35],
  [Errno.EDEADLK, 11],
  [Errno.ENAMETOOLONG, 63],
  [Errno.ENOSYS, 78],
  [Errno.ENOTEMPTY, 66],
  [Errno.ELOOP, 62],
  [Errno.EOVERFLOW, 84],
  [Errno.EOPNOTSUPP, 45],
  [Errno.ETIMEDOUT, 60],
  // FreeBSD's; macOS numbers these in a way of its own (bsd/ulock.ts).
  [Errno.EOWNERDEAD, 96],
  [Errno.ENOTRECOVERABLE, 95],
]);

export function bsdProgress(progress: Progress): Progress {
  if (!isWaiting(progress)) return progress < 0 ? -(DIFFERENT.get(-progress) ?? -progress) : progress;
  const { resume, interrupted, ...rest } = progress;
  return {
    ...rest,
    resume: () => bsdProgress(resume()),
    ...(interrupted && { interrupted: () => bsdProgress(interrupted()) as number }),
  };
}
