/** Files that the command writes for the user: stdout and stderr of the guest, traces, reports; `-` is stdout. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { CommandError, ExitCode, usageError } from './exit-status.js';

const STDOUT = 1;

/** Writes all of it, waiting where a pipe is full; a reader that has gone ends the command quietly. */
export function writeAll(file: number, bytes: Uint8Array, name = file === STDOUT ? 'stdout' : 'stderr'): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw new CommandError(ExitCode.Internal, `${name} can't be written: ${message}`);
    }
  }
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
