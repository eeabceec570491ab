/**
 * What FreeBSD and macOS say to pathconf and fpathconf, by _PC number: of granted directories as tmpfs (FreeBSD) and HFS (macOS), of
 * devices, of pipes. Source: tmpfs_pathconf, devfs_pathconf, vop_stdpathconf, kern_fpathconf (FreeBSD 14); vn_pathconf, devfs_vnop_pathconf,
 * sys_fpathconf (XNU), hfs_vnop_pathconf.
 */
import type { OpenFile } from './descriptors.js';

const INT_MAX = 0x7fffffff;
const PIPE_BUF = 512;
/** MAXPATHLEN. */
const PATH_MAX = 1024;
const OPTION = 200112;

type Limits = Readonly<Record<number, number>>;
export type PathLimits = Readonly<Record<OpenFile['kind'], Limits>>;

const general: Limits = { 5: PATH_MAX, 53: OPTION, 59: 0, 61: 0, 62: 0, 63: 0, 64: 0 };
const named: Limits = { ...general, 1: INT_MAX, 4: 255, 7: 1, 12: 64, 18: PATH_MAX };
const memoryFile: Limits = { ...named, 8: 1, 21: 4096, 55: 1 };
const pipe: Limits = { 6: PIPE_BUF };

export const freebsdPathLimits: PathLimits = {
  file: memoryFile,
  directory: { ...memoryFile, 6: PIPE_BUF },
  device: named,
  pipe: { ...pipe, 53: OPTION },
  stream: { ...pipe, 53: OPTION },
};

const anyVnode: Limits = { 13: 1, 14: 0, 15: 1, 16: 1, 17: 1, 19: 0, 20: 4096, 21: 65536, 22: 4096, 23: 4096, 24: 255, 25: 0 };
const file: Limits = { ...anyVnode, 1: 32767, 4: 255, 5: PATH_MAX, 7: OPTION, 8: OPTION, 10: 255, 11: 0, 12: 1, 18: 64, 26: 18 };

export const macosPathLimits: PathLimits = {
  file,
  directory: file,
  device: { ...anyVnode, 1: 32767, 4: 31, 5: 127, 7: OPTION, 8: 0, 11: 1, 12: 1, 26: 32 },
  pipe,
  stream: pipe,
};
