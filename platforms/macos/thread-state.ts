/**
 * Mach thread states: x86_THREAD_STATE64 (flavor 4, 42 words) and
 * ARM_THREAD_STATE64 (flavor 6, 68 words), and their exception states, between
 * registers and guest memory. Layouts: mach/i386/_structs.h, mach/arm/_structs.h.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import type { CpuName, Registers } from '../../emulator/engine.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';

export interface ThreadStateLayout {
  flavor: number;
  /** In 32-bit words, as Mach counts. */
  count: number;
  /** Bytes. */
  size: number;
  exceptionFlavor: number;
  exceptionCount: number;
  /** Byte offset of each 64-bit field, register slot, name. */
  fields: { offset: number; slot: number; name: string }[];
  spOffset: number;
  pcOffset: number;
  /** 32-bit: the processor state word (ARM). */
  cpsrOffset?: number;
}

function x86Fields(): ThreadStateLayout['fields'] {
  const order = ['rax', 'rbx', 'rcx', 'rdx', 'rdi', 'rsi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
  const names = [...order, 'rip', 'rflags', 'cs', 'fs', 'gs'] as const;
  return names.map((name, i) => ({ offset: 8 * i, slot: X86[name], name }));
}

function armFields(): ThreadStateLayout['fields'] {
  const fields = Array.from({ length: 29 }, (_, i) => ({ offset: 8 * i, slot: i, name: `x${i}` }));
  return [
    ...fields,
    { offset: 0xe8, slot: A64.fp, name: 'fp' },
    { offset: 0xf0, slot: A64.lr, name: 'lr' },
    { offset: 0xf8, slot: A64.sp, name: 'sp' },
    { offset: 0x100, slot: A64.pc, name: 'pc' },
  ];
}

const x86: ThreadStateLayout = {
  flavor: 4,
  count: 42,
  size: 168,
  exceptionFlavor: 6,
  exceptionCount: 4,
  fields: x86Fields(),
  spOffset: 0x38,
  pcOffset: 0x80,
};

const arm: ThreadStateLayout = {
  flavor: 6,
  count: 68,
  size: 272,
  exceptionFlavor: 7,
  exceptionCount: 4,
  fields: armFields(),
  spOffset: 0xf8,
  pcOffset: 0x100,
  cpsrOffset: 0x108,
};

export function threadStateLayout(cpu: CpuName): ThreadStateLayout {
  return cpu === 'arm64' ? arm : x86;
}

/** thread_get_state into guest memory. */
export function storeThreadState(layout: ThreadStateLayout, registers: Registers, memory: MemoryView, address: number): void {
  for (const { offset, slot } of layout.fields) {
    memory.setU32(address + offset, registers.lo(slot));
    memory.setU32(address + offset + 4, registers.hi(slot));
  }
  if (layout.cpsrOffset !== undefined) {
    memory.setU32(address + layout.cpsrOffset, registers.lo(A64.pstate));
    memory.setU32(address + layout.cpsrOffset + 4, 0);
  }
}

/** thread_set_state from guest memory. Segment registers and the flag bits a user can't change stay. */
export function loadThreadState(layout: ThreadStateLayout, registers: Registers, memory: MemoryView, address: number): void {
  const words = new Uint32Array(registers.buffer);
  for (const { offset, slot, name } of layout.fields) {
    if (name === 'cs' || name === 'fs' || name === 'gs') continue;
    let low = memory.u32(address + offset);
    if (name === 'rflags') low = (low & USER_FLAGS) | 0x202;
    words[2 * slot] = low;
    words[2 * slot + 1] = memory.u32(address + offset + 4);
  }
  if (layout.cpsrOffset !== undefined) words[2 * A64.pstate] = memory.u32(address + layout.cpsrOffset) & 0xf0000000;
  registers.dirty |= 1;
}

/** CF PF AF ZF SF TF DF OF. */
const USER_FLAGS = 0xdd5;

/** Name of the word at `offset` in the state, for people. */
export function threadStateName(layout: ThreadStateLayout, offset: number): string {
  return layout.fields.find((field) => field.offset === offset)?.name ?? `state+0x${offset.toString(16)}`;
}
