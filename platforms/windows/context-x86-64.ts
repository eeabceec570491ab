/** CONTEXT of x86-64: 1232 bytes, aligned to 16. The register block has rax … r15, rip in its order from +78. */
import { Fxsave, MXCSR_WRITABLE } from '../../emulator/cpu/fxsave.js';
import { FLOAT_BYTES, FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import { RegisterGroup, type Engine } from '../../emulator/engine.js';
import { blockOf, fillFloat, sameFloat, userFlags, type ContextCodec } from './context.js';
import { Group } from './layout.js';

const INTEGERS = 0x78;
const RSP = 0x98;
const RIP = 0xf8;
const FLAGS = 0x44;
const MXCSR = 0x34;
const FLOAT = 0x100;
const SEGMENTS = [
  [0x3a, X86.ds],
  [0x3c, X86.es],
  [0x3e, X86.fs],
  [0x40, X86.gs],
] as const;
/** rax, rcx, rdx, rbx, then without rsp rbp, rsi, rdi, r8 … r15: runs of words in the block and in the CONTEXT. */
const BEFORE_RSP = X86.rsp * 2;
const AFTER_RSP = X86.rbp * 2;
const END = X86.rip * 2;

export function context64(engine: Engine): ContextCodec {
  const block = blockOf(engine.registers);
  const { words } = block;
  return {
    bytes: 1232,
    all: 0x10001f,
    fill(to, at, groups) {
      const { view } = to;
      const first = (at + INTEGERS) / 4;
      if (groups & Group.INTEGER) {
        for (let i = 0; i < BEFORE_RSP; i++) to.words[first + i] = words[i];
        for (let i = AFTER_RSP; i < END; i++) to.words[first + i] = words[i];
      }
      if (groups & Group.CONTROL) {
        to.words[(at + RSP) / 4] = words[BEFORE_RSP];
        to.words[(at + RSP) / 4 + 1] = words[BEFORE_RSP + 1];
        to.words[(at + RIP) / 4] = words[END];
        to.words[(at + RIP) / 4 + 1] = words[END + 1];
        to.words[(at + FLAGS) / 4] = words[X86.rflags * 2];
        view.setUint16(at + 0x38, words[X86.cs * 2], true);
        view.setUint16(at + 0x42, words[X86.ss * 2], true);
      }
      if (groups & Group.SEGMENTS) for (const [offset, slot] of SEGMENTS) view.setUint16(at + offset, words[slot * 2], true);
      if (groups & Group.FLOATING_POINT) {
        engine.readFloat();
        fillFloat(block, to, at + FLOAT);
        to.words[(at + MXCSR) / 4] = to.words[(at + FLOAT + Fxsave.mxcsr) / 4];
      }
      // No hardware breakpoints: the debug registers are at rest.
      if (groups & Group.DEBUG_REGISTERS) to.words.fill(0, (at + 0x48) / 4, (at + INTEGERS) / 4);
    },
    load(from, at, groups) {
      const first = (at + INTEGERS) / 4;
      if (groups & Group.INTEGER) {
        for (let i = 0; i < BEFORE_RSP; i++) words[i] = from.words[first + i];
        for (let i = AFTER_RSP; i < END; i++) words[i] = from.words[first + i];
      }
      if (groups & Group.CONTROL) {
        words[BEFORE_RSP] = from.words[(at + RSP) / 4];
        words[BEFORE_RSP + 1] = from.words[(at + RSP) / 4 + 1];
        words[END] = from.words[(at + RIP) / 4];
        words[END + 1] = from.words[(at + RIP) / 4 + 1];
        words[X86.rflags * 2] = userFlags(from.words[(at + FLAGS) / 4]);
      }
      engine.registers.dirty |= RegisterGroup.General;
      if (!(groups & Group.FLOATING_POINT)) return;
      engine.readFloat();
      const mxcsr = from.words[(at + MXCSR) / 4];
      if (mxcsr === from.words[(at + FLOAT + Fxsave.mxcsr) / 4] && sameFloat(block, from, at + FLOAT)) return;
      block.bytes.set(from.bytes.subarray(at + FLOAT, at + FLOAT + FLOAT_BYTES), FLOAT_OFFSET);
      block.view.setUint32(FLOAT_OFFSET + Fxsave.mxcsr, mxcsr & MXCSR_WRITABLE, true);
      engine.writeFloat();
    },
  };
}
