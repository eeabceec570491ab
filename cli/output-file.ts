/** Files that the command writes for the user: stdout and stderr of the guest, traces, reports; `-` is stdout. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError, ExitCode, usageError } from './exit-status.js';
import { printableJson, reasonOf } from './message.js';

const STDOUT = 1;

/** Nobody reads what we write any more. */
export class ReaderGone extends CommandError {
  constructor() {
    super(ExitCode.Pipe, '');
  }
}

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
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
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new ReaderGone();
      if ((code === 'EAGAIN' || code === 'EINTR') && giveUp()) return;
      if (code === 'EAGAIN') sleep(1);
      if (code !== 'EAGAIN' && code !== 'EINTR') throw new CommandError(ExitCode.Internal, `${name} can't be written: ${reasonOf(error)}`);
    }
  }
}

/** What a command says, on stdout; the status that goes with it. Node's stream for it would take milliseconds to make. */
export function print(text: string): 0 {
  writeAll(STDOUT, Buffer.from(text));
  return 0;
}

/** Files that are open already: what a program reads or says must not be cut off by opening the file again. */
const STREAMS = [
  { what: 'what is read as stdin', file: 0 },
  { what: "what goes to stdout ('-' puts it there too)", file: STDOUT },
  { what: 'what goes to stderr', file: 2 },
];

/** A file that the command writes is nothing that a program is run from, and not another of those; devices may be. */
export function checkOutputs(program: string, outputs: Record<string, string | undefined>): void {
  const seen: { what: string; path: string }[] = [{ what: 'the program', path: program }];
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined || path === '-') continue;
    const other =
      STREAMS.find(({ file }) => isOpenAs(file, path))?.what ?? seen.find((each) => sameFile(each.path, path))?.what ?? partOfProgram(path);
    if (other !== undefined) throw usageError(`run: ${option} '${path}' would overwrite ${other}`);
    seen.push({ what: `what ${option} writes`, path });
  }
}

/** Undefined where there is nothing, and where nobody may look: opening it will say why. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const isSame = (one: Stats, other: Stats): boolean => one.isFile() && one.ino === other.ino && one.dev === other.dev;

function isOpenAs(file: number, path: string): boolean {
  const there = statOf(path);
  if (!there) return false;
  try {
    return isSame(fstatSync(file), there);
  } catch {
    // A stream that is closed.
    return false;
  }
}

function sameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map(statOf);
  if (one && other) return isSame(one, other);
  return !one && !other && destination(a) === destination(b);
}

const LINKS_FOLLOWED = 40;

/** The path that a file will have when it is made: the one behind links that lead to nothing yet. */
function destination(path: string): string {
  let at = resolve(path);
  for (let i = 0; i < LINKS_FOLLOWED; i++) {
    const folder = dirname(at);
    if (!statOf(folder)) break;
    at = join(realpathSync(folder), basename(at));
    if (!isLink(at)) break;
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

/** A path that can't be (too long, below a file) is none; opening it will say why. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Programs, libraries and debug information begin so: ELF, Mach-O of 64 and of 32 bits. PE begins with 'MZ'. */
const MAGIC = ['7f454c46', 'cffaedfe', 'cefaedfe'];

/** Which libraries a program needs is known when it is loaded, and then its trace is open: none may be overwritten. */
function partOfProgram(path: string): string | undefined {
  const target = destination(path);
  if (target.endsWith('.lines')) return 'a line table';
  if (statOf(target)?.isFile() !== true) return undefined;
  const start = Buffer.alloc(4);
  let file: number | undefined;
  try {
    file = openSync(target, 'r');
    readSync(file, start);
  } catch {
    // What can't be read may still be written.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return MAGIC.includes(start.toString('hex')) || start.toString('latin1', 0, 2) === 'MZ' ? 'a program or library' : undefined;
}

/** How often a pipe without a reader is tried, in milliseconds, and after how many times that is said. */
const TRY_AGAIN = 20;
const SAY_SO_AFTER = 50;
/** Milliseconds. */
const PATIENCE = 3000;

/**
 * Opens a file to write, without ever waiting in the kernel, where signals that are caught would not be seen: a pipe
 * that has no reader yet is tried until it has one. Undefined: `giveUp` came true before that.
 */
function openToWrite(path: string, giveUp: () => boolean): number | undefined {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;
  // Once at least: a signal that came early ends the run, and what it has written is then a whole file too.
  for (let tries = 0; ; tries++) {
    try {
      return openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || statOf(path)?.isFIFO() !== true) throw error;
    }
    if (giveUp()) return undefined;
    if (tries === SAY_SO_AFTER) process.stderr.write(`mpsemu: run: waiting for somebody to read the pipe '${path}'\n`);
    sleep(TRY_AGAIN);
  }
}

/** What may end the writing of a file, and is told where it fails. */
export interface Ending {
  /** The signal that has come, or 0. */
  readonly signal: number;
  /** Told of a failure once: whoever writes goes on, so that what can be written is. */
  fail(failure: CommandError): void;
}

/** JSON for the user. Opened before the run, so that a wrong path costs no run. */
export class OutputFile {
  private readonly file: number;
  private endsAt: number | undefined;
  /** Why nothing more is written. */
  failure: CommandError | undefined;

  constructor(
    what: string,
    private readonly path: string,
    private readonly ending: Ending,
  ) {
    let file: number | undefined;
    try {
      file = path === '-' ? STDOUT : openToWrite(path, () => ending.signal !== 0);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const status = code === 'ENOENT' || code === 'ENOTDIR' ? ExitCode.NotFound : ExitCode.Usage;
      throw new CommandError(status, `run: the ${what} file '${path}' can't be written: ${reasonOf(error)}`);
    }
    if (file === undefined)
      throw new CommandError(ExitCode.SignalBase + ending.signal, `run: ended before anybody read the pipe '${path}'`);
    this.file = file;
  }

  write(text: string): void {
    this.attempt(() =>
      writeAll(this.file, Buffer.from(printableJson(text)), `run: ${this.path === '-' ? 'stdout' : `the file '${this.path}'`}`, () =>
        this.outOfPatience(),
      ),
    );
  }

  /** After a signal a full pipe is waited for a while, since its reader may only be slow. */
  private outOfPatience(): boolean {
    if (this.ending.signal === 0) return false;
    this.endsAt ??= performance.now() + PATIENCE;
    return performance.now() > this.endsAt;
  }

  close(): void {
    if (this.file !== STDOUT) this.attempt(() => closeSync(this.file));
  }

  private attempt(action: () => void): void {
    if (this.failure) return;
    try {
      action();
    } catch (error) {
      this.failure =
        error instanceof CommandError
          ? error
          : new CommandError(ExitCode.Internal, `run: the file '${this.path}' can't be written: ${reasonOf(error)}`);
      this.ending.fail(this.failure);
    }
  }
}
