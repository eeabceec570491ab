/** What nobody may do any more to a memory file. Source: memfd_create(2), F_ADD_SEALS in fcntl(2), mm/memfd.c and mm/shmem.c (6.18). */
import { FileError, type FileContents } from '../../file-system.js';
import { Errno } from '../../posix/kernel/errno.js';

export const Seal = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 0x10, EXEC: 0x20, ALL: 0x3f } as const;

export class Seals {
  /** `mapped`: whether somebody has the file mapped so that it can be written. */
  constructor(
    public held: number,
    private readonly executable: boolean,
    private readonly mapped: () => boolean,
  ) {}

  add(wanted: number): number {
    if (this.held & Seal.SEAL) return -Errno.EPERM;
    const implied = wanted & Seal.EXEC && this.executable ? Seal.SHRINK | Seal.GROW | Seal.WRITE | Seal.FUTURE_WRITE : 0;
    const seals = wanted | implied;
    if (seals & Seal.WRITE && !(this.held & Seal.WRITE) && this.mapped()) return -Errno.EBUSY;
    this.held |= seals;
    return 0;
  }

  get writable(): boolean {
    return (this.held & (Seal.WRITE | Seal.FUTURE_WRITE)) === 0;
  }

  refusesWrite(contents: FileContents, end: number): boolean {
    return !this.writable || ((this.held & Seal.GROW) !== 0 && end > contents.size());
  }

  refusesSize(contents: FileContents, size: number): boolean {
    const now = contents.size();
    return ((this.held & Seal.SHRINK) !== 0 && size < now) || ((this.held & Seal.GROW) !== 0 && size > now);
  }
}

/** A file that its seals protect. */
export function sealed(contents: FileContents, seals: Seals): FileContents {
  const refuse = (refused: boolean): void => {
    if (refused) throw new FileError('EPERM');
  };
  return {
    read: (position, length) => contents.read(position, length),
    write: (position, bytes) => {
      refuse(seals.refusesWrite(contents, position + bytes.length));
      contents.write(position, bytes);
    },
    ...(contents.written && { written: contents.written.bind(contents) }),
    size: () => contents.size(),
    truncate: (size) => {
      refuse(seals.refusesSize(contents, size));
      contents.truncate(size);
    },
    close: () => contents.close(),
  };
}
