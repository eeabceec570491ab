/**
 * How deep the stack is at each instruction of an x86 function, and where in it the caller's frame pointer lies: found
 * by following the function (code-flow.ts). Needs no unwind tables.
 * Source: the instruction encodings (Intel SDM, volume 2) and what gcc and clang make of frames.
 */
import type { X86Instruction } from '../../emulator/engine.js';
import { CodeFlow, type Steps } from './code-flow.js';

/** What is known of the stack before an instruction. NaN: not known. */
export interface StackState {
  /** Bytes between SP and the return address. */
  depth: number;
  /** The caller's frame pointer has been pushed: so far below the return address. */
  saved?: number;
  /** The frame pointer points so far below the return address. */
  frame?: number;
  /** The constant in eax. */
  eax?: number;
}

/** What is asked of the code. */
export interface FlowCode {
  wordSize: 4 | 8;
  bytes(address: number, count: number): Uint8Array;
  decode(address: number): X86Instruction | undefined;
  /** By how much a call of the function lowers SP for its caller: _chkstk's, in eax, or what a callee pops. NaN: not known. */
  lowers(target: number | undefined, eax: number | undefined): number;
}

const BP = 5;
const SP = 4;

class StackSteps implements Steps<StackState> {
  constructor(private readonly code: FlowCode) {}

  isCode(address: number): boolean {
    const [first] = this.code.bytes(address, 1);
    return first !== undefined && first !== 0xcc && first !== 0;
  }

  step(flow: CodeFlow<StackState>, at: number, state: StackState): { next: number; after: StackState | undefined } | undefined {
    const instruction = this.code.decode(at);
    if (!instruction) return undefined;
    const next = at + instruction.length;
    return { next, after: this.behind(flow, at, next, instruction, state) };
  }

  /** The state behind the instruction; undefined: it goes elsewhere. */
  private behind(
    flow: CodeFlow<StackState>,
    at: number,
    next: number,
    { opcode, modrm, rex, length }: X86Instruction,
    state: StackState,
  ): StackState | undefined {
    const w = this.code.wordSize;
    const b = this.code.bytes(at, length);
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    const imm8 = (): number => view.getInt8(length - 1);
    const imm32 = (): number => view.getInt32(length - 4, true);
    const { depth, frame } = state;
    const [mod, reg, rm] =
      modrm === undefined ? [0, 0, 0] : [modrm >> 6, ((modrm >> 3) & 7) | ((rex & 4) << 1), (modrm & 7) | ((rex & 1) << 3)];
    const moved = (by: number): StackState => ({ ...state, depth: depth + by });
    // Jumps and calls.
    if ((opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3)) {
      flow.branch(next + imm8(), state);
      return state;
    }
    if (opcode >= 0x0f80 && opcode <= 0x0f8f) {
      flow.branch(next + imm32(), state);
      return state;
    }
    if (opcode === 0xeb || opcode === 0xe9) {
      // With nothing on the stack it is another function's turn: a tail call.
      const target = next + (opcode === 0xeb ? imm8() : imm32());
      if (depth !== 0 || opcode === 0xeb) flow.branch(target, state);
      return undefined;
    }
    if (opcode === 0xe8) return this.call(flow, next, next + imm32(), state);
    if (opcode === 0xff && (reg & 7) === 2) return this.call(flow, next, undefined, state);
    if (opcode === 0xff && (reg & 7) === 4) {
      if (depth !== 0) flow.jump(next, state);
      return undefined;
    }
    if ([0xc3, 0xc2, 0xcc, 0xf4, 0x0f0b].includes(opcode)) return undefined;
    // What moves SP.
    if (opcode >= 0x50 && opcode <= 0x57) {
      const pushed = moved(w);
      return opcode === 0x50 + BP && !(rex & 1) && state.saved === undefined ? { ...pushed, saved: depth + w } : pushed;
    }
    if (opcode >= 0x58 && opcode <= 0x5f) return opcode === 0x58 + BP && !(rex & 1) ? { depth: depth - w } : moved(-w);
    if (opcode === 0x68 || opcode === 0x6a || opcode === 0x9c) return moved(w);
    // A realigned stack has a second return address, below which all is as usual.
    if (opcode === 0xff && (reg & 7) === 6) return Number.isNaN(depth) && b[length - 1] === 0x100 - w ? { ...state, depth: 0 } : moved(w);
    if (opcode === 0x8f || opcode === 0x9d) return moved(-w);
    if (opcode === 0xc9) return frame === undefined ? moved(NaN) : { depth: frame - w };
    if ((opcode === 0x83 || opcode === 0x81) && mod === 3 && rm === SP) {
      const value = opcode === 0x83 ? imm8() : imm32();
      return moved((reg & 7) === 5 ? value : (reg & 7) === 0 ? -value : NaN);
    }
    if ((opcode === 0x29 && mod === 3 && rm === SP) || (opcode === 0x2b && mod === 3 && reg === SP))
      return moved((opcode === 0x29 ? reg : rm) === 0 ? (state.eax ?? NaN) : NaN);
    if (opcode === 0xb8 && !(rex & 1)) return { ...state, eax: view.getUint32(length - 4, true) };
    if ((opcode === 0x89 && mod === 3 && rm === SP) || (opcode === 0x8b && mod === 3 && reg === SP))
      return (opcode === 0x89 ? reg : rm) === BP && frame !== undefined ? { ...state, depth: frame } : moved(NaN);
    if ((opcode === 0x89 && mod === 3 && reg === SP && rm === BP) || (opcode === 0x8b && mod === 3 && rm === SP && reg === BP))
      return state.saved === undefined ? state : { ...state, frame: depth };
    if (opcode === 0x8d && (reg === SP || reg === BP))
      return this.address(state, reg, mod, rm, b[length - (mod === 1 ? 2 : 5)], mod === 1 ? imm8() : imm32);
    return state;
  }

  /** lea sp, … and lea bp, … */
  private address(state: StackState, reg: number, mod: number, rm: number, sib: number, displacement: number | (() => number)): StackState {
    const by = mod === 0 ? 0 : typeof displacement === 'number' ? displacement : displacement();
    const from = rm === BP && mod !== 0 ? state.frame : rm === SP && (mod === 0 || sib === 0x24) ? state.depth : undefined;
    if (reg === SP) return { ...state, depth: from === undefined ? NaN : from - by };
    return from === undefined || state.saved === undefined ? state : { ...state, frame: from - by };
  }

  private call(flow: CodeFlow<StackState>, next: number, target: number | undefined, state: StackState): StackState | undefined {
    // Where am I? The return address is popped.
    if (target === next) return { ...state, depth: state.depth + this.code.wordSize };
    const by = this.code.lowers(target, state.eax);
    const { eax: _, ...after } = state;
    flow.call(next, state, { ...after, depth: state.depth + by });
    return undefined;
  }
}

/** The function at `start`; `aside`: what has been set aside of it, as seldom run. */
export function stackFlow(code: FlowCode, start: number, aside?: number): CodeFlow<StackState> {
  return new CodeFlow(new StackSteps(code), start, { depth: 0 }, aside);
}
