/**
 * Callers on ARM64, without unwind tables: what a function does (arm64-flow.ts) tells whether x29 is the address of its frame
 * record (x29, x30), or where else x30 has been stored, or that it is still in the register. A return address is believed
 * only behind a call. Source: the procedure call standard (AAPCS64).
 */
import type { CodeFlow } from './code-flow.js';
import { isCall, linkFlow, type LinkState } from './arm64-flow.js';
import type { Code, Frame, StackWord, Unwinder } from './frame.js';

const RETURN = 0xd65f03c0;

/** Where the return address is: `from` + `at`; and the caller's SP: `from` + `caller`. */
interface Rule {
  from: 'x29' | 'sp' | 'x30';
  at: number;
  caller: number;
}

const inRegister: Rule = { from: 'x30', at: 0, caller: 0 };
const record: Rule = { from: 'x29', at: 8, caller: 16 };

export class Arm64Unwinder implements Unwinder {
  private readonly rules = new Map<number, Rule>();
  private readonly flows = new Map<number, CodeFlow<LinkState>>();
  /** Of functions with what is set aside of them, by the start of that. */
  private readonly wholes = new Map<number, CodeFlow<LinkState>>();

  constructor(
    private readonly code: Code,
    private readonly word: StackWord,
  ) {}

  caller(frame: Frame): Frame | undefined {
    const { interrupted } = frame;
    const key = 2 * frame.pc + (interrupted ? 1 : 0);
    let rule = this.rules.get(key);
    if (!rule) this.rules.set(key, (rule = this.analyse(frame)));
    if (rule.from === 'x30') {
      const pc = frame.link;
      const sp = frame.sp + rule.caller;
      // A caller's x30 is its own callee's return address.
      return interrupted && pc !== undefined && this.isReturn(pc, sp) ? { pc, sp, fp: frame.fp, interrupted: false } : undefined;
    }
    const base = rule.from === 'x29' ? frame.fp : frame.sp;
    const pc = this.word(base + rule.at);
    const fp = rule.from === 'x29' ? this.word(base) : frame.fp;
    const sp = base + rule.caller;
    if (pc === undefined || fp === undefined || !this.isReturn(pc, sp)) return undefined;
    // The chain of records rises to 0: one that does not is damaged, and would lead here again.
    return { pc, sp, fp: rule.from === 'x29' && fp <= base ? 0 : fp, interrupted: false };
  }

  private isReturn(pc: number, sp: number): boolean {
    return this.code.isHostReturn(pc) || this.afterCall(pc) || this.code.isHandlerReturn(pc, sp);
  }

  private analyse(frame: Frame): Rule {
    const { pc, interrupted } = frame;
    const state = this.stateAt(frame);
    if (!state) {
      const [now] = this.words(pc, 4);
      const start = this.code.functionAt(pc);
      return interrupted && (now === RETURN || start === undefined || start === pc) ? inRegister : record;
    }
    const { depth, stored, frame: own } = state;
    if (stored === undefined) return { ...inRegister, caller: depth };
    // With a frame record, SP may go up and down.
    if (own !== undefined) return { from: 'x29', at: own - stored, caller: own };
    return { from: 'sp', at: depth - stored, caller: depth };
  }

  private stateAt({ pc, interrupted }: Frame): LinkState | undefined {
    const start = this.code.functionAt(interrupted ? pc : pc - 1);
    if (start === undefined) return undefined;
    const main = this.code.mainPart(start);
    for (const flow of [...(main === undefined ? [] : [this.flowOf(main, start)]), this.flowOf(start)]) {
      const state = interrupted ? flow.before.get(pc) : flow.behind.get(pc);
      if (state) return state;
    }
    return undefined;
  }

  private flowOf(start: number, aside?: number): CodeFlow<LinkState> {
    const flows = aside === undefined ? this.flows : this.wholes;
    let flow = flows.get(aside ?? start);
    if (!flow) flows.set(aside ?? start, (flow = linkFlow((address, count) => this.words(address, count), start, aside)));
    return flow;
  }

  private words(address: number, count: number): number[] {
    const bytes = this.code.bytes(address, count);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
  }

  /** bl or blr in front. */
  afterCall(pc: number): boolean {
    const [word] = this.words(pc - 4, 4);
    return word !== undefined && isCall(word);
  }
}
