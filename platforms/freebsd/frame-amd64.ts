/**
 * The signal frame of FreeBSD on x86-64, and contexts that programs get and set.
 * Source: sys/amd64/amd64/exec_machdep.c (sendsig, sys_sigreturn, get_mcontext, set_mcontext), x86/include/ucontext.h.
 */
import { Fxsave, fxsaveName } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeAlternateStack, onAlternateStack } from '../posix/alternate-stack.js';
import { permitted } from '../posix/frame-memory.js';
import { COMMON_USER_FLAGS, X86Frame } from '../posix/frame-x86.js';
import { posixThread, type SignalAction, type SignalInfo } from '../posix/posix-thread.js';
import { frameStart, type ContextLayout } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import {
  buildExtended,
  EXTENDED_SIZE,
  floatFate,
  Fp,
  McFlag,
  writeSiginfo,
  type ContextError,
  type FreeBsdFrames,
  type SigreturnError,
} from './frame.js';
import type { FreeBsdLayout } from './layout.js';
import { HANDLER_RETURNS } from './trampoline.js';

export const Frame = { handler: 0, ucontext: 0x10, siginfo: 0x380, size: 976 } as const;
export const Uc = { sigmask: 0, mcontext: 0x10, link: 0x330, stack: 0x338, flags: 0x350, size: 880 } as const;
// prettier-ignore
export const Mc = {
  onstack: 0, rdi: 8, rdx: 0x18, rax: 0x38, trapno: 0x80, fs: 0x84, gs: 0x86, addr: 0x88, flags: 0x90, es: 0x94, ds: 0x96, err: 0x98, rip: 0xa0, cs: 0xa8, rflags: 0xb0, rsp: 0xb8,
  ss: 0xc0, len: 0xc8, fpformat: 0xd0, ownedfp: 0xd8, fpstate: 0xe0, fsbase: 0x2e0, gsbase: 0x2e8, xfpustate: 0x2f0, xfpustateLength: 0x2f8, size: 800,
} as const;
/** Slots of the registers from rdi on. */
// prettier-ignore
const REGISTERS = [
  X86.rdi, X86.rsi, X86.rdx, X86.rcx, X86.r8, X86.r9, X86.rax, X86.rbx, X86.rbp, X86.r10, X86.r11, X86.r12, X86.r13, X86.r14, X86.r15,
];
// prettier-ignore
const NAMES = ['onstack', 'rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9', 'rax', 'rbx', 'rbp', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'trapno', 'addr', 'flags',
  'err', 'rip', 'cs', 'rflags', 'rsp', 'ss', 'len', 'fpformat', 'ownedfp'];
/** PSL_USERCHANGE: flags that a user context may set. */
const USER_FLAGS = COMMON_USER_FLAGS | Eflags.NT | Eflags.ID;
const HANDLER_CLEARS = Eflags.DF | Eflags.TF;
const CODE64 = 0x43;
const CODE32 = 0x33;
const DATA = 0x3b;

export class FrameAmd64 extends X86Frame implements FreeBsdFrames {
  readonly context: ContextLayout = {
    ucontextSize: Uc.size,
    mcontext: Uc.mcontext,
    mcontextSize: Mc.size,
    sp: Uc.mcontext + Mc.rsp,
    pc: Uc.mcontext + Mc.rip,
    nameOf: amd64ContextName,
  };

  constructor(
    process: Process,
    traits: SignalTraits,
    private readonly layout: FreeBsdLayout,
  ) {
    super(process, traits, Frame.size + EXTENDED_SIZE);
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    const { process, frame, traits } = this;
    const { engine } = process;
    const { registers } = engine;
    const state = posixThread(thread);
    const sp = registers.get(X86.rsp);
    const start = frameStart(state, sp, action, traits) - EXTENDED_SIZE;
    const extended = start - (start % 64);
    const below = extended - Frame.size;
    const base = below - (below % 16);
    if (!(base >= 4096)) return false;
    engine.readFloat();
    const w = frame.words;
    w.fill(0, 0, Frame.size >>> 2);
    frame.put64(Frame.handler, action.handler);
    w.set(savedMask, (Frame.ucontext + Uc.sigmask) >>> 2);
    this.fillContext(info, state.trap, onAlternateStack(state, sp, traits), extended);
    const stack = Frame.ucontext + Uc.stack;
    const altStack = describeAlternateStack(state, sp, traits);
    frame.put64(stack, altStack.sp);
    frame.put64(stack + 8, altStack.size);
    w[(stack + 0x10) >>> 2] = altStack.flags;
    const wantsInfo = (action.flags & traits.flags.SIGINFO) !== 0;
    if (wantsInfo) writeSiginfo(frame, Frame.siginfo, info, traits, true);
    buildExtended(frame, Frame.size);
    const written = permitted(() => {
      frame.store(extended, Frame.size, EXTENDED_SIZE);
      frame.store(base, 0, Frame.size);
    });
    if (!written) return false;
    registers.set(X86.rdi, info.signal);
    registers.set(X86.rsi, wantsInfo ? base + Frame.siginfo : info.code);
    registers.set(X86.rdx, base + Frame.ucontext);
    registers.set(X86.rcx, info.address ?? 0);
    this.enterHandler(this.layout.sharedPage, base, HANDLER_CLEARS, this.layout.controlWord);
    return true;
  }

  private fillContext(
    info: SignalInfo,
    trap: { number: number; error: number; address: number },
    onStack: boolean,
    extended: number,
  ): void {
    const { frame, registers: r } = this;
    const w = frame.words;
    const mc = Frame.ucontext + Uc.mcontext;
    w[mc >>> 2] = onStack ? 1 : 0;
    this.storeWide(REGISTERS, mc + Mc.rdi);
    const at = (mc + Mc.trapno) >>> 2;
    const copy = (offset: number, slot: number): void => {
      w[(mc + offset) >>> 2] = r[slot * 2];
      w[((mc + offset) >>> 2) + 1] = r[slot * 2 + 1];
    };
    w[at] = info.trap !== undefined ? trap.number : 0;
    w[at + 1] = (r[X86.fs * 2] & 0xffff) | (r[X86.gs * 2] << 16);
    frame.put64(mc + Mc.addr, info.trap !== undefined ? trap.address : 0);
    w[(mc + Mc.flags) >>> 2] = McFlag.segments | (extended === 0 ? 0 : McFlag.extended);
    w[(mc + Mc.es) >>> 2] = (r[X86.es * 2] & 0xffff) | (r[X86.ds * 2] << 16);
    w[(mc + Mc.err) >>> 2] = info.trap !== undefined ? trap.error : 0;
    copy(Mc.rip, X86.rip);
    copy(Mc.cs, X86.cs);
    copy(Mc.rflags, X86.rflags);
    copy(Mc.rsp, X86.rsp);
    copy(Mc.ss, X86.ss);
    w[(mc + Mc.len) >>> 2] = Mc.size;
    w[(mc + Mc.fpformat) >>> 2] = Fp.XMM;
    w[(mc + Mc.ownedfp) >>> 2] = Fp.OWNED;
    frame.bytes.set(this.image, mc + Mc.fpstate);
    copy(Mc.fsbase, X86.fsBase);
    copy(Mc.gsbase, X86.gsBase);
    frame.put64(mc + Mc.xfpustate, extended);
    w[(mc + Mc.xfpustateLength) >>> 2] = extended === 0 ? 0 : EXTENDED_SIZE;
  }

  contextAt(pc: number, sp: number): number | undefined {
    return pc === this.layout.sharedPage + HANDLER_RETURNS['x86-64'] ? sp + Frame.ucontext : undefined;
  }

  sigreturn(_thread: Thread, ucontext: number): SignalSet | SigreturnError {
    const { frame, registers: r } = this;
    const w = frame.words;
    if (!permitted(() => frame.load(ucontext, Frame.ucontext, Uc.size))) return 'EFAULT';
    const mc = Frame.ucontext + Uc.mcontext;
    const flags = w[(mc + Mc.flags) >>> 2];
    if (flags & ~(McFlag.segments | McFlag.bases | McFlag.extended)) return 'EINVAL';
    const rflags = w[(mc + Mc.rflags) >>> 2];
    // Flags that only the kernel may set must be as they are.
    const changed = rflags ^ r[X86.rflags * 2];
    if (changed & ~(USER_FLAGS | Eflags.RF)) return 'EINVAL';
    const cs = w[(mc + Mc.cs) >>> 2] & 0xffff;
    if (cs !== CODE64 && cs !== CODE32) return 'selector';
    this.loadGeneral(flags);
    r[X86.rflags * 2] = rflags & ~Eflags.RF;
    r[X86.cs * 2] = cs;
    const holds = w[(mc + Mc.fpformat) >>> 2] === Fp.XMM && w[(mc + Mc.ownedfp) >>> 2] !== Fp.UNOWNED;
    if (holds) this.image.set(frame.bytes.subarray(mc + Mc.fpstate, mc + Mc.fpstate + Fxsave.size));
    else this.resetFloat(this.layout.controlWord);
    return this.loaded();
  }

  copyOut(thread: Thread, savedMask: SignalSet, ucontext: number): boolean {
    const { frame, process, registers: r } = this;
    const w = frame.words;
    process.engine.readFloat();
    w.fill(0, Frame.ucontext >>> 2, (Frame.ucontext + Uc.size) >>> 2);
    w.set(savedMask, (Frame.ucontext + Uc.sigmask) >>> 2);
    const state = posixThread(thread);
    this.fillContext({ signal: 0, code: 0 }, state.trap, onAlternateStack(state, process.engine.registers.get(X86.rsp), this.traits), 0);
    const mc = Frame.ucontext + Uc.mcontext;
    frame.put64(mc + Mc.rax, 0);
    frame.put64(mc + Mc.rdx, 0);
    w[(mc + Mc.rflags) >>> 2] = r[X86.rflags * 2] & ~Eflags.CF;
    return permitted(() => frame.store(ucontext, Frame.ucontext, Uc.link));
  }

  setContext(ucontext: number): SignalSet | ContextError {
    const { frame, registers: r } = this;
    const w = frame.words;
    if (!permitted(() => frame.load(ucontext, Frame.ucontext, Uc.link))) return 'EFAULT';
    const mc = Frame.ucontext + Uc.mcontext;
    const flags = w[(mc + Mc.flags) >>> 2];
    const extended = frame.get64(mc + Mc.xfpustateLength);
    const length = frame.get64(mc + Mc.len);
    const fate = floatFate(
      { length, flags, format: frame.get64(mc + Mc.fpformat), owned: frame.get64(mc + Mc.ownedfp), extended },
      Mc.size,
      [Fp.XMM],
    );
    const place = frame.get64(mc + Mc.xfpustate);
    if (fate !== 'EINVAL' && flags & McFlag.extended && !permitted(() => this.process.user.bytes(place, extended))) return 'EFAULT';
    if (fate === 'EINVAL') return fate;
    const rflags = (w[(mc + Mc.rflags) >>> 2] & USER_FLAGS) | (r[X86.rflags * 2] & ~USER_FLAGS);
    // Else what is in the unit stays.
    this.process.engine.readFloat();
    this.loadGeneral(flags);
    r[X86.rflags * 2] = rflags;
    if (fate === 'load') this.image.set(frame.bytes.subarray(mc + Mc.fpstate, mc + Mc.fpstate + Fxsave.size));
    else if (fate === 'reset') this.resetFloat(this.layout.controlWord);
    return this.loaded();
  }

  /** General registers, PC and SP from the scratch. */
  private loadGeneral(flags: number): void {
    const { frame, registers: r } = this;
    const w = frame.words;
    const mc = Frame.ucontext + Uc.mcontext;
    this.loadWide(REGISTERS, mc + Mc.rdi);
    const copy = (offset: number, slot: number): void => {
      r[slot * 2] = w[(mc + offset) >>> 2];
      r[slot * 2 + 1] = w[((mc + offset) >>> 2) + 1];
    };
    copy(Mc.rip, X86.rip);
    copy(Mc.rsp, X86.rsp);
    if (flags & McFlag.bases) {
      copy(Mc.fsbase, X86.fsBase);
      copy(Mc.gsbase, X86.gsBase);
    }
  }

  /** All registers have come from the scratch: the signal mask that came with them. */
  private loaded(): SignalSet {
    this.maskMxcsr();
    this.changed();
    const { mask } = this;
    mask.set(this.frame.words.subarray(Frame.ucontext >>> 2, (Frame.ucontext + 16) >>> 2));
    return mask;
  }
}

/** User segments, which the kernel loads for a handler: they are those of the process already. */
export const HANDLER_SELECTORS = { cs: CODE64, ss: DATA, ds: DATA, es: DATA, fs: 0x13, gs: 0x1b } as const;

function amd64ContextName(offset: number): string {
  const word = offset & ~7;
  if (word < Mc.fpstate) return NAMES[word >>> 3];
  if (word >= Mc.fpstate && word < Mc.fsbase) return fxsaveName(word - Mc.fpstate, 8);
  if (word === Mc.fsbase) return 'fsbase';
  if (word === Mc.gsbase) return 'gsbase';
  return `mcontext+0x${word.toString(16)}`;
}
