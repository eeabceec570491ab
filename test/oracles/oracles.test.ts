/** A sample of `make oracles`, and the rules of its comparison. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../guests/harness.js';
import { needing } from '../needs.js';
import { compare, observations } from './comparison.js';
import { Differences } from './differences.js';
import { missingFor, runOurs, runTheirs } from './machines.js';
import { oraclePrograms } from './programs.js';

const TABLE = `| observation | platforms | here | there | why |
|---|---|---|---|---|
| linux/a mmap.* | lii6gc, lia6gc | -1 22 | \`*\` | the reason |
`;

const printed = (stdout: string): { stdout: string; status: number } => ({ stdout, status: 0 });

test('a difference without a reason is reported, one with a reason is not', (t) => {
  const differences = Differences.parse(TABLE);
  const ours = printed('mmap.x -1 22\nequal 1\nother 2\nmissing 1\n');
  const theirs = printed('mmap.x 0 0\nequal 1\nother 3\nnew 4\n');
  t.deepEqual(compare('linux/a', 'lii6gc', ours, theirs, differences), {
    compared: 6,
    listed: 1,
    unlisted: [
      "linux/a other on lii6gc: here '2', there '3'",
      "linux/a new on lii6gc: here '(nothing)', there '4'",
      "linux/a missing on lii6gc: here '1', there '(nothing)'",
    ],
  });
  t.deepEqual(differences.unused(['linux/a'], ['lii6gc']), []);
});

test('a listed difference holds for its platforms and values alone, and must be needed', (t) => {
  const differences = Differences.parse(TABLE);
  t.is(compare('linux/a', 'lii3gc', printed('mmap.x -1 22'), printed('mmap.x 0'), differences).unlisted.length, 1);
  t.is(compare('linux/a', 'lii6gc', printed('mmap.x -1 9'), printed('mmap.x 0'), differences).unlisted.length, 1);
  t.deepEqual(differences.unused(['linux/a'], ['lii6gc']), ['linux/a mmap.*']);
  t.deepEqual(differences.unused(['linux/b'], ['lii6gc']), []);
});

test('how a program ends is compared too, and names are distinct', (t) => {
  const none = Differences.parse('');
  t.deepEqual(compare('linux/a', 'lii6gc', { stdout: '', status: 139 }, printed(''), none).unlisted, [
    "linux/a (status) on lii6gc: here '139', there '0'",
  ]);
  t.throws(() => observations('linux/a', printed('same 1\nsame 2\n')), { message: /two observations are called 'same'/ });
});

/** Quick, and of several areas. */
const SAMPLE = [
  'linux/memory-calls',
  'windows/write-watch',
  'windows/fibers',
  'linux/static-threads',
  'linux/static-signals',
  'linux/static-library',
  'linux/calls-threads',
  'linux/library-faults',
];
const differences = Differences.parse(readFileSync(join(root, 'docs', 'differences.md'), 'utf8'));

for (const program of oraclePrograms().filter(({ name }) => SAMPLE.includes(name))) {
  for (const comparison of program.comparisons) {
    needing(missingFor(comparison))(
      `${program.name} on ${comparison.platform} (${comparison.build}) answers as ${comparison.oracle}'s oracle does`,
      async (t) => {
        const theirs = await runTheirs(program, comparison);
        const verdict = compare(program.name, comparison.platform, await runOurs(program, comparison), theirs, differences);
        t.deepEqual(verdict.unlisted, []);
        t.true(verdict.compared > 3);
      },
    );
  }
}
