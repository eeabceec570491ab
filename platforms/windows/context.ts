/**
 * CONTEXT (winnt.h): filled from a thread's registers and read back into them,
 * only the groups that ContextFlags asks for. 716 bytes on IA-32, 1232 on
 * x86-64, in a buffer of ours; copying to and from guest memory is the caller's.
 */
import { Fxsave, XMM_BYTES } from '../../emulator/cpu/fxsave.js';
import { FLOAT_BYTES, FLOAT_OFFSET } from '../../emulator/cpu/registers.js';
import { Eflags, STATUS_FLAGS, USER_MODE_FLAGS } from '../../emulator/cpu/x86-flags.js';
import type { Registers } from '../../emulator/engine.js';
import type { Core } from './core.js';

/** A buffer that holds CONTEXTs, under the three views that are needed of it. Its length is a multiple of 4. */
export class ContextBuffer {
  readonly view: DataView;
  readonly words: Uint32Array;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  }
}

/** Local and global enables of the four hardware breakpoints, in Dr7. */
const ENABLED = 0xff;

/** Debug registers that are loaded enable nothing (and then nobody sees them again): the CPU has no breakpoints to set. */
export function noBreakpoints({ layout, process }: Pick<Core, 'layout' | 'process'>, from: ContextBuffer): void {
  if (from.view.getUint32(layout.context.dr7, true) & ENABLED)
    process.end({ kind: 'unsupported', text: 'a context sets hardware breakpoints (Dr7), which are not modelled' });
}

/** Both directions, for the registers of one engine in one CPU mode. `at`, a multiple of 4, is where the CONTEXT begins in the buffer. */
export interface ContextCodec {
  readonly bytes: number;
  /** Every group this model can fill: what an exception delivers. */
  readonly all: number;
  fill(to: ContextBuffer, at: number, groups: number): void;
  load(from: ContextBuffer, at: number, groups: number): void;
}

/** Flags that a user may change through a context. */
const USER_FLAGS = STATUS_FLAGS | Eflags.TF | Eflags.DF | Eflags.AC | Eflags.ID;
const XMM = FLOAT_OFFSET + Fxsave.xmm;

/** The register block under the same views. */
export const blockOf = ({ buffer }: Registers): ContextBuffer => new ContextBuffer(new Uint8Array(buffer));

/** EFLAGS or RFLAGS as a user may set them. */
export function userFlags(flags: number): number {
  return (flags & USER_FLAGS) | USER_MODE_FLAGS;
}

const FLOAT_WORD = FLOAT_OFFSET / 4;
const FLOAT_WORDS = FLOAT_BYTES / 4;

/** Copy the FXSAVE image in force to `at` (a multiple of 4). */
export function fillFloat(block: ContextBuffer, to: ContextBuffer, at: number): void {
  to.words.set(block.words.subarray(FLOAT_WORD, FLOAT_WORD + FLOAT_WORDS), at / 4);
}

/** Is the FXSAVE image in force the one at `at`? Then it need not be written. */
export function sameFloat(block: ContextBuffer, from: ContextBuffer, at: number): boolean {
  const { words } = block;
  const other = from.words;
  for (let i = 0, first = at / 4; i < FLOAT_WORDS; i++) if (words[FLOAT_WORD + i] !== other[first + i]) return false;
  return true;
}

/** `count` vector registers from xmm`first` on, copied from the float area (for jmp_buf). */
export function copyXmm(registers: Registers, first: number, count: number, to: Uint8Array, at: number): void {
  to.set(new Uint8Array(registers.buffer, XMM + XMM_BYTES * first, XMM_BYTES * count), at);
}
