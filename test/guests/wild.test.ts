/**
 * Programs gone wild (wild-calls.ts): whatever is passed to the functions of the C library, the system and the MPS, those of the
 * host and those that are machine code, and to the system itself, the run ends in a documented way, within its memory, and no
 * call takes the host long. Which functions there are the product says. `SOAK`: many more, and none is left out.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { WildPiece } from './wild-piece.js';

const PIECES = process.env.SOAK ? 20 : 1;
const RUNS = process.env.SOAK ? 15 : 4;
/** CPU seconds of a call: its run's whole budget at a hundredth of full speed is a tenth of one; the rest is Node's collector. */
const SECONDS = 3;
/** Of wall clock, for a piece. */
const PATIENCE = process.env.SOAK ? 15 * 60_000 : 4 * 60_000;

const script = fileURLToPath(new URL(`wild-piece${import.meta.url.slice(-3)}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mpsemu-wild-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function run(code: string, first: number): WildPiece {
  const log = join(folder, code);
  const args = [...process.execArgv, script, code, String(first), String(RUNS), log];
  const options = { encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
  try {
    return JSON.parse(execFileSync(process.execPath, args, options));
  } catch (error) {
    const last = existsSync(log) ? readFileSync(log, 'utf8') : 'before its first call';
    throw new Error(`the process ended, or was ended after ${PATIENCE} ms: runs from ${first}, in ${last}`, { cause: error });
  }
}

/** One of each operating system and CPU. */
for (const code of ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri3gc', 'fri6ll', 'xci6ll', 'xca6ll']) {
  test.serial(`wild arguments on ${code}`, (t) => {
    t.timeout(PIECES * PATIENCE);
    const called = new Set<string>();
    const known = new Set<string>();
    let calls = 0;
    let slowest = 0;
    for (let piece = 0; piece < PIECES; piece++) {
      const result = run(code, 1 + piece * RUNS);
      if (result.failure !== undefined) return t.fail(result.failure);
      t.true(result.slowest < SECONDS, `${result.slowestCall} took ${result.slowest} s of CPU time`);
      slowest = Math.max(slowest, result.slowest);
      calls += result.calls;
      for (const name of result.known) known.add(name);
      for (const name of result.called) called.add(name);
    }
    t.log(`${code}: ${calls} calls of ${called.size} functions of ${known.size}; the slowest took ${slowest.toFixed(2)} s`);
    t.true(calls > 20 * PIECES * RUNS, 'they got somewhere');
    if (process.env.SOAK) {
      const left = [...known].filter((name) => !called.has(name));
      t.deepEqual(left, [], 'never called');
    }
  });
}
