/**
 * What happens when an assertion fails: the handler that the guest has installed, or
 * the default one, which reports on standard error and, in the cool variety, aborts.
 * Source: the plinth chapter of the MPS manual.
 */
import type { HostCall, Port } from '../../platforms/port.js';
import type { StaticMemory } from './static-memory.js';

export interface AssertionHooks {
  /** Guest output: 1 stdout, 2 stderr. */
  output?: ((stream: 1 | 2, bytes: Uint8Array) => void) | undefined;
  /** abort() as the guest's C library does it. Without one the process ends as if by SIGABRT. */
  abort?: ((call: HostCall | undefined, text: string) => void) | undefined;
}

/** Units of work of a failure: a collection in which each step fails, without any code of the guest's, comes to an end by its budget. */
const FAILURE_UNITS = 10_000;
/** Reports before the process is aborted though it would go on: one failure that is met again and again helps nobody. */
const MOST_REPORTS = 1000;

export class Assertions {
  /** The guest's handler; 0: the default one. */
  private handler = 0;
  /** Address that stands for the default handler. */
  private defaultHandler = 0;
  private reports = 0;

  constructor(
    private readonly port: Port,
    private readonly memory: StaticMemory,
    private readonly variety: 'cool' | 'hot',
    private readonly hooks: AssertionHooks,
  ) {}

  /** mps_lib_assert_fail_install. */
  install(handler: number): number {
    this.defaultHandler ||= this.memory.allocate(16);
    const previous = this.handler || this.defaultHandler;
    this.handler = handler === this.defaultHandler ? 0 : handler;
    return previous;
  }

  fail(file: string, line: number, condition: string): void {
    // On its way out of a process that has ended, the MPS has nobody to tell.
    if (this.port.ended) return;
    this.port.events.emit('assertion', { where: file, condition });
    this.port.work(FAILURE_UNITS);
    if (this.handler !== 0) {
      this.port.callGuest(this.handler, 'v(pup)', [this.memory.string(file), line, this.memory.string(condition)]);
    } else {
      this.reportAndAbort(`${file}${line > 0 ? `:${line}` : ''}: MPS ASSERTION FAILED: ${condition}`);
    }
  }

  private reportAndAbort(text: string): void {
    if (this.hooks.output) {
      const call = this.port.currentCall();
      const where = call && this.port.describeCall(call);
      const report = `\n${text}\n${where ? `in ${where.callee}, called from ${where.caller}\n` : ''}The MPS found its data or its use to be wrong: see "Assertions" in the MPS manual's chapter on errors.\n`;
      this.hooks.output(2, new TextEncoder().encode(report));
    } else if (this.variety === 'hot') {
      // Nobody would ever see it: a failure that is not reported is worse than a stop.
      this.port.abort(text);
    }
    if (++this.reports === MOST_REPORTS) {
      this.port.abort(`stopped: ${MOST_REPORTS} MPS assertions have failed, the last one in ${text}`);
    }
    if (this.variety === 'cool') {
      this.hooks.abort?.(this.port.currentCall(), text);
      this.port.abort(this.hooks.output ? 'aborted by a failed MPS assertion' : text);
    }
  }
}
