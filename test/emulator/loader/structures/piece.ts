/**
 * Some hundreds of damaged images of one format in a process of their own, since one that makes the loader hang or
 * devour memory must be caught from outside: node piece.js FORMAT SEED COUNT LOG. The result is printed as JSON; LOG is
 * where the image lies that was tried last.
 */
import fc from 'fast-check';
import { damaged, damages } from './damage.js';
import { originals } from './originals.js';
import { BUDGET, MEMORY, trial } from './trial.js';

export interface Piece {
  /** How many ended how. */
  ends: Record<string, number>;
  slowest: number;
  /** Kinds of messages, without their numbers. */
  messages: string[];
  /** The first image that was not survived, with how it was damaged. */
  failure?: string;
}

/** CPU time: typically 15 ms, and a load of 1 GiB of address space is less than half a second. */
const SECONDS = 5;
/** Bytes that one image may leave behind or take: the engine itself keeps one. */
const GROWTH = 300e6;

function runPiece(format: string, seed: number, count: number, log: string): Piece {
  const list = originals[format]();
  const piece: Piece = { ends: {}, slowest: 0, messages: [] };
  const messages = new Set<string>();
  for (const original of list) {
    const { kind, message } = trial(original, original.layout.bytes, log);
    if (kind !== 'exit' && kind !== 'budget') return { ...piece, failure: `${original.name}, undamaged: ${kind} ${message}` };
  }
  const survives = fc.property(fc.nat(), damages, (which, changes) => {
    const original = list[which % list.length];
    const before = process.memoryUsage.rss();
    const { kind, message, seconds, held, units } = trial(original, damaged(original.layout, changes), log);
    const grown = process.memoryUsage.rss() - before;
    piece.ends[kind] = (piece.ends[kind] ?? 0) + 1;
    piece.slowest = Math.max(piece.slowest, seconds);
    const wrong = (what: string): never => {
      throw new Error(`${original.name}: ${what}`);
    };
    if (seconds > SECONDS) wrong(`${kind} after ${seconds} s of CPU time`);
    if (held > MEMORY) wrong(`${held} bytes were held`);
    if (units > 4 * BUDGET) wrong(`it ran on to ${units} units`);
    if (grown > GROWTH) wrong(`the process grew by ${grown} bytes`);
    if (kind !== 'refused') return;
    // The file, then what is wrong.
    if (!/^\/[\w/.-]+: \S+ [^\n\r]+$/.test(message) || message.length > 400) wrong(message);
    messages.add(
      message
        .replace(/^\S+: /, '')
        .replace(/0x[0-9a-f]+|\d+/g, 'N')
        .replace(/'.*'/, "'…'"),
    );
  });
  const { failed, errorInstance, counterexample, counterexamplePath } = fc.check(survives, { seed, numRuns: count });
  if (failed) {
    const how = JSON.stringify(counterexample, (_, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value));
    piece.failure = `seed ${seed}, path ${counterexamplePath}: ${how}: ${errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)}`;
  }
  return { ...piece, messages: [...messages].sort() };
}

const [format, seed, count, log] = process.argv.slice(2);
console.log(JSON.stringify(runPiece(format, Number(seed), Number(count), log)));
