/**
 * struct _fpstate_32's first part: the FSAVE image that 32-bit signal frames keep in front of the
 * FXSAVE image, with the status word once more and a magic number behind it.
 * Source: arch/x86/include/uapi/asm/sigcontext.h; arch/x86/kernel/fpu/regset.c (convert_from_fxsr).
 */
import { fromFsave, Fsave, toFsave } from '../../emulator/cpu/fsave.js';
import { Fxsave } from '../../emulator/cpu/fxsave.js';

export const LEGACY_HEADER = 112;
const STATUS = Fsave.size;
const MAGIC = Fsave.size + 2;
/** An FXSAVE image follows. */
const X86_FXSR_MAGIC = 0;

/** `frame`: scratch bytes with room for the header at `at`; `fx`: the FXSAVE image, which on a 64-bit kernel has no selectors. */
export function buildLegacyHeader(frame: DataView, at: number, fx: DataView, code: number, data: number): void {
  toFsave(fx, frame, at, { code, data });
  frame.setUint16(at + STATUS, fx.getUint16(Fxsave.status, true), true);
  frame.setUint16(at + MAGIC, X86_FXSR_MAGIC, true);
}

/** What the header says goes into the image; SSE state stays. */
export function applyLegacyHeader(frame: DataView, at: number, fx: DataView): void {
  fromFsave(frame, at, fx);
}
