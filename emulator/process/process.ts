/**
 * A guest process: an address space, threads on one emulated CPU, host
 * functions behind gates, and an OS model that decides what faults and system
 * calls do. Knows no OS: platforms/ builds on it.
 */
import { present } from '../present.js';
import type { Abi, Word } from '../abi/abi.js';
import { abiFor } from '../abi/index.js';
import { Access, Exit, type CpuMode, type CpuName, type Engine, type Registers, type X86Selectors } from '../engine.js';
import { EventStream } from '../events.js';
import { AddressSpace } from '../memory/address-space.js';
import { GuestMemory } from '../memory/guest-memory.js';
import { DEFAULT_MEMORY, MemoryLimit, MOST_MEMORY } from '../memory/memory-limit.js';
import type { MemoryView } from '../memory/memory-view.js';
import { openEngine } from '../native-engine.js';
import { Alarms } from './alarms.js';
import { VirtualClock } from './clock.js';
import { CodeNames } from './code-names.js';
import type { ProcessCore } from './core.js';
import { CpuFault } from './cpu-fault.js';
import { GateTable, type GateOptions } from './gates.js';
import { GuestCalls } from './guest-calls.js';
import type { HostFunction } from './host-call.js';
import { HostCalls } from './host-calls.js';
import type { ExitStatus, FrameRegisters, OsModel } from './os-model.js';
import { Probes } from './probes.js';
import { Scheduler } from './scheduler.js';
import { GuestSequences } from './sequence.js';
import { Thread, type CallbackFrame } from './thread.js';
import { FaultMarker, softwareInterrupt } from './x86-traps.js';

export interface ProcessOptions {
  cpu: CpuName;
  pageSize: number;
  abi: Abi['name'];
  /** Where host functions get their addresses: [base, base + size), never executable. */
  gates: GateOptions;
  selectors?: Partial<X86Selectors>;
  seed?: number;
  /** Guest instructions, all threads together. */
  budget?: number;
  /** Bytes that the host may hold for the guest (memory/memory-limit.ts). */
  memory?: number;
}

/** What the host keeps for a thread, its saved registers above all; in bytes. */
const THREAD_COST = 32768;
/** Beside that, what it touches of its stack before it runs. */
const THREAD_START = 65536;
/** The same number on every OS that has signals. */
const SIGKILL = 9;

/** Ends the run from anywhere, nested calls included. */
class ProcessEnded extends Error {}

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
  /** Timers of the OS. */
  readonly alarms = new Alarms();
  /** Those that go by the CPU time of the process (VirtualClock.busy). */
  readonly busyAlarms = new Alarms();
  readonly events = new EventStream();
  readonly scheduler: Scheduler;
  readonly hostCalls: HostCalls;
  readonly guestCalls: GuestCalls;
  /** Guest functions in a row, without nesting. */
  readonly sequences: GuestSequences;
  readonly probes: Probes;
  /** Those that have not ended, lowest number first, and the main thread. */
  readonly threads: Thread[] = [];
  /** Threads that have ever been. */
  threadsMade = 0;
  /** Who hears of a thread that has ended, while its registers are still there. */
  readonly onThreadGone: ((thread: Thread) => void)[] = [];
  private readonly ended: Thread[] = [];
  private osModel: OsModel | undefined;
  status: ExitStatus | undefined;
  /** Registers that the current thread had when it did what the process died of, where it has others now. */
  diedAt: FrameRegisters | undefined;
  /** Guest instructions executed; and allowed, with the host work that counts as such (clock.ts). */
  instructions = 0;
  readonly budget: number;
  /** Called once when virtual time reaches `at`, wherever that is. */
  stop: { at: number; action: () => void } | undefined;
  /** Ends the run as soon as its first element is a signal's number: somebody outside wants no more of it. */
  interrupt: Int32Array | undefined;
  /** Set when the runnable threads changed: the scheduler decides anew. */
  reschedule = false;
  private loaded: Thread | undefined;
  private turn: { thread: Thread; began: number } | undefined;
  private readonly faultMarker: FaultMarker | undefined;
  private readonly stdcall: Abi | undefined;

  constructor(readonly options: ProcessOptions) {
    this.cpu = options.cpu;
    const memory = options.memory ?? DEFAULT_MEMORY;
    this.engine = openEngine({
      cpu: options.cpu,
      pageSize: options.pageSize,
      ...(options.selectors && { selectors: options.selectors }),
      physicalBytes: Math.min(memory, MOST_MEMORY - options.pageSize),
    });
    if (options.cpu !== 'arm64') this.faultMarker = new FaultMarker(this.engine.registers);
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
    this.budget = options.budget ?? Infinity;
    this.scheduler = new Scheduler(this, options.seed ?? 0);
    this.gates = new GateTable(options.gates, (fn) => this.abiOf(fn.convention).bind(fn.signature));
    this.names = new CodeNames(this.gates, this.space);
    this.guestCalls = new GuestCalls(this, this.gates);
    this.hostCalls = new HostCalls(this, this.guestCalls);
    this.sequences = new GuestSequences(this, this.guestCalls, this.gates);
    this.probes = new Probes(this.engine, this.events);
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

  // Threads

  createThread(name: string, mode?: CpuMode): Thread {
    this.memoryLimit.mustTake(THREAD_COST);
    const thread = new Thread(++this.threadsMade, name, this.engine.newContext(mode), this.scheduler.threadMoved);
    this.threads.push(thread);
    this.reschedule = true;
    return thread;
  }

  /** May another thread be made? Where not, the OS has an error for that. */
  get roomForThread(): boolean {
    return this.memoryLimit.held + THREAD_COST + THREAD_START <= this.memoryLimit.limit;
  }

  /** Between turns, when nobody looks at them any more: what the host kept for threads that have ended. */
  forgetEnded(): void {
    for (const thread of this.ended.splice(0)) {
      for (const hear of this.onThreadGone) hear(thread);
      if (this.loaded === thread) this.loaded = undefined;
      this.threads.splice(this.threads.indexOf(thread), 1);
      this.engine.freeContext(thread.context);
      this.memoryLimit.give(THREAD_COST);
    }
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
    return this.loaded === thread ? this.engine.registers : this.load(thread);
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
    // The main thread's number and name are asked for to the end.
    if (thread.state !== 'ended' && thread.id !== 1) this.ended.push(thread);
    thread.state = 'ended';
    thread.exitValue = exitValue;
    thread.wait = undefined;
    thread.attempts = [];
    this.osModel?.threadEnded?.(thread);
    this.changed(thread);
    this.reschedule = true;
    this.events.emit('thread-end', { ended: thread.id, value: exitValue });
  }

  /** What threads may wait for (`Wait.on`) has changed. */
  changed(cause: unknown): void {
    this.scheduler.causeChanged(cause);
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

  /** End the process, from wherever this is called. */
  end(status: ExitStatus): never {
    this.status ??= status;
    throw new ProcessEnded();
  }

  /** Run `thread` for at most `quantum` instructions, or until it blocks, ends, or the runnable threads change. */
  runThread(thread: Thread, quantum: number): void {
    this.load(thread);
    // A collector runs another thread in the middle of its own turn.
    const outer = this.turn?.thread;
    this.turnTo(thread);
    try {
      this.os.beforeRun?.(thread);
      this.reschedule = false;
      let left = quantum;
      while (left > 0 && thread.runnable && !this.reschedule) {
        left -= this.advance(thread, left, undefined);
      }
    } finally {
      this.turnTo(outer);
    }
  }

  private turnTo(thread: Thread | undefined): void {
    const { now } = this.clock;
    if (this.turn) this.turn.thread.busy += now - this.turn.began;
    this.turn = thread && { thread, began: now };
  }

  /** Virtual time that passed while it was this thread's turn. */
  busyTime(thread: Thread): number {
    return thread.busy + (this.turn?.thread === thread ? this.clock.now - this.turn.began : 0);
  }

  /** One engine run and what it led to. Returns the instructions executed. */
  advance(thread: Thread, limit: number, frame: CallbackFrame | undefined): number {
    const engine = this.engine;
    if (this.loaded !== thread) this.load(thread);
    let allowed = Math.min(limit, this.checkBudget());
    this.checkStop();
    if (this.stop) allowed = Math.max(1, Math.min(allowed, this.stop.at - this.clock.now));
    const untilAlarm = Math.min(this.alarms.next - this.clock.now, this.busyAlarms.next - this.clock.busy);
    if (untilAlarm < Infinity) {
      allowed = Math.max(1, Math.min(allowed, untilAlarm));
      if (untilAlarm <= 0) this.reschedule = true;
    }
    engine.setTimestamp(this.clock.now);
    if (this.events.on) this.noteResumption(thread);
    const reason = engine.run(allowed);
    const exit = engine.exit;
    const executed = exit.executed;
    this.instructions += executed;
    thread.instructions += executed;
    this.clock.now += executed;
    this.checkStop();
    if (reason === Exit.Fault) {
      if (exit.access === Access.Fetch) {
        const gate = this.gates.at(exit.address);
        if (gate) {
          if (frame) this.guestCalls.checkLeft(thread, frame, exit.address);
          if (!(frame && exit.address === this.guestCalls.returnGate)) this.hostCalls.run(thread, gate);
          return executed;
        }
      }
      if (frame) this.guestCalls.checkLeft(thread, frame, exit.address);
      if (exit.canonical && this.resolveAccess(exit.address, exit.access)) return executed;
      if (this.events.on) this.noteFault(thread, exit.address, exit.access, exit.pc);
      this.faultMarker?.mark(exit);
      this.os.memoryFault(thread, new CpuFault(exit));
      return executed;
    }
    if (frame) this.guestCalls.checkLeft(thread, frame, exit.pc);
    switch (reason) {
      case Exit.Budget:
        break;
      case Exit.SystemCall:
        this.os.systemCall(thread, exit.number, exit.detail);
        break;
      case Exit.Interrupt:
        this.faultMarker?.mark(exit);
        this.os.interrupt(thread, exit.number, exit.detail);
        break;
      case Exit.SoftwareInterrupt:
        softwareInterrupt(this.os, thread, engine.registers, exit.number, exit.detail);
        break;
      case Exit.InvalidInstruction:
      case Exit.Halt:
        this.faultMarker?.mark(exit);
        this.os.invalidInstruction(thread);
        break;
      case Exit.Breakpoint: {
        const probe = this.probes.at(exit.pc);
        if (probe) this.hostCalls.look(thread, probe);
        else this.scheduler.breakpoint(thread);
        break;
      }
      case Exit.Watchpoint:
        this.scheduler.breakpoint(thread);
        break;
    }
    return executed;
  }

  private resolveAccess(address: number, access: number): boolean {
    return (
      this.loaded !== undefined && this.osModel?.resolveAccess !== undefined && this.osModel.resolveAccess(this.loaded, address, access)
    );
  }

  /** What is left of the budget; ends the run when that is nothing, or when somebody outside wants it to end. */
  /** Host work counts, but that of tidying up after the end. */
  private noteWork(): void {
    if (!this.status) this.checkBudget();
  }

  private checkBudget(): number {
    if (this.interrupt !== undefined && this.interrupt[0] !== 0) this.end({ kind: 'interrupted', signal: this.interrupt[0] });
    const left = this.budget - this.instructions - this.clock.counted;
    if (left <= 0) this.end({ kind: 'budget' });
    return left;
  }

  /** `fault`: an access refused, at its exact PC; `fault-resume`: the thread is back at that PC, to try it again. */
  noteFault(thread: Thread, address: number, access: number, pc: number): void {
    this.events.emit('fault', { address, access });
    thread.faultPc = pc;
  }

  private noteResumption(thread: Thread): void {
    if (thread.faultPc === undefined || this.engine.registers.get(this.abi.pc) !== thread.faultPc) return;
    thread.faultPc = undefined;
    this.events.emit('fault-resume');
  }

  checkStop(): void {
    const { stop } = this;
    if (stop === undefined || this.clock.now < stop.at) return;
    this.stop = undefined;
    stop.action();
  }

  /**
   * The thread's PC is at a gate (a signal handler or start routine that is host code was pushed): run that host
   * function now, without a guest instruction. For OS models that must see it done at once (a suspension acknowledged).
   * False: it is not at one, as somebody has moved the thread.
   */
  runHostFunctionNow(thread: Thread): boolean {
    return this.withThread(thread, (registers) => {
      const gate = this.gates.at(registers.get(this.abi.pc));
      if (gate) this.hostCalls.run(thread, gate);
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
