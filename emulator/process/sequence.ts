/**
 * Guest functions called one after the other without nesting: initialisers
 * before main, atexit functions, thread-specific destructors. Each returns to
 * one gate, whose host function sets up the next. So they may block, be
 * preempted and suspended like any other guest code.
 */
import type { Arguments, Signature } from '../abi/signature.js';
import type { ProcessCore } from './core.js';
import type { GateTable } from './gates.js';
import type { GuestCalls } from './guest-calls.js';
import { hostFunction, RegistersReplaced } from './host-call.js';

import type { Thread } from './thread.js';

/** Made by guestStep(). */
export interface Step {
  /** Set up the call on `thread`, returning to `returnAddress`. */
  enter(calls: GuestCalls, thread: Thread, returnAddress: number): void;
}

export function guestStep<const S extends string>(address: number, signature: Signature<S>, args: Arguments<S>): Step {
  return { enter: (calls, thread, returnAddress) => calls.enter(thread, address, signature, args, returnAddress) };
}

interface Running {
  steps: Iterator<Step>;
  sp: number;
  done: () => void;
}

export class GuestSequences {
  private readonly gate: number;
  private readonly running = new Map<Thread, Running[]>();

  constructor(
    private readonly process: ProcessCore,
    private readonly guestCalls: GuestCalls,
    gates: GateTable,
  ) {
    this.gate = gates.define(
      hostFunction('next-in-sequence', 'v()', (call) => this.next(call.thread)),
      'emulator',
    );
  }

  /**
   * From a host function (never returns to it): call each step on `thread`, starting from its present SP, then
   * `done`, which must set the registers to what runs next or end the thread.
   */
  start(thread: Thread, steps: Iterator<Step>, done: () => void): never {
    const sp = this.process.registers(thread).get(this.process.abi.sp);
    const stack = this.running.get(thread) ?? [];
    stack.push({ steps, sp, done });
    this.running.set(thread, stack);
    this.next(thread);
  }

  private next(thread: Thread): never {
    const stack = this.running.get(thread) ?? [];
    const top = stack.at(-1);
    if (!top) return this.process.end({ kind: 'error', text: 'the guest returned to a sequence of calls that is not running' });
    const registers = this.process.registers(thread);
    registers.set(this.process.abi.sp, top.sp);
    const step = top.steps.next();
    if (step.done) {
      stack.pop();
      top.done();
    } else {
      step.value.enter(this.guestCalls, thread, this.gate);
    }
    throw new RegistersReplaced();
  }
}
