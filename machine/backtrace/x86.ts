/**
 * Callers on IA-32 and x86-64, without unwind tables: what a function's first instructions do to the stack tells where
 * its return address lies, with a frame pointer or without one. A return address is believed only if a call stands
 * before it, and a call that names its target only if it names this function. Source: the instruction encodings
 * (Intel SDM, volume 2) and the prologues that gcc and clang make.
 */
import type { Code, Frame, StackWord, Unwinder } from './frame.js';

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

const PROLOGUE_BYTES = 96;
/** Words above SP among which the return address of a function that moves SP as it goes is looked for. */
const NEAR = 64;

export class X86Unwinder implements Unwinder {
  private readonly rules = new Map<number, Rule>();
  private readonly calls = new Map<number, Call | undefined>();

  constructor(
    private readonly wordSize: 4 | 8,
    private readonly code: Code,
    private readonly word: StackWord,
  ) {}

  caller(frame: Frame): Frame | undefined {
    const { from, offset, saved } = this.ruleAt(frame.pc);
    const at = (from === 'sp' ? frame.sp : frame.fp) + offset;
    const pc = this.word(at);
    if (pc !== undefined && at >= frame.sp && this.returnsTo(pc, frame.pc)) {
      const fp = saved === undefined ? frame.fp : (this.word(at + saved) ?? frame.fp);
      return { pc, sp: at + this.wordSize, fp };
    }
    return this.nearby(frame);
  }

  /** The first word above SP that a call of this function left. */
  private nearby(frame: Frame): Frame | undefined {
    for (let i = 0; i < NEAR; i++) {
      const at = frame.sp + i * this.wordSize;
      const pc = this.word(at);
      if (pc === undefined) return undefined;
      if (!this.returnsTo(pc, frame.pc)) continue;
      const framed = frame.fp === at - this.wordSize;
      return { pc, sp: at + this.wordSize, fp: (framed ? this.word(frame.fp) : undefined) ?? frame.fp };
    }
    return undefined;
  }

  private returnsTo(pc: number, from: number): boolean {
    if (this.code.isHostReturn(pc)) return true;
    if (!this.calls.has(pc)) this.calls.set(pc, this.callBefore(pc));
    const call = this.calls.get(pc);
    if (!call) return false;
    // A call through memory, a register or a stub may lead anywhere.
    if (call.target === undefined || this.code.functionAt(call.target) === undefined) return true;
    return this.code.functionAt(call.target) === this.code.functionAt(from);
  }

  private callBefore(pc: number): Call | undefined {
    const bytes = this.code.bytes(pc - 7, 7);
    if (bytes.length < 7) return undefined;
    if (bytes[2] === 0xe8) {
      const target = pc + new DataView(bytes.buffer, bytes.byteOffset).getInt32(3, true);
      return this.isStub(this.wordSize === 4 ? target >>> 0 : target) ? {} : { target: this.wordSize === 4 ? target >>> 0 : target };
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

  private ruleAt(pc: number): Rule {
    let rule = this.rules.get(pc);
    if (!rule) this.rules.set(pc, (rule = this.analyse(pc)));
    return rule;
  }

  private analyse(pc: number): Rule {
    const { wordSize: w } = this;
    const [next, after] = this.code.bytes(pc, 2);
    // At a return, or at the pop before it.
    if (next === 0xc3 || next === 0xc2) return { from: 'sp', offset: 0 };
    if (next === 0x5d && after === 0xc3) return { from: 'sp', offset: w, saved: -w };
    const start = this.code.functionAt(pc);
    const plain: Rule = { from: 'fp', offset: w, saved: -w };
    if (start === undefined) return plain;
    const b = this.code.bytes(start, PROLOGUE_BYTES);
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    const end = Math.min(pc - start, b.length - 8);
    /** Bytes pushed below the return address, and where among them the caller's frame pointer is. */
    let depth = 0;
    let saved: number | undefined;
    for (let i = 0; i < end;) {
      // REX.W, or REX.B before a push, on x86-64.
      const rex = w === 8 && (b[i] & 0xf0) === 0x40 ? b[i] : 0;
      const at = rex ? i + 1 : i;
      const byte = b[at];
      if (byte >= 0x50 && byte <= 0x57) {
        depth += w;
        if (byte === 0x55 && !(rex & 1)) saved = -depth;
        i = at + 1;
        continue;
      }
      const frame = frameSetBy(b, at);
      if (frame !== undefined && saved !== undefined) return { from: 'fp', offset: depth - frame, saved };
      if (byte === 0x83 && b[at + 1] === 0xec) depth += view.getInt8(at + 2);
      else if (byte === 0x81 && b[at + 1] === 0xec) depth += view.getInt32(at + 2, true);
      else if (endsPrologue(byte)) break;
      const length = this.code.lengthAt(start + i);
      if (length === 0) break;
      i += length;
    }
    return { from: 'sp', offset: depth, ...(saved !== undefined && { saved }) };
  }
}

/** Does the instruction set the frame pointer to SP (plus what is returned)? */
function frameSetBy(b: Uint8Array, at: number): number | undefined {
  if ((b[at] === 0x89 && b[at + 1] === 0xe5) || (b[at] === 0x8b && b[at + 1] === 0xec)) return 0;
  if (b[at] !== 0x8d || b[at + 2] !== 0x24) return undefined;
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  if (b[at + 1] === 0x6c) return view.getInt8(at + 3);
  return b[at + 1] === 0xac ? view.getInt32(at + 3, true) : undefined;
}

/** Calls, jumps and returns: what comes behind them is not run one after the other. */
function endsPrologue(byte: number): boolean {
  return (byte >= 0x70 && byte <= 0x7f) || [0xc2, 0xc3, 0xe8, 0xe9, 0xeb, 0xff].includes(byte);
}
