/** The demo's expected results: their constants are those of the programs, and a result counts only if the program says PASS. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { demoPrograms } from '../../cli/demo-programs.js';
import { projectRoot } from '../../platforms/boot/boot.js';
import { there } from '../there.js';

const source = (name: string): string => readFileSync(join(projectRoot(), 'fixtures', 'programs', name), 'utf8');
const demo = (name: string) => there(demoPrograms.find((p) => p.name === name));

/** The value of an enumerator in C source. */
function constant(text: string, name: string): number {
  return Number(there(new RegExp(`\\b${name} = (\\d+)`).exec(text))[1]);
}

test('list: summing each phase value by value gives the closed form', (t) => {
  const text = source('list.c');
  const phases = ['IN_REGISTER', 'IN_SLOT', 'IN_BOTH', 'IN_EXACT', 'IN_AMBIGUOUS', 'IN_FUNCTION'].reduce(
    (sum, name) => sum + constant(text, name),
    0,
  );
  let checksum = 0;
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let i = 0; i < 1000 + 10 * phase; i++) sum += i * i + 7 * phase;
    checksum = (Math.imul(checksum, 31) + sum) >>> 0;
  }
  t.is(demo('list').expected(), String(checksum));
});

test('trees: counting the nodes of every tree gives the closed form', (t) => {
  const text = source('trees.c');
  const minimum = constant(text, 'MIN_DEPTH');
  const maximum = constant(text, 'MAX_DEPTH');
  const count = (depth: number): number => (depth === 0 ? 1 : 1 + 2 * count(depth - 1));
  let checksum = count(maximum + 1) + count(maximum);
  for (let depth = minimum; depth <= maximum; depth += 2)
    for (let i = 0; i < 1 << (maximum - depth + minimum); i++) checksum += count(depth);
  t.is(demo('trees').expected(), String(checksum));
});

test('threads: adding up each contribution gives the closed form', (t) => {
  const text = source('threads.c');
  let checksum = 0;
  for (let maker = 0; maker < constant(text, 'THREADS'); maker++) {
    for (let number = 0; number < constant(text, 'LISTS'); number++) {
      checksum = (checksum + (maker + 1) * 1000003 + Math.imul(number * (number + maker), 17)) >>> 0;
    }
  }
  t.is(demo('threads').expected(), String(checksum));
});

test("lisp: the script's own expectations fold to the same checksum", (t) => {
  const checks = [...source('lisp/demo.lisp').matchAll(/^\(check ".*?".* (\d+)\)$/gm)].map((m) => Number(m[1]));
  t.is(checks.length, 18);
  t.is(demo('lisp').expected(), String(checks.reduce((sum, n) => (sum * 31 + n) % 1000003, 0)));
});

test('a result counts only on the last line, with PASS', (t) => {
  const { resultOf } = demo('list');
  t.is(resultOf('list: something\nlist: checksum 12 PASS\n'), '12');
  t.is(resultOf('list: checksum 12 PASS\r\n'), '12');
  t.is(resultOf('list: checksum 12 FAIL\n'), undefined);
  t.is(resultOf('list: checksum 12 PASS\nmore\n'), undefined);
  t.is(resultOf('trees: checksum 12 PASS\n'), undefined);
  t.is(resultOf(''), undefined);
});
