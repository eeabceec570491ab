/**
 * Instructions by guest functions. The machine is stopped at intervals of virtual time, of random length around a mean
 * so that no loop keeps step with them; the instructions that a thread has executed since the stop before, which are
 * counted exactly, are given to the functions that it is in. Stops change nothing that the guest or the MPS sees.
 */
import type { Process } from '../../emulator/process/process.js';
import { Random } from '../../emulator/process/random.js';
import type { Thread } from '../../emulator/process/thread.js';
import { Backtraces } from '../../machine/backtrace/backtrace.js';
import { codeOf } from '../../machine/backtrace/frame.js';

const MEAN_INTERVAL = 1000;

/** A function of a stack. */
export interface ProfiledFunction {
  /** 'list!main' */
  name: string;
  file?: string;
  /** Of its first instruction. */
  line?: number;
}

export interface ThreadProfile {
  thread: number;
  name: string;
  /** Runs of instructions, in order of time: the functions, outermost first, as indices into `functions`. */
  runs: { stack: number[]; instructions: number }[];
}

const UNKNOWN = 'unknown code';

export class Profiler {
  readonly functions: ProfiledFunction[] = [];
  readonly threads: ThreadProfile[] = [];
  private readonly byStart = new Map<string, number>();
  private readonly byAddress = new Map<number, number | undefined>();
  private readonly backtraces: Backtraces;
  private readonly random = new Random(0);
  private readonly seen: number[] = [];
  /** Indices of modules that stand for code of theirs without a symbol. */
  private readonly nameless = new Set<number>();

  constructor(
    private readonly process: Process,
    private readonly meanInterval = MEAN_INTERVAL,
  ) {
    this.backtraces = new Backtraces(process);
    process.threadTable.onGone.push((thread) => this.takeOf(thread));
    this.next();
  }

  private next(): void {
    const wait = this.meanInterval === 1 ? 1 : Math.ceil(this.meanInterval / 2) + this.random.below(this.meanInterval);
    this.process.agenda.stop = {
      at: this.process.clock.now + wait,
      action: () => {
        this.take();
        this.next();
      },
    };
  }

  /** The run is over: what has been executed since the last stop. */
  finish(): void {
    this.process.agenda.stop = undefined;
    this.take();
  }

  private take(): void {
    for (const thread of this.process.threads) this.takeOf(thread);
  }

  private takeOf(thread: Thread): void {
    const executed = thread.instructions - (this.seen[thread.id] ?? 0);
    if (executed === 0) return;
    this.seen[thread.id] = thread.instructions;
    this.add(thread, this.stackOf(thread), executed);
  }

  private add(thread: Thread, stack: number[], instructions: number): void {
    const index = thread.id - 1;
    const profile = (this.threads[index] ??= { thread: thread.id, name: thread.name, runs: [] });
    const last = profile.runs.at(-1);
    if (last && last.stack.length === stack.length && last.stack.every((each, i) => each === stack[i])) last.instructions += instructions;
    else profile.runs.push({ stack, instructions });
  }

  private stackOf(thread: Thread): number[] {
    const frames = this.backtraces.of(thread);
    const stack: number[] = [];
    frames.forEach((frame, i) => {
      // Host functions execute no instructions of the guest's.
      if (i === 0 && this.process.gates.around(frame.pc)) return;
      const found = this.functionAt(codeOf(frame));
      // Code without a symbol that is called by such code: the module is named once.
      if (found !== undefined && !(found === stack[0] && this.nameless.has(found))) stack.unshift(found);
    });
    if (stack.length > 0) return stack;
    // It has come to its end, with nobody to return to: what it did there since the stop before is the last function's.
    return this.threads[thread.id - 1]?.runs.at(-1)?.stack ?? [this.indexOf(UNKNOWN, { name: UNKNOWN })];
  }

  private functionAt(address: number): number | undefined {
    if (!this.byAddress.has(address)) this.byAddress.set(address, this.name(address));
    return this.byAddress.get(address);
  }

  private name(address: number): number | undefined {
    const { names } = this.process;
    const place = names.find(address);
    if (!place) return undefined;
    if (place.function === undefined) {
      const index = this.indexOf(place.module, { name: place.module });
      this.nameless.add(index);
      return index;
    }
    const source = names.find(address - place.offset)?.source;
    const name = `${place.module}!${place.function}`;
    return this.indexOf(`${name} ${address - place.offset}`, { name, ...source });
  }

  private indexOf(key: string, made: ProfiledFunction): number {
    let index = this.byStart.get(key);
    if (index === undefined) this.byStart.set(key, (index = this.functions.push(made) - 1));
    return index;
  }
}
