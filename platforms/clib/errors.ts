/** errno by name: each C library's numbers and messages. Source: errno.h and strerror of glibc, FreeBSD, macOS and UCRT. */
import type { OsName } from '../codes.js';
import type { ErrorName } from '../file-system.js';

export type { ErrorName };

const common = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
} as const;
const bsd = { ...common, EAGAIN: 35, EOVERFLOW: 84, ENAMETOOLONG: 63, ENOTEMPTY: 66, ELOOP: 62, ENOSYS: 78 } as const;

export const errnoNumbers: Record<OsName, Record<ErrorName, number>> = {
  linux: { ...common, EAGAIN: 11, EILSEQ: 84, EOVERFLOW: 75, ENAMETOOLONG: 36, ENOTEMPTY: 39, ELOOP: 40, ENOSYS: 38 },
  freebsd: { ...bsd, EILSEQ: 86 },
  macos: { ...bsd, EILSEQ: 92 },
  windows: { ...common, EAGAIN: 11, EILSEQ: 42, EOVERFLOW: 132, ENAMETOOLONG: 38, ENOTEMPTY: 41, ELOOP: 114, ENOSYS: 40 },
};

const messages: Record<ErrorName, string> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EINTR: 'Interrupted system call',
  EIO: 'Input/output error',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EFAULT: 'Bad address',
  EBUSY: 'Device busy',
  EEXIST: 'File exists',
  EXDEV: 'Cross-device link',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open files',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  ESPIPE: 'Illegal seek',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  EDOM: 'Numerical argument out of domain',
  ERANGE: 'Result too large',
  EILSEQ: 'Illegal byte sequence',
  EOVERFLOW: 'Value too large to be stored in data type',
  ENAMETOOLONG: 'File name too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  ENOSYS: 'Function not implemented',
};
const differing: Record<OsName, Partial<Record<ErrorName, string>>> = {
  linux: {
    EBUSY: 'Device or resource busy',
    EXDEV: 'Invalid cross-device link',
    ERANGE: 'Numerical result out of range',
    EILSEQ: 'Invalid or incomplete multibyte or wide character',
    EOVERFLOW: 'Value too large for defined data type',
  },
  freebsd: { EXDEV: 'Cross-device link', EROFS: 'Read-only filesystem', ENOSPC: 'No space left on device' },
  macos: { EBUSY: 'Resource busy' },
  windows: {
    EINTR: 'Interrupted function call',
    ENOMEM: 'Not enough space',
    EBUSY: 'Resource device',
    EXDEV: 'Improper link',
    ESPIPE: 'Invalid seek',
    EDOM: 'Domain error',
    EAGAIN: 'Resource temporarily unavailable',
    EFAULT: 'Bad address',
    ENAMETOOLONG: 'Filename too long',
    EIO: 'Input/output error',
  },
};

export function errorMessage(os: OsName, number: number): string {
  if (number === 0) return { linux: 'Success', freebsd: 'No error: 0', macos: 'Undefined error: 0', windows: 'No error' }[os];
  const numbers = errnoNumbers[os];
  const name = (Object.keys(numbers) as ErrorName[]).find((each) => numbers[each] === number);
  if (name) return differing[os][name] ?? messages[name];
  return os === 'linux' ? `Unknown error ${number}` : os === 'windows' ? 'Unknown error' : `Unknown error: ${number}`;
}
