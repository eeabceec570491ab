/** CONTEXT of IA-32: 716 bytes, the x87 state in FSAVE's form and all of it again as an FXSAVE image. */
import { fromFsave, Fsave, toFsave } from '../../emulator/cpu/fsave.js';
import { Fxsave, fxsaveView, MXCSR_WRITABLE } from '../../emulator/cpu/fxsave.js';
import { FLOAT_BYTES, FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import { RegisterGroup, type Engine } from '../../emulator/engine.js';
import { blockOf, fillFloat, sameFloat, userFlags, type ContextCodec } from './context.js';
import { Group } from './layout.js';

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
/** FLOATING_SAVE_AREA: the FSAVE image, then Cr0NpxState. */
const FLOAT_SAVE_32 = 0x1c;
const EXTENDED_32 = 0xcc;

export function context32(engine: Engine): ContextCodec {
  const block = blockOf(engine.registers);
  const { words } = block;
  return {
    bytes: 716,
    all: 0x1003f,
    fill(to, at, groups) {
      if (groups & Group.INTEGER) for (const [slot, offset] of INTEGER_32) to.words[(at + offset) / 4] = words[slot * 2];
      if (groups & Group.CONTROL) for (const [slot, offset] of CONTROL_32) to.words[(at + offset) / 4] = words[slot * 2];
      if (groups & Group.SEGMENTS) for (const [slot, offset] of SEGMENTS_32) to.words[(at + offset) / 4] = words[slot * 2];
      if (groups & (Group.FLOATING_POINT | Group.EXTENDED_REGISTERS)) engine.readFloat();
      if (groups & Group.FLOATING_POINT) {
        toFsave(fxsaveView(engine), to.view, at + FLOAT_SAVE_32);
        to.words[(at + FLOAT_SAVE_32 + Fsave.size) / 4] = 0;
      }
      if (groups & Group.EXTENDED_REGISTERS) fillFloat(block, to, at + EXTENDED_32);
      if (groups & Group.DEBUG_REGISTERS) to.words.fill(0, at / 4 + 1, at / 4 + 7);
    },
    load(from, at, groups) {
      if (groups & Group.INTEGER) for (const [slot, offset] of INTEGER_32) words[slot * 2] = from.words[(at + offset) / 4];
      if (groups & Group.CONTROL) {
        words[X86.rbp * 2] = from.words[(at + 0xb4) / 4];
        words[X86.rip * 2] = from.words[(at + 0xb8) / 4];
        words[X86.rsp * 2] = from.words[(at + 0xc4) / 4];
        words[X86.rflags * 2] = userFlags(from.words[(at + 0xc0) / 4]);
      }
      engine.registers.dirty |= RegisterGroup.General;
      if (!(groups & (Group.FLOATING_POINT | Group.EXTENDED_REGISTERS))) return;
      engine.readFloat();
      // The extended area, where it is given, holds all of the x87 state too.
      if (groups & Group.EXTENDED_REGISTERS) {
        if (sameFloat(block, from, at + EXTENDED_32)) return;
        block.bytes.set(from.bytes.subarray(at + EXTENDED_32, at + EXTENDED_32 + FLOAT_BYTES), FLOAT_OFFSET);
        const image = fxsaveView(engine);
        image.setUint32(Fxsave.mxcsr, image.getUint32(Fxsave.mxcsr, true) & MXCSR_WRITABLE, true);
      } else {
        fromFsave(from.view, at + FLOAT_SAVE_32, fxsaveView(engine));
      }
      engine.writeFloat();
    },
  };
}
