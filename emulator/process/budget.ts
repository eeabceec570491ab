/** How far a run may go: so many guest instructions, with the host work that counts as such, and until somebody outside has enough. */
import type { Engine } from '../engine.js';
import type { VirtualClock } from './clock.js';
import type { ExitStatus } from './os-model.js';

/** Units that translating code may take for nothing: five times what any real program has been seen to need. */
const FREE_TRANSLATION = 1_000_000;

export class Budget {
  /** Guest instructions executed. */
  instructions = 0;
  /** Ends the run as soon as its first element is a signal's number: somebody outside wants no more of it. */
  interrupt: Int32Array | undefined;

  constructor(
    private readonly allowed: number,
    private readonly clock: VirtualClock,
    private readonly engine: Pick<Engine, 'translationUnits'>,
    private readonly end: (status: ExitStatus) => never,
  ) {}

  /** What is left; ends the run when that is nothing. */
  left(): number {
    if (this.interrupt !== undefined && this.interrupt[0] !== 0) this.end({ kind: 'interrupted', signal: this.interrupt[0] });
    // Code that is executed again and again pays for its translation; what is always new, or written anew, does not.
    const executed = Math.max(this.instructions, this.engine.translationUnits - FREE_TRANSLATION);
    const left = this.allowed - executed - this.clock.counted;
    if (left <= 0) this.end({ kind: 'budget' });
    return left;
  }
}
