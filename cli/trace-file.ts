/** --trace: the event stream as JSON Lines, written in large pieces. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { EventBase, EventStream } from '../emulator/events.js';
import { usageError } from './exit-status.js';

const CHUNK = 1 << 16;

export class TraceFile {
  private readonly file: number;
  private pending: string[] = [];
  private size = 0;

  constructor(path: string) {
    try {
      this.file = openSync(path, 'w');
    } catch (error) {
      throw usageError(`run: the trace file '${path}' can't be written: ${(error as Error).message}`);
    }
  }

  attach(events: EventStream): void {
    events.listen((event) => this.add(event));
  }

  private add(event: EventBase): void {
    const line = JSON.stringify(event);
    this.pending.push(line);
    this.size += line.length + 1;
    if (this.size >= CHUNK) this.flush();
  }

  private flush(): void {
    if (this.pending.length > 0) writeSync(this.file, `${this.pending.join('\n')}\n`);
    this.pending = [];
    this.size = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }
}
