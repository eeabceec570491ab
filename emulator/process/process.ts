/**
 * A guest process: an address space, threads on one emulated CPU, host
 * functions behind gates, and an OS model that decides what faults and system
 * calls do. Knows no OS: platforms/ builds on it.
 */
import { present } from '../present.js';
import type { Abi, Word } from '../abi/abi.js';
import { abiFor } from '../abi/index.js';
import type { CpuMode, CpuName, Engine, Registers } from '../engine.js';
import { EventStream } from '../events.js';
import { AddressSpace } from '../memory/address-space.js';
import { GuestMemory } from '../memory/guest-memory.js';
import { DEFAULT_MEMORY, MemoryLimit, MOST_MEMORY } from '../memory/memory-limit.js';
import type { MemoryView } from '../memory/memory-view.js';
import { openEngine } from '../native-engine.js';
import { Agenda } from './agenda.js';
import { Budget } from './budget.js';
import { VirtualClock } from './clock.js';
import { CodeNames } from './code-names.js';
import type { ProcessCore } from './core.js';
import { Exits } from './exits.js';
import { noteResumption } from './fault-events.js';
import { GateTable } from './gates.js';
import type { RunningCall } from './call.js';
import { GuestCalls } from './guest-calls.js';
import type { HostFunction } from './host-call.js';
import { HostCalls } from './host-calls.js';
import type { ExitStatus, FrameRegisters, OsModel } from './os-model.js';
import type { ProcessOptions } from './options.js';
import { Probes } from './probes.js';
import { Scheduler } from './scheduler.js';
import { GuestSequences } from './sequence.js';
import type { CallbackFrame, Thread } from './thread.js';
import { ThreadTable } from './thread-table.js';
import { Turns } from './turns.js';

/** The same number on every OS that has signals. */
const SIGKILL = 9;

/** Ends the run from anywhere, nested calls included. */
class ProcessEnded extends Error {}

/** Host calls, outermost first, and the registers that those which call the guest have put aside, as the register block has them. */
export interface NestedCalls {
  readonly running: readonly RunningCall[];
  readonly putAside: readonly Uint32Array[];
}

export class Process implements ProcessCore {
  readonly cpu: CpuName;
  readonly engine: Engine;
  readonly space: AddressSpace;
  readonly memoryLimit: MemoryLimit;
  /** Memory with the guest's permissions, and whatever they are. */
  readonly user: MemoryView;
  readonly supervisor: MemoryView;
  readonly abi: Abi;
  readonly gates: GateTable;
  readonly names: CodeNames;
  readonly clock = new VirtualClock(() => this.noteWork());
  readonly budget: Budget;
  readonly agenda = new Agenda(this.clock);
  readonly events = new EventStream();
  readonly scheduler: Scheduler;
  readonly hostCalls: HostCalls;
  readonly guestCalls: GuestCalls;
  /** Guest functions in a row, without nesting. */
  readonly sequences: GuestSequences;
  readonly probes: Probes;
  readonly threadTable: ThreadTable;
  readonly turns = new Turns(this.clock);
  private osModel: OsModel | undefined;
  status: ExitStatus | undefined;
  /** Registers that the current thread had when it did what the process died of, where it has others now. */
  diedAt: FrameRegisters | undefined;
  private callsAtEnd: NestedCalls | undefined;
  /** Set when the runnable threads changed: the scheduler decides anew. */
  reschedule = false;
  private loaded: Thread | undefined;
  private readonly exits: Exits;
  private readonly stdcall: Abi | undefined;

  constructor(readonly options: ProcessOptions) {
    this.cpu = options.cpu;
    const memory = options.memory ?? DEFAULT_MEMORY;
    this.engine = openEngine({
      cpu: options.cpu,
      pageSize: options.pageSize,
      ...(options.selectors && { selectors: options.selectors }),
      ...(options.alignmentChecks !== undefined && { alignmentChecks: options.alignmentChecks }),
      physicalBytes: Math.min(memory, MOST_MEMORY - options.pageSize),
    });
    const exhausted = (): never => this.end({ kind: 'signal', signal: SIGKILL, text: 'killed: the emulated machine is out of memory' });
    this.memoryLimit = new MemoryLimit(memory, this.engine, exhausted);
    this.space = new AddressSpace(this.engine);
    this.abi = abiFor(options.abi, this.engine);
    this.stdcall = options.cpu === 'ia32' ? abiFor('stdcall', this.engine) : undefined;
    this.user = new GuestMemory(
      this.engine,
      this.abi.wordSize,
      'user',
      (address, access) => this.resolveAccess(address, access),
      (units) => this.clock.advance(units),
      exhausted,
    );
    this.supervisor = new GuestMemory(this.engine, this.abi.wordSize, 'supervisor', undefined, undefined, exhausted);
    this.budget = new Budget(options.budget ?? Infinity, this.clock, this.engine, (status) => this.end(status));
    this.threadTable = new ThreadTable(this.engine, this.memoryLimit);
    this.scheduler = new Scheduler(this, options.seed ?? 0);
    this.gates = new GateTable(options.gates, (fn) => this.abiOf(fn.convention).bind(fn.signature));
    this.names = new CodeNames(this.gates, this.space);
    this.guestCalls = new GuestCalls(this, this.gates);
    this.hostCalls = new HostCalls(this, this.guestCalls);
    this.sequences = new GuestSequences(this, this.guestCalls, this.gates);
    this.probes = new Probes(this.engine, this.events);
    this.exits = new Exits(this, this.gates, this.hostCalls, this.guestCalls, this.probes, this.scheduler);
    this.events.now = () => this.whereNow();
  }

  /** What faults and system calls do: made for this process, and given to it before anything runs. */
  get os(): OsModel {
    return present(this.osModel, 'the OS model');
  }

  set os(model: OsModel) {
    this.osModel = model;
  }

  abiOf(convention: 'stdcall' | undefined): Abi {
    return (convention === 'stdcall' && this.stdcall) || this.abi;
  }

  private whereNow(): { t: number; thread: number; pc: number } {
    const thread = this.loaded;
    return { t: this.clock.now, thread: thread?.id ?? 0, pc: thread ? this.engine.registers.get(this.abi.pc) : 0 };
  }

  /** Guest instructions executed. */
  get instructions(): number {
    return this.budget.instructions;
  }

  // Threads

  /** Those that have not ended, lowest number first, and the main thread. */
  get threads(): readonly Thread[] {
    return this.threadTable.list;
  }

  createThread(name: string, mode?: CpuMode): Thread {
    const thread = this.threadTable.add(name, mode, this.scheduler.threadMoved);
    this.reschedule = true;
    return thread;
  }

  /** The thread that is running or being looked at. */
  get current(): Thread | undefined {
    return this.loaded;
  }

  /** Put `thread` on the CPU (not run it): its registers are then in the block. */
  load(thread: Thread): Registers {
    const registers = this.engine.registers;
    if (this.loaded !== thread) {
      if (this.loaded) this.engine.saveContext(this.loaded.context);
      this.engine.restoreContext(thread.context);
      this.loaded = thread;
    }
    return registers;
  }

  /** Registers of any thread, readable and writable. Valid until another thread is loaded. */
  registers(thread: Thread): Registers {
    return this.load(thread);
  }

  /** Run `action` with `thread` loaded, then load what was there before. */
  withThread<T>(thread: Thread, action: (registers: Registers) => T): T {
    const before = this.loaded;
    try {
      return action(this.load(thread));
    } finally {
      if (before && before !== thread) this.load(before);
    }
  }

  endThread(thread: Thread, exitValue: Word): void {
    this.threadTable.noteEnd(thread);
    thread.state = 'ended';
    thread.exitValue = exitValue;
    thread.wait = undefined;
    thread.attempts = [];
    this.osModel?.threadEnded?.(thread);
    this.changed(thread);
    this.reschedule = true;
    this.events.emit('thread-end', { ended: thread.id, value: exitValue });
  }

  /** Between turns: what was kept for threads that have ended. */
  forgetEnded(): void {
    this.threadTable.forgetEnded((thread) => {
      if (this.loaded === thread) this.loaded = undefined;
    });
  }

  /** What threads may wait for (`Wait.on`) has changed. */
  changed(cause: unknown): void {
    this.scheduler.causeChanged(cause);
    // Who waited may be more important than who runs.
    if (this.scheduler.ranked) this.reschedule = true;
  }

  // Running

  /** Run to the end. */
  run(): ExitStatus {
    try {
      while (!this.status) this.scheduler.turn();
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
    }
    this.os.ended?.();
    return present(this.status, 'the exit status');
  }

  /** The host calls that are running; after the end, those out of which it came. */
  get nestedCalls(): NestedCalls {
    return this.callsAtEnd ?? { running: this.hostCalls.running, putAside: this.guestCalls.putAside() };
  }

  /** End the process, from wherever this is called. */
  end(status: ExitStatus): never {
    this.status ??= status;
    this.callsAtEnd ??= {
      running: [...this.hostCalls.running],
      putAside: this.guestCalls.putAside().map((registers) => registers.slice()),
    };
    throw new ProcessEnded();
  }

  /** Run `thread` for at most `quantum` instructions, or until it blocks, ends, or the runnable threads change. */
  runThread(thread: Thread, quantum: number): void {
    this.load(thread);
    // A collector runs another thread in the middle of its own turn.
    const outer = this.turns.thread;
    this.turns.take(thread);
    try {
      this.os.beforeRun?.(thread);
      this.reschedule = false;
      let left = quantum;
      while (left > 0 && thread.runnable && !this.reschedule) {
        left -= this.advance(thread, left, undefined);
      }
    } finally {
      this.turns.take(outer);
    }
  }

  /** One engine run and what it led to. Returns the instructions executed. */
  advance(thread: Thread, limit: number, frame: CallbackFrame | undefined): number {
    const { agenda, budget, clock, engine } = this;
    if (this.loaded !== thread) this.load(thread);
    let allowed = Math.min(limit, budget.left());
    agenda.checkStop();
    const { untilAlarm } = agenda;
    if (untilAlarm <= 0) this.reschedule = true;
    allowed = Math.max(1, Math.min(allowed, agenda.untilStop, untilAlarm));
    engine.setTimestamp(clock.now);
    if (this.events.on) noteResumption(this, thread);
    const reason = engine.run(allowed);
    const { executed } = engine.exit;
    if (executed > 0) thread.ran = true;
    budget.instructions += executed;
    thread.instructions += executed;
    clock.now += executed;
    agenda.checkStop();
    this.exits.settle(thread, reason, frame);
    return executed;
  }

  /** Does the OS's page fault handler put this right? */
  resolveAccess(address: number, access: number): boolean {
    return (
      this.loaded !== undefined && this.osModel?.resolveAccess !== undefined && this.osModel.resolveAccess(this.loaded, address, access)
    );
  }

  /** Host work counts, but that of tidying up after the end. */
  private noteWork(): void {
    if (!this.status) this.budget.left();
  }

  /**
   * The thread's PC is at a gate (a signal handler or start routine that is host code was pushed): run that host
   * function now, without a guest instruction. For OS models that must see it done at once (a suspension acknowledged).
   * False: it is not at one, as somebody has moved the thread.
   */
  runHostFunctionNow(thread: Thread): boolean {
    return this.withThread(thread, (registers) => {
      const gate = this.gates.at(registers.get(this.abi.pc));
      if (gate) this.hostCalls.run(thread, gate, true);
      return gate !== undefined;
    });
  }

  /** The guest function at `address` is called: `fn` sees its arguments while somebody listens to events, and changes nothing. */
  probe(address: number, fn: HostFunction, library: string): void {
    this.probes.add({ address, fn, library, bound: this.abiOf(fn.convention).bind(fn.signature) });
  }

  defineHostFunction(fn: HostFunction, library: string): number {
    return this.gates.define(fn, library);
  }

  close(): void {
    this.engine.close();
  }
}
