/** Linux's siginfo_t: number, errno, code, then a union that begins at the word after them. Source: include/uapi/asm-generic/siginfo.h. */
import type { FrameMemory } from '../posix/frame-memory.js';
import type { SignalInfo } from '../posix/posix-thread.js';

export const SIGINFO_SIZE = 128;

/** Build it at scratch offset `at`; the rest of its 128 bytes is zero, as the kernel clears it. */
export function writeSiginfo(frame: FrameMemory, at: number, info: SignalInfo, wordSize: 4 | 8): void {
  const w = frame.words;
  const first = at >>> 2;
  w.fill(0, first, first + SIGINFO_SIZE / 4);
  w[first] = info.signal;
  w[first + 2] = info.code;
  const union = wordSize === 8 ? at + 16 : at + 12;
  if (info.trap !== undefined) {
    if (wordSize === 8) frame.put64(union, info.address ?? 0);
    else w[union >>> 2] = info.address ?? 0;
    // si_pkey lies behind the address and a word of padding.
    if (info.key !== undefined) w[(union + 2 * wordSize) >>> 2] = info.key;
  } else {
    w[union >>> 2] = info.pid ?? 0;
    w[(union >>> 2) + 1] = info.uid ?? 0;
    // si_value follows for queued signals.
    if (info.value !== undefined) {
      w[(union >>> 2) + 2] = Number(info.value & 0xffffffffn);
      if (wordSize === 8) w[(union >>> 2) + 3] = Number(info.value >> 32n);
    }
  }
}
