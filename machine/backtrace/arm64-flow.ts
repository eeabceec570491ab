/**
 * Where the return address of an ARM64 function is at each of its instructions, and how deep its stack: found by following
 * it (code-flow.ts). Source: the encodings in the Arm ARM, C6.2.
 */

import { CodeFlow, type Steps } from './code-flow.js';

/** Bytes below the caller's SP; undefined: not (any more) so. */
export interface LinkState {
  /** SP. */
  depth: number;
  /** Where x30 has been stored; undefined: it is in the register. */
  stored?: number;
  /** x29, where it is the function's own. */
  frame?: number;
}

export type Words = (address: number, count: number) => number[];

const FP = 29;
const LINK = 30;
const SP = 31;

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

export function matches(word: number, mask: number, value: number): boolean {
  return (word & mask) >>> 0 === value;
}

/** bl and blr. */
export function isCall(word: number): boolean {
  return matches(word, 0xfc000000, 0x94000000) || matches(word, 0xfffffc1f, 0xd63f0000);
}

class LinkSteps implements Steps<LinkState> {
  constructor(private readonly words: Words) {}

  isCode(address: number): boolean {
    const [word] = this.words(address, 4);
    // Padding: udf.
    return word !== undefined && word !== 0;
  }

  step(flow: CodeFlow<LinkState>, at: number, state: LinkState): { next: number; after: LinkState | undefined } | undefined {
    if (!this.isCode(at)) return undefined;
    const [word] = this.words(at, 4);
    const next = at + 4;
    if (!isCall(word)) return { next, after: this.branch(flow, at, word, state) };
    flow.call(next, state, state);
    return { next, after: undefined };
  }

  /** Undefined: what follows is not run next. */
  private branch(flow: CodeFlow<LinkState>, at: number, word: number, state: LinkState): LinkState | undefined {
    if (matches(word, 0xfc000000, 0x14000000)) {
      // With nothing on the stack it may be another function's turn, which looks no different.
      flow.branch(at + 4 * signed(word & 0x3ffffff, 26), state);
      return undefined;
    }
    if (matches(word, 0xff000010, 0x54000000) || matches(word, 0x7e000000, 0x34000000))
      flow.branch(at + 4 * signed((word >> 5) & 0x7ffff, 19), state);
    else if (matches(word, 0x7e000000, 0x36000000)) flow.branch(at + 4 * signed((word >> 5) & 0x3fff, 14), state);
    else if (matches(word, 0xfffffc1f, 0xd61f0000)) {
      if (state.depth !== 0) flow.jump(at + 4, state);
      return undefined;
    } else if (matches(word, 0xfe000000, 0xd6000000) || matches(word, 0xffe0001f, 0xd4200000)) return undefined;
    return moved(word, state);
  }
}

/** What an instruction does to SP, x29 and x30. */
function moved(word: number, state: LinkState): LinkState {
  const [first, base, second] = [word & 31, (word >> 5) & 31, (word >> 10) & 31];
  const { depth } = state;
  if (matches(word, 0xff000000, 0x91000000) || matches(word, 0xff000000, 0xd1000000)) {
    // add and sub of a constant.
    const value = ((word >> 10) & 0xfff) << (word & 0x400000 ? 12 : 0);
    const by = matches(word, 0xff000000, 0x91000000) ? -value : value;
    if (first === SP && base === SP) return { ...state, depth: depth + by };
    if (first === SP && base === FP && state.frame !== undefined) return { ...state, depth: state.frame + by };
    if (first === FP && base === SP) return { ...state, frame: depth + by };
    return state;
  }
  if (base !== SP) return state;
  // stp and ldp, str and ldr of x registers by SP; the pair of x is 10 at the top.
  const pair = matches(word, 0xfe000000, 0xa8000000);
  const single = matches(word, 0xff800000, 0xf8000000) || matches(word, 0xff800000, 0xf9000000);
  const vector = matches(word, 0x3e000000, 0x2c000000) || matches(word, 0x3f200c00, 0x3c000c00) || matches(word, 0x3f200c00, 0x3c000400);
  if (!pair && !single && !vector) return state;
  const scale = pair ? 8 : matches(word, 0x3e000000, 0x2c000000) ? 4 << (word >>> 30) : 1;
  const paired = scale > 1;
  const scaled = single && matches(word, 0xff800000, 0xf9000000);
  const kind = paired ? (word >> 23) & 3 : scaled ? 2 : ((word >> 10) & 3) | 0;
  const offset = paired ? scale * signed((word >> 15) & 0x7f, 7) : scaled ? 8 * ((word >> 10) & 0xfff) : signed((word >> 12) & 0x1ff, 9);
  // A pair: 1 behind, 2 plain, 3 before. One: 1 behind, 3 before, 0 plain.
  const at = kind === 1 ? depth : depth - offset;
  const next: LinkState = { ...state, depth: kind === 1 || kind === 3 ? depth - offset : depth };
  if (vector) return next;
  const loads = (word & 0x400000) !== 0;
  const has = (register: number): boolean => first === register || (paired && second === register);
  if (has(LINK) && loads) delete next.stored;
  else if (has(LINK)) next.stored = first === LINK ? at : at - 8;
  if (has(FP) && loads) delete next.frame;
  return next;
}

/** The function at `start`; `aside`: what has been set aside of it, as seldom run. */
export function linkFlow(words: Words, start: number, aside?: number): CodeFlow<LinkState> {
  return new CodeFlow(new LinkSteps(words), start, { depth: 0 }, aside);
}
