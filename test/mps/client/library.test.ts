/** The library offers what the headers declare. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { mpsLibrary } from '../../../mps/client/library.js';
import { FakeHost } from './fake-port.js';

let root = dirname(fileURLToPath(import.meta.url));
while (!existsSync(join(root, 'package.json'))) root = dirname(root);
const list = join(root, 'fixtures', 'guest', 'host-symbols', 'mps.txt');

const libraryFor = (code: string, wordSize: 4 | 8) =>
  mpsLibrary(new FakeHost(code, wordSize, 8, 1 << 20).port, { variety: 'hot', scan: [], testHooks: {} });

(existsSync(list) ? test : test.skip)('every function that guests may import exists', (t) => {
  const wanted = readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/)[0])
    .filter((name) => name !== '');
  t.true(wanted.length > 100, `${wanted.length} names`);
  const offered = new Set(libraryFor('w3i3mv', 4).library.functions.map((fn) => fn.name));
  t.deepEqual(
    wanted.filter((name) => !offered.has(name)),
    [],
  );
});

test('no function is defined twice, and every signature is of the signature language', (t) => {
  for (const [code, word] of [
    ['lii3gc', 4],
    ['lii6gc', 8],
    ['w3i6mv', 8],
  ] as const) {
    const { functions } = libraryFor(code, word).library;
    const names = functions.map((fn) => fn.name);
    t.is(new Set(names).size, names.length);
    for (const fn of functions) t.regex(fn.signature, /^[viuLpzqQd]\([iuLpzqQdV]*\.?\)$/, fn.name);
  }
});

test('a scan policy that does not exist is refused', (t) => {
  t.throws(() => mpsLibrary(new FakeHost('lii6gc', 8, 8, 1 << 20).port, { variety: 'hot', scan: ['everything'], testHooks: {} }), {
    name: 'OptionError',
    message: /everything/,
  });
});
