/**
 * Some hundreds of rogue programs of one platform in a process of their own, since one that makes the host hang or devour memory
 * must be caught from outside: node piece.js CODE PROGRAM SEED COUNT LOG. The result is printed as JSON; LOG is where the script
 * lies that was tried last.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { startMachine } from '../../../machine/machine.js';
import { scripts } from './script.js';

export interface RoguePiece {
  /** How many ended how. */
  ends: Record<string, number>;
  /** CPU seconds of the slowest, beyond what its units may cost. */
  slowest: number;
  units: number;
  failure?: string;
}

const BUDGET = 300_000;
const MEMORY = 64 << 20;
/** A bare loop does some 7e8 instructions a second, and a hundredth of that is enough. */
const UNITS_PER_SECOND = 7e6;
/** Start and end of a run, with what the collector of Node does meanwhile. */
const SECONDS = 2;
const GROWTH = 400e6;

const [code, path, seed, count, log] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(path));
const piece: RoguePiece = { ends: {}, slowest: 0, units: 0 };

function run(script: Uint8Array): void {
  writeFileSync(log, script);
  const before = process.memoryUsage.rss();
  const began = process.cpuUsage();
  let at = 0;
  const machine = startMachine({
    code,
    path,
    bytes,
    argv: ['rogue'],
    env: [],
    seed: 0,
    variety: script.length % 16 === 0 ? 'hot' : 'cool',
    scan: [],
    quirks: [],
    directories: [],
    budget: BUDGET,
    memory: MEMORY,
    input: (length) => script.subarray(at, (at += length)),
    output: () => {},
  });
  const guest = machine.process;
  try {
    const { kind } = guest.run();
    machine.finish();
    const { user, system } = process.cpuUsage(began);
    const seconds = (user + system) / 1e6;
    const units = guest.budget.instructions + guest.clock.counted;
    piece.ends[kind] = (piece.ends[kind] ?? 0) + 1;
    piece.slowest = Math.max(piece.slowest, seconds - units / UNITS_PER_SECOND);
    piece.units += units;
    const wrong = (what: string): never => {
      throw new Error(what);
    };
    if (kind === 'interrupted') wrong('nobody interrupted it');
    if (seconds > SECONDS + units / UNITS_PER_SECOND) wrong(`${kind} after ${seconds} s of CPU time, ${units} units`);
    if (guest.engine.peakResidentBytes > MEMORY) wrong(`${guest.engine.peakResidentBytes} bytes were held`);
    if (units > 2 * BUDGET + 1e6) wrong(`it ran on to ${units} units`);
  } finally {
    guest.close();
  }
  const grown = process.memoryUsage.rss() - before;
  if (grown > GROWTH) throw new Error(`the process grew by ${grown} bytes`);
}

const { failed, errorInstance, counterexample, counterexamplePath } = fc.check(fc.property(scripts, run), {
  seed: Number(seed),
  numRuns: Number(count),
  // To make a script that takes long shorter takes longer.
  interruptAfterTimeLimit: 10 * 60_000,
});
if (failed) {
  const words = counterexample ? [...new BigInt64Array(counterexample[0].slice().buffer)].join(' ') : '';
  piece.failure = `seed ${seed}, path ${counterexamplePath}, script ${words}: ${errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)}`;
}
console.log(JSON.stringify(piece));
