/**
 * CONTEXT (winnt.h): filled from a thread's registers and read back into them,
 * only the groups that ContextFlags asks for. 716 bytes on IA-32, 1232 on
 * x86-64, in a buffer of ours; copying to and from guest memory is the caller's.
 */
import { FLOAT_BYTES, FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import { RegisterGroup, type Engine, type Registers } from '../../emulator/engine.js';
import { Group } from './layout.js';

/** Both directions for one CPU mode. `at` is where the CONTEXT begins in the view. */
export interface ContextCodec {
  readonly bytes: number;
  /** Every group this model can fill: what an exception delivers. */
  readonly all: number;
  fill(engine: Engine, view: DataView, at: number, groups: number): void;
  load(engine: Engine, view: DataView, at: number, groups: number): void;
}

/** Flags that a user may change through a context: CF PF AF ZF SF TF DF OF AC ID, on top of IF and the fixed bit 1. */
const USER_FLAGS = 0x240dd5;
const FIXED_FLAGS = 0x202;
const MXCSR = FLOAT_OFFSET + 0x18;
const XMM = FLOAT_OFFSET + 0xa0;

function block(registers: Registers): { words: Uint32Array; bytes: Uint8Array; view: DataView } {
  let found = blocks.get(registers);
  if (!found) {
    found = { words: new Uint32Array(registers.buffer), bytes: new Uint8Array(registers.buffer), view: new DataView(registers.buffer) };
    blocks.set(registers, found);
  }
  return found;
}
const blocks = new WeakMap<Registers, { words: Uint32Array; bytes: Uint8Array; view: DataView }>();

function setFlags(words: Uint32Array, flags: number): void {
  words[X86.rflags * 2] = (flags & USER_FLAGS) | FIXED_FLAGS;
}

const SEGMENTS_64 = [X86.cs, X86.ds, X86.es, X86.fs, X86.gs, X86.ss] as const;
const RSP_64 = 0x98;
const RIP_64 = 0xf8;
const FLOAT_64 = 0x100;

/** x86-64: the register block has rax … r15, rip in the order of the CONTEXT from +78. */
export const context64: ContextCodec = {
  bytes: 1232,
  all: 0x10001f,
  fill(engine, view, at, groups) {
    const { words, bytes } = block(engine.registers);
    if (groups & Group.INTEGER) {
      for (let slot = 0, to = at + 0x78; slot < 16; slot++, to += 8) {
        if (slot === X86.rsp) continue;
        view.setUint32(to, words[slot * 2], true);
        view.setUint32(to + 4, words[slot * 2 + 1], true);
      }
    }
    if (groups & Group.CONTROL) {
      view.setUint32(at + RSP_64, words[X86.rsp * 2], true);
      view.setUint32(at + RSP_64 + 4, words[X86.rsp * 2 + 1], true);
      view.setUint32(at + RIP_64, words[X86.rip * 2], true);
      view.setUint32(at + RIP_64 + 4, words[X86.rip * 2 + 1], true);
      view.setUint32(at + 0x44, words[X86.rflags * 2], true);
      view.setUint16(at + 0x38, words[X86.cs * 2], true);
      view.setUint16(at + 0x42, words[X86.ss * 2], true);
    }
    if (groups & Group.SEGMENTS) {
      for (let i = 1; i < 5; i++) view.setUint16(at + 0x38 + 2 * i, words[SEGMENTS_64[i] * 2], true);
    }
    if (groups & Group.FLOATING_POINT) {
      engine.readFloat();
      new Uint8Array(view.buffer, view.byteOffset).set(bytes.subarray(FLOAT_OFFSET, FLOAT_OFFSET + FLOAT_BYTES), at + FLOAT_64);
      view.setUint32(at + 0x34, view.getUint32(at + FLOAT_64 + 0x18, true), true);
    }
    // No hardware breakpoints: the debug registers are at rest.
    if (groups & Group.DEBUG_REGISTERS) for (let i = 0; i < 12; i++) view.setUint32(at + 0x48 + 4 * i, 0, true);
  },
  load(engine, view, at, groups) {
    const { words, bytes } = block(engine.registers);
    if (groups & Group.INTEGER) {
      for (let slot = 0, from = at + 0x78; slot < 16; slot++, from += 8) {
        if (slot === X86.rsp) continue;
        words[slot * 2] = view.getUint32(from, true);
        words[slot * 2 + 1] = view.getUint32(from + 4, true);
      }
    }
    if (groups & Group.CONTROL) {
      words[X86.rsp * 2] = view.getUint32(at + RSP_64, true);
      words[X86.rsp * 2 + 1] = view.getUint32(at + RSP_64 + 4, true);
      words[X86.rip * 2] = view.getUint32(at + RIP_64, true);
      words[X86.rip * 2 + 1] = view.getUint32(at + RIP_64 + 4, true);
      setFlags(words, view.getUint32(at + 0x44, true));
    }
    engine.registers.dirty |= RegisterGroup.General;
    if (groups & Group.FLOATING_POINT) {
      engine.readFloat();
      const image = new Uint8Array(view.buffer, view.byteOffset + at + FLOAT_64, FLOAT_BYTES);
      const mxcsr = view.getUint32(at + 0x34, true);
      if (!sameFloat(bytes, image, mxcsr)) {
        bytes.set(image, FLOAT_OFFSET);
        new DataView(engine.registers.buffer).setUint32(MXCSR, mxcsr & 0xffff, true);
        engine.writeFloat();
      }
    }
  },
};

/** Is the FXSAVE image that is in force the one given? Then it need not be written. */
function sameFloat(block: Uint8Array, image: Uint8Array, mxcsr: number | undefined): boolean {
  for (let i = 0; i < FLOAT_BYTES; i++) if (block[FLOAT_OFFSET + i] !== image[i]) return false;
  return mxcsr === undefined || mxcsr === (image[0x18] | (image[0x19] << 8) | (image[0x1a] << 16) | (image[0x1b] << 24)) >>> 0;
}

/** IA-32 integer registers and their offsets. */
const INTEGER_32 = [
  [X86.rdi, 0x9c],
  [X86.rsi, 0xa0],
  [X86.rbx, 0xa4],
  [X86.rdx, 0xa8],
  [X86.rcx, 0xac],
  [X86.rax, 0xb0],
] as const;
const CONTROL_32 = [
  [X86.rbp, 0xb4],
  [X86.rip, 0xb8],
  [X86.cs, 0xbc],
  [X86.rflags, 0xc0],
  [X86.rsp, 0xc4],
  [X86.ss, 0xc8],
] as const;
const SEGMENTS_32 = [
  [X86.gs, 0x8c],
  [X86.fs, 0x90],
  [X86.es, 0x94],
  [X86.ds, 0x98],
] as const;
const FLOAT_SAVE_32 = 0x1c;
const EXTENDED_32 = 0xcc;

export const context32: ContextCodec = {
  bytes: 716,
  all: 0x1003f,
  fill(engine, view, at, groups) {
    const { words, bytes, view: registers } = block(engine.registers);
    if (groups & Group.INTEGER) for (const [slot, offset] of INTEGER_32) view.setUint32(at + offset, words[slot * 2], true);
    if (groups & Group.CONTROL) for (const [slot, offset] of CONTROL_32) view.setUint32(at + offset, words[slot * 2], true);
    if (groups & Group.SEGMENTS) for (const [slot, offset] of SEGMENTS_32) view.setUint32(at + offset, words[slot * 2], true);
    if (groups & (Group.FLOATING_POINT | Group.EXTENDED_REGISTERS)) engine.readFloat();
    if (groups & Group.FLOATING_POINT) fillFloatSave(registers, view, at + FLOAT_SAVE_32);
    if (groups & Group.EXTENDED_REGISTERS) {
      new Uint8Array(view.buffer, view.byteOffset).set(bytes.subarray(FLOAT_OFFSET, FLOAT_OFFSET + FLOAT_BYTES), at + EXTENDED_32);
    }
    if (groups & Group.DEBUG_REGISTERS) for (let i = 0; i < 6; i++) view.setUint32(at + 4 + 4 * i, 0, true);
  },
  load(engine, view, at, groups) {
    const { words, bytes, view: registers } = block(engine.registers);
    if (groups & Group.INTEGER) for (const [slot, offset] of INTEGER_32) words[slot * 2] = view.getUint32(at + offset, true);
    if (groups & Group.CONTROL) {
      words[X86.rbp * 2] = view.getUint32(at + 0xb4, true);
      words[X86.rip * 2] = view.getUint32(at + 0xb8, true);
      words[X86.rsp * 2] = view.getUint32(at + 0xc4, true);
      setFlags(words, view.getUint32(at + 0xc0, true));
    }
    engine.registers.dirty |= RegisterGroup.General;
    if (!(groups & (Group.FLOATING_POINT | Group.EXTENDED_REGISTERS))) return;
    engine.readFloat();
    // The extended area, where it is given, holds all of the x87 state too.
    if (groups & Group.EXTENDED_REGISTERS) {
      const image = new Uint8Array(view.buffer, view.byteOffset + at + EXTENDED_32, FLOAT_BYTES);
      if (sameFloat(bytes, image, undefined)) return;
      bytes.set(image, FLOAT_OFFSET);
      registers.setUint32(MXCSR, registers.getUint32(MXCSR, true) & 0xffff, true);
    } else {
      loadFloatSave(registers, view, at + FLOAT_SAVE_32);
    }
    engine.writeFloat();
  },
};

/** FXSAVE's abridged tag byte (1 = in use) as FSAVE's two bits a register, from the registers' contents. */
function fullTag(registers: DataView): number {
  const abridged = registers.getUint8(FLOAT_OFFSET + 4);
  const top = (registers.getUint16(FLOAT_OFFSET + 2, true) >> 11) & 7;
  let tag = 0;
  for (let physical = 0; physical < 8; physical++) {
    let bits = 3;
    if (abridged & (1 << physical)) {
      const at = FLOAT_OFFSET + 0x20 + 16 * ((physical - top) & 7);
      const exponent = registers.getUint16(at + 8, true) & 0x7fff;
      const low = registers.getUint32(at, true);
      const high = registers.getUint32(at + 4, true);
      if (exponent === 0x7fff) bits = 2;
      else if (exponent === 0) bits = low === 0 && high === 0 ? 1 : 2;
      else bits = high & 0x80000000 ? 0 : 2;
    }
    tag |= bits << (2 * physical);
  }
  return tag;
}

/** FLOATING_SAVE_AREA: the 108 bytes of FSAVE, upper halves of its first words set, and Cr0NpxState. */
function fillFloatSave(registers: DataView, view: DataView, at: number): void {
  view.setUint32(at, registers.getUint16(FLOAT_OFFSET, true) | 0xffff0000, true);
  view.setUint32(at + 4, registers.getUint16(FLOAT_OFFSET + 2, true) | 0xffff0000, true);
  view.setUint32(at + 8, fullTag(registers) | 0xffff0000, true);
  view.setUint32(at + 0xc, registers.getUint32(FLOAT_OFFSET + 8, true), true);
  view.setUint32(at + 0x10, registers.getUint16(FLOAT_OFFSET + 0xc, true) | (registers.getUint16(FLOAT_OFFSET + 6, true) << 16), true);
  view.setUint32(at + 0x14, registers.getUint32(FLOAT_OFFSET + 0x10, true), true);
  view.setUint32(at + 0x18, registers.getUint16(FLOAT_OFFSET + 0x14, true) | 0xffff0000, true);
  for (let i = 0; i < 8; i++) {
    for (let b = 0; b < 10; b++) view.setUint8(at + 0x1c + 10 * i + b, registers.getUint8(FLOAT_OFFSET + 0x20 + 16 * i + b));
  }
  view.setUint32(at + 0x6c, 0, true);
}

function loadFloatSave(registers: DataView, view: DataView, at: number): void {
  registers.setUint16(FLOAT_OFFSET, view.getUint16(at, true), true);
  registers.setUint16(FLOAT_OFFSET + 2, view.getUint16(at + 4, true), true);
  const tag = view.getUint16(at + 8, true);
  let abridged = 0;
  for (let i = 0; i < 8; i++) if (((tag >> (2 * i)) & 3) !== 3) abridged |= 1 << i;
  registers.setUint8(FLOAT_OFFSET + 4, abridged);
  for (let i = 0; i < 8; i++) {
    for (let b = 0; b < 10; b++) registers.setUint8(FLOAT_OFFSET + 0x20 + 16 * i + b, view.getUint8(at + 0x1c + 10 * i + b));
  }
}

/** Xmm6 … Xmm15 of the present state, copied from the float area (for jmp_buf). */
export function copyXmm(registers: Registers, first: number, count: number, to: Uint8Array, at: number): void {
  const { bytes } = block(registers);
  to.set(bytes.subarray(XMM + 16 * first, XMM + 16 * (first + count)), at);
}

/** Name of the register whose place in a CONTEXT is at `offset`, for people. */
export function contextName(wordSize: 4 | 8, offset: number): string {
  const found = (wordSize === 8 ? names64 : names32).get(offset);
  if (found) return found;
  if (wordSize === 8 && offset >= 0x1a0 && offset < 0x2a0) return `xmm${(offset - 0x1a0) >> 4} place`;
  return `CONTEXT+0x${offset.toString(16)}`;
}

const names64 = new Map<number, string>();
for (const [slot, name] of [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
].entries()) {
  names64.set(0x78 + 8 * slot, name);
}
const names32 = new Map<number, string>([
  [0x9c, 'edi'],
  [0xa0, 'esi'],
  [0xa4, 'ebx'],
  [0xa8, 'edx'],
  [0xac, 'ecx'],
  [0xb0, 'eax'],
  [0xb4, 'ebp'],
  [0xb8, 'eip'],
  [0xbc, 'cs'],
  [0xc0, 'eflags'],
  [0xc4, 'esp'],
  [0xc8, 'ss'],
]);
