/** strtol, strtod, scanf and rand, against C99 and against glibc. */
import test from 'ava';
import fc from 'fast-check';
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { TestLibrary } from './harness.js';
import { cString, runNative } from './native.js';

test('strtol and its kin: bases, ends, ranges', (t) => {
  const c = new TestLibrary('lii6gc');
  const end = c.space(8);
  const strtol = (text: string, base: number) => {
    const at = c.text(text);
    const value = c.call('strtol', [at, end, base]);
    return [value, c.memory.word(end) - at];
  };
  t.deepEqual(strtol('  -42abc', 10), [-42n, 5]);
  t.deepEqual(strtol('0x1fz', 0), [31n, 4]);
  t.deepEqual(strtol('0xg', 0), [0n, 1]);
  t.deepEqual(strtol('0755', 0), [0o755n, 4]);
  t.deepEqual(strtol('zz', 36), [1295n, 2]);
  t.deepEqual(strtol('  +', 10), [0n, 0]);
  t.is(c.errno, 0);
  t.deepEqual(strtol('9223372036854775808', 10), [2n ** 63n - 1n, 19]);
  t.is(c.errno, 34);
  t.is(c.call('strtoul', [c.text('-1'), 0, 10]), 2n ** 64n - 1n);
  t.is(c.call('atoi', [c.text(' 17 apples')]), 17);
  t.deepEqual(c.call('div', [-7, 2]), new Uint8Array(Int32Array.of(-3, -1).buffer));
  c.close();
  const w = new TestLibrary('w3i6mv');
  t.is(w.call('strtol', [w.text('9999999999'), 0, 10]), 0x7fffffff);
  w.close();
});

test('strtod and strtof round exactly', (t) => {
  const c = new TestLibrary('lii6gc');
  const strtod = (text: string) => c.call('strtod', [c.text(text), 0]);
  t.is(strtod('1e-400'), 0);
  t.is(c.errno, 34);
  t.is(strtod('0x1.8p1'), 3);
  t.is(strtod('-infinity'), -Infinity);
  t.is(strtod('nan(12)'), NaN);
  t.is(strtod('0x1.fffffffffffff8p1023'), Infinity);
  t.is(strtod('0x1p-1074'), 5e-324);
  t.is(strtod('0x.8p-1074'), 0);
  const strtof = (text: string) => c.call('strtof', [c.text(text), 0]);
  // Half way between two floats as a double, and just beyond it as a decimal.
  t.is(strtof('1.00000005960464477539062500001'), 1 + 2 ** -23);
  t.is(strtof('1.000000059604644775390625'), 1);
  t.is(strtof('1.000000059604644775390624999'), 1);
  c.close();
});

needing(missingOracle('lii6gc'))('number readers agree with glibc', (t) => {
  const digits = fc.stringMatching(/^[0-9]{0,20}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,3})?$/);
  const hex = fc.stringMatching(/^0[xX][0-9a-f]{0,16}(\.[0-9a-f]{0,16})?(p[+-]?[0-9]{1,4})?$/);
  const odd = fc.constantFrom(
    '',
    '.',
    '+',
    '-.e1',
    'inf',
    'INFx',
    'infinite',
    'nan',
    'nan(',
    'nan(a)b',
    '1e',
    '1e+',
    '0x',
    '0x.p1',
    ' \t1',
    '1.e5',
    '.5e-2x',
    '00x1',
    '0b1',
  );
  const texts = fc.sample(
    fc.oneof(digits, hex, odd).chain((s) => fc.constantFrom(s, `-${s}`, `+${s}`, ` ${s}z`)),
    { numRuns: 1500, seed: 9 },
  );
  const native = runNative(
    `char *e; double d; float f; long long q; unsigned long u;\n` +
      texts
        .map(
          (s) =>
            `{ const char *s = ${cString(s)}; d = strtod(s, &e); printf("%a %d ", d, (int)(e - s)); f = strtof(s, &e); printf("%a ", f); q = strtoll(s, &e, 0); printf("%lld %d ", q, (int)(e - s)); u = strtoul(s, &e, 16); printf("%lu %d\\1", u, (int)(e - s)); }`,
        )
        .join('\n'),
  );
  const c = new TestLibrary('lii6gc');
  const end = c.space(8);
  texts.forEach((s, i) => {
    const at = c.text(s);
    const used = () => c.memory.word(end) - at;
    const d = c.call('strtod', [at, end]) as number;
    let line = `${c.sprintf('%a', d)} ${used()} ${c.sprintf('%a', c.call('strtof', [at, end]) as number)} `;
    line += `${c.call('strtoll', [at, end, 0])} ${used()} `;
    line += `${c.call('strtoul', [at, end, 16])} ${used()}`;
    // The sign of a NaN does not survive as a number.
    t.is(line.replaceAll('-nan', 'nan'), native[i].replaceAll('-nan', 'nan'), s);
  });
  c.close();
});

test('sscanf stores what C99 says', (t) => {
  const c = new TestLibrary('lii6gc');
  const [a, b, d, s] = [c.space(16), c.space(16), c.space(16), c.space(64)];
  const sscanf = (text: string, format: string, ...places: number[]) => c.call('sscanf', [c.text(text), c.text(format)], places);
  t.is(sscanf(' 12 0x1f 3.5 word rest', '%d %i %lf %s', a, b, d, s), 4);
  t.deepEqual([c.memory.i32(a), c.memory.i32(b), c.memory.f64(d), c.read(s)], [12, 31, 3.5, 'word']);
  t.is(sscanf('abc123', '%[a-c]%n%*2d%d', s, a, b), 2);
  t.deepEqual([c.read(s), c.memory.i32(a), c.memory.i32(b)], ['abc', 3, 3]);
  t.is(sscanf('x', '%d', a), 0);
  t.is(sscanf('', '%d', a), -1);
  t.is(sscanf('12', '%d %d', a, b), 1);
  t.is(sscanf('5:6', '%d:%d', a, b), 2);
  t.is(sscanf('5-6', '%d:%d', a, b), 1);
  t.is(sscanf('ab]c', '%[]ab]%c', s, a), 2);
  t.is(c.read(s), 'ab]');
  t.is(sscanf('1e+x', '%lf', d), 0);
  t.is(sscanf('ffff', '%2hhx', a), 1);
  t.is(c.memory.u8(a), 255);
  c.call('__isoc99_sscanf', [c.text('0x10'), c.text('%p')], [d]);
  t.is(c.memory.word(d), 16);
  c.close();
});

test('scanf reads standard input through what it leaves', (t) => {
  const c = new TestLibrary('fri6ll');
  c.stdin = '10 20\nrest of line\nlast';
  const [a, b] = [c.space(16), c.space(16)];
  t.is(c.call('scanf', [c.text('%d%d')], [a, b]), 2);
  t.deepEqual([c.memory.i32(a), c.memory.i32(b)], [10, 20]);
  t.is(c.call('getchar', []), 10);
  const line = c.space(64);
  const stdin = standard(c, 0);
  t.is(c.call('fgets', [line, 64, stdin]), line);
  t.is(c.read(line), 'rest of line\n');
  t.is(c.call('ungetc', ['X'.charCodeAt(0), stdin]), 88);
  t.is(c.call('fgets', [line, 64, stdin]), line);
  t.is(c.read(line), 'Xlast');
  t.is(c.call('fgets', [line, 64, stdin]), 0);
  t.is(c.call('feof', [stdin]), 1);
  c.close();
});

/** As the guest half of the library defines them. */
function standard(c: TestLibrary, number: number): number {
  const file = c.space(16);
  c.memory.setU32(file, 0x454c4946);
  c.memory.setU32(file + 4, number);
  return file;
}

function firstThree(code: string, seed?: number): unknown[] {
  const c = new TestLibrary(code);
  if (seed !== undefined) c.call('srand', [seed]);
  const values = [0, 0, 0].map(() => c.call('rand', []));
  c.close();
  return values;
}

test('rand is each library’s own', (t) => {
  t.deepEqual(firstThree('w3i6mv'), [41, 18467, 6334]);
  t.deepEqual(firstThree('lii6gc'), [1804289383, 846930886, 1681692777]);
  t.deepEqual(firstThree('xci6ll'), [16807, 282475249, 1622650073]);
});

needing(missingOracle('lii6gc'))('rand is as glibc has it', (t) => {
  const seeds = [0, 1, 42, 4294967295, 2147483648, 123456];
  const native = runNative(seeds.map((s) => `srand(${s}u); rand(); rand(); printf("%d\\1", rand());`).join('\n'));
  t.deepEqual(
    seeds.map((s) => String(firstThree('lii6gc', s)[2])),
    native,
  );
});
