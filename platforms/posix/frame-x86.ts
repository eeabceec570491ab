/**
 * What the signal frames of Linux and FreeBSD on x86 share, whatever their layouts: the scratch buffer, registers copied
 * by lists of slots in the frame's order, flags, the floating-point state that a handler begins with.
 */
import { Fxsave, fxsaveImage, initialFxsave } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags, STATUS_FLAGS } from '../../emulator/cpu/x86-flags.js';
import { RegisterGroup } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import { FrameMemory } from './frame-memory.js';
import { emptySet } from './signal-set.js';
import type { SignalTraits } from './traits.js';

/** Flags that every kernel lets user code change by a frame. */
export const COMMON_USER_FLAGS = STATUS_FLAGS | Eflags.TF | Eflags.DF | Eflags.AC;

export abstract class X86Frame {
  protected readonly frame: FrameMemory;
  /** What sigreturn answers; valid until the next. */
  protected readonly mask = emptySet();
  /** The register block in 32-bit words: two for each slot. */
  protected readonly registers: Uint32Array;
  protected readonly image: Uint8Array;

  constructor(
    protected readonly process: Process,
    protected readonly traits: SignalTraits,
    /** Bytes of the frame with all that belongs to it. */
    size: number,
  ) {
    this.frame = new FrameMemory(process, (size + 15) & ~15);
    this.registers = new Uint32Array(process.engine.registers.buffer);
    this.image = fxsaveImage(process.engine);
  }

  /** 64-bit registers to the scratch, one after the other from byte `at`. */
  protected storeWide(slots: readonly number[], at: number): void {
    const { registers: r } = this;
    const w = this.frame.words;
    let word = at >>> 2;
    for (const slot of slots) {
      w[word++] = r[slot * 2];
      w[word++] = r[slot * 2 + 1];
    }
  }

  protected loadWide(slots: readonly number[], at: number): void {
    const { registers: r } = this;
    const w = this.frame.words;
    let word = at >>> 2;
    for (const slot of slots) {
      r[slot * 2] = w[word++];
      r[slot * 2 + 1] = w[word++];
    }
  }

  /** 32-bit registers to the scratch; a negative slot leaves its word to others. */
  protected storeNarrow(slots: readonly number[], at: number): void {
    const { registers: r } = this;
    const w = this.frame.words;
    const first = at >>> 2;
    for (let i = 0; i < slots.length; i++) if (slots[i] >= 0) w[first + i] = r[slots[i] * 2];
  }

  /** And back, selectors to their 16 bits. */
  protected loadNarrow(slots: readonly number[], at: number): void {
    const w = this.frame.words;
    const first = at >>> 2;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      if (slot >= 0) this.set(slot, isSelector(slot) ? w[first + i] & 0xffff : w[first + i]);
    }
  }

  /** A register of 32 bits. */
  protected set(slot: number, value: number): void {
    this.registers[slot * 2] = value;
    this.registers[slot * 2 + 1] = 0;
  }

  /** The handler's state beside its arguments: PC, SP, `cleared` flags clear, a floating-point unit as new. */
  protected enterHandler(pc: number, sp: number, cleared: number, controlWord: number): void {
    const { registers } = this.process.engine;
    registers.set(X86.rip, pc);
    registers.set(X86.rsp, sp);
    registers.set(X86.rflags, (this.registers[X86.rflags * 2] & ~cleared) >>> 0);
    this.resetFloat(controlWord);
    this.process.engine.writeFloat();
  }

  protected resetFloat(controlWord: number): void {
    initialFxsave(this.image, controlWord);
  }

  /** Bits that the CPU lacks would be a fault. */
  protected maskMxcsr(): void {
    this.image[Fxsave.mxcsr + 2] = 0;
    this.image[Fxsave.mxcsr + 3] = 0;
  }

  /** General registers and floating-point state have been changed in the block. */
  protected changed(): void {
    this.process.engine.registers.dirty |= RegisterGroup.General;
    this.process.engine.writeFloat();
  }
}

/** Slots cs, ss, ds, es, fs and gs follow one another. */
function isSelector(slot: number): boolean {
  return slot >= X86.cs && slot <= X86.gs;
}
