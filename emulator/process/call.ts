/** One running host call: the HostCall that its function sees. */
import type { Value, VarArgs } from '../abi/abi.js';
import type { Arguments, Result, Signature } from '../abi/signature.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { ProcessCore } from './core.js';
import type { Gate } from './gates.js';
import type { GuestCalls } from './guest-calls.js';
import { Blocked, type HostFunction, type VariadicCall } from './host-call.js';
import type { Thread } from './thread.js';
import type { Wait } from './wait.js';

export class RunningCall implements VariadicCall {
  readonly fn: HostFunction;
  /** Stack taken by pushStack so far: where nested calls start. */
  stack: number;
  /** What the function returned. */
  result: Value = undefined;

  constructor(
    readonly process: ProcessCore,
    private readonly guestCalls: GuestCalls,
    readonly thread: Thread,
    readonly gate: Gate,
    readonly sp: number,
    readonly isNew: boolean,
  ) {
    this.fn = gate.fn;
    this.stack = sp;
  }

  get memory(): MemoryView {
    return this.process.user;
  }

  get supervisor(): MemoryView {
    return this.process.supervisor;
  }

  get returnAddress(): number {
    return this.process.cpu === 'arm64' ? this.process.registers(this.thread).get(30) : this.process.supervisor.word(this.sp);
  }

  varargs(): VarArgs {
    return this.gate.bound.varargs(this.process.registers(this.thread), this.memory);
  }

  callGuest<const S extends string>(address: number, signature: Signature<S>, args: Arguments<S>, convention?: 'stdcall'): Result<S> {
    return this.guestCalls.call(this.thread, address, signature, args, convention);
  }

  pushStack(bytes: number, align = 16): number {
    const registers = this.process.registers(this.thread);
    const top = Math.min(this.stack, registers.get(this.process.abi.sp));
    const address = Math.floor((top - bytes) / align) * align;
    this.stack = address;
    registers.set(this.process.abi.sp, address);
    return address;
  }

  attempted<T>(): T | undefined {
    const { thread, gate, sp } = this;
    if (thread.attempts.length === 0) return undefined;
    // Attempts further down this stack were left by longjmp: their calls will never complete.
    const onStack = (at: number): boolean => at >= thread.stackBase && at < thread.stackLimit;
    if (onStack(sp)) thread.attempts = thread.attempts.filter((a) => a.sp >= sp || !onStack(a.sp));
    return thread.attempts.find((a) => a.gate === gate.address && a.sp === sp)?.state as T | undefined;
  }

  attempt<T>(create: () => T): T {
    const { thread, gate, sp } = this;
    const found = this.attempted<T>();
    if (found !== undefined) return found;
    const state = create();
    thread.attempts.push({ gate: gate.address, sp, state });
    return state;
  }

  /** Those of a call that stood here and was left (by longjmp, say, out of a handler): it will never complete. */
  forgetAttempts(): void {
    const { thread, gate, sp } = this;
    thread.attempts = thread.attempts.filter((a) => a.gate !== gate.address || a.sp !== sp);
  }

  giveBackStack(): void {
    if (this.stack !== this.sp) this.process.engine.registers.set(this.process.abi.sp, this.sp);
  }

  /** The function has returned: so does the call (its thread is loaded). */
  complete(): void {
    const { thread, gate, sp, process } = this;
    const { attempts } = thread;
    if (attempts.length > 0) {
      const last = attempts[attempts.length - 1];
      if (last.gate === gate.address && last.sp === sp) attempts.pop();
      else this.forgetAttempts();
    }
    this.giveBackStack();
    gate.bound.returns(process.engine.registers, process.supervisor, this.result);
  }

  block(wait: Wait): never {
    throw new Blocked(wait);
  }
}
