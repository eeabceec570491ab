/**
 * Who was interrupted: the registers that find a function and its callers, out of a signal frame that lies on a stack.
 * Looks only, and at whatever memory that is.
 */
import { Prot } from '../../emulator/engine.js';
import type { FrameRegisters } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';
import type { SignalFrames, StackReader } from './signal-frames.js';

const FRAME_POINTERS = ['rbp', 'ebp', 'x29', 'fp'];
const LINKS = ['x30', 'lr'];

export class InterruptedRegisters implements StackReader {
  private readonly places: { pc: number; sp: number; fp: number; link?: number };

  constructor(
    private readonly process: Process,
    private readonly frames: SignalFrames,
  ) {
    const { pc, sp, mcontext, mcontextSize, nameOf } = frames.context;
    const placeOf = (names: string[]): number | undefined => {
      for (let at = 0; at < mcontextSize; at += process.abi.wordSize) if (names.includes(nameOf(at))) return mcontext + at;
      return undefined;
    };
    const link = placeOf(LINKS);
    this.places = { pc, sp, fp: placeOf(FRAME_POINTERS) ?? 0, ...(link !== undefined && { link }) };
  }

  private isReadable(address: number, bytes: number): boolean {
    const { space } = this.process;
    return [address, address + bytes - 1].every((at) => at >= 0 && (space.protection(at) ?? Prot.None) !== Prot.None);
  }

  /** The word at `address`; undefined where there is none to be read. */
  word(address: number): number | undefined {
    const { supervisor, abi } = this.process;
    return this.isReadable(address, abi.wordSize) ? supervisor.word(address) : undefined;
  }

  /** Does the code at `address` begin so? */
  isCode(address: number, bytes: readonly number[]): boolean {
    if (!this.isReadable(address, bytes.length)) return false;
    const found = this.process.supervisor.bytes(address, bytes.length);
    return bytes.every((byte, i) => byte === found[i]);
  }

  /** By the frame that is at SP when PC is where its handler returns to. */
  by(pc: number, sp: number): FrameRegisters | undefined {
    const context = this.frames.contextAt(pc, sp, this);
    return context === undefined ? undefined : this.read(context);
  }

  private read(context: number): FrameRegisters | undefined {
    const [pc, sp, fp] = [this.places.pc, this.places.sp, this.places.fp].map((at) => this.word(context + at));
    if (pc === undefined || sp === undefined || fp === undefined) return undefined;
    const link = this.places.link === undefined ? undefined : this.word(context + this.places.link);
    return { pc, sp, fp, ...(link !== undefined && { link }) };
  }
}
