/**
 * What the signal frames of Linux on both x86 CPUs share: the floating-point area, and the selectors with which the kernel
 * returns to user code. Source: arch/x86/kernel/signal_64.c, signal_32.c, fpu/signal.c.
 */
import { Fxsave, X87Control } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { X86Frame } from '../posix/frame-x86.js';
import { permitted } from '../posix/frame-memory.js';
import { Selector } from './selectors.js';
import { readFpArea } from './xsave-area.js';

export abstract class LinuxX86Frame extends X86Frame {
  /**
   * The floating-point state becomes that of the area at `address` (0: there is none), which comes to scratch offset `at`;
   * `header`: bytes of an FSAVE image in front of it. False: it is refused, and the state is a new process's.
   */
  protected restoreFloat(address: number, at: number, header = 0): boolean {
    const { frame, image } = this;
    const fx = at + header;
    this.resetFloat(X87Control.extended);
    if (address === 0) return true;
    if (header > 0 && !permitted(() => frame.load(address, at, header))) return false;
    const saved = readFpArea(frame, fx, address + header, header > 0);
    if (!saved) return false;
    const take = (from: number, to: number): void => image.set(frame.bytes.subarray(fx + from, fx + to), from);
    if (saved.x87) {
      take(0, Fxsave.mxcsr);
      take(Fxsave.st, Fxsave.xmm);
      this.tookX87(at);
    }
    if (saved.mxcsr) take(Fxsave.mxcsr, Fxsave.mxcsrMask);
    if (saved.sse) take(Fxsave.xmm, Fxsave.reserved);
    return true;
  }

  /** The x87's part has been taken from the area at scratch offset `at`. */
  protected tookX87(_at: number): void {}

  /**
   * The registers are as the frame says. `kept`: the thread does not go on with them, but gets a signal whose frame shows
   * them, selectors that no processor takes among them: those are in the block alone.
   */
  protected restored(code: number, stack: number, kept: boolean): void {
    const { engine } = this.process;
    if (!kept && code !== (this.registers[X86.cs * 2] & 0xffff)) engine.registers.set(X86.cs, code);
    this.changed();
    if (!kept) return;
    engine.readFloat();
    this.set(X86.cs, code);
    this.set(X86.ss, stack);
  }

  /** A handler runs in the usual segments, whatever was there. */
  protected enterSegments(code: number): void {
    this.set(X86.cs, code);
    this.set(X86.ss, Selector.data);
  }
}
