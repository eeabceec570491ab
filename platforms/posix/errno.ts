/** errno numbers of the systems. Source: errno.h of Linux, FreeBSD and macOS. */
import type { ErrnoNumbers } from './traits.js';

// prettier-ignore
const common = {
  EPERM: 1, ENOENT: 2, ESRCH: 3, EINTR: 4, EBADF: 9, ENOMEM: 12, EACCES: 13, EFAULT: 14, EBUSY: 16, EEXIST: 17, ENODEV: 19, EINVAL: 22, ERANGE: 34,
} as const;

// prettier-ignore
export const linuxErrno: ErrnoNumbers = {
  ...common, EAGAIN: 11, EDEADLK: 35, ENOSYS: 38, EOVERFLOW: 75, ENOTSUP: 95, ETIMEDOUT: 110, EOWNERDEAD: 130, ENOTRECOVERABLE: 131, ENAMETOOLONG: 36,
};

// prettier-ignore
export const bsdErrno: ErrnoNumbers = {
  ...common, EAGAIN: 35, EDEADLK: 11, ENOSYS: 78, EOVERFLOW: 84, ENOTSUP: 45, ETIMEDOUT: 60, EOWNERDEAD: 96, ENOTRECOVERABLE: 95, ENAMETOOLONG: 63,
};

export const macErrno: ErrnoNumbers = { ...bsdErrno, EOWNERDEAD: 105, ENOTRECOVERABLE: 104 };
