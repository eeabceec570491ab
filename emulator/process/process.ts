/**
 * A guest process: an address space, threads on one emulated CPU, host
 * functions behind gates, and an OS model that decides what faults and system
 * calls do. Knows no OS: platforms/ builds on it.
 */
import type { Abi, Value } from '../abi/abi.js';
import type { Arguments, Result, Signature } from '../abi/signature.js';
import { abiFor } from '../abi/index.js';
import { GENERAL_BYTES } from '../cpu/registers.js';
import { Access, Exit, type CpuMode, type CpuName, type Engine, type Registers, type X86Selectors } from '../engine.js';
import { EventStream } from '../events.js';
import { AddressSpace } from '../memory/address-space.js';
import { GuestMemory } from '../memory/guest-memory.js';
import { GuestFault, type MemoryView } from '../memory/memory-view.js';
import { openEngine } from '../native-engine.js';
import { RunningCall } from './call.js';
import { HOST_CALL_UNITS, VirtualClock } from './clock.js';
import { CodeNames } from './code-names.js';
import { CpuFault } from './cpu-fault.js';
import { GateTable, type Gate } from './gates.js';
import { Blocked, hostFunction, RegistersReplaced, type HostFunction } from './host-call.js';
import type { ExitStatus, OsModel } from './os-model.js';
import { Scheduler } from './scheduler.js';
import { GuestSequences } from './sequence.js';
import { Thread, type CallbackFrame } from './thread.js';

/** How long a guest that has left a callback may run before that is noticed, if it does nothing else that shows it. */
const CALLBACK_QUANTUM = 1_000_000;

export interface ProcessOptions {
  cpu: CpuName;
  pageSize: number;
  abi: Abi['name'];
  /** Where host functions get their addresses: [base, base + size), never mapped. */
  gates: { base: number; size: number };
  selectors?: Partial<X86Selectors>;
  seed?: number;
  /** Guest instructions, all threads together. */
  budget?: number;
  physicalBytes?: number;
}

/** Ends the run from anywhere, nested calls included. */
export class ProcessEnded extends Error {}

/** The guest left a callback by longjmp: host frames down to its level are given up. */
class LeftByLongjmp extends Error {}

export class Process {
  readonly cpu: CpuName;
  readonly engine: Engine;
  readonly space: AddressSpace;
  /** Memory with the guest's permissions, and whatever they are. */
  readonly user: MemoryView;
  readonly supervisor: MemoryView;
  readonly abi: Abi;
  readonly gates: GateTable;
  readonly names: CodeNames;
  readonly clock = new VirtualClock();
  readonly events = new EventStream();
  readonly scheduler: Scheduler;
  /** Guest functions in a row, without nesting. */
  readonly sequences: GuestSequences;
  readonly threads: Thread[] = [];
  os!: OsModel;
  status: ExitStatus | undefined;
  /** Guest instructions executed, and allowed. */
  instructions = 0;
  readonly budget: number;
  hostCalls = 0;
  /** Calls now running, outermost first, over all threads (only one thread at a time is inside). */
  readonly running: RunningCall[] = [];
  /** Called once when virtual time reaches `at`, wherever that is. */
  stop: { at: number; action: () => void } | undefined;
  /** Set when the runnable threads changed: the scheduler decides anew. */
  reschedule = false;
  private loaded: Thread | undefined;
  /** The general registers of the block, and room to keep them over callbacks, by nesting. */
  private readonly general: Uint32Array;
  private readonly savedRegisters: Uint32Array[] = [];
  private nesting = 0;
  private readonly returnGate: number;
  private readonly stdcall: Abi | undefined;

  constructor(readonly options: ProcessOptions) {
    this.cpu = options.cpu;
    this.engine = openEngine({
      cpu: options.cpu,
      pageSize: options.pageSize,
      ...(options.selectors && { selectors: options.selectors }),
      ...(options.physicalBytes && { physicalBytes: options.physicalBytes }),
    });
    this.general = new Uint32Array(this.engine.registers.buffer, 0, GENERAL_BYTES / 4);
    this.space = new AddressSpace(this.engine);
    this.abi = abiFor(options.abi, this.engine);
    this.stdcall = options.cpu === 'ia32' ? abiFor('stdcall', this.engine) : undefined;
    this.user = new GuestMemory(this.engine, this.abi.wordSize, 'user');
    this.supervisor = new GuestMemory(this.engine, this.abi.wordSize, 'supervisor');
    this.budget = options.budget ?? Infinity;
    this.scheduler = new Scheduler(this, options.seed ?? 0);
    this.gates = new GateTable(options.gates.base, options.gates.size, (fn) => this.abiOf(fn.convention).bind(fn.signature));
    this.names = new CodeNames(this.gates, this.space);
    this.returnGate = this.gates.define(
      hostFunction('callback-return', 'v()', () => this.strayReturn()),
      'emulator',
    );
    this.sequences = new GuestSequences(this);
    this.events.now = () => this.whereNow();
  }

  private abiOf(convention: 'stdcall' | undefined): Abi {
    return (convention === 'stdcall' && this.stdcall) || this.abi;
  }

  private whereNow(): { t: number; thread: number; pc: number } {
    const thread = this.loaded;
    return { t: this.clock.now, thread: thread?.id ?? 0, pc: thread ? this.engine.registers.get(this.abi.pc) : 0 };
  }

  private strayReturn(): never {
    return this.end({ kind: 'error', text: 'the guest returned to a callback that is not running' });
  }

  // Threads

  createThread(name: string, mode?: CpuMode): Thread {
    const thread = new Thread(this.threads.length + 1, name, this.engine.newContext(mode));
    this.threads.push(thread);
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

  endThread(thread: Thread, exitValue: number): void {
    thread.state = 'ended';
    thread.exitValue = exitValue;
    thread.wait = undefined;
    thread.attempts = [];
    this.reschedule = true;
    this.events.emit('thread-end', { ended: thread.id, value: exitValue });
  }

  // Running

  /** Run to the end. */
  run(): ExitStatus {
    try {
      while (!this.status) this.scheduler.turn();
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
    }
    return this.status!;
  }

  /** End the process, from wherever this is called. */
  end(status: ExitStatus): never {
    this.status ??= status;
    throw new ProcessEnded();
  }

  /** Run `thread` for at most `quantum` instructions, or until it blocks, ends, or the runnable threads change. */
  runThread(thread: Thread, quantum: number): void {
    this.load(thread);
    this.os.beforeRun?.(thread);
    this.reschedule = false;
    let left = quantum;
    while (left > 0 && thread.runnable && !this.reschedule) {
      left -= this.advance(thread, left, undefined);
    }
  }

  /** One engine run and what it led to. Returns the instructions executed. */
  private advance(thread: Thread, limit: number, frame: CallbackFrame | undefined): number {
    const engine = this.engine;
    if (this.loaded !== thread) this.load(thread);
    let allowed = Math.min(limit, this.budget - this.instructions);
    if (allowed <= 0) this.end({ kind: 'budget' });
    if (this.stop && this.clock.now >= this.stop.at) this.reachStop();
    if (this.stop) allowed = Math.max(1, Math.min(allowed, this.stop.at - this.clock.now));
    engine.setTimestamp(this.clock.now);
    if (this.events.on) this.noteResumption(thread);
    const reason = engine.run(allowed);
    const exit = engine.exit;
    const executed = exit.executed;
    this.instructions += executed;
    thread.instructions += executed;
    this.clock.now += executed;
    if (this.stop && this.clock.now >= this.stop.at) this.reachStop();
    if (reason === Exit.Fault) {
      if (exit.access === Access.Fetch) {
        const gate = this.gates.at(exit.address);
        if (gate) {
          if (frame) this.checkLongjmp(thread, frame, exit.address);
          if (!(frame && exit.address === this.returnGate)) this.hostCall(thread, gate);
          return executed;
        }
      }
      if (frame) this.checkLongjmp(thread, frame, exit.address);
      if (this.events.on) this.noteFault(thread, exit.address, exit.access, exit.pc);
      this.os.memoryFault(thread, new CpuFault(exit));
      return executed;
    }
    if (frame) this.checkLongjmp(thread, frame, exit.pc);
    switch (reason) {
      case Exit.Budget:
        break;
      case Exit.SystemCall:
        this.os.systemCall(thread, exit.number, exit.detail);
        break;
      case Exit.Interrupt:
        this.os.interrupt(thread, exit.number, exit.detail);
        break;
      case Exit.InvalidInstruction:
      case Exit.Halt:
        this.os.invalidInstruction(thread);
        break;
      case Exit.Breakpoint:
      case Exit.Watchpoint:
        this.scheduler.breakpoint(thread);
        break;
    }
    return executed;
  }

  /** `fault`: an access refused, at its exact PC; `fault-resume`: the thread is back at that PC, to try it again. */
  private noteFault(thread: Thread, address: number, access: number, pc: number): void {
    this.events.emit('fault', { address, access });
    thread.faultPc = pc;
  }

  private noteResumption(thread: Thread): void {
    if (thread.faultPc === undefined || this.engine.registers.get(this.abi.pc) !== thread.faultPc) return;
    thread.faultPc = undefined;
    this.events.emit('fault-resume');
  }

  private reachStop(): void {
    const { action } = this.stop!;
    this.stop = undefined;
    action();
  }

  // Host calls

  private hostCall(thread: Thread, gate: Gate): void {
    const registers = this.engine.registers;
    const spSlot = this.abi.sp;
    const call = new RunningCall(this, thread, gate, registers.get(spSlot));
    const depth = thread.callbacks.length;
    this.hostCalls++;
    this.clock.now += HOST_CALL_UNITS;
    this.running.push(call);
    thread.hostCalls.push(gate.fn.name);
    let result: Value | RegistersReplaced | void;
    try {
      result = gate.fn.run(call, ...gate.bound.arguments(registers, this.user));
      if (result instanceof RegistersReplaced) return void this.load(thread);
    } catch (error) {
      this.load(thread);
      if (error instanceof LeftByLongjmp) {
        const enclosing = thread.callbacks[depth - 1];
        if (enclosing && registers.get(spSlot) > enclosing.sp) throw error;
        return;
      }
      if (error instanceof RegistersReplaced) return;
      if (error instanceof Blocked) {
        if (call.stack !== call.sp) registers.set(spSlot, call.sp);
        return this.block(thread, error, depth > 0);
      }
      if (error instanceof GuestFault) {
        if (call.stack !== call.sp) registers.set(spSlot, call.sp);
        thread.hostCalls.pop();
        if (this.events.on) this.noteFault(thread, error.address, error.access, gate.address);
        try {
          return this.os.memoryFault(thread, {
            address: error.address,
            canonical: true,
            access: error.access,
            size: 1,
            pc: gate.address,
            fromHost: true,
            exhausted: false,
          });
        } finally {
          thread.hostCalls.push(gate.fn.name);
        }
      }
      throw error;
    } finally {
      this.running.pop();
      thread.hostCalls.pop();
    }
    if (this.loaded !== thread) this.load(thread);
    if (thread.attempts.length > 0) thread.attempts = thread.attempts.filter((a) => a.gate !== gate.address || a.sp !== call.sp);
    if (call.stack !== call.sp) registers.set(spSlot, call.sp);
    gate.bound.returns(registers, this.supervisor, result as Value);
    if (this.stop && this.clock.now >= this.stop.at) this.reachStop();
  }

  private block(thread: Thread, blocked: Blocked, nested: boolean): void {
    if (nested) {
      this.end({ kind: 'error', text: `a callback from the host blocks (${blocked.wait.what}) and no other thread can run to release it` });
    }
    thread.state = 'blocked';
    thread.wait = blocked.wait;
    this.events.emit('thread-block', { on: blocked.wait.what });
  }

  /**
   * The thread's PC is at a gate (a signal handler or start routine that is host code was pushed): run that host
   * function now, without a guest instruction. For OS models that must see it done at once (a suspension acknowledged).
   */
  runHostFunctionNow(thread: Thread): void {
    this.withThread(thread, (registers) => {
      const gate = this.gates.at(registers.get(this.abi.pc));
      if (!gate) throw new Error(`thread ${thread.id} is not at a host function`);
      this.hostCall(thread, gate);
    });
  }

  /** Call the guest function at `address` on `thread`'s stack and run it to its return. No other thread runs meanwhile. */
  callGuest<const S extends string>(
    thread: Thread,
    address: number,
    signature: Signature<S>,
    args: Arguments<S>,
    convention?: 'stdcall',
  ): Result<S>;
  callGuest(thread: Thread, address: number, signature: string, args: Value[], convention?: 'stdcall'): Value | void {
    const registers = this.load(thread);
    const bound = this.abiOf(convention).bind(signature);
    const { general } = this;
    const saved = (this.savedRegisters[this.nesting] ??= new Uint32Array(general.length));
    saved.set(general);
    bound.enter(registers, this.supervisor, address, args, this.returnGate);
    const frame: CallbackFrame = {
      sp: registers.get(this.abi.sp) + (this.cpu === 'arm64' ? 0 : this.abi.wordSize),
      depth: thread.callbacks.length,
    };
    thread.callbacks.push(frame);
    this.nesting++;
    try {
      do {
        this.advance(thread, CALLBACK_QUANTUM, frame);
        if (!thread.runnable) this.end({ kind: 'error', text: 'a thread ended or stopped inside a callback from the host' });
      } while (registers.get(this.abi.pc) !== this.returnGate);
    } finally {
      thread.callbacks.length = frame.depth;
      this.nesting--;
    }
    const result = bound.result(registers, this.supervisor);
    general.set(saved);
    registers.dirty |= 1;
    return result;
  }

  /** Set up a call of a guest function that returns to `returnAddress`, without running it. */
  enterGuest<const S extends string>(
    thread: Thread,
    address: number,
    signature: Signature<S>,
    args: Arguments<S>,
    returnAddress: number,
    convention?: 'stdcall',
  ): void;
  enterGuest(thread: Thread, address: number, signature: string, args: Value[], returnAddress: number, convention?: 'stdcall'): void {
    this.abiOf(convention).bind(signature).enter(this.registers(thread), this.supervisor, address, args, returnAddress);
  }

  /** Has the guest jumped out of the innermost callback to an outer frame of its stack? */
  private checkLongjmp(thread: Thread, frame: CallbackFrame, pc: number): void {
    const sp = this.engine.registers.get(this.abi.sp);
    const outside = sp > frame.sp && sp <= thread.stackLimit && frame.sp >= thread.stackBase;
    if (outside && !(pc === this.returnGate && frame.depth === thread.callbacks.length - 1 && this.popsArguments(sp, frame))) {
      throw new LeftByLongjmp();
    }
  }

  /** A stdcall callee pops its arguments, so SP at the return may lie a few words above the frame. */
  private popsArguments(sp: number, frame: CallbackFrame): boolean {
    return this.cpu === 'ia32' && sp - frame.sp <= 256;
  }

  defineHostFunction(fn: HostFunction, library: string): number {
    return this.gates.define(fn, library);
  }

  close(): void {
    this.engine.close();
  }
}
