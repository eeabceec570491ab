/** What a signal frame of FreeBSD is on both CPUs: siginfo and the extended FP area. */
import { present } from '../../emulator/present.js';
import { XSAVE_FEATURES, XSAVE_HEADER_BYTES } from '../../emulator/cpu/fxsave.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { FrameMemory } from '../posix/frame-memory.js';
import type { SignalInfo } from '../posix/posix-thread.js';
import type { SignalFrames } from '../posix/signal-frames.js';
import type { SignalSet } from '../posix/signal-set.js';
import type { SignalTraits } from '../posix/traits.js';

/** Why sigreturn refuses a context: EFAULT, EINVAL, or the bad code selector that raises SIGBUS. */
export type SigreturnError = 'EFAULT' | 'EINVAL' | 'selector';

export interface FreeBsdFrames extends SignalFrames {
  /** sigreturn(&ucontext): the registers become what it says. */
  sigreturn(thread: Thread, ucontext: number): SignalSet | SigreturnError;
  /** What getcontext tells of the thread (loaded), as after a call that succeeded: signal mask and registers, and no uc_link or uc_stack. */
  copyOut(thread: Thread, mask: SignalSet, ucontext: number): boolean;
  /** setcontext(&ucontext). */
  setContext(ucontext: number): SignalSet | ContextError;
}

export type ContextError = 'EFAULT' | 'EINVAL';

/** Bytes of XSAVE state beyond the FXSAVE image: the header alone, as the CPU has no more than SSE. */
export const EXTENDED_SIZE = XSAVE_HEADER_BYTES;

export function buildExtended(frame: FrameMemory, at: number): void {
  frame.words.fill(0, at >>> 2, (at + EXTENDED_SIZE) >>> 2);
  frame.words[at >>> 2] = XSAVE_FEATURES;
}

/** mcontext's constants: which FP format, and who holds it. */
export const Fp = { XMM: 0x10002, X87: 0x10001, NONE: 0x10000, OWNED: 0x20001, SAVED: 0x20002, UNOWNED: 0x20000 } as const;
export const McFlag = { segments: 1, bases: 2, extended: 4 } as const;
const KNOWN_FLAGS = McFlag.segments | McFlag.bases | McFlag.extended;

/** What a context that the program hands in says of itself (mc_len, mc_flags, mc_fpformat, mc_ownedfp; the length of its extended state). */
export interface ContextMarks {
  length: number;
  flags: number;
  format: number;
  owned: number;
  extended: number;
}

/** What set_mcontext does with its floating-point state, or why it refuses it all. `formats`: those of the CPU. */
export function floatFate(
  { length, flags, format, owned, extended }: ContextMarks,
  size: number,
  formats: readonly number[],
): 'load' | 'reset' | 'leave' | 'EINVAL' {
  if (length !== size || flags & ~KNOWN_FLAGS) return 'EINVAL';
  if (flags & McFlag.extended && extended > EXTENDED_SIZE) return 'EINVAL';
  if (format === Fp.NONE) return 'leave';
  if (!formats.includes(format)) return 'EINVAL';
  if (owned === Fp.UNOWNED) return 'reset';
  return owned === Fp.OWNED || owned === Fp.SAVED ? 'load' : 'EINVAL';
}

export function writeSiginfo(frame: FrameMemory, at: number, info: SignalInfo, traits: SignalTraits, wide: boolean): void {
  const { siginfo } = traits;
  const w = frame.words;
  w.fill(0, at >>> 2, (at + siginfo.size) >>> 2);
  w[at >>> 2] = info.signal;
  w[(at + siginfo.code) >>> 2] = info.code;
  if (info.trap !== undefined) {
    if (wide) frame.put64(at + siginfo.address, info.address ?? 0);
    else w[(at + siginfo.address) >>> 2] = info.address ?? 0;
    w[(at + present(siginfo.trap, 'the place of the trap number')) >>> 2] = info.trap;
    return;
  }
  w[(at + siginfo.pid) >>> 2] = info.pid ?? 0;
  w[(at + siginfo.uid) >>> 2] = info.uid ?? 0;
  if (info.value === undefined) return;
  w[(at + siginfo.value) >>> 2] = Number(info.value & 0xffffffffn);
  if (wide) w[((at + siginfo.value) >>> 2) + 1] = Number(info.value >> 32n);
}
