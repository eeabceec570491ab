/** Files that the command writes for the user: stdout and stderr of the guest, traces, reports; `-` is stdout. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError, ExitCode, usageError } from './exit-status.js';

const STDOUT = 1;

/** Nobody reads what we write any more. */
export class ReaderGone extends CommandError {
  constructor() {
    super(ExitCode.Pipe, '');
  }
}

/** Writes all of it, waiting where a pipe is full, but not longer than until `giveUp`. */
export function writeAll(
  file: number,
  bytes: Uint8Array,
  name = file === STDOUT ? 'stdout' : 'stderr',
  giveUp = (): boolean => false,
): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new ReaderGone();
      if ((code === 'EAGAIN' || code === 'EINTR') && giveUp()) return;
      if (code !== 'EAGAIN' && code !== 'EINTR') throw new CommandError(ExitCode.Internal, `${name} can't be written: ${message}`);
    }
  }
}

/** What a command says, on stdout; the status that goes with it. Node's stream for it would take milliseconds to make. */
export function print(text: string): 0 {
  writeAll(STDOUT, Buffer.from(text));
  return 0;
}

/** A file that the command writes is neither the program nor another of those; devices may be. */
export function checkOutputs(program: string, outputs: Record<string, string | undefined>): void {
  const seen: { what: string; path: string }[] = [{ what: 'the program', path: program }];
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined || path === '-') continue;
    const other = seen.find((each) => sameFile(each.path, path));
    if (other) throw usageError(`run: ${option} '${path}' would overwrite ${other.what}`);
    seen.push({ what: `what ${option} writes`, path });
  }
}

function sameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (one && other) return one.isFile() && one.ino === other.ino && one.dev === other.dev;
  return !one && !other && resolve(a) === resolve(b);
}

/** Opened before the run, so that a wrong path costs no run. */
export class OutputFile {
  private readonly file: number;

  constructor(
    what: string,
    private readonly path: string,
  ) {
    try {
      this.file = path === '-' ? STDOUT : openSync(path, 'w');
    } catch (error) {
      throw usageError(`run: the ${what} file '${path}' can't be written: ${(error as Error).message}`);
    }
  }

  write(text: string): void {
    writeAll(this.file, Buffer.from(text), `run: the file '${this.path}'`);
  }

  close(): void {
    if (this.file !== STDOUT) closeSync(this.file);
  }
}
