/** Who called, in a client of the MPS: its fault handler saw the fault first, a collection had called the function that dies. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compile } from '../../platforms/toolchain/cc.js';
import { root } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';
import { death } from './death.js';

const work = mkdtempSync(join(tmpdir(), 'arena-backtraces-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const source = join(root, 'test', 'machine', 'guests', 'in-arena.c');
const lines = readFileSync(source, 'utf8').split('\n');
const at = (mark: string): number => lines.findIndex((line) => line.includes(`/* ${mark} */`)) + 1;

/** How it dies (a fault, a fault in a collection, abort() in one), and who is named: the program's functions, and the MPS's. */
const expected = {
  f: [`deep:${at('DEEP')}`, `main:${at('MAIN f')}`],
  c: [`deep:${at('DEEP')}`, `scans:${at('SCANS')}`, 'mps_arena_collect', `collects:${at('COLLECTS')}`, `main:${at('MAIN c')}`],
  a: [
    `dies:${at('ABORTS')}`,
    `deep:${at('DEEP')}`,
    `scans:${at('SCANS')}`,
    'mps_arena_collect',
    `collects:${at('COLLECTS')}`,
    `main:${at('MAIN c')}`,
  ],
};

function callers(report: string[]): string[] {
  return report.flatMap((line) => {
    const found = /^called from \S+?!(\w+)(?:\+0x[0-9a-f]+)?(?: \(.*:(\d+)\))?$/.exec(line);
    if (!found) return [];
    return [found[2] === undefined ? found[1] : `${found[1]}:${found[2]}`];
  });
}

for (const { code } of platforms) {
  needing(missingToolchain(code))(`${code}: calls below the MPS's handler and out of a collection`, async (t) => {
    for (const optimised of ['-O0', '-O1']) {
      const path = join(work, `${code}${optimised}`);
      await compile({ platform: code, sources: [source], output: path, flags: ['-g', '-w', optimised] });
      for (const [how, wanted] of Object.entries(expected)) {
        const report = await death(path, code, { argv: [how] });
        t.deepEqual(callers(report).slice(0, wanted.length), wanted, report.join('\n'));
        if (how !== 'a') t.regex(report[0], new RegExp(`at \\S+!dies\\+0x\\w+ \\(.*:${at('FAULTS')}\\)`));
      }
    }
  });
}
