/**
 * The functions that a thread is in, innermost first: addresses in each of them. Goes as far as each step is certain
 * enough; where it is not, the list ends.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import type { FrameRegisters } from '../../emulator/process/os-model.js';
import { isReadable, readableBytes } from './readable.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { Arm64Unwinder } from './arm64.js';
import type { Frame, Unwinder } from './frame.js';
import { X86Unwinder, type X86Code } from './x86.js';

const DEEPEST = 256;
/** How far below its end an overflowing stack may have got with one step. */
const BELOW = 0x100000;

export class Backtraces {
  private readonly unwinder: Unwinder;
  private stack = { low: 0, high: 0 };
  private readonly starts = new Map<number, number | undefined>();

  constructor(private readonly process: Process) {
    const { abi, supervisor, cpu, os } = process;
    const { wordSize } = abi;
    const code: X86Code = {
      bytes: (address, count) => supervisor.bytes(address, Math.min(count, readableBytes(process.space, address, count))).slice(),
      isHostReturn: (address) => address === process.guestCalls.returnGate,
      isHandlerReturn: (address, sp) => os.interruptedBy?.(address, sp) !== undefined,
      decode: (address) => (isReadable(process.space, address) ? process.engine.decode(address) : undefined),
      functionAt: (address) => this.functionAt(address),
      mainPart: (start) => this.mainPart(start),
      lowersByEax: (address) => /^_*(chkstk|alloca_probe)$/.test(process.names.find(address)?.function ?? ''),
      isEntry: (start) => {
        const program = process.names.images?.program;
        return program !== undefined && start !== undefined && start - program.base === program.image.entry;
      },
      calleesPop: process.options.abi === 'cdecl',
    };
    const word = (address: number): number | undefined =>
      address >= this.stack.low && address + wordSize <= this.stack.high && address % wordSize === 0 ? supervisor.word(address) : undefined;
    this.unwinder = cpu === 'arm64' ? new Arm64Unwinder(code, word) : new X86Unwinder(wordSize, code, word);
  }

  private functionAt(address: number): number | undefined {
    if (!this.starts.has(address)) {
      const place = this.process.names.find(address);
      this.starts.set(address, place?.function === undefined ? undefined : address - place.offset);
    }
    return this.starts.get(address);
  }

  /** gcc and clang set aside what is seldom run of a function. */
  private mainPart(start: number): number | undefined {
    const { names } = this.process;
    const name = names.find(start)?.function;
    const whole = name?.replace(/\.cold(\.\d+)?$/, '');
    return whole === undefined || whole === name ? undefined : names.addressBeside(start, whole);
  }

  /** Of a thread as it is now, or from a frame of it that is known otherwise. */
  of(thread: Thread, from?: FrameRegisters): Frame[] {
    const { process } = this;
    return process.withThread(thread, (registers) => {
      const { pc, sp } = process.abi;
      const arm = process.cpu === 'arm64';
      const now = {
        pc: registers.get(pc),
        sp: registers.get(sp),
        fp: registers.get(arm ? A64.fp : X86.rbp),
        ...(arm && { link: registers.get(A64.lr) }),
      };
      const frames: Frame[] = [{ ...(from ?? now), interrupted: true }];
      this.stack = this.readableStack(thread, frames[0].sp);
      // A thread in a host function that calls the guest: only one can be.
      const { running, putAside } = process.nestedCalls;
      let level = running.at(-1)?.thread === thread ? putAside.length : 0;
      while (frames.length < DEEPEST) {
        const last = frames[frames.length - 1];
        const kept = process.os.interruptedBy?.(last.pc, last.sp);
        if (kept) {
          // It may have been on another stack.
          this.stack = this.readableStack(thread, kept.sp);
          frames.push({ ...kept, interrupted: !this.hasCalled(kept) });
          continue;
        }
        const next = this.unwinder.caller(last);
        if (!next || next.sp < last.sp) break;
        if (next.pc === process.guestCalls.returnGate) frames.push(this.hostFrame(--level) ?? next);
        else if (this.unwinder.afterCall(next.pc)) frames.push(next);
        else frames.push({ ...next, interrupted: true, handlerEnds: true });
      }
      return frames;
    });
  }

  /**
   * Has the code that was interrupted just come back from a call (of raise, which sent the signal)? At the start of a
   * function that is a call which doesn't return, of the function before it, unless the function itself has just been called.
   */
  private hasCalled({ pc, sp, link }: FrameRegisters): boolean {
    if (!this.unwinder.afterCall(pc)) return false;
    if (this.functionAt(pc) !== pc) return true;
    if (link !== undefined) return link === pc;
    return !this.unwinder.caller({ pc, sp, fp: 0, interrupted: true });
  }

  /** Where the host function of that level, counted from the outermost, was called. */
  private hostFrame(level: number): Frame | undefined {
    const { nestedCalls, cpu } = this.process;
    const [registers, call] = [nestedCalls.putAside[level], nestedCalls.running[level]];
    if (!registers || !call) return undefined;
    const slot = (index: number): number => registers[2 * index] + registers[2 * index + 1] * 2 ** 32;
    const fp = slot(cpu === 'arm64' ? A64.fp : X86.rbp);
    return { pc: call.gate.address, sp: call.sp, fp, ...(cpu === 'arm64' && { link: slot(A64.lr) }), interrupted: true };
  }

  /** What can be read of the stack from `sp` on; of one that has overflowed, from where its memory begins. */
  private readableStack(thread: Thread, sp: number): { low: number; high: number } {
    const { space } = this.process;
    const own = sp < thread.stackLimit && sp >= thread.stackBase - BELOW;
    const limit = own ? thread.stackLimit : Infinity;
    const region = space.find(own ? thread.stackLimit - 1 : sp);
    if (!region) return { low: sp, high: sp };
    const high = Math.min(region.limit, limit);
    let low = sp;
    while (low < high && !isReadable(space, low)) low = (Math.floor(low / space.pageSize) + 1) * space.pageSize;
    return { low, high };
  }
}
