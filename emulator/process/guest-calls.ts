/**
 * Calls of guest functions by host code: nested on the calling thread's own stack, run until they return to a gate of
 * their own. A guest that leaves one by longjmp unwinds the host frames between.
 */
import type { Value } from '../abi/abi.js';
import type { Arguments, Result, Signature } from '../abi/signature.js';
import { GENERAL_BYTES } from '../cpu/registers.js';
import { Access, RegisterGroup } from '../engine.js';
import { GuestFault } from '../memory/memory-view.js';
import type { ProcessCore } from './core.js';
import type { GateTable } from './gates.js';
import { hostFunction } from './host-call.js';
import type { CallbackFrame, Thread } from './thread.js';

/** How long a guest that has left a callback may run before that is noticed, if it does nothing else that shows it. */
const CALLBACK_QUANTUM = 1_000_000;

/**
 * Calls of the guest within calls of the guest, at most. Programs that mean it need three or four; what goes on and on (a
 * format method that collects) is out of stack here, at a depth that doesn't depend on the host's.
 */
const DEEPEST = 64;

/** Thrown: the guest has left a callback by longjmp, host frames down to its level are given up. */
export class LeftByLongjmp {
  readonly kind = 'left';
}

export class GuestCalls {
  /** Where callbacks return to. */
  readonly returnGate: number;
  /** The general registers of the block, and room to keep them over callbacks, by nesting. */
  private readonly general: Uint32Array;
  private readonly savedRegisters: Uint32Array[] = [];
  private nesting = 0;

  constructor(
    private readonly process: ProcessCore,
    gates: GateTable,
  ) {
    this.general = new Uint32Array(process.engine.registers.buffer, 0, GENERAL_BYTES / 4);
    const stray = hostFunction('callback-return', 'v()', () =>
      process.end({ kind: 'error', text: 'the guest returned to a callback that is not running' }),
    );
    this.returnGate = gates.define(stray, 'emulator');
  }

  /** Call the guest function at `address` on `thread`'s stack and run it to its return. No other thread runs meanwhile. */
  call<const S extends string>(
    thread: Thread,
    address: number,
    signature: Signature<S>,
    args: Arguments<S>,
    convention?: 'stdcall',
  ): Result<S>;
  call(thread: Thread, address: number, signature: string, args: Value[], convention?: 'stdcall'): Value | void {
    const { process, general, returnGate } = this;
    const { abi } = process;
    if (this.nesting >= DEEPEST) throw new GuestFault(thread.stackBase - abi.wordSize, Access.Write);
    const registers = process.load(thread);
    const bound = process.abiOf(convention).bind(signature);
    const saved = (this.savedRegisters[this.nesting] ??= new Uint32Array(general.length));
    saved.set(general);
    bound.enter(registers, process.supervisor, address, args, returnGate);
    const frame: CallbackFrame = {
      sp: registers.get(abi.sp) + (process.cpu === 'arm64' ? 0 : abi.wordSize),
      depth: thread.callbacks.length,
    };
    thread.callbacks.push(frame);
    // Should it be a host function: a call of its own.
    thread.ran = true;
    this.nesting++;
    try {
      do {
        process.advance(thread, CALLBACK_QUANTUM, frame);
        if (!thread.runnable) process.end({ kind: 'error', text: 'a thread ended or stopped inside a callback from the host' });
      } while (registers.get(abi.pc) !== returnGate);
    } finally {
      while (thread.callbacks.length > frame.depth) thread.callbacks.pop();
      this.nesting--;
    }
    const result = bound.result(registers, process.supervisor);
    general.set(saved);
    registers.dirty |= RegisterGroup.General;
    return result;
  }

  /** The general registers, as the block has them, that the calls now running have put aside; outermost first. */
  putAside(): readonly Uint32Array[] {
    return this.savedRegisters.slice(0, this.nesting);
  }

  /** Set up a call of a guest function that returns to `returnAddress`, without running it. */
  enter<const S extends string>(
    thread: Thread,
    address: number,
    signature: Signature<S>,
    args: Arguments<S>,
    returnAddress: number,
    convention?: 'stdcall',
  ): void;
  enter(thread: Thread, address: number, signature: string, args: Value[], returnAddress: number, convention?: 'stdcall'): void {
    const { process } = this;
    process.abiOf(convention).bind(signature).enter(process.registers(thread), process.supervisor, address, args, returnAddress);
  }

  /** The guest stopped at `pc` in the innermost callback: has it jumped out of it, to an outer frame of its stack? */
  checkLeft(thread: Thread, frame: CallbackFrame, pc: number): void {
    const { process } = this;
    const sp = process.engine.registers.get(process.abi.sp);
    const outside = sp > frame.sp && sp <= thread.stackLimit && frame.sp >= thread.stackBase;
    if (outside && !(pc === this.returnGate && frame.depth === thread.callbacks.length - 1 && this.popsArguments(sp, frame))) {
      throw new LeftByLongjmp();
    }
  }

  /** A stdcall callee pops its arguments, so SP at the return may lie a few words above the frame. */
  private popsArguments(sp: number, frame: CallbackFrame): boolean {
    return this.process.cpu === 'ia32' && sp - frame.sp <= 256;
  }
}
