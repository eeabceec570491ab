/**
 * The functions that a thread is in, innermost first: addresses in each of them. Goes as far as each step is certain
 * enough; where it is not, the list ends.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { isReadable, readableBytes } from './readable.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { Arm64Unwinder } from './arm64.js';
import type { Code, Frame, Unwinder } from './frame.js';
import { X86Unwinder } from './x86.js';

const DEEPEST = 256;
/** How far below its end an overflowing stack may have got with one step. */
const BELOW = 0x100000;

export class Backtraces {
  private readonly unwinder: Unwinder;
  private stack = { low: 0, high: 0 };
  /** x30 of the innermost frame, on ARM64. */
  private link = 0;
  private readonly starts = new Map<number, number | undefined>();

  constructor(private readonly process: Process) {
    const { abi, engine, supervisor, names } = process;
    const { wordSize } = abi;
    const code: Code = {
      bytes: (address, count) => supervisor.bytes(address, Math.min(count, readableBytes(process.space, address, count))).slice(),
      isHostReturn: (address) => address === process.guestCalls.returnGate,
      lengthAt: (address) => engine.decode(address)?.length ?? 0,
      functionAt: (address) => {
        if (!this.starts.has(address)) {
          const place = names.find(address);
          this.starts.set(address, place?.function === undefined ? undefined : address - place.offset);
        }
        return this.starts.get(address);
      },
    };
    const word = (address: number): number | undefined =>
      address >= this.stack.low && address + wordSize <= this.stack.high && address % wordSize === 0 ? supervisor.word(address) : undefined;
    this.unwinder = process.cpu === 'arm64' ? new Arm64Unwinder(code, word, () => this.link) : new X86Unwinder(wordSize, code, word);
  }

  /** Of a thread as it is now, or from a frame of it that is known otherwise. */
  of(thread: Thread, from?: Frame): Frame[] {
    const { process } = this;
    return process.withThread(thread, (registers) => {
      const { pc, sp } = process.abi;
      const frame = from ?? {
        pc: registers.get(pc),
        sp: registers.get(sp),
        fp: registers.get(this.process.cpu === 'arm64' ? A64.fp : X86.rbp),
      };
      this.stack = this.readableStack(thread, frame.sp);
      const frames = [frame];
      // A thread in a host function that calls the guest: only one can be.
      let level = process.hostCalls.running.at(-1)?.thread === thread ? process.guestCalls.putAside().length : 0;
      let innermost = true;
      this.link = registers.get(A64.lr);
      while (frames.length < DEEPEST) {
        const last = frames[frames.length - 1];
        const next = this.unwinder.caller(last, innermost);
        if (!next || next.sp < last.sp) break;
        const host = next.pc === process.guestCalls.returnGate ? this.hostFrame(--level) : undefined;
        frames.push(host ?? next);
        innermost = host !== undefined;
      }
      return frames;
    });
  }

  /** Where the host function of that level, counted from the outermost, was called. */
  private hostFrame(level: number): Frame | undefined {
    const { guestCalls, hostCalls, cpu } = this.process;
    const [registers, call] = [guestCalls.putAside()[level], hostCalls.running[level]];
    if (!registers || !call) return undefined;
    const slot = (index: number): number => registers[2 * index] + registers[2 * index + 1] * 2 ** 32;
    this.link = slot(A64.lr);
    return { pc: call.gate.address, sp: call.sp, fp: slot(cpu === 'arm64' ? A64.fp : X86.rbp) };
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
