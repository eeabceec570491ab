/**
 * The FP part of a Linux x86 signal frame: an FXSAVE image whose last bytes
 * describe the XSAVE area that it begins, the XSAVE header, and a closing magic.
 * The emulated CPU has x87 and SSE only, so the area is 576 bytes.
 * Source: arch/x86/include/uapi/asm/sigcontext.h; arch/x86/kernel/fpu/signal.c.
 */
import { Fxsave, hasReservedMxcsr, XSAVE_FEATURES, XSAVE_HEADER_BYTES, XsaveFeature } from '../../emulator/cpu/fxsave.js';
import { permitted, type FrameMemory } from '../posix/frame-memory.js';

export const XSAVE_SIZE = Fxsave.size + XSAVE_HEADER_BYTES;
const MAGIC1 = 0x46505853;
const MAGIC2 = 0x46505845;

const FXRSTOR_ALIGNMENT = 16;
const XRSTOR_ALIGNMENT = 64;

/** Bytes with the closing magic. */
export const FP_AREA_SIZE = XSAVE_SIZE + 4;

/** Words of the part that software fills in. */
const Software = { magic1: 0, extended: 1, features: 2, size: 4 } as const;
/** Of the header: what is there; and bytes that must be zero. */
const Header = { features: 0, compaction: 8, refusedByCpu: 24 } as const;

/** What sigreturn takes from an area; the rest becomes as it is in a new process. */
export interface SavedFloat {
  x87: boolean;
  sse: boolean;
  mxcsr: boolean;
}
const EVERYTHING: SavedFloat = { x87: true, sse: true, mxcsr: true };

/** Build the area at scratch offset `at` from `image`; `header` is the legacy part in front of it that counts as size (i386). */
export function buildFpArea(frame: FrameMemory, at: number, image: Uint8Array, header: number): void {
  frame.bytes.set(image, at);
  const w = frame.words;
  const software = (at + Fxsave.software) >>> 2;
  w[software + Software.magic1] = MAGIC1;
  w[software + Software.extended] = header + FP_AREA_SIZE;
  w[software + Software.features] = XSAVE_FEATURES;
  w[software + 3] = 0;
  w[software + Software.size] = XSAVE_SIZE;
  w.fill(0, software + 5, (at + XSAVE_SIZE) >>> 2);
  w[(at + Fxsave.size) >>> 2] = XSAVE_FEATURES;
  w[(at + XSAVE_SIZE) >>> 2] = MAGIC2;
}

/**
 * The area at `address` comes to scratch offset `at`. Undefined: memory refuses, or the processor refuses what is there.
 * `legacy`: in front of it is an FSAVE image. The kernel then looks through a copy, and the CPU restores from that;
 * else the CPU restores from the frame itself (XRSTOR, FXRSTOR), by its own rules.
 */
export function readFpArea(frame: FrameMemory, at: number, address: number, legacy: boolean): SavedFloat | undefined {
  if (!permitted(() => frame.load(address, at, Fxsave.size))) return undefined;
  const extended = isExtended(frame, at, address);
  if (extended === undefined) return undefined;
  const mxcsr = frame.words[(at + Fxsave.mxcsr) >>> 2];
  if (!extended) return hasReservedMxcsr(mxcsr) || (!legacy && address % FXRSTOR_ALIGNMENT !== 0) ? undefined : EVERYTHING;
  if (!legacy && address % XRSTOR_ALIGNMENT !== 0) return undefined;
  const header = at + Fxsave.size;
  const present = frame.get64(header + Header.features);
  const zeros = frame.bytes.subarray(header + Header.compaction, header + (legacy ? XSAVE_HEADER_BYTES : Header.refusedByCpu));
  if (present > XSAVE_FEATURES || zeros.some((byte) => byte !== 0)) return undefined;
  const wanted = frame.words[((at + Fxsave.software) >>> 2) + Software.features];
  const x87 = (present & wanted & XsaveFeature.x87) !== 0;
  const sse = (present & wanted & XsaveFeature.sse) !== 0;
  // XRSTOR takes MXCSR whether or not the header has SSE.
  const takesMxcsr = legacy ? sse : (wanted & XsaveFeature.sse) !== 0;
  return (legacy ? present !== 0 : takesMxcsr) && hasReservedMxcsr(mxcsr) ? undefined : { x87, sse, mxcsr: takesMxcsr };
}

/** Is there more than the FXSAVE image, as both magic numbers say? Undefined: the second can't be read. Then the header comes too. */
function isExtended(frame: FrameMemory, at: number, address: number): boolean | undefined {
  const w = frame.words;
  const software = (at + Fxsave.software) >>> 2;
  const size = w[software + Software.size];
  if (w[software + Software.magic1] !== MAGIC1 || size !== XSAVE_SIZE || size > w[software + Software.extended]) return false;
  if (!permitted(() => frame.load(address + Fxsave.size, at + Fxsave.size, FP_AREA_SIZE - Fxsave.size))) return undefined;
  return w[(at + XSAVE_SIZE) >>> 2] === MAGIC2;
}
