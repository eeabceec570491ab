/**
 * Mach thread states: x86_THREAD_STATE64 (flavor 4, 42 words) and
 * ARM_THREAD_STATE64 (flavor 6, 68 words), between registers and the bytes of
 * messages and signal frames. Layouts: mach/i386/_structs.h, mach/arm/_structs.h.
 */
import { Pstate } from '../../emulator/cpu/arm64-exceptions.js';
import { A64, X86 } from '../../emulator/cpu/registers.js';
import { Eflags, STATUS_FLAGS, USER_MODE_FLAGS } from '../../emulator/cpu/x86-flags.js';
import type { CpuName, Registers } from '../../emulator/engine.js';

export interface ThreadStateLayout {
  flavor: number;
  /** In 32-bit words, as Mach counts. */
  count: number;
  /** Bytes. */
  size: number;
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
  fields: x86Fields(),
  spOffset: 0x38,
  pcOffset: 0x80,
};

const arm: ThreadStateLayout = {
  flavor: 6,
  count: 68,
  size: 272,
  fields: armFields(),
  spOffset: 0xf8,
  pcOffset: 0x100,
  cpsrOffset: 0x108,
};

export function threadStateLayout(cpu: CpuName): ThreadStateLayout {
  return cpu === 'arm64' ? arm : x86;
}

/** The state as it lies in a message or a frame, at `at` of `view`. */
export function storeThreadState(layout: ThreadStateLayout, registers: Registers, view: DataView, at: number): void {
  for (const { offset, slot } of layout.fields) {
    view.setUint32(at + offset, registers.lo(slot), true);
    view.setUint32(at + offset + 4, registers.hi(slot), true);
  }
  if (layout.cpsrOffset !== undefined) {
    view.setUint32(at + layout.cpsrOffset, registers.lo(A64.pstate), true);
    view.setUint32(at + layout.cpsrOffset + 4, 0, true);
  }
}

/** Make it a thread's. Segment registers and the flag bits that a user can't change stay. */
export function loadThreadState(layout: ThreadStateLayout, registers: Registers, view: DataView, at: number): void {
  const words = new Uint32Array(registers.buffer);
  for (const { offset, slot, name } of layout.fields) {
    if (name === 'cs' || name === 'fs' || name === 'gs') continue;
    let low = view.getUint32(at + offset, true);
    if (name === 'rflags') low = (low & USER_FLAGS) | USER_MODE_FLAGS;
    words[2 * slot] = low;
    words[2 * slot + 1] = view.getUint32(at + offset + 4, true);
  }
  if (layout.cpsrOffset !== undefined) words[2 * A64.pstate] = view.getUint32(at + layout.cpsrOffset, true) & Pstate.NZCV;
  registers.dirty |= 1;
}

const USER_FLAGS = STATUS_FLAGS | Eflags.TF | Eflags.DF;

/** Name of the word at `offset` in the state, for people. */
export function threadStateName(layout: ThreadStateLayout, offset: number): string {
  return layout.fields.find((field) => field.offset === offset)?.name ?? `state+0x${offset.toString(16)}`;
}
