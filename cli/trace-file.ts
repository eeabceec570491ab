/** --trace: the event stream as JSON Lines, written in large pieces. */
import type { EventStream, MachineEvent } from '../emulator/events.js';
import type { CodeNames } from '../emulator/process/code-names.js';
import { TraceLines } from '../machine/trace-line.js';
import type { OutputFile } from './output-file.js';

const CHUNK = 1 << 16;

export class TraceFile {
  private pending: string[] = [];
  private size = 0;

  constructor(private readonly file: OutputFile) {}

  attach(events: EventStream, names: CodeNames): void {
    const lines = new TraceLines(names);
    events.listen((event: MachineEvent) => this.add(lines.text(event)));
  }

  private add(line: string): void {
    this.pending.push(line);
    this.size += line.length + 1;
    if (this.size >= CHUNK) this.flush();
  }

  private flush(): void {
    if (this.pending.length > 0) this.file.write(`${this.pending.join('\n')}\n`);
    this.pending = [];
    this.size = 0;
  }

  close(): void {
    this.flush();
    this.file.close();
  }
}
