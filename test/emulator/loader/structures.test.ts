/**
 * Images damaged by who knows their structures: tables that overlap, repeat, go in circles, reach beyond the file or wrap
 * around, in programs and in the libraries they load. Each is refused in one line that names file and field, or runs to
 * a documented end; either way with little work, in little memory. `SOAK`: 20,000 of each format.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Piece } from './structures/piece.js';

const PIECES = process.env.SOAK ? 20 : 1;
const EACH = process.env.SOAK ? 1000 : 250;
const FORMATS = ['ELF32', 'ELF64', 'PE32', 'PE32+', 'Mach-O'];

const script = fileURLToPath(new URL(`structures/piece${import.meta.url.slice(-3)}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mpsemu-pieces-'));

function run(format: string, seed: number): Piece {
  const log = join(folder, `${format}-${seed}`);
  const options = { encoding: 'utf8', timeout: 20 * 60_000, killSignal: 'SIGKILL' } as const;
  const output = execFileSync(process.execPath, [...process.execArgv, script, format, String(seed), String(EACH), log], options);
  return JSON.parse(output) as Piece;
}

for (const format of FORMATS) {
  test.serial(`${PIECES * EACH} ${format} images with damaged structures`, (t) => {
    t.timeout(PIECES * 20 * 60_000);
    const ends: Record<string, number> = {};
    const messages = new Set<string>();
    let slowest = 0;
    for (let seed = 1; seed <= PIECES; seed++) {
      const piece = run(format, seed);
      if (piece.failure !== undefined) return t.fail(piece.failure);
      for (const [kind, count] of Object.entries(piece.ends)) ends[kind] = (ends[kind] ?? 0) + count;
      for (const message of piece.messages) messages.add(message);
      slowest = Math.max(slowest, piece.slowest);
    }
    const { refused = 0, exit = 0, signal = 0, budget = 0, deadlock = 0, unsupported = 0, error = 0, ...others } = ends;
    t.deepEqual(others, {}, 'no other end');
    const survived = refused + exit + signal + budget + deadlock + unsupported + error;
    t.is(survived, PIECES * EACH);
    t.log(`${format}: ${survived} tried and survived, ${JSON.stringify(ends)}; the slowest took ${slowest.toFixed(2)} s`);
    // The damage is of both kinds, and of many.
    t.true(refused > survived / 10 && exit > survived / 50, JSON.stringify(ends));
    t.true(messages.size > 10, [...messages].join('\n'));
  });
}

test.after.always(() => rmSync(folder, { recursive: true, force: true }));
