/**
 * The signal frame of Linux on ARM64: siginfo, ucontext with tagged records in its
 * reserved area, and a frame record above them. Source: arch/arm64/kernel/signal.c and
 * uapi/asm/sigcontext.h; offsets observed under QEMU.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { A64, FLOAT_BYTES, FLOAT_OFFSET } from '../../emulator/cpu/registers.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { changeAlternateStack } from '../posix/alternate-stack.js';
import { FrameMemory, permitted } from '../posix/frame-memory.js';
import { posixThread, type SignalAction, type SignalInfo } from '../posix/posix-thread.js';
import { frameStart, type ContextLayout, type StackReader } from '../posix/signal-frames.js';
import { emptySet, type SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import { BAD_FRAME, type FrameReturn, type LinuxFrames } from './frame.js';
import { writeSiginfo } from './siginfo.js';
import type { VdsoCode } from './vdso.js';

// prettier-ignore
export const Frame = {
  siginfo: 0, ucontext: 0x80, stack: 0x90, sigmask: 0xa8, mcontext: 0x130, regs: 0x138, sp: 0x230, pc: 0x238, pstate: 0x240, reserved: 0x250, end: 0x1250,
} as const;
const RECORD_SIZE = 16;

export const Record = { FPSIMD: 0x46508001, ESR: 0x45535201 } as const;
const FPSIMD_SIZE = 528;
const ESR_SIZE = 16;
/** Where the end record is after FPSIMD and ESR, and a little more. */
const RECORDS_END = Frame.reserved + FPSIMD_SIZE + ESR_SIZE;
const USUAL_END = RECORDS_END + 16;
/** What user code may change of its state. */
const USER_PSTATE = Pstate.NZCV;

/** mov x8, #139; svc #0: what debuggers, too, know the end of a handler by. */
const RESTORER = [0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4];

export class FrameArm64 implements LinuxFrames {
  readonly context: ContextLayout = {
    ucontextSize: 4560,
    mcontext: Frame.mcontext - Frame.ucontext,
    mcontextSize: 4384,
    sp: Frame.sp - Frame.ucontext,
    pc: Frame.pc - Frame.ucontext,
    nameOf: (offset) => arm64ContextName(offset),
  };
  private readonly frame: FrameMemory;
  /** What sigreturn answers; valid until the next. */
  private readonly mask = emptySet();
  private readonly registers: Uint32Array;
  private readonly vectors: Uint8Array;

  constructor(
    private readonly process: Process,
    private readonly traits: SignalTraits,
    /** Where actions without a restorer return to. */
    private readonly vdso: Pick<VdsoCode, 'rtSigreturn'>,
  ) {
    this.frame = new FrameMemory(process, Frame.end + RECORD_SIZE);
    this.registers = new Uint32Array(process.engine.registers.buffer);
    this.vectors = new Uint8Array(process.engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    const { process, frame, registers: r, traits } = this;
    const { engine } = process;
    const state = posixThread(thread);
    const sp = engine.registers.get(A64.sp);
    const start = frameStart(state, sp, action, traits) - RECORD_SIZE;
    const record = start - (start % 16);
    const base = record - Frame.end;
    if (!(base >= 4096)) return false;
    engine.readFloat();
    const w = frame.words;
    const wantsInfo = (action.flags & traits.flags.SIGINFO) !== 0;
    if (wantsInfo) writeSiginfo(frame, Frame.siginfo, info, 8);
    w.fill(0, Frame.ucontext >>> 2, Frame.stack >>> 2);
    frame.put64(Frame.stack, state.altStack.sp);
    frame.put64(Frame.stack + 8, state.altStack.flags);
    frame.put64(Frame.stack + 16, state.altStack.size);
    w[Frame.sigmask >>> 2] = savedMask[0];
    w[(Frame.sigmask >>> 2) + 1] = savedMask[1];
    frame.put64(Frame.mcontext, state.trap.address);
    // x0 to x30, sp, pc, pstate lie in slot order.
    w.set(r.subarray(0, 2 * (A64.pstate + 1)), Frame.regs >>> 2);
    const recordsEnd = this.fillRecords(state.trap.syndrome || undefined);
    w[Frame.end >>> 2] = r[A64.fp * 2];
    w[(Frame.end >>> 2) + 1] = r[A64.fp * 2 + 1];
    w[(Frame.end >>> 2) + 2] = r[A64.lr * 2];
    w[(Frame.end >>> 2) + 3] = r[A64.lr * 2 + 1];
    const written = permitted(() => {
      if (wantsInfo) frame.store(base, 0, Frame.ucontext);
      frame.store(base + Frame.ucontext, Frame.ucontext, Frame.sigmask + 8 - Frame.ucontext);
      frame.store(base + Frame.mcontext, Frame.mcontext, Frame.pstate + 8 - Frame.mcontext);
      frame.store(base + Frame.reserved, Frame.reserved, recordsEnd - Frame.reserved);
      frame.store(record, Frame.end, RECORD_SIZE);
    });
    if (!written) return false;
    const { registers } = engine;
    registers.set(A64.x0, info.signal);
    if (wantsInfo) {
      registers.set(A64.x1, base + Frame.siginfo);
      registers.set(A64.x2, base + Frame.ucontext);
    }
    registers.set(A64.sp, base);
    registers.set(A64.fp, record);
    registers.set(A64.lr, action.restorer || this.vdso.rtSigreturn);
    registers.set(A64.pc, action.handler);
    return true;
  }

  /** The records: FPSIMD, ESR where a fault has left one (perhaps long ago), the end. Returns the offset after them. */
  private fillRecords(syndrome: number | undefined): number {
    const { frame, registers: r } = this;
    const w = frame.words;
    let at = Frame.reserved >>> 2;
    w[at] = Record.FPSIMD;
    w[at + 1] = FPSIMD_SIZE;
    w[at + 2] = r[A64.fpsr * 2];
    w[at + 3] = r[A64.fpcr * 2];
    frame.bytes.set(this.vectors, Frame.reserved + 16);
    at += FPSIMD_SIZE >>> 2;
    if (syndrome !== undefined) {
      w[at] = Record.ESR;
      w[at + 1] = ESR_SIZE;
      w[at + 2] = syndrome;
      w[at + 3] = 0;
      at += ESR_SIZE >>> 2;
    }
    w[at] = 0;
    w[at + 1] = 0;
    return (at + 2) * 4;
  }

  contextAt(pc: number, sp: number, read: StackReader): number | undefined {
    return read.isCode(pc, RESTORER) ? sp + Frame.ucontext : undefined;
  }

  sigreturn(thread: Thread): FrameReturn {
    const { process, frame, registers: r } = this;
    const { engine } = process;
    const base = engine.registers.get(A64.sp);
    if (base % 16 !== 0) return BAD_FRAME;
    const w = frame.words;
    if (!permitted(() => frame.load(base + Frame.ucontext, Frame.ucontext, USUAL_END - Frame.ucontext))) return BAD_FRAME;
    // Records beyond those that the kernel itself writes: somebody has put them there.
    if (!this.hasUsualRecords() && !permitted(() => frame.load(base + USUAL_END, USUAL_END, Frame.end - USUAL_END))) return BAD_FRAME;
    const fpsimd = this.findFpsimd();
    if (fpsimd === undefined) return BAD_FRAME;
    r.set(w.subarray(Frame.regs >>> 2, Frame.pstate >>> 2));
    r[A64.pstate * 2] = w[Frame.pstate >>> 2] & USER_PSTATE;
    r[A64.fpsr * 2] = w[(fpsimd >>> 2) + 2];
    r[A64.fpcr * 2] = w[(fpsimd >>> 2) + 3];
    engine.registers.dirty |= 1;
    this.vectors.set(frame.bytes.subarray(fpsimd + 16, fpsimd + FPSIMD_SIZE));
    engine.writeFloat();
    const stack = { sp: frame.get64(Frame.stack), flags: w[(Frame.stack + 8) >>> 2], size: frame.get64(Frame.stack + 16) };
    changeAlternateStack(posixThread(thread), stack, engine.registers.get(A64.sp), this.traits);
    const { mask } = this;
    mask[0] = w[Frame.sigmask >>> 2];
    mask[1] = w[(Frame.sigmask >>> 2) + 1];
    return { mask };
  }

  /** FPSIMD, perhaps ESR, end: as the kernel writes them. */
  private hasUsualRecords(): boolean {
    const w = this.frame.words;
    const first = Frame.reserved >>> 2;
    const second = first + (FPSIMD_SIZE >>> 2);
    if (w[first] !== Record.FPSIMD || w[first + 1] !== FPSIMD_SIZE) return false;
    return w[second] === 0 || (w[second] === Record.ESR && w[second + 1] === ESR_SIZE && w[RECORDS_END >>> 2] === 0);
  }

  /** Walk the records; undefined where they are not as the kernel demands. */
  private findFpsimd(): number | undefined {
    const w = this.frame.words;
    let found: number | undefined;
    for (let at: number = Frame.reserved; at + 8 <= Frame.end;) {
      const magic = w[at >>> 2];
      const size = w[(at >>> 2) + 1];
      if (magic === 0) return size === 0 ? found : undefined;
      if (size < 16 || size % 16 !== 0 || at + size > Frame.end) return undefined;
      if (magic === Record.FPSIMD) {
        if (found !== undefined || size < FPSIMD_SIZE) return undefined;
        found = at;
      } else if (magic !== Record.ESR) return undefined;
      at += size;
    }
    return undefined;
  }
}

/** Name of the word at `offset` of mcontext_t. */
function arm64ContextName(offset: number): string {
  const word = offset & ~7;
  if (word === 0) return 'fault_address';
  if (word < 0x100) return `x${(word - 8) >>> 3}`;
  if (word === 0x100) return 'sp';
  if (word === 0x108) return 'pc';
  if (word === 0x110) return 'pstate';
  const inRecords = word - (Frame.reserved - Frame.mcontext);
  if (inRecords >= 16 && inRecords < FPSIMD_SIZE) {
    const vector = (inRecords - 16) >>> 4;
    return inRecords & 8 ? `v${vector} (high half)` : `v${vector}`;
  }
  return `mcontext+0x${word.toString(16)}`;
}
