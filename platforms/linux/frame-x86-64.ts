/**
 * The signal frame of Linux on x86-64, as the kernel pushes it and rt_sigreturn
 * reads it back. Source: arch/x86/kernel/signal_64.c; offsets observed on a 6.18 kernel.
 */
import { X87Control } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { changeAlternateStack } from '../posix/alternate-stack.js';
import { permitted } from '../posix/frame-memory.js';
import { COMMON_USER_FLAGS } from '../posix/frame-x86.js';
import { posixThread, type SignalAction, type SignalInfo } from '../posix/posix-thread.js';
import { frameStart, type ContextLayout, type StackReader } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import { BAD_FRAME, type FrameReturn, type LinuxFrames } from './frame.js';
import { LinuxX86Frame } from './frame-x86.js';
import { returnError, Selector, userSelector } from './selectors.js';
import { writeSiginfo } from './siginfo.js';
import { buildFpArea, FP_AREA_SIZE, XSAVE_SIZE } from './xsave-area.js';

/** Offsets from the frame's start. */
// prettier-ignore
export const Frame = {
  restorer: 0x0, ucontext: 0x8, flags: 0x8, link: 0x10, stack: 0x18, gregs: 0x30, fpregs: 0xe8, reserved: 0xf0, sigmask: 0x130, siginfo: 0x138, fp: 0x1c8,
} as const;
const SIZE = Frame.fp + FP_AREA_SIZE;

/** Register slot of each gregs index up to EFL. */
// prettier-ignore
const GREGS = [
  X86.r8, X86.r9, X86.r10, X86.r11, X86.r12, X86.r13, X86.r14, X86.r15, X86.rdi, X86.rsi, X86.rbp, X86.rbx, X86.rdx, X86.rax, X86.rcx, X86.rsp,
  X86.rip, X86.rflags,
];
// prettier-ignore
const NAMES = [
  'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rdi', 'rsi', 'rbp', 'rbx', 'rdx', 'rax', 'rcx', 'rsp', 'rip', 'eflags', 'csgsfs', 'err',
  'trapno', 'oldmask', 'cr2', 'fpregs',
];
const CSGSFS = 18;

const Uc = { xstate: 1, savedSs: 2, strictSs: 4 } as const;
/** Flags that sigreturn restores: AC OF DF TF SF ZF AF PF CF (RF has done its work). */
const RESTORED_FLAGS = COMMON_USER_FLAGS;
/** DF, TF and RF are clear in a handler. */
const HANDLER_CLEARS = Eflags.DF | Eflags.TF | Eflags.RF;

/** mov rax, 15; syscall, as glibc and musl have it: programs may bring their own. */
const RESTORER = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];
const WORD = 8;

export class FrameX64 extends LinuxX86Frame implements LinuxFrames {
  readonly context: ContextLayout = {
    ucontextSize: 968,
    mcontext: Frame.gregs - Frame.ucontext,
    mcontextSize: 256,
    sp: Frame.gregs - Frame.ucontext + 8 * 15,
    pc: Frame.gregs - Frame.ucontext + 8 * 16,
    nameOf: (offset) => NAMES[offset >>> 3] ?? `mcontext+0x${(offset & ~7).toString(16)}`,
  };

  constructor(process: Process, traits: SignalTraits) {
    super(process, traits, SIZE);
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    if (action.restorer === 0) return false;
    const { process, frame, registers: r, traits } = this;
    const { engine } = process;
    const state = posixThread(thread);
    const sp = engine.registers.get(X86.rsp);
    const start = frameStart(state, sp, action, traits);
    const x = start - XSAVE_SIZE - 4;
    const below = x - (x % 64) - 0x1b8;
    const base = below - (below % 16) - 8;
    if (!(base >= traits.redZone)) return false;
    engine.readFloat();
    const w = frame.words;
    frame.put64(Frame.restorer, action.restorer);
    w[Frame.flags >>> 2] = Uc.xstate | Uc.savedSs | Uc.strictSs;
    w.fill(0, (Frame.flags >>> 2) + 1, Frame.stack >>> 2);
    frame.put64(Frame.stack, state.altStack.sp);
    frame.put64(Frame.stack + 8, state.altStack.flags);
    frame.put64(Frame.stack + 16, state.altStack.size);
    this.storeWide(GREGS, Frame.gregs);
    let at = (Frame.gregs >>> 2) + 2 * GREGS.length;
    w[at++] = r[X86.cs * 2] & 0xffff;
    w[at++] = r[X86.ss * 2] << 16;
    w[at++] = state.trap.error;
    w[at++] = 0;
    w[at++] = state.trap.number;
    w[at++] = 0;
    w[at++] = savedMask[0];
    w[at++] = savedMask[1];
    frame.put64(at * 4, state.trap.address);
    frame.put64(Frame.fpregs, base + Frame.fp);
    w[Frame.sigmask >>> 2] = savedMask[0];
    w[(Frame.sigmask >>> 2) + 1] = savedMask[1];
    const wantsInfo = (action.flags & traits.flags.SIGINFO) !== 0;
    if (wantsInfo) writeSiginfo(frame, Frame.siginfo, info, 8);
    buildFpArea(frame, Frame.fp, this.image, 0);
    const written = permitted(() => {
      // The reserved words, and siginfo where it is not asked for, keep what the stack held.
      frame.store(base, 0, Frame.reserved);
      frame.store(base + Frame.sigmask, Frame.sigmask, wantsInfo ? 8 + 128 : 8);
      frame.store(base + Frame.fp, Frame.fp, FP_AREA_SIZE);
    });
    if (!written) return false;
    const registers = engine.registers;
    registers.set(X86.rdi, info.signal);
    registers.set(X86.rsi, base + Frame.siginfo);
    registers.set(X86.rdx, base + Frame.ucontext);
    registers.set(X86.rax, 0);
    this.enterSegments(Selector.code64);
    this.enterHandler(action.handler, base, HANDLER_CLEARS, X87Control.extended);
    return true;
  }

  contextAt(pc: number, sp: number, read: StackReader): number | undefined {
    return read.isCode(pc, RESTORER) ? sp + Frame.ucontext - WORD : undefined;
  }

  sigreturn(thread: Thread): FrameReturn {
    const { process, frame, registers: r } = this;
    const { engine } = process;
    const base = engine.registers.get(X86.rsp) - 8;
    const w = frame.words;
    if (!permitted(() => frame.load(base + Frame.ucontext, Frame.ucontext, Frame.siginfo - Frame.ucontext))) return BAD_FRAME;
    const selectors = w[(Frame.gregs >>> 2) + 2 * CSGSFS];
    const code = userSelector(selectors & 0xffff);
    const strict = (w[Frame.flags >>> 2] & Uc.strictSs) !== 0 || code !== Selector.code64;
    const stack = strict ? userSelector(w[(Frame.gregs >>> 2) + 2 * CSGSFS + 1] >>> 16) : Selector.data;
    const flags = r[X86.rflags * 2];
    this.loadWide(GREGS, Frame.gregs);
    r[X86.rflags * 2] = (flags & ~RESTORED_FLAGS) | (r[X86.rflags * 2] & RESTORED_FLAGS);
    r[X86.rflags * 2 + 1] = 0;
    const bad = !this.restoreFloat(frame.get64(Frame.fpregs), Frame.fp);
    const { mask } = this;
    mask[0] = w[Frame.sigmask >>> 2];
    mask[1] = w[(Frame.sigmask >>> 2) + 1];
    const wanted = { sp: frame.get64(Frame.stack), flags: w[(Frame.stack + 8) >>> 2], size: frame.get64(Frame.stack + 16) };
    // Unlike the other two this kernel does so while SP is still the handler's.
    changeAlternateStack(posixThread(thread), wanted, base, this.traits);
    const refused = bad ? undefined : (returnError(code, stack, [Selector.data]) ?? (isCanonical(r[X86.rip * 2 + 1]) ? undefined : 0));
    this.restored(code, stack, bad || refused !== undefined);
    return { mask, bad, refused };
  }
}

/** By the upper half of an address. */
function isCanonical(high: number): boolean {
  return high >>> 15 === 0 || high >>> 15 === 0x1ffff;
}
