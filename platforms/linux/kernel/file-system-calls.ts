/** What is said of file systems: granted directories and /dev as tmpfs, /proc, pipes. Source: statfs(2), asm-generic/statfs.h, fs/statfs.c (6.18). */
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { int } from '../../posix/system-call-table.js';
import type { Files } from './file-names.js';
import type { Kernel, LinuxCalls } from './kernel.js';

const Type = { proc: 0x9fa0, memory: 0x01021994, pipe: 0x50495045 } as const;
const BLOCK = 4096;
const NAME_MAX = 255;
/** ST_VALID; ST_RELATIME where something is mounted. */
const VALID = 0x20;
const RELATIVE_TIMES = 0x1000;
/** Of struct statfs64 of IA-32. */
const WIDE_BYTES = 84;

export function fileSystemCalls({ user, descriptors, convention, system }: Kernel, files: Files): LinuxCalls {
  const typeOfName = (name: string): number => (/^\/proc(\/|$)/.test(name) ? Type.proc : Type.memory);
  const typeOf = ({ kind, name }: OpenFile): number => (kind === 'pipe' || kind === 'stream' ? Type.pipe : typeOfName(name));
  const wide = convention !== 'ia32';

  /** `counts`: bytes of a number of blocks or files; `word`: of the others. */
  const write = (address: number, type: number, counts: 4 | 8, word: 4 | 8): number => {
    // Half of the memory, as tmpfs has it, and a file for each page of it.
    const blocks = type === Type.memory ? Math.floor(system.process.memoryLimit.limit / BLOCK / 2) : 0;
    const fields: [value: number, bytes: 4 | 8][] = [
      [type, word],
      [BLOCK, word],
      ...[blocks, blocks, blocks, blocks, blocks].map((count): [number, 4 | 8] => [count, counts]),
      // f_fsid, and what is spare at the end.
      [type === Type.pipe ? 0 : 1, 4],
      [0, 4],
      [NAME_MAX, word],
      [BLOCK, word],
      [type === Type.pipe ? VALID : VALID | RELATIVE_TIMES, word],
      ...Array.from({ length: 4 }, (): [number, 4 | 8] => [0, word]),
    ];
    user.fill(
      address,
      fields.reduce((sum, [, bytes]) => sum + bytes, 0),
      0,
    );
    let at = address;
    for (const [value, bytes] of fields) {
      if (bytes === 8) user.setU64(at, BigInt(value));
      else user.setU32(at, value);
      at += bytes;
    }
    return 0;
  };

  const ofName = (address: number): number => {
    const path = files.path(address);
    if (typeof path === 'number') return path;
    if (['/', '/dev', '/proc'].includes(path)) return typeOfName(path);
    const file = files.open(path, 0);
    if (typeof file === 'number') return file;
    file.closed?.();
    return typeOf(file);
  };
  const ofDescriptor = (fd: number): number => {
    const file = descriptors.any(int(fd));
    return file ? typeOf(file) : -Errno.EBADF;
  };
  const told = (type: number, address: number, counts: 4 | 8, word: 4 | 8): number =>
    type < 0 ? type : write(address, type, counts, word);
  const sized = (size: number, type: () => number, address: number): number =>
    size === WIDE_BYTES ? told(type(), address, 8, 4) : -Errno.EINVAL;

  return {
    statfs: (_thread, [path, buffer]) => told(ofName(path), buffer, wide ? 8 : 4, wide ? 8 : 4),
    fstatfs: (_thread, [fd, buffer]) => told(ofDescriptor(fd), buffer, wide ? 8 : 4, wide ? 8 : 4),
    statfs64: (_thread, [path, size, buffer]) => sized(size, () => ofName(path), buffer),
    fstatfs64: (_thread, [fd, size, buffer]) => sized(size, () => ofDescriptor(fd), buffer),
  };
}
