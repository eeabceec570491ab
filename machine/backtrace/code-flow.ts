/** Follows a function from its first instruction along its branches, as it would run, and notes what is so at each instruction. */

/** What a CPU's instructions do to `State`. */
export interface Steps<State> {
  /** False for padding, which is between functions. */
  isCode(address: number): boolean;
  /**
   * The instruction at `at`: where the next one stands, and the state there unless something else runs next. Branches, calls
   * and jumps are told to `flow`. Undefined: none can be there.
   */
  step(flow: CodeFlow<State>, at: number, state: State): { next: number; after: State | undefined } | undefined;
}

const MOST_INSTRUCTIONS = 20_000;

export class CodeFlow<State> {
  /** Before the instruction at an address, and behind the call that returns to an address. */
  readonly before = new Map<number, State>();
  readonly behind = new Map<number, State>();
  private readonly soon: [number, State][] = [];
  /** Behind calls: some don't return, and what follows them is reached otherwise. */
  private readonly later: [number, State][] = [];
  /** Behind jumps through a table, whose targets are not known. */
  private readonly jumps: [number, State][] = [];
  private ends: number[] = [];
  private left = MOST_INSTRUCTIONS;

  constructor(
    private readonly steps: Steps<State>,
    start: number,
    state: State,
    /** What has been set aside of the function, as seldom run. */
    private readonly aside: number | undefined,
  ) {
    this.follow(start, state);
    if (aside !== undefined && this.jumps.length > 0) this.ends.push(aside);
    // The cases of a switch stand behind its jump, each behind the end of another, or aside.
    for (let jump = this.jumps.shift(); jump; jump = this.jumps.shift()) {
      const [from, state] = jump;
      for (let next: number | undefined = from; next !== undefined; next = this.endBehind(from)) this.follow(next, state);
    }
  }

  /** `target` may run next. */
  branch(target: number, state: State): void {
    this.soon.push([target, state]);
  }

  /** A call that returns to `next`: what is so while it runs, and afterwards. */
  call(next: number, during: State, after: State): void {
    this.behind.set(next, during);
    this.later.push([next, after]);
  }

  /** A jump to where nobody knows, which `next` stands behind. */
  jump(next: number, state: State): void {
    this.jumps.push([next, state]);
  }

  /** The first place behind an end that has not been tried. */
  private endBehind(from: number): number | undefined {
    const fit = this.ends.filter((end) => (end > from || end === this.aside) && !this.before.has(end) && this.steps.isCode(end));
    if (fit.length === 0) return undefined;
    const next = Math.min(...fit);
    this.ends = this.ends.filter((end) => end !== next);
    return next;
  }

  private follow(start: number, state: State): void {
    let next: [number, State] | undefined = [start, state];
    for (; next && this.left > 0; next = this.soon.pop() ?? this.later.shift()) this.run(...next);
  }

  /** Along a straight piece of code. */
  private run(from: number, first: State): void {
    let [at, state] = [from, first];
    while (!this.before.has(at) && this.left-- > 0) {
      const stepped = this.steps.step(this, at, state);
      if (!stepped) return;
      this.before.set(at, state);
      const { next, after } = stepped;
      if (after === undefined) {
        this.ends.push(next);
        return;
      }
      at = next;
      state = after;
    }
  }
}
