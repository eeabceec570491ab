/**
 * Rogue programs (rogue/, sources/rogue.c): compiled once for each system, each run does what another drawn script says: system
 * calls by instruction with wild arguments, made-up frames and contexts, code that writes itself, storms of threads, deep
 * recursion, handlers that fault, an MPS whose client returns rubbish. Each run ends as documented, in time in proportion to
 * what it was allowed, within its memory. `SOAK`: many more.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { missingToolchain, needing } from '../needs.js';
import { compileSource } from './compile.js';
import type { RoguePiece } from './rogue/piece.js';

const PIECES = process.env.SOAK ? 10 : 1;
const EACH = process.env.SOAK ? 1000 : 60;
/** Of wall clock: some ten seconds are usual for a thousand. */
const PATIENCE = process.env.SOAK ? 20 * 60_000 : 4 * 60_000;

const script = fileURLToPath(new URL(`rogue/piece${import.meta.url.slice(-3)}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mpsemu-rogue-'));

for (const code of ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri3gc', 'fri6ll', 'xci6ll', 'xca6ll']) {
  needing(missingToolchain(code), test.serial)(`${PIECES * EACH} rogue programs of ${code}`, async (t) => {
    t.timeout(PIECES * PATIENCE);
    const source = code.startsWith('w3') ? 'rogue-windows.c' : 'rogue.c';
    const program = await compileSource(code, source);
    const ends: Record<string, number> = {};
    let slowest = 0;
    for (let seed = 1; seed <= PIECES; seed++) {
      const args = [...process.execArgv, script, code, program, String(seed), String(EACH), join(folder, code)];
      const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL' });
      const piece = JSON.parse(output) as RoguePiece;
      if (piece.failure !== undefined) return t.fail(piece.failure);
      for (const [kind, count] of Object.entries(piece.ends)) ends[kind] = (ends[kind] ?? 0) + count;
      slowest = Math.max(slowest, piece.slowest);
    }
    const { exit = 0, signal = 0, budget = 0, deadlock = 0, unsupported = 0, error = 0, ...others } = ends;
    t.deepEqual(others, {}, 'no other end');
    t.is(exit + signal + budget + deadlock + unsupported + error, PIECES * EACH);
    t.log(`${code}: ${JSON.stringify(ends)}; the slowest took ${slowest.toFixed(2)} s more than a hundredth of full speed allows`);
    // They get somewhere, and in more than one way.
    t.true(exit > 0 && signal > 0 && exit + signal + budget > (PIECES * EACH) / 2, JSON.stringify(ends));
  });
}

test.after.always(() => rmSync(folder, { recursive: true, force: true }));
