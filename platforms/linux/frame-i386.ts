/**
 * The two signal frames of Linux on IA-32 (a 32-bit process on a 64-bit kernel):
 * with SA_SIGINFO the rt frame, else the old one. Source: arch/x86/kernel/signal_32.c;
 * offsets observed on a 6.18 kernel.
 */
import { fxsaveView, X87Control } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { Eflags } from '../../emulator/cpu/x86-flags.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { changeAlternateStack } from '../posix/alternate-stack.js';
import { permitted } from '../posix/frame-memory.js';
import { COMMON_USER_FLAGS } from '../posix/frame-x86.js';
import { posixThread, type PosixThread, type SignalAction, type SignalInfo } from '../posix/posix-thread.js';
import { frameStart, type ContextLayout, type StackReader } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';
import { BAD_FRAME, type FrameReturn, type LinuxFrames } from './frame.js';
import { LinuxX86Frame } from './frame-x86.js';
import { applyLegacyHeader, buildLegacyHeader, LEGACY_HEADER } from './legacy-fp.js';
import { dataSelector, returnError, Selector, userSelector } from './selectors.js';
import { writeSiginfo } from './siginfo.js';
import type { VdsoCode } from './vdso.js';
import { buildFpArea, FP_AREA_SIZE, XSAVE_SIZE } from './xsave-area.js';

// prettier-ignore
const RtFrame = {
  restorer: 0, signo: 4, pinfo: 8, puc: 0xc, siginfo: 0x10, ucontext: 0x90, stack: 0x98, mcontext: 0xa4, sigmask: 0xfc, retcode: 0x104, end: 0x10c, fp: 0x114,
} as const;
// prettier-ignore
const OldFrame = { restorer: 0, signo: 4, mcontext: 8, unused: 0x60, extramask: 0x2d0, retcode: 0x2d4, end: 0x2dc, fp: 0x2e4 } as const;
const SIZE = OldFrame.fp + LEGACY_HEADER + FP_AREA_SIZE;
const MCONTEXT_SIZE = 88;

/** Register slot of each word of the context up to SS; the three that are none are below. */
// prettier-ignore
const GREGS = [
  X86.gs, X86.fs, X86.es, X86.ds, X86.rdi, X86.rsi, X86.rbp, X86.rsp, X86.rbx, X86.rdx, X86.rcx, X86.rax, -1, -1, X86.rip, X86.cs, X86.rflags, X86.rsp,
  X86.ss,
];
// prettier-ignore
const NAMES = [
  'gs', 'fs', 'es', 'ds', 'edi', 'esi', 'ebp', 'esp', 'ebx', 'edx', 'ecx', 'eax', 'trapno', 'err', 'eip', 'cs', 'eflags', 'uesp', 'ss', 'fpregs',
  'oldmask', 'cr2',
];
// prettier-ignore
const Word = { esp: 7, trapno: 12, err: 13, eip: 14, cs: 15, eflags: 16, uesp: 17, ss: 18, fpregs: 19, oldmask: 20, cr2: 21 } as const;

const RESTORED_FLAGS = COMMON_USER_FLAGS;
const DATA_SEGMENTS = [X86.gs, X86.fs, X86.es, X86.ds].map((slot, word) => [slot, word] as const);
/** SP is taken from its first place; selectors are looked at. */
const RESTORED = GREGS.map((slot, i) => (i < DATA_SEGMENTS.length || i === Word.uesp || i === Word.cs || i === Word.ss ? -1 : slot));
const HANDLER_CLEARS = Eflags.DF | Eflags.TF | Eflags.RF;
/** mov eax,173; int 80h and pop eax; mov eax,119; int 80h: never executed, debuggers look for it. */
const RT_RETCODE = [0x0000adb8, 0x0080cd00];
const OLD_RETCODE = [0x0077b858, 0x80cd0000];
/** The same as bytes: where handlers return to, in the vdso and in programs that bring their own. */
const RT_RESTORER = [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80];
const OLD_RESTORER = [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80];

export class FrameI386 extends LinuxX86Frame implements LinuxFrames {
  readonly context: ContextLayout = {
    ucontextSize: 364,
    mcontext: RtFrame.mcontext - RtFrame.ucontext,
    mcontextSize: MCONTEXT_SIZE,
    sp: RtFrame.mcontext - RtFrame.ucontext + 4 * Word.esp,
    pc: RtFrame.mcontext - RtFrame.ucontext + 4 * Word.eip,
    nameOf: (offset) => NAMES[offset >>> 2],
  };
  private readonly fx: DataView;

  constructor(
    process: Process,
    traits: SignalTraits,
    /** Where actions without a restorer return to. */
    private readonly vdso: Pick<VdsoCode, 'sigreturn' | 'rtSigreturn'>,
  ) {
    super(process, traits, SIZE);
    this.fx = fxsaveView(process.engine);
  }

  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean {
    const { process, frame, registers: r, traits } = this;
    const { engine } = process;
    const state = posixThread(thread);
    const rt = (action.flags & traits.flags.SIGINFO) !== 0;
    const layout = rt ? RtFrame : OldFrame;
    const sp = r[X86.rsp * 2];
    const start = frameStart(state, sp, action, traits);
    const fx = start - XSAVE_SIZE - 4;
    const below = fx - (fx % 64) - LEGACY_HEADER - layout.end + 4;
    const base = below - (below % 16) - 4;
    if (!(base >= 4096)) return false;
    engine.readFloat();
    const w = frame.words;
    w[0] = action.restorer || (rt ? this.vdso.rtSigreturn : this.vdso.sigreturn);
    w[1] = info.signal;
    this.fillContext(layout.mcontext, state, savedMask, base + layout.fp);
    const fp = layout.fp;
    buildLegacyHeader(frame.view, fp, this.fx, r[X86.cs * 2], r[X86.ds * 2]);
    buildFpArea(frame, fp + LEGACY_HEADER, this.image, LEGACY_HEADER);
    if (rt) this.fillRt(base, state, info, savedMask);
    else {
      w[OldFrame.extramask >>> 2] = savedMask[1];
      w[OldFrame.retcode >>> 2] = OLD_RETCODE[0];
      w[(OldFrame.retcode >>> 2) + 1] = OLD_RETCODE[1];
    }
    const written = permitted(() => {
      if (rt) frame.store(base, 0, RtFrame.end);
      else {
        frame.store(base, 0, OldFrame.unused);
        frame.store(base + OldFrame.extramask, OldFrame.extramask, OldFrame.end - OldFrame.extramask);
      }
      frame.store(base + fp, fp, LEGACY_HEADER + FP_AREA_SIZE);
    });
    if (!written) return false;
    this.set(X86.rax, info.signal);
    this.set(X86.rdx, rt ? base + RtFrame.siginfo : 0);
    this.set(X86.rcx, rt ? base + RtFrame.ucontext : 0);
    this.set(X86.ds, Selector.data);
    this.set(X86.es, Selector.data);
    this.enterSegments(Selector.code32);
    this.enterHandler(action.handler, base, HANDLER_CLEARS, X87Control.extended);
    return true;
  }

  private fillContext(at: number, state: PosixThread, savedMask: SignalSet, fp: number): void {
    const w = this.frame.words;
    const first = at >>> 2;
    this.storeNarrow(GREGS, at);
    w[first + Word.trapno] = state.trap.number;
    w[first + Word.err] = state.trap.error;
    w[first + Word.fpregs] = fp;
    w[first + Word.oldmask] = savedMask[0];
    w[first + Word.cr2] = state.trap.address;
  }

  private fillRt(base: number, state: PosixThread, info: SignalInfo, savedMask: SignalSet): void {
    const { frame } = this;
    const w = frame.words;
    w[RtFrame.pinfo >>> 2] = base + RtFrame.siginfo;
    w[RtFrame.puc >>> 2] = base + RtFrame.ucontext;
    writeSiginfo(frame, RtFrame.siginfo, info, 4);
    w[RtFrame.ucontext >>> 2] = 1;
    w[(RtFrame.ucontext >>> 2) + 1] = 0;
    w[RtFrame.stack >>> 2] = state.altStack.sp;
    w[(RtFrame.stack >>> 2) + 1] = state.altStack.flags;
    w[(RtFrame.stack >>> 2) + 2] = state.altStack.size;
    w[RtFrame.sigmask >>> 2] = savedMask[0];
    w[(RtFrame.sigmask >>> 2) + 1] = savedMask[1];
    w[RtFrame.retcode >>> 2] = RT_RETCODE[0];
    w[(RtFrame.retcode >>> 2) + 1] = RT_RETCODE[1];
  }

  contextAt(pc: number, sp: number, read: StackReader): number | undefined {
    // The handler has popped the restorer's address.
    const base = sp - 4;
    if (read.isCode(pc, RT_RESTORER)) return base + RtFrame.ucontext;
    return read.isCode(pc, OLD_RESTORER) ? base + OldFrame.mcontext - this.context.mcontext : undefined;
  }

  sigreturn(thread: Thread, old: boolean): FrameReturn {
    const { frame, registers: r } = this;
    const layout = old ? OldFrame : RtFrame;
    const base = r[X86.rsp * 2] - (old ? 8 : 4);
    const w = frame.words;
    const first = layout.mcontext >>> 2;
    if (!permitted(() => frame.load(base, 0, layout.end))) return BAD_FRAME;
    const selector = (word: number): number => w[first + word] & 0xffff;
    const code = userSelector(selector(Word.cs));
    const stack = userSelector(selector(Word.ss));
    if (code === Selector.code64)
      this.process.end({ kind: 'unsupported', text: 'a return from a signal to 64-bit code is not provided for 32-bit programs' });
    const flags = r[X86.rflags * 2];
    this.loadNarrow(RESTORED, layout.mcontext);
    for (const [slot, word] of DATA_SEGMENTS) this.set(slot, dataSelector(selector(word)));
    r[X86.rflags * 2] = (flags & ~RESTORED_FLAGS) | (w[first + Word.eflags] & RESTORED_FLAGS);
    const bad = !this.restoreFloat(w[first + Word.fpregs], layout.fp, LEGACY_HEADER);
    const { mask } = this;
    if (old) {
      mask[0] = w[first + Word.oldmask];
      mask[1] = w[OldFrame.extramask >>> 2];
    } else {
      mask[0] = w[RtFrame.sigmask >>> 2];
      mask[1] = w[(RtFrame.sigmask >>> 2) + 1];
      const stack = RtFrame.stack >>> 2;
      const wanted = { sp: w[stack], flags: w[stack + 1], size: w[stack + 2] };
      changeAlternateStack(posixThread(thread), wanted, r[X86.rsp * 2], this.traits);
    }
    const refused = bad ? undefined : returnError(code, stack, [Selector.data, Selector.thread]);
    this.restored(code, stack, bad || refused !== undefined);
    return { mask, bad, refused };
  }

  /** The legacy header has the last word over the x87's control, status and tags. */
  protected override tookX87(at: number): void {
    applyLegacyHeader(this.frame.view, at, this.fx);
  }
}
