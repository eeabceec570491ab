/**
 * The FP part of a Linux x86 signal frame: an FXSAVE image whose last bytes
 * describe the XSAVE area that it begins, the XSAVE header, and a closing magic.
 * The emulated CPU has x87 and SSE only, so the area is 576 bytes.
 * Source: arch/x86/include/uapi/asm/sigcontext.h; arch/x86/kernel/fpu/signal.c.
 */
import { Fxsave, XSAVE_FEATURES, XSAVE_HEADER_BYTES } from '../../emulator/cpu/fxsave.js';
import type { FrameMemory } from '../posix/frame-memory.js';

export const XSAVE_SIZE = Fxsave.size + XSAVE_HEADER_BYTES;
const MAGIC1 = 0x46505853;
const MAGIC2 = 0x46505845;

/** Bytes with the closing magic. */
export const FP_AREA_SIZE = XSAVE_SIZE + 4;

/** Build the area at scratch offset `at` from `image`; `header` is the legacy part in front of it that counts as size (i386). */
export function buildFpArea(frame: FrameMemory, at: number, image: Uint8Array, header: number): void {
  frame.bytes.set(image, at);
  const w = frame.words;
  const software = (at + Fxsave.software) >>> 2;
  w[software] = MAGIC1;
  w[software + 1] = header + FP_AREA_SIZE;
  w[software + 2] = XSAVE_FEATURES;
  w[software + 3] = 0;
  w[software + 4] = XSAVE_SIZE;
  w.fill(0, software + 5, (at + XSAVE_SIZE) >>> 2);
  w[(at + Fxsave.size) >>> 2] = XSAVE_FEATURES;
  w[(at + XSAVE_SIZE) >>> 2] = MAGIC2;
}
