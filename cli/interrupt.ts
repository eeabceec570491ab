/**
 * What ends a run from outside: SIGINT, SIGTERM, or that nobody reads its output any more. The run is one long
 * synchronous call, so signals are noted by the native module, and the process looks between pieces of guest code.
 */
import { readSync } from 'node:fs';
import { catchSignals, releaseSignals } from '../emulator/native-engine.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import type { Process } from '../emulator/process/process.js';
import { ReaderGone, writeAll } from './output-file.js';

export const SIGPIPE = 13;

export class Interrupt {
  private word: Int32Array = new Int32Array(1);

  /** The whole run; a second signal, while trace and report are written, ends the command at once. */
  during(process: Process): ExitStatus {
    const started = this.word[0];
    this.word = process.interrupt = catchSignals();
    this.word[0] = started;
    try {
      return process.run();
    } finally {
      releaseSignals();
    }
  }

  /** The guest's output. It never learns that its reader has gone. */
  write(stream: number, bytes: Uint8Array): void {
    try {
      writeAll(stream, bytes, undefined, () => this.word[0] !== 0);
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
      this.word[0] ||= SIGPIPE;
    }
  }

  /** The guest's input; nothing once the run is to end. */
  read(length: number): Uint8Array {
    const buffer = new Uint8Array(length);
    while (this.word[0] === 0) {
      try {
        return buffer.subarray(0, readSync(0, buffer));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EOF') break;
        if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
      }
    }
    return buffer.subarray(0, 0);
  }
}
