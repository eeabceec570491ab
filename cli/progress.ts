/** How far a long command has come, on stderr: in place on a terminal, else a line every few seconds. */
const SECONDS_BETWEEN_LINES = 5;

export class Progress {
  private done = 0;
  private last = Date.now();
  private readonly terminal = process.stderr.isTTY === true;

  constructor(private readonly total: number) {}

  step(): void {
    this.done++;
    const text = `${this.done} of ${this.total} runs`;
    if (this.terminal) process.stderr.write(`\r${text} `);
    else if (Date.now() - this.last >= SECONDS_BETWEEN_LINES * 1000) {
      process.stderr.write(`${text}\n`);
      this.last = Date.now();
    }
  }

  end(): void {
    if (this.terminal) process.stderr.write('\r\x1b[K');
  }
}
