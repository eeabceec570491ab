/**
 * Layout of the packed register block that the native module shares with
 * TypeScript. 64-bit little-endian slots from offset 0, the float area from
 * FLOAT_OFFSET. Both sides must agree: emulator/native/register-block.h.
 *
 * x86 (both modes; 32-bit code uses the low halves): slots in encoding order.
 * The float area is a 512-byte FXSAVE image (fxsave.ts).
 * ARM64: x0-x30, sp, pc, pstate, thread pointers; the float area is v0-v31
 * (32 x 16 bytes), with fpsr and fpcr in slots.
 */
// prettier-ignore
export const X86 = {
  rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7,
  r8: 8, r9: 9, r10: 10, r11: 11, r12: 12, r13: 13, r14: 14, r15: 15,
  rip: 16, rflags: 17, cs: 18, ss: 19, ds: 20, es: 21, fs: 22, gs: 23,
  fsBase: 24, gsBase: 25,
} as const;

// prettier-ignore
export const A64 = {
  x0: 0, x1: 1, x2: 2, x3: 3, x4: 4, x5: 5, x6: 6, x7: 7, x8: 8, x9: 9,
  x10: 10, x11: 11, x12: 12, x13: 13, x14: 14, x15: 15, x16: 16, x17: 17, x18: 18, x19: 19,
  x20: 20, x21: 21, x22: 22, x23: 23, x24: 24, x25: 25, x26: 26, x27: 27, x28: 28,
  fp: 29, lr: 30, sp: 31, pc: 32, pstate: 33, tpidr: 34, tpidrro: 35, fpsr: 36, fpcr: 37,
} as const;

const GENERAL_SLOTS = 64;
export const GENERAL_BYTES = 8 * GENERAL_SLOTS;
export const FLOAT_OFFSET = GENERAL_BYTES;
export const FLOAT_BYTES = 512;
export const BLOCK_BYTES = FLOAT_OFFSET + FLOAT_BYTES;
