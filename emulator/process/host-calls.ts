/** The calls of host functions by the guest: each is run to an outcome, and what that asks for is done. */
import type { Value } from '../abi/abi.js';
import { GuestFault } from '../memory/memory-view.js';
import { RunningCall } from './call.js';
import { HOST_CALL_UNITS } from './clock.js';
import type { ProcessCore } from './core.js';
import { noteFault } from './fault-events.js';
import type { Gate } from './gates.js';
import { LeftByLongjmp, type GuestCalls } from './guest-calls.js';
import { Blocked, RegistersReplaced } from './host-call.js';
import type { Thread } from './thread.js';

/** What became of an attempt to run a host function that did not return; most are thrown by it. */
export type Outcome = RegistersReplaced | Blocked | GuestFault | LeftByLongjmp;

export class HostCalls {
  /** Calls that were begun. */
  count = 0;
  /** Calls now running, outermost first, over all threads (only one thread at a time is inside). */
  readonly running: RunningCall[] = [];

  constructor(
    private readonly process: ProcessCore,
    private readonly guestCalls: GuestCalls,
  ) {}

  /** `thread` (loaded) stands at `gate`. `isNew`: it has just called; else a call that it was in is taken up again. */
  run(thread: Thread, gate: Gate, isNew: boolean): void {
    const { process } = this;
    const call = new RunningCall(process, this.guestCalls, thread, gate, process.engine.registers.get(process.abi.sp), isNew);
    if (isNew && thread.attempts.length > 0) call.forgetAttempts();
    const depth = thread.callbacks.length;
    this.count++;
    if (this.running.length === 0) process.clock.beginCall(process.budget.instructions);
    process.clock.advance(HOST_CALL_UNITS);
    this.running.push(call);
    try {
      const outcome = this.attempt(call);
      if (outcome !== undefined) return this.settle(call, outcome, depth);
    } finally {
      this.running.pop();
    }
    try {
      call.complete();
    } catch (error) {
      // It has taken away its own stack (munmap): the way back is not there.
      if (!(error instanceof GuestFault)) throw error;
      this.settle(call, error, depth);
    }
    process.agenda.checkStop();
  }

  /** `thread` (loaded) stands at a function of its own for which there is a probe, which only looks. */
  look(thread: Thread, probe: Gate): void {
    const { process } = this;
    const { registers } = process.engine;
    const call = new RunningCall(process, this.guestCalls, thread, probe, registers.get(process.abi.sp), true);
    probe.bound.apply(probe.fn.run, call, registers, process.supervisor);
  }

  /** Undefined: the function returned, and the call has its result. Whatever it did, its thread is loaded afterwards. */
  private attempt(call: RunningCall): Outcome | undefined {
    const { process } = this;
    try {
      const { bound, fn } = call.gate;
      const result = bound.apply(fn.run, call, process.engine.registers, process.user);
      process.load(call.thread);
      if (result instanceof RegistersReplaced) return result;
      call.result = result as Value;
      return undefined;
    } catch (thrown) {
      process.load(call.thread);
      if (
        thrown instanceof RegistersReplaced ||
        thrown instanceof Blocked ||
        thrown instanceof GuestFault ||
        thrown instanceof LeftByLongjmp
      )
        return thrown;
      throw thrown;
    }
  }

  /** The call has not returned (its thread is loaded). `depth`: callbacks that its thread is inside. */
  private settle(call: RunningCall, outcome: Outcome, depth: number): void {
    const { process } = this;
    const { thread } = call;
    switch (outcome.kind) {
      case 'replaced':
        return;
      case 'left': {
        // Further out than the callback that this call was made in?
        const enclosing = thread.callbacks[depth - 1];
        if (enclosing && process.engine.registers.get(process.abi.sp) > enclosing.sp) throw outcome;
        return;
      }
      case 'blocked':
        call.giveBackStack();
        return this.block(thread, outcome, depth > 0);
      case 'faulted': {
        call.giveBackStack();
        const { address, access } = outcome;
        const pc = call.gate.address;
        if (process.events.on) noteFault(process, thread, address, access, pc);
        return process.os.memoryFault(thread, { address, canonical: true, access, size: 1, pc, fromHost: true, exhausted: false });
      }
    }
  }

  private block(thread: Thread, { wait }: Blocked, nested: boolean): void {
    if (nested) {
      this.process.end({
        kind: 'deadlock',
        text: `a callback from the host blocks (${wait.what}) and no other thread can run to release it`,
      });
    }
    thread.block(wait);
    this.process.clock.waited();
    if (this.process.events.on) this.process.events.emit('thread-block', { on: wait.what });
  }
}
