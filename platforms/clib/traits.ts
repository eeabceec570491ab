/** What differs between the C libraries: names, sizes, constants, and how they print. */
import type { OsName, Platform } from '../codes.js';
import { errnoNumbers, type ErrorName } from './errors.js';

export interface CLibTraits {
  os: OsName;
  wordSize: 4 | 8;
  longSize: 4 | 8;
  errno: Record<ErrorName, number>;
  /** Function that gives the address of errno; the OS model provides it. */
  errnoFunction: string;
  wcharSize: 2 | 4;
  /** Type of time_t and clock_t in the signature language. */
  timeType: 'i' | 'l' | 'q';
  clockType: 'i' | 'l' | 'L';
  clocksPerSecond: number;
  /** struct tm has tm_gmtoff and tm_zone. */
  tmZone: boolean;
  randMax: number;
  /** Mathematical functions report errors through errno (not only through floating-point exceptions). */
  mathErrno: boolean;
  /** Codes of _IOFBF, _IOLBF, _IONBF. */
  buffering: { full: number; line: number; none: number };
  /** Long double is the x87's: %La begins with a digit from 8 to f. */
  longDouble: 'double' | 'x87' | 'quad';
  /** Under which names the programs of this OS load the C library and the mathematics library. */
  libraries: { c: string; others: string[]; math: string };
}

const crt = [
  'stdio',
  'heap',
  'runtime',
  'math',
  'time',
  'string',
  'convert',
  'environment',
  'locale',
  'utility',
  'filesystem',
  'private',
  'process',
];
const libraries: Record<OsName, CLibTraits['libraries']> = {
  linux: { c: 'libc.so.6', math: 'libm.so.6', others: [] },
  freebsd: { c: 'libc.so.7', math: 'libm.so.5', others: [] },
  macos: { c: 'libSystem.B.dylib', math: 'libSystem.B.dylib', others: [] },
  windows: {
    c: 'ucrtbase.dll',
    math: 'ucrtbase.dll',
    others: ['msvcrt.dll', 'vcruntime140.dll', ...crt.map((part) => `api-ms-win-crt-${part}-l1-1-0.dll`)],
  },
};

export function traitsOf({ os, wordSize, cpu }: Pick<Platform, 'os' | 'wordSize' | 'cpu'>): CLibTraits {
  const windows = os === 'windows';
  return {
    os,
    wordSize,
    longSize: windows ? 4 : wordSize,
    errno: errnoNumbers[os],
    errnoFunction: windows ? '_errno' : os === 'linux' ? '__errno_location' : '__error',
    wcharSize: windows ? 2 : 4,
    timeType: windows ? 'q' : os === 'freebsd' && wordSize === 4 ? 'i' : 'l',
    clockType: os === 'freebsd' ? (wordSize === 4 ? 'L' : 'i') : os === 'macos' ? 'L' : 'l',
    clocksPerSecond: windows ? 1000 : os === 'freebsd' ? 128 : 1_000_000,
    tmZone: !windows,
    randMax: windows ? 0x7fff : 0x7fffffff,
    mathErrno: windows || os === 'linux',
    buffering: windows ? { full: 0, line: 0x40, none: 4 } : { full: 0, line: 1, none: 2 },
    longDouble: windows || (os === 'macos' && cpu === 'arm64') ? 'double' : cpu === 'arm64' ? 'quad' : 'x87',
    libraries: libraries[os],
  };
}
