/**
 * What ends a run from outside: SIGINT, SIGTERM, or that its output can't be written any more. The run is one long
 * synchronous call, so signals are noted by the native module, and the process looks between pieces of guest code.
 */
import { catchSignals, releaseSignals } from '../emulator/native-module.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import type { Process } from '../emulator/process/process.js';
import { CommandError } from './exit-status.js';
import { writeAll } from './output-file.js';
import { StandardInput } from './standard-input.js';

export const SIGPIPE = 13;

export class Interrupt {
  private readonly word: Int32Array;
  private readonly input = new StandardInput(() => this.signal !== 0);
  /** The first output that could not be written. */
  failure: CommandError | undefined;

  /** From here on signals are caught: before the files are opened, which then are written whatever comes. */
  constructor() {
    this.word = catchSignals();
  }

  /** The whole run; a second signal, while trace and report are written, ends the command at once. */
  during(process: Process): ExitStatus {
    process.budget.interrupt = this.word;
    try {
      return process.run();
    } finally {
      releaseSignals();
    }
  }

  /** The signal that has come, or 0. */
  get signal(): number {
    return this.word[0];
  }

  /** Ends the run: what it is for can't be written. */
  fail(failure: CommandError): void {
    this.failure ??= failure;
    this.word[0] ||= SIGPIPE;
  }

  /** The guest's output. It never learns that nobody has it any more. */
  write(stream: number, bytes: Uint8Array): void {
    try {
      writeAll(stream, bytes, undefined, () => this.signal !== 0);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.fail(error);
    }
  }

  /** The guest's input; nothing once the run is to end. */
  read(length: number): Uint8Array {
    return this.input.read(length);
  }
}
