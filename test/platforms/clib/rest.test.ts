/** The heap, mathematics, time, the environment and the end of programs. */
import test from 'ava';
import fc from 'fast-check';
import type { Value } from '../../../emulator/abi/abi.js';
import { Heap } from '../../../platforms/clib/heap.js';
import { fromSeconds, strftimeText, toSeconds } from '../../../platforms/clib/calendar.js';
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { TestLibrary } from './harness.js';
import { cDouble, cString, runNative } from './native.js';

test('blocks are aligned, apart, and come back', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(16, 16, 16, 64, 4096), fc.nat(10))), (steps) => {
      let top = 0x1000;
      const grow = (bytes: number): number => (top += bytes) - bytes;
      const heap = new Heap({ grow, map: grow, unmap: () => undefined, take: () => true, give: () => undefined });
      const live: { start: number; size: number }[] = [];
      for (const [size, align, what] of steps) {
        if (what < 4 && live.length > 0) {
          const [block] = live.splice(what % live.length, 1);
          t.true(heap.free(block.start));
          t.false(heap.free(block.start));
        } else {
          const start = heap.allocate(size, align);
          t.is(start % align, 0);
          for (const other of live) t.true(start + size <= other.start || other.start + other.size <= start);
          live.push({ start, size: Math.max(size, 1) });
        }
      }
      for (const { start } of live) heap.free(start);
      // All is merged again: as many blocks of the largest size that comes from there fit without growing.
      const before = top;
      const most = (1 << 17) - 16;
      for (let left = top - 0x1000; left >= most; left -= most) heap.allocate(most);
      t.is(top, before);
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('malloc, calloc, realloc, free', (t) => {
  const c = new TestLibrary('lii6gc');
  const a = c.call('malloc', [100]) as number;
  c.memory.fill(a, 100, 7);
  const b = c.call('realloc', [a, 10_000]) as number;
  t.is(c.memory.u8(b + 99), 7);
  c.call('free', [b]);
  const z = c.call('calloc', [100, 10]) as number;
  t.true(c.memory.bytes(z, 1000).every((byte) => byte === 0));
  t.is(c.call('malloc', [2 ** 64]), 0);
  t.is(c.errno, 12);
  const place = c.space(8);
  t.is(c.call('posix_memalign', [place, 4096, 10]), 0);
  t.is(c.memory.word(place) % 4096, 0);
  t.is(c.call('posix_memalign', [place, 3, 10]), 22);
  t.throws(() => c.call('free', [z + 8]));
  t.is(c.process.status?.kind, 'signal');
  c.close();
});

needing(missingOracle('lii6gc'))('exact functions are exact, the others near', (t) => {
  const real = fc.oneof(
    fc.double(),
    fc.double({ min: -100, max: 100 }),
    fc.integer({ min: -20, max: 20 }).map((n) => n / 2),
    fc.constantFrom(0, -0, Infinity, -Infinity, NaN, 5e-324, 1e308),
  );
  const exact: [string, number, 'd' | 'i'][] = [
    ['sqrt', 1, 'd'],
    ['fabs', 1, 'd'],
    ['ceil', 1, 'd'],
    ['floor', 1, 'd'],
    ['trunc', 1, 'd'],
    ['rint', 1, 'd'],
    ['round', 1, 'd'],
    ['logb', 1, 'd'],
    ['fmod', 2, 'd'],
    ['remainder', 2, 'd'],
    ['copysign', 2, 'd'],
    ['fdim', 2, 'd'],
    ['nextafter', 2, 'd'],
    ['fma', 3, 'd'],
    ['ilogb', 1, 'i'],
    ['llrint', 1, 'i'],
    ['llround', 1, 'i'],
  ];
  const near: [string, number][] = [
    ['sin', 1],
    ['cos', 1],
    ['tan', 1],
    ['asin', 1],
    ['acos', 1],
    ['atan', 1],
    ['atan2', 2],
    ['sinh', 1],
    ['cosh', 1],
    ['tanh', 1],
    ['asinh', 1],
    ['acosh', 1],
    ['atanh', 1],
    ['exp', 1],
    ['exp2', 1],
    ['expm1', 1],
    ['log', 1],
    ['log2', 1],
    ['log10', 1],
    ['log1p', 1],
    ['pow', 2],
    ['hypot', 2],
    ['cbrt', 1],
  ];
  const cases = fc.sample(fc.tuple(real, real, real), { numRuns: 400, seed: 11 });
  const names = [...exact.map(([name, n, k]) => ({ name, n, k })), ...near.map(([name, n]) => ({ name, n, k: 'd' as const }))];
  const lines = names.flatMap(({ name, n, k }) =>
    cases.map(
      (args) =>
        `printf("${k === 'd' ? '%a' : '%lld'}\\1", ${k === 'd' ? '' : '(long long)'}${name}(${args.slice(0, n).map(cDouble).join(', ')}));`,
    ),
  );
  const scaled = cases.map(
    ([x, y]) => `printf("%a\\1", ldexp(${cDouble(x)}, ${Math.trunc(Math.max(-2100, Math.min(2100, y * 20))) || 0}));`,
  );
  const native = runNative([...lines, ...scaled].join('\n'));
  const c = new TestLibrary('lii6gc');
  const show = (value: number) => c.sprintf('%a', value).replace('-nan', 'nan');
  let at = 0;
  for (const { name, n, k } of names) {
    for (const args of cases) {
      const got = c.call(name, args.slice(0, n));
      const wanted = native[at++].replace('-nan', 'nan');
      const what = `${name}(${args.slice(0, n).join(', ')})`;
      if (k === 'i') t.is(String(got), wanted, what);
      else if (exact.some(([e]) => e === name)) t.is(show(got as number), wanted, what);
      else {
        const value = Number(c.call('strtod', [c.text(wanted), 0]));
        const error = Math.abs((got as number) - value);
        const ok = Object.is(got, value) || error <= Math.max(Math.abs(value) * 1e-15, 1e-323);
        t.true(ok, `${what}: ${String(got)} is not near ${value}`);
      }
    }
  }
  cases.forEach(([x, y]) => {
    const power = Math.trunc(Math.max(-2100, Math.min(2100, y * 20))) || 0;
    t.is(show(c.call('ldexp', [x, power]) as number), native[at++].replace('-nan', 'nan'), `ldexp(${x}, ${power})`);
  });
  t.is(c.call('fmaf', [1 + 2 ** -23, 1 + 2 ** -23, -1 - 2 ** -22]), 2 ** -46);
  t.is(c.call('sqrt', [-1]), NaN);
  t.is(c.errno, 33);
  c.close();
});

test('calendar: every day there and back', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -3e10, max: 3e11 }), (seconds) => {
      t.is(toSeconds(fromSeconds(seconds)), seconds);
    }),
    { seed: 1 },
  );
});

needing(missingOracle('lii6gc'))('calendar as glibc prints it', (t) => {
  const format = '%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %m %M %p %r %R %S %T %u %U %V %w %W %x %X %y %Y %%';
  const times = fc.sample(fc.integer({ min: -2e9, max: 8e9 }), { numRuns: 300, seed: 5 });
  const native = runNative(
    `char b[1000]; time_t s;\n${times.map((s) => `s = ${s}; strftime(b, 1000, ${cString(format)}, gmtime(&s)); printf("%s\\1", b);`).join('\n')}`,
  );
  times.forEach((s, i) => t.is(strftimeText(format, fromSeconds(s), false), native[i], String(s)));
});

test('time follows the virtual clock', (t) => {
  const c = new TestLibrary('lii6gc');
  t.is(c.call('time', [0]), 1704067200);
  c.process.clock.now = 2_500_000_000;
  t.is(c.call('time', [0]), 1704067202);
  t.is(c.call('clock', []), 2_500_000);
  const at = c.space(8);
  c.memory.setU64(at, 1704067202n);
  t.is(c.read(c.call('asctime', [c.call('gmtime', [at]) as number]) as number), 'Mon Jan  1 00:00:02 2024\n');
  const tm = c.call('localtime', [at]) as number;
  t.is(c.read(c.memory.word(tm + 48)), 'UTC');
  c.memory.setU32(tm + 12, 40);
  t.is(c.call('mktime', [tm]), 1704067202 + 39 * 86400);
  t.is(c.memory.u32(tm + 16), 1, 'February');
  c.close();
  const w = new TestLibrary('w3i6mv');
  t.is(w.call('_time64', [0]), 1704067200n);
  w.close();
});

test('the environment', (t) => {
  const c = new TestLibrary('lii6gc', [], ['HOME=/home/guest', 'EMPTY=']);
  t.is(c.read(c.call('getenv', [c.text('HOME')]) as number), '/home/guest');
  t.is(c.read(c.call('getenv', [c.text('EMPTY')]) as number), '');
  t.is(c.call('getenv', [c.text('NONE')]), 0);
  c.call('setenv', [c.text('HOME'), c.text('/x'), 0]);
  t.is(c.read(c.call('getenv', [c.text('HOME')]) as number), '/home/guest');
  c.call('setenv', [c.text('HOME'), c.text('/x'), 1]);
  t.is(c.read(c.call('getenv', [c.text('HOME')]) as number), '/x');
  c.call('unsetenv', [c.text('HOME')]);
  t.is(c.call('getenv', [c.text('HOME')]), 0);
  c.close();
});

test('assertions fail in each library’s words', (t) => {
  const said = (code: string, name: string, args: (c: TestLibrary) => Value[]) => {
    const c = new TestLibrary(code);
    t.throws(() => c.call(name, args(c)));
    t.is(c.process.status?.kind, 'signal');
    const text = c.stderr;
    c.close();
    return text;
  };
  t.is(
    said('lii6gc', '__assert_fail', (c) => [c.text('a == b'), c.text('x.c'), 7, c.text('main')]),
    "program: x.c:7: main: Assertion `a == b' failed.\n",
  );
  t.is(
    said('fri6ll', '__assert', (c) => [c.text('main'), c.text('x.c'), 7, c.text('a == b')]),
    'Assertion failed: (a == b), function main, file x.c, line 7.\n',
  );
  t.is(
    said('xca6ll', '__assert_rtn', (c) => [c.text('main'), c.text('x.c'), 7, c.text('a == b')]),
    'Assertion failed: (a == b), function main, file x.c, line 7.\n',
  );
  t.is(
    said('w3i3mv', '_assert', (c) => [c.text('a == b'), c.text('x.c'), 7]),
    'Assertion failed: a == b, file x.c, line 7\n',
  );
});
