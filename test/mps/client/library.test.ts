/** Every function of the library is well formed. (That it offers what the headers declare: test/fixtures/names.test.ts.) */
import test from 'ava';
import { mpsLibrary } from '../../../mps/client/library.js';
import { FakeHost } from './fake-port.js';

const libraryFor = (code: string, wordSize: 4 | 8) =>
  mpsLibrary(new FakeHost(code, wordSize, 1 << 20).port, { variety: 'hot', scan: [], testHooks: {} });

test('no function is defined twice, and every signature is of the signature language', (t) => {
  for (const [code, word] of [
    ['lii3gc', 4],
    ['lii6gc', 8],
    ['w3i6mv', 8],
  ] as const) {
    const { functions } = libraryFor(code, word).library;
    const names = functions.map((fn) => fn.name);
    t.is(new Set(names).size, names.length);
    for (const fn of functions) t.regex(fn.signature, /^[viuLpzwqQd]\([iuLpzwqQdV]*\.?\)$/, fn.name);
  }
});

test('a scan policy that does not exist is refused', (t) => {
  t.throws(() => mpsLibrary(new FakeHost('lii6gc', 8, 1 << 20).port, { variety: 'hot', scan: ['everything'], testHooks: {} }), {
    name: 'OptionError',
    message: /everything/,
  });
});
