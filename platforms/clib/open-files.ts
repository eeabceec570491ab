/**
 * Files of the host that a guest has open. How many the guest may open is its system's business, and the host's own limit
 * (`ulimit -n`) is not the guest's to see: where that is reached, those that were not used for long are closed, and opened again
 * when they are needed. A file whose name is about to go is kept open, and so is one that can't be found again.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { sep } from 'node:path';
import { HostLack } from '../../emulator/host-lack.js';

/** Of what a file is opened with, what matters when it is opened again. */
const AGAIN = ~(constants.O_CREAT | constants.O_TRUNC | constants.O_EXCL);
/** Descriptors that are left for others: libraries, line tables, outputs. */
const SPARE = 8;

const lacking = (error: unknown): boolean => ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');

export class OpenFile {
  /** It has no name to open it again by. */
  nameless = false;

  constructor(
    private readonly files: OpenFiles,
    public name: string,
    readonly flags: number,
    /** Undefined: closed for now. */
    public fd: number | undefined,
  ) {}

  /** The host's descriptor, for now: another file's use may close it. */
  use(): number {
    return this.files.use(this);
  }

  close(): void {
    this.files.close(this);
  }
}

export class OpenFiles {
  /** Those that have a descriptor, the one that was used last at the end. */
  private readonly open = new Set<OpenFile>();
  private readonly parked = new Set<OpenFile>();
  private readonly identities = new WeakMap<OpenFile, string>();
  private most = Infinity;

  /** Raises what openSync raises, but for a lack of descriptors. */
  add(name: string, flags: number): OpenFile {
    const file = new OpenFile(this, name, flags, this.descriptor(name, flags));
    this.open.add(file);
    return file;
  }

  use(file: OpenFile): number {
    if (this.most < Infinity) this.open.delete(file);
    file.fd ??= this.again(file);
    this.open.add(file);
    return file.fd;
  }

  close(file: OpenFile): void {
    this.open.delete(file);
    this.parked.delete(file);
    if (file.fd !== undefined) closeSync(file.fd);
    file.fd = undefined;
  }

  /** The name, or all names below it, will lead to something else. */
  losesName(name: string): void {
    for (const file of this.below(name)) {
      this.use(file);
      file.nameless = true;
    }
  }

  renamed(from: string, to: string): void {
    for (const file of this.below(from)) file.name = to + file.name.slice(from.length);
  }

  private below(name: string): OpenFile[] {
    return [...this.open, ...this.parked].filter((file) => !file.nameless && (file.name === name || file.name.startsWith(name + sep)));
  }

  private descriptor(name: string, flags: number): number {
    if (this.open.size >= this.most) this.park(this.open.size - this.most + 1);
    return this.lend(() => openSync(name, flags, 0o666));
  }

  /** Does what needs a descriptor, having closed others where there is none. */
  lend<T>(action: () => T): T {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!lacking(error)) throw error;
        const before = this.open.size;
        this.most = Math.max(1, Math.min(this.most, before) - SPARE);
        if (this.park(before - this.most) === 0)
          throw new HostLack(`this machine lets no more files be opened (ulimit -n); the program has ${before} open that must stay so`);
      }
    }
  }

  /** Closes so many for now, the least recently used first; how many it could. */
  private park(wanted: number): number {
    let done = 0;
    for (const file of this.open) {
      if (done >= wanted) break;
      if (file.nameless || file.fd === undefined) continue;
      this.identities.set(file, identity(file.fd));
      closeSync(file.fd);
      file.fd = undefined;
      this.open.delete(file);
      this.parked.add(file);
      done++;
    }
    return done;
  }

  private again(file: OpenFile): number {
    let fd: number | undefined;
    try {
      fd = this.descriptor(file.name, file.flags & AGAIN);
    } catch (error) {
      if (error instanceof HostLack) throw error;
    }
    if (fd === undefined || identity(fd) !== this.identities.get(file)) {
      if (fd !== undefined) closeSync(fd);
      throw new HostLack(
        `this machine lets too few files be opened (ulimit -n), and '${file.name}', closed for a while, can't be opened again`,
      );
    }
    this.parked.delete(file);
    return fd;
  }
}

function identity(fd: number): string {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev} ${ino}`;
}
