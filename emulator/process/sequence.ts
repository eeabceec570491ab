/**
 * Guest functions called one after the other without nesting: initialisers
 * before main, atexit functions, thread-specific destructors. Each returns to
 * one gate, whose host function sets up the next. So they may block, be
 * preempted and suspended like any other guest code.
 */
import type { Value } from '../abi/abi.js';
import { RegistersReplaced, type HostCall } from './host-call.js';
import type { Process } from './process.js';
import type { Thread } from './thread.js';

export interface Step {
  address: number;
  signature: string;
  args: Value[];
  convention?: 'stdcall';
}

interface Running {
  steps: Iterator<Step>;
  sp: number;
  done: () => void;
}

export class GuestSequences {
  private readonly gate: number;
  private readonly running = new Map<Thread, Running[]>();

  constructor(private readonly process: Process) {
    this.gate = process.defineHostFunction(
      { name: 'next-in-sequence', signature: 'v()', run: (call: HostCall) => this.next(call.thread) },
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
    const stack = this.running.get(thread)!;
    const top = stack[stack.length - 1];
    const registers = this.process.registers(thread);
    registers.set(this.process.abi.sp, top.sp);
    const step = top.steps.next();
    if (step.done) {
      stack.pop();
      top.done();
    } else {
      const { address, signature, args, convention } = step.value;
      this.process.enterGuest(thread, address, signature, args, this.gate, convention);
    }
    throw new RegistersReplaced();
  }
}
