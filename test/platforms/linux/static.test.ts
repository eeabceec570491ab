/**
 * Static programs, which ask the kernel alone: what is not provided is named, numbers that no kernel has are ENOSYS, runs repeat.
 * What such programs observe is compared with the native kernel in test/oracles (static-*.c).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { root, runProgram } from '../../guests/harness.js';
import { needing } from '../../needs.js';
import { compileOracle, missingOracle } from '../../oracle.js';

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-static-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

/** socket, fork's own call, and a number beyond the last. */
const NUMBERS: Record<string, { socket: number; forks: number }> = {
  lii3gc: { socket: 359, forks: 2 },
  lii6gc: { socket: 41, forks: 57 },
  lia6gc: { socket: 198, forks: 220 },
};

for (const [code, { socket, forks }] of Object.entries(NUMBERS)) {
  needing(missingOracle(code))(`${code}: a static program hears ENOSYS for what no kernel has, and ends at what is not provided`, (t) => {
    const program = join(scratch, code);
    compileOracle(code, [join(root, 'test', 'platforms', 'linux', 'guests', 'not-provided.c')], program);
    const run = (number: number) => runProgram(program, code, { args: [String(number)] }).status;
    t.deepEqual(run(4000), { kind: 'exit', code: 3 });
    t.deepEqual(run(socket), { kind: 'unsupported', text: `the system call socket (${socket}) is not provided` });
    const forked = run(forks);
    t.is(forked.kind, 'unsupported');
    t.regex('text' in forked ? forked.text : '', /fork/);
    // Loading, relocating and ending included, a run is the same each time.
    const [once, again] = [1, 2].map(() => runProgram(program, code, { args: ['4000'] }).machine.process.instructions);
    t.is(once, again);
  });
}
