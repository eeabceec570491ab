/**
 * Callers on IA-32 and x86-64, without unwind tables: what a function does to the stack tells where its return address
 * lies (x86-flow.ts), with a frame pointer or without one. A return address is believed only if a call stands before it;
 * and where the function doesn't tell, only a call that can have led into this function. Source: the instruction
 * encodings (Intel SDM, volume 2).
 */
import type { CodeFlow } from './code-flow.js';
import type { X86Instruction } from '../../emulator/engine.js';
import { codeOf, type Code, type Frame, type StackWord, type Unwinder } from './frame.js';
import { stackFlow, type StackState } from './x86-flow.js';

/** The return address lies at `from` + `offset`; the caller's frame pointer at that + `saved`, if it was saved. */
interface Rule {
  from: 'sp' | 'fp';
  offset: number;
  saved?: number;
}

interface Call {
  /** Undefined: through a register or memory. */
  target?: number;
}

/** What more of the code x86 needs. */
export interface X86Code extends Code {
  decode(address: number): X86Instruction | undefined;
  /** Does the function at an address, or the one that a stub there leads to, lower the stack pointer by eax? */
  lowersByEax(address: number): boolean;
  /** Is it where a program begins? Nobody has called that. */
  isEntry(start: number | undefined): boolean;
  /** Do functions pop their arguments, as far as is not known otherwise? */
  readonly calleesPop: boolean;
}

/** Words above SP among which the return address of a function that moves SP as it goes is looked for. */
const NEAR = 64;
/** Instructions until a function returns, at most. */
const FAR = 500;

export class X86Unwinder implements Unwinder {
  private readonly rules = new Map<number, Rule | undefined>();
  private readonly calls = new Map<number, Call | undefined>();
  private readonly flows = new Map<number, CodeFlow<StackState>>();
  /** Of functions with what is set aside of them, by the start of that. */
  private readonly wholes = new Map<number, CodeFlow<StackState>>();

  constructor(
    private readonly wordSize: 4 | 8,
    private readonly code: X86Code,
    private readonly word: StackWord,
  ) {}

  caller(frame: Frame): Frame | undefined {
    const rule = this.ruleOf(frame);
    return (rule && this.byRule(frame, rule)) ?? this.nearby(frame) ?? (rule ? undefined : this.byRule(frame, this.plain));
  }

  /** With a frame pointer, in the middle of a function. */
  private get plain(): Rule {
    return { from: 'fp', offset: this.wordSize, saved: -this.wordSize };
  }

  private byRule(frame: Frame, { from, offset, saved }: Rule): Frame | undefined {
    const at = (from === 'sp' ? frame.sp : frame.fp) + offset;
    const pc = this.word(at);
    const sp = at + this.wordSize;
    if (pc === undefined || at < frame.sp || !this.isReturn(pc, sp)) return undefined;
    const fp = saved === undefined ? frame.fp : (this.word(at + saved) ?? frame.fp);
    return { pc, sp, fp, interrupted: false };
  }

  /** The first word above SP that a call of this function left. */
  private nearby(frame: Frame): Frame | undefined {
    if (this.code.isEntry(this.code.functionAt(codeOf(frame)))) return undefined;
    for (let i = 0; i < NEAR; i++) {
      const at = frame.sp + i * this.wordSize;
      const pc = this.word(at);
      if (pc === undefined) return undefined;
      const sp = at + this.wordSize;
      if (!this.isReturn(pc, sp) || !this.leadsTo(pc, codeOf(frame))) continue;
      const framed = frame.fp === at - this.wordSize;
      return { pc, sp, fp: (framed ? this.word(frame.fp) : undefined) ?? frame.fp, interrupted: false };
    }
    return undefined;
  }

  private isReturn(pc: number, sp: number): boolean {
    return this.code.isHostReturn(pc) || this.afterCall(pc) || this.code.isHandlerReturn(pc, sp);
  }

  afterCall(pc: number): boolean {
    return this.callBefore(pc) !== undefined;
  }

  /** A call through memory, a register or a stub may lead anywhere. */
  private leadsTo(pc: number, to: number): boolean {
    const target = this.callBefore(pc)?.target;
    const start = target === undefined ? undefined : this.code.functionAt(target);
    return start === undefined || start === this.code.functionAt(to);
  }

  private callBefore(pc: number): Call | undefined {
    if (!this.calls.has(pc)) this.calls.set(pc, this.readCall(pc));
    return this.calls.get(pc);
  }

  private readCall(pc: number): Call | undefined {
    const bytes = this.code.bytes(pc - 7, 7);
    if (bytes.length < 7) return undefined;
    if (bytes[2] === 0xe8) {
      const target = pc + new DataView(bytes.buffer, bytes.byteOffset).getInt32(3, true);
      const wrapped = this.wordSize === 4 ? target >>> 0 : target;
      return this.isStub(wrapped) ? {} : { target: wrapped };
    }
    // ff /2 with its ModRM, SIB and displacement.
    for (const length of [2, 3, 4, 6, 7]) {
      if (bytes[7 - length] === 0xff && ((bytes[8 - length] >> 3) & 7) === 2) return {};
    }
    return undefined;
  }

  /** jmp through memory, as procedure linkage tables and import thunks have it. */
  private isStub(address: number): boolean {
    const [first, second] = this.code.bytes(address, 2);
    return first === 0xff && (second === 0x25 || second === 0xa3);
  }

  private ruleOf(frame: Frame): Rule | undefined {
    const key = 2 * frame.pc + (frame.interrupted ? 1 : 0);
    if (!this.rules.has(key)) this.rules.set(key, this.analyse(frame));
    return this.rules.get(key);
  }

  private analyse(frame: Frame): Rule | undefined {
    const { wordSize: w } = this;
    const { pc, interrupted } = frame;
    const start = this.code.functionAt(codeOf(frame));
    if (interrupted && start === pc) return { from: 'sp', offset: 0 };
    const state = start === undefined ? undefined : this.stateAt(start, pc, interrupted);
    if (state) {
      const { depth, saved, frame: framed } = state;
      if (framed !== undefined) return { from: 'fp', offset: framed, ...(saved !== undefined && { saved: -saved }) };
      if (!Number.isNaN(depth)) return { from: 'sp', offset: depth, ...(saved !== undefined && { saved: -saved }) };
    }
    if (!interrupted) return undefined;
    // Code that is not known, at a return or at the pop before it.
    const [next, after] = this.code.bytes(pc, 2);
    if (next === 0xc3 || next === 0xc2) return { from: 'sp', offset: 0 };
    if (next === 0x5d && after === 0xc3) return { from: 'sp', offset: w, saved: -w };
    return undefined;
  }

  private stateAt(start: number, pc: number, interrupted: boolean): StackState | undefined {
    const main = this.code.mainPart(start);
    for (const flow of [...(main === undefined ? [] : [this.flowOf(main, start)]), this.flowOf(start)]) {
      const state = interrupted ? flow.before.get(pc) : flow.behind.get(pc);
      if (state) return state;
    }
    return undefined;
  }

  private flowOf(start: number, aside?: number): CodeFlow<StackState> {
    const key = aside ?? start;
    const flows = aside === undefined ? this.flows : this.wholes;
    let flow = flows.get(key);
    if (!flow) {
      const { code, wordSize } = this;
      flow = stackFlow(
        { wordSize, bytes: code.bytes, decode: code.decode, lowers: (target, eax) => this.lowers(target, eax) },
        start,
        aside,
      );
      flows.set(key, flow);
    }
    return flow;
  }

  private lowers(called: number | undefined, eax: number | undefined): number {
    if (this.wordSize === 8) return 0;
    const target = called === undefined ? undefined : called >>> 0;
    if (target === undefined) return this.code.calleesPop ? NaN : 0;
    if (this.code.lowersByEax(target)) return eax ?? NaN;
    let at = target;
    for (let i = 0; i < FAR; i++) {
      const instruction = this.code.decode(at);
      if (!instruction) break;
      const { opcode, length } = instruction;
      const [, low, high] = this.code.bytes(at, 3);
      if (opcode === 0xc3) return 0;
      if (opcode === 0xc2) return -(low + high * 0x100);
      if (opcode === 0xff && (((instruction.modrm ?? 0) >> 3) & 7) === 4) break;
      at += length;
    }
    return this.code.calleesPop ? NaN : 0;
  }
}
