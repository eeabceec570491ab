/** One running host call: the HostCall that its function sees. */
import type { VarArgs } from '../abi/abi.js';
import type { Arguments, Result, Signature } from '../abi/signature.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Gate } from './gates.js';
import { Blocked, type HostFunction, type VariadicCall, type Wait } from './host-call.js';
import type { Process } from './process.js';
import type { Thread } from './thread.js';

export class RunningCall implements VariadicCall {
  readonly fn: HostFunction;
  /** Stack taken by pushStack so far: where nested calls start. */
  stack: number;

  constructor(
    readonly process: Process,
    readonly thread: Thread,
    readonly gate: Gate,
    readonly sp: number,
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
    return this.process.callGuest(this.thread, address, signature, args, convention);
  }

  pushStack(bytes: number, align = 16): number {
    const registers = this.process.registers(this.thread);
    const top = Math.min(this.stack, registers.get(this.process.abi.sp));
    const address = Math.floor((top - bytes) / align) * align;
    this.stack = address;
    registers.set(this.process.abi.sp, address);
    return address;
  }

  attempt<T>(create: () => T): T {
    const { thread, gate, sp } = this;
    // Attempts further down this stack were left by longjmp: their calls will never complete.
    const onStack = (at: number): boolean => at >= thread.stackBase && at < thread.stackLimit;
    if (onStack(sp)) thread.attempts = thread.attempts.filter((a) => a.sp >= sp || !onStack(a.sp));
    const found = thread.attempts.find((a) => a.gate === gate.address && a.sp === sp);
    if (found) return found.state as T;
    const state = create();
    thread.attempts.push({ gate: gate.address, sp, state });
    return state;
  }

  block(wait: Wait): never {
    throw new Blocked(wait);
  }
}
