/** The plinth: what the client may replace. Here, what happens when an assertion fails, and the variety. */
export class MpsAssertion extends Error {
  constructor(
    readonly func: string,
    readonly condition: string,
  ) {
    super(`${func}: ${condition}`);
  }
}

export type Variety = 'cool' | 'hot' | 'rash';

export interface PlinthOptions {
  variety?: Variety;
  /** Called with the MPS function and the condition that failed. If it returns, the MPS goes on as best it can. */
  assertFail?: (func: string, condition: string) => void;
}

export class Plinth {
  readonly variety: Variety;
  assertFail: (func: string, condition: string) => void;
  /** Structure checks are more than signatures (cool only). */
  readonly checking: boolean;

  constructor(options: PlinthOptions = {}) {
    this.variety = options.variety ?? 'cool';
    this.checking = this.variety === 'cool';
    this.assertFail =
      options.assertFail ??
      ((func, condition) => {
        throw new MpsAssertion(func, condition);
      });
  }

  /** AVER. Returns the condition, so that a caller can give up where the handler returned. */
  aver(ok: boolean, func: string, condition: string): boolean {
    if (!ok && this.variety !== 'rash') this.assertFail(func, condition);
    return ok;
  }

  /** A path that can't be reached. */
  notReached(func: string): void {
    this.aver(false, func, 'unreachable code');
  }
}
