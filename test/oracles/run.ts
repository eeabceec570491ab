/** `make oracles`: every oracle program (or those named by a part of their names) against its oracles; fails on a difference that is not listed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../guests/harness.js';
import { compare } from './comparison.js';
import { Differences } from './differences.js';
import { missingFor, runOurs, runTheirs } from './machines.js';
import { oraclePrograms } from './programs.js';

const SHOWN = 25;
const wanted = process.argv.slice(2);
const programs = oraclePrograms().filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const differences = Differences.parse(readFileSync(join(root, 'docs', 'differences.md'), 'utf8'));
const skipped = new Map<string, string>();
const ran = { programs: new Set<string>(), platforms: new Set<string>() };
const distinct = new Map<string, Set<string>>();
let compared = 0;
let listed = 0;
const failures: string[] = [];

for (const program of programs) {
  for (const comparison of program.comparisons) {
    const { platform, build } = comparison;
    const missing = missingFor(comparison);
    if (missing !== undefined) {
      skipped.set(build === 'musl' ? `${platform} with musl` : platform, missing);
      continue;
    }
    ran.programs.add(program.name);
    ran.platforms.add(platform);
    try {
      const [ours, theirs] = [await runOurs(program, comparison), await runTheirs(program, comparison)];
      const verdict = compare(program.name, platform, ours, theirs, differences);
      compared += verdict.compared;
      listed += verdict.listed;
      const os = program.name.split('/')[0];
      const names = distinct.get(os) ?? new Set();
      distinct.set(os, names);
      for (const [, name] of theirs.stdout.matchAll(/^(\S+)/gm)) names.add(`${program.name} ${name}`);
      const lines = verdict.unlisted.map((line) => (build === 'library' ? line : `${line} (${build})`));
      // A program that ended early would fill the screen.
      failures.push(
        ...lines.slice(0, SHOWN),
        ...(lines.length > SHOWN ? [`${program.name} on ${platform}: and ${lines.length - SHOWN} more`] : []),
      );
    } catch (error) {
      failures.push(`${program.name} on ${platform} (${build}): ${(error as Error).message.split('\n').slice(0, 4).join(' ')}`);
    }
    process.stderr.write('.');
  }
}
process.stderr.write('\n');
if (wanted.length === 0)
  for (const row of differences.unused([...ran.programs], [...ran.platforms]))
    failures.push(`docs/differences.md lists '${row}', but nothing differs there`);
for (const failure of failures) console.log(failure);
for (const [platform, reason] of skipped) console.log(`${platform} was not compared: ${reason}`);
for (const [os, names] of distinct) console.log(`${os}: ${names.size} distinct observations`);
console.log(`${compared} lines compared, ${listed} differ for a listed reason, ${failures.length} are wrong`);
process.exitCode = failures.length > 0 ? 1 : 0;
