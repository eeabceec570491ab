/**
 * The signal frame of FreeBSD on IA-32, and contexts that programs get and set.
 * Source: sys/i386/i386/exec_machdep.c (sendsig, sys_sigreturn, get_mcontext, set_mcontext), x86/include/ucontext.h.
 */
import { Fxsave, fxsaveName } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { describeAlternateStack, onAlternateStack } from '../posix/alternate-stack.js';
import { permitted } from '../posix/frame-memory.js';
import { COMMON_USER_FLAGS, X86Frame } from '../posix/frame-x86.js';
import { posixThread, type SignalAction, type SignalInfo, type TrapRecord } from '../posix/posix-thread.js';
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

export const Frame = { signo: 0, info: 4, context: 8, address: 0xc, handler: 0x10, ucontext: 0x20, siginfo: 0x2e0, size: 800 } as const;
export const Uc = { sigmask: 0, mcontext: 0x10, link: 0x290, stack: 0x294, flags: 0x2a0, size: 704 } as const;
// prettier-ignore
export const Mc = {
  onstack: 0, gs: 4, isp: 0x20, edx: 0x28, eax: 0x30, trapno: 0x34, err: 0x38, eip: 0x3c, cs: 0x40, eflags: 0x44, esp: 0x48, ss: 0x4c, len: 0x50, fpformat: 0x54, ownedfp: 0x58,
  flags: 0x5c, fpstate: 0x60, fsbase: 0x260, gsbase: 0x264, xfpustate: 0x268, xfpustateLength: 0x26c, size: 640,
} as const;
/** Slots of the words from gs to ss; -1 are the kernel's stack pointer, trapno and err. */
// prettier-ignore
const REGISTERS = [
  X86.gs, X86.fs, X86.es, X86.ds, X86.rdi, X86.rsi, X86.rbp, -1, X86.rbx, X86.rdx, X86.rcx, X86.rax, -1, -1, X86.rip, X86.cs, X86.rflags, X86.rsp, X86.ss,
];
// prettier-ignore
const NAMES = ['onstack', 'gs', 'fs', 'es', 'ds', 'edi', 'esi', 'ebp', 'isp', 'ebx', 'edx', 'ecx', 'eax', 'trapno', 'err', 'eip', 'cs', 'eflags', 'esp', 'ss',
  'len', 'fpformat', 'ownedfp', 'flags'];
/** PSL_USERCHANGE. */
const USER_FLAGS = COMMON_USER_FLAGS | Eflags.NT | Eflags.ID;
const HANDLER_CLEARS = Eflags.DF | Eflags.TF;
const CODE = 0x33;
const DATA = 0x3b;

export class FrameI386 extends X86Frame implements FreeBsdFrames {
  readonly context: ContextLayout = {
    ucontextSize: Uc.size,
    mcontext: Uc.mcontext,
    mcontextSize: Mc.size,
    sp: Uc.mcontext + Mc.esp,
    pc: Uc.mcontext + Mc.eip,
    nameOf: i386ContextName,
  };

  constructor(
    process: Process,
    traits: SignalTraits,
    private readonly layout: FreeBsdLayout,
  ) {
    super(process, traits, Frame.size + EXTENDED_SIZE);
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    const { process, frame, registers: r, traits } = this;
    const { engine } = process;
    const state = posixThread(thread);
    const sp = r[X86.rsp * 2];
    const start = frameStart(state, sp, action, traits) - EXTENDED_SIZE;
    const extended = start - (start % 64);
    const below = extended - Frame.size;
    const base = below - (below % 16);
    if (!(base >= 4096)) return false;
    engine.readFloat();
    const w = frame.words;
    w.fill(0, 0, Frame.size >>> 2);
    const wantsInfo = (action.flags & traits.flags.SIGINFO) !== 0;
    w[Frame.signo >>> 2] = info.signal;
    w[Frame.info >>> 2] = wantsInfo ? base + Frame.siginfo : info.code;
    w[Frame.context >>> 2] = base + Frame.ucontext;
    w[Frame.address >>> 2] = info.address ?? 0;
    w[Frame.handler >>> 2] = action.handler;
    w.set(savedMask, Frame.ucontext >>> 2);
    this.fillContext(info, state.trap, onAlternateStack(state, sp, traits), extended);
    const stack = (Frame.ucontext + Uc.stack) >>> 2;
    const altStack = describeAlternateStack(state, sp, traits);
    w[stack] = altStack.sp;
    w[stack + 1] = altStack.size;
    w[stack + 2] = altStack.flags;
    if (wantsInfo) writeSiginfo(frame, Frame.siginfo, info, traits, false);
    buildExtended(frame, Frame.size);
    const written = permitted(() => {
      frame.store(extended, Frame.size, EXTENDED_SIZE);
      frame.store(base, 0, Frame.size);
    });
    if (!written) return false;
    for (const slot of [X86.ds, X86.es, X86.fs]) this.set(slot, DATA);
    this.enterHandler(this.layout.sharedPage, base, HANDLER_CLEARS, this.layout.controlWord);
    return true;
  }

  private fillContext(info: SignalInfo, trap: TrapRecord, onStack: boolean, extended: number): void {
    const { frame, registers: r } = this;
    const w = frame.words;
    const mc = (Frame.ucontext + Uc.mcontext) >>> 2;
    const put = (offset: number, value: number): void => {
      w[mc + (offset >>> 2)] = value;
    };
    put(Mc.onstack, onStack ? 1 : 0);
    this.storeNarrow(REGISTERS, Frame.ucontext + Uc.mcontext + Mc.gs);
    if (info.trap !== undefined) {
      put(Mc.trapno, trap.number);
      put(Mc.err, trap.error);
    }
    put(Mc.len, Mc.size);
    put(Mc.fpformat, Fp.XMM);
    put(Mc.ownedfp, Fp.OWNED);
    put(Mc.flags, extended === 0 ? 0 : McFlag.extended);
    frame.bytes.set(this.image, Frame.ucontext + Uc.mcontext + Mc.fpstate);
    put(Mc.fsbase, r[X86.fsBase * 2]);
    put(Mc.gsbase, r[X86.gsBase * 2]);
    put(Mc.xfpustate, extended);
    put(Mc.xfpustateLength, extended === 0 ? 0 : EXTENDED_SIZE);
  }

  contextAt(pc: number, sp: number): number | undefined {
    return pc === this.layout.sharedPage + HANDLER_RETURNS['ia32'] ? sp + Frame.ucontext : undefined;
  }

  sigreturn(_thread: Thread, ucontext: number): SignalSet | SigreturnError {
    const { frame, registers: r } = this;
    const w = frame.words;
    if (!permitted(() => frame.load(ucontext, Frame.ucontext, Uc.size))) return 'EFAULT';
    const mc = (Frame.ucontext + Uc.mcontext) >>> 2;
    const get = (offset: number): number => w[mc + (offset >>> 2)];
    if ((get(Mc.eflags) ^ r[X86.rflags * 2]) & ~(USER_FLAGS | Eflags.RF)) return 'EINVAL';
    if ((get(Mc.cs) & 0xffff) !== CODE) return 'selector';
    // The trampoline's load of gs took its base from the descriptor table; it is the thread's.
    this.loadNarrow(REGISTERS, Frame.ucontext + Uc.mcontext + Mc.gs);
    r[X86.rflags * 2] &= ~Eflags.RF;
    this.set(X86.gsBase, get(Mc.gsbase));
    const at = Frame.ucontext + Uc.mcontext + Mc.fpstate;
    if (get(Mc.fpformat) === Fp.XMM && get(Mc.ownedfp) !== Fp.UNOWNED) this.image.set(frame.bytes.subarray(at, at + Fxsave.size));
    else this.resetFloat(this.layout.controlWord);
    return this.loaded();
  }

  copyOut(thread: Thread, savedMask: SignalSet, ucontext: number): boolean {
    const { frame, process, registers: r } = this;
    const w = frame.words;
    process.engine.readFloat();
    w.fill(0, Frame.ucontext >>> 2, (Frame.ucontext + Uc.size) >>> 2);
    w.set(savedMask, Frame.ucontext >>> 2);
    const state = posixThread(thread);
    this.fillContext({ signal: 0, code: 0 }, state.trap, onAlternateStack(state, r[X86.rsp * 2], this.traits), 0);
    const mc = (Frame.ucontext + Uc.mcontext) >>> 2;
    w[mc + (Mc.eax >>> 2)] = w[mc + (Mc.edx >>> 2)] = 0;
    w[mc + (Mc.eflags >>> 2)] = r[X86.rflags * 2] & ~Eflags.CF;
    return permitted(() => frame.store(ucontext, Frame.ucontext, Uc.link));
  }

  setContext(ucontext: number): SignalSet | ContextError {
    const { frame, process, registers: r } = this;
    const w = frame.words;
    if (!permitted(() => frame.load(ucontext, Frame.ucontext, Uc.link))) return 'EFAULT';
    const mc = (Frame.ucontext + Uc.mcontext) >>> 2;
    const get = (offset: number): number => w[mc + (offset >>> 2)];
    const extended = get(Mc.xfpustateLength);
    const flags = get(Mc.flags);
    const fate = floatFate({ length: get(Mc.len), flags, format: get(Mc.fpformat), owned: get(Mc.ownedfp), extended }, Mc.size, [
      Fp.XMM,
      Fp.X87,
    ]);
    const place = get(Mc.xfpustate);
    if (fate !== 'EINVAL' && flags & McFlag.extended && !permitted(() => process.user.bytes(place, extended))) return 'EFAULT';
    if (fate === 'EINVAL') return fate;
    const eflags = (get(Mc.eflags) & USER_FLAGS) | (r[X86.rflags * 2] & ~USER_FLAGS);
    const [cs, ss] = [X86.cs, X86.ss].map((slot) => r[slot * 2]);
    process.engine.readFloat();
    this.loadNarrow(REGISTERS, Frame.ucontext + Uc.mcontext + Mc.gs);
    this.set(X86.cs, cs);
    this.set(X86.ss, ss);
    this.set(X86.rflags, eflags >>> 0);
    const at = Frame.ucontext + Uc.mcontext + Mc.fpstate;
    if (fate === 'load') this.image.set(frame.bytes.subarray(at, at + Fxsave.size));
    else if (fate === 'reset') this.resetFloat(this.layout.controlWord);
    return this.loaded();
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

function i386ContextName(offset: number): string {
  const word = offset & ~3;
  if (word < Mc.fpstate) return NAMES[word >>> 2];
  if (word < Mc.fsbase) return fxsaveName(word - Mc.fpstate, 4);
  if (word === Mc.fsbase) return 'fsbase';
  if (word === Mc.gsbase) return 'gsbase';
  return `mcontext+0x${word.toString(16)}`;
}
