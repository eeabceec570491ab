/**
 * The jmp_buf of the Microsoft C run-time, as the MPS's setjmp leaves it on the
 * caller's stack: 64 bytes on IA-32, 256 on x86-64, nothing mangled.
 */
import { X86 } from '../../emulator/cpu/registers.js';
import type { Registers } from '../../emulator/engine.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';

export const JUMP_BUFFER_BYTES = { 4: 64, 8: 256 } as const;

const WORDS_64: readonly [number, number][] = [
  [0x08, X86.rbx],
  [0x18, X86.rbp],
  [0x20, X86.rsi],
  [0x28, X86.rdi],
  [0x30, X86.r12],
  [0x38, X86.r13],
  [0x40, X86.r14],
  [0x48, X86.r15],
  [0x50, X86.rip],
];
const WORDS_32: readonly [number, number][] = [
  [0x00, X86.rbp],
  [0x04, X86.rbx],
  [0x08, X86.rdi],
  [0x0c, X86.rsi],
  [0x14, X86.rip],
];
export const XMM_OFFSET_64 = 0x60;
/** "VC20": marks a buffer that _setjmp3 has filled. */
const COOKIE_32 = 0x56433230;

/** What the integer registers give. */
export function saveJumpBuffer(registers: Registers, memory: MemoryView, at: number, fsBase: number): void {
  if (memory.wordSize === 8) {
    // By halves: a register may hold more bits than a number.
    for (const [offset, slot] of WORDS_64) {
      memory.setU32(at + offset, registers.lo(slot));
      memory.setU32(at + offset + 4, registers.hi(slot));
    }
    // The MPS function's own frame: below the buffer. Frame is what unwinding would go to.
    memory.setWord(at, at);
    memory.setWord(at + 0x10, at);
    return;
  }
  for (const [offset, slot] of WORDS_32) memory.setU32(at + offset, registers.lo(slot));
  const registration = memory.u32(fsBase);
  memory.setU32(at + 0x10, at - 4);
  memory.setU32(at + 0x18, registration);
  memory.setU32(at + 0x1c, registration === 0xffffffff ? 0xffffffff : memory.u32(registration + 0xc));
  memory.setU32(at + 0x20, COOKIE_32);
  memory.setU32(at + 0x24, 0);
}

const NAMES_64 = new Map([
  [0x00, 'Frame (jmp_buf)'],
  [0x08, 'rbx'],
  [0x10, 'rsp'],
  [0x18, 'rbp'],
  [0x20, 'rsi'],
  [0x28, 'rdi'],
  [0x30, 'r12'],
  [0x38, 'r13'],
  [0x40, 'r14'],
  [0x48, 'r15'],
  [0x50, 'rip'],
]);
const NAMES_32 = new Map([
  [0x00, 'ebp'],
  [0x04, 'ebx'],
  [0x08, 'edi'],
  [0x0c, 'esi'],
  [0x10, 'esp'],
  [0x14, 'eip'],
  [0x18, 'Registration (jmp_buf)'],
]);

export function jumpBufferName(wordSize: 4 | 8, offset: number): string | undefined {
  const name = (wordSize === 8 ? NAMES_64 : NAMES_32).get(offset);
  if (name) return name;
  return wordSize === 8 && offset >= XMM_OFFSET_64 ? `xmm${6 + ((offset - XMM_OFFSET_64) >> 4)}` : undefined;
}
