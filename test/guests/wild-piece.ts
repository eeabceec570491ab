/**
 * Some wild runs of one platform (wild-calls.ts) in a process of their own, since a call that makes the host hang or devour memory
 * must be caught from outside: node wild-piece.js CODE FIRST COUNT LOG. The result is printed as JSON; LOG has the call that was
 * begun last.
 */
import { Tally, wildRun } from './wild-calls.js';

export interface WildPiece {
  calls: number;
  /** How many runs ended how. */
  ends: Record<string, number>;
  /** CPU seconds of the slowest call. */
  slowest: number;
  slowestCall: string;
  /** Functions that there are, and those that were called. */
  known: string[];
  called: string[];
  failure?: string;
}

/** What the engine itself keeps for a run, and Node's collector has not given back yet. */
const GROWTH = 1e9;

const [code, first, count, log] = process.argv.slice(2);
process.env.WILD_LOG = log;
const tally = new Tally();
const piece: WildPiece = { calls: 0, ends: {}, slowest: 0, slowestCall: '', known: [], called: [] };
try {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const { calls, status, slowest, slowestCall } = wildRun(code, seed, tally);
    piece.calls += calls;
    piece.ends[status] = (piece.ends[status] ?? 0) + 1;
    if (slowest > piece.slowest) {
      piece.slowest = slowest;
      piece.slowestCall = `seed ${seed}: ${slowestCall}`;
    }
    const held = process.memoryUsage.rss();
    if (held > GROWTH) throw new Error(`seed ${seed}: the process holds ${held} bytes`);
  }
} catch (error) {
  piece.failure = (error instanceof Error ? error.stack : undefined) ?? String(error);
}
console.log(JSON.stringify({ ...piece, known: [...tally.known], called: [...tally.called] }));
