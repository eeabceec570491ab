/**
 * The FP part of a Linux x86 signal frame: an FXSAVE image whose last bytes
 * describe the XSAVE area that it begins, the XSAVE header, and a closing magic.
 * The emulated CPU has x87 and SSE only, so the area is 576 bytes.
 * Source: arch/x86/include/uapi/asm/sigcontext.h; arch/x86/kernel/fpu/signal.c.
 */
import type { FrameMemory } from '../posix/frame-memory.js';

export const XSAVE_SIZE = 576;
const MAGIC1 = 0x46505853;
const MAGIC2 = 0x46505845;
/** x87 and SSE. */
const FEATURES = 3;

/** Bytes with the closing magic. */
export const FP_AREA_SIZE = XSAVE_SIZE + 4;

/** Build the area at scratch offset `at` from `image`; `header` is the legacy part in front of it that counts as size (i386). */
export function buildFpArea(frame: FrameMemory, at: number, image: Uint8Array, header: number): void {
  frame.bytes.set(image, at);
  const w = frame.words;
  const software = (at + 464) >>> 2;
  w[software] = MAGIC1;
  w[software + 1] = header + FP_AREA_SIZE;
  w[software + 2] = FEATURES;
  w[software + 3] = 0;
  w[software + 4] = XSAVE_SIZE;
  w.fill(0, software + 5, (at + 512) >>> 2);
  const xsaveHeader = (at + 512) >>> 2;
  w.fill(0, xsaveHeader, xsaveHeader + 16);
  w[xsaveHeader] = FEATURES;
  w[(at + XSAVE_SIZE) >>> 2] = MAGIC2;
}

/** Offset where the software-reserved bytes end a plain FXSAVE: not part of what is restored. */
export const FXSAVE_RESTORED = 464;
