/**
 * Damaged programs, all the way: bytes of a real one are changed, and what still parses is placed, linked and run for
 * a while. Whatever happens is one of the documented ends, within bounded time and memory. (The loaders alone are
 * fuzzed much more widely in test/emulator/loader.)
 */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { Random } from '../../emulator/process/random.js';
import { LoadError } from '../../emulator/loader/image.js';
import { OptionError } from '../../platforms/option-error.js';
import { startMachine } from '../../machine/machine.js';
import { fixturePath } from './harness.js';

const rounds = process.env.SOAK ? 2000 : 60;

/** What a run of these bytes comes to. */
function outcome(code: string, bytes: Uint8Array): string {
  let machine;
  try {
    machine = startMachine({
      code,
      path: 'damaged',
      bytes,
      argv: ['damaged'],
      env: [],
      seed: 0,
      variety: 'hot',
      scan: [],
      quirks: [],
      directories: [],
      budget: 20_000,
      input: () => new Uint8Array(0),
      output: () => {},
    });
  } catch (error) {
    if (error instanceof LoadError || error instanceof OptionError) return 'refused';
    throw error;
  }
  try {
    return machine.process.run().kind;
  } finally {
    machine.process.close();
  }
}

for (const code of ['w3i3mv', 'w3i6mv', 'lii3gc', 'lii6ll', 'lia6ll', 'fri6ll', 'xci6ll', 'xca6ll']) {
  test.serial(`damaged programs of ${code} end in a documented way`, (t) => {
    const original = readFileSync(fixturePath(code, 'hello'));
    const random = new Random(code.length * 1000 + code.charCodeAt(2));
    const seen: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      const bytes = new Uint8Array(original);
      // Mostly the headers and tables, which come first; sometimes anywhere.
      for (let n = 1 + random.below(3); n > 0; n--) {
        const at = random.below(random.below(4) > 0 ? Math.min(1024, bytes.length) : bytes.length);
        bytes[at] = random.below(3) === 0 ? random.below(256) : bytes[at] ^ (1 << random.below(8));
      }
      let kind: string;
      try {
        kind = outcome(code, bytes);
      } catch (error) {
        return t.fail(`round ${round}: ${(error as Error).stack}`);
      }
      seen[kind] = (seen[kind] ?? 0) + 1;
    }
    // Both kinds of damage came up: what is refused, and what is run and ends by itself, by a signal, or at the budget.
    const { refused = 0, exit = 0, signal = 0, budget = 0, error = 0, unsupported = 0, ...others } = seen;
    t.deepEqual(others, {}, 'no other end');
    t.true(refused > 0, JSON.stringify(seen));
    t.true(exit > 0, JSON.stringify(seen));
    t.is(refused + exit + signal + budget + error + unsupported, rounds);
  });
}
