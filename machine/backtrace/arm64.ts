/**
 * Callers on ARM64, without unwind tables: what a function's first instructions do tells whether x29 is the address of
 * its frame record (x29, x30), or where else x30 has been stored, or that it is still in the register. A return address
 * is believed only behind a call. Source: the procedure call standard (AAPCS64); the encodings in the Arm ARM, C6.2.
 */
import type { Code, Frame, StackWord, Unwinder } from './frame.js';

const PROLOGUE_BYTES = 128;
const RETURN = 0xd65f03c0;
const LINK = 30;

/** Where the return address is: `from` + `at`; and the caller's SP: `from` + `caller`. */
interface Rule {
  from: 'x29' | 'sp' | 'x30';
  at: number;
  caller: number;
}

const inRegister: Rule = { from: 'x30', at: 0, caller: 0 };
const record: Rule = { from: 'x29', at: 8, caller: 16 };

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

export class Arm64Unwinder implements Unwinder {
  private readonly rules = new Map<number, Rule>();

  constructor(
    private readonly code: Code,
    private readonly word: StackWord,
    /** x30 of the thread that is looked at. */
    private readonly link: () => number,
  ) {}

  caller(frame: Frame, innermost: boolean): Frame | undefined {
    let rule = this.rules.get(frame.pc);
    if (!rule) this.rules.set(frame.pc, (rule = this.analyse(frame.pc) ?? (innermost ? inRegister : record)));
    if (rule.from === 'x30') {
      const pc = this.link();
      // A caller's x30 is its own callee's return address.
      return innermost && this.afterCall(pc) ? { ...frame, pc, sp: frame.sp + rule.caller } : undefined;
    }
    const base = rule.from === 'x29' ? frame.fp : frame.sp;
    const pc = this.word(base + rule.at);
    const fp = rule.from === 'x29' ? this.word(base) : frame.fp;
    if (pc === undefined || fp === undefined || !this.afterCall(pc)) return undefined;
    // The chain of records rises to 0: one that does not is damaged, and would lead here again.
    return { pc, sp: base + rule.caller, fp: rule.from === 'x29' && fp <= base ? 0 : fp };
  }

  /** Undefined: the function is not known, perhaps none is there. */
  private analyse(pc: number): Rule | undefined {
    const [now] = this.words(pc, 4);
    if (now === RETURN) return inRegister;
    const start = this.code.functionAt(pc);
    if (start === undefined) return undefined;
    /** Bytes below the caller's SP, and how far below it x30 lies. */
    let depth = 0;
    let stored: number | undefined;
    for (const w of this.words(start, Math.min(pc - start, PROLOGUE_BYTES))) {
      const [first, second] = [w & 31, (w >> 10) & 31];
      let at: number | undefined;
      if (matches(w, 0xffc003ff, 0x910003fd)) {
        // add x29, sp, #n
        const offset = (w >> 10) & 0xfff;
        return { from: 'x29', at: 8, caller: depth - offset };
      }
      if (matches(w, 0xff8003ff, 0xd10003ff))
        depth += ((w >> 10) & 0xfff) << (w & 0x400000 ? 12 : 0); // sub sp, sp, #n
      else if (matches(w, 0xffc003e0, 0xa98003e0)) {
        // stp a, b, [sp, #n]!
        depth -= 8 * signed((w >> 15) & 0x7f, 7);
        at = depth;
      } else if (matches(w, 0xffc003e0, 0xa90003e0))
        at = depth - 8 * signed((w >> 15) & 0x7f, 7); // stp a, b, [sp, #n]
      else if (matches(w, 0xffe00fe0, 0xf8000fe0)) {
        // str a, [sp, #n]!
        depth -= signed((w >> 12) & 0x1ff, 9);
        if (first === LINK) stored = depth;
      } else if (matches(w, 0xffc003e0, 0xf90003e0)) {
        // str a, [sp, #n]
        if (first === LINK) stored = depth - 8 * ((w >> 10) & 0xfff);
      } else if (branches(w)) break;
      if (at !== undefined && first === LINK) stored = at;
      if (at !== undefined && second === LINK) stored = at - 8;
    }
    return stored === undefined ? { ...inRegister, caller: depth } : { from: 'sp', at: depth - stored, caller: depth };
  }

  private words(address: number, count: number): number[] {
    const bytes = this.code.bytes(address, count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
  }

  /** bl or blr in front. */
  private afterCall(pc: number): boolean {
    if (this.code.isHostReturn(pc)) return true;
    const [word] = this.words(pc - 4, 4);
    return word !== undefined && (matches(word, 0xfc000000, 0x94000000) || matches(word, 0xfffffc1f, 0xd63f0000));
  }
}

function matches(word: number, mask: number, value: number): boolean {
  return (word & mask) >>> 0 === value;
}

/** b, bl, b.cond, cbz, cbnz, tbz, tbnz, br, blr, ret. */
function branches(word: number): boolean {
  return (
    matches(word, 0x7c000000, 0x14000000) ||
    matches(word, 0xff000010, 0x54000000) ||
    matches(word, 0x7c000000, 0x34000000) ||
    matches(word, 0xfe000000, 0xd6000000)
  );
}
