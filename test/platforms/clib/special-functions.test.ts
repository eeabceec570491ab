/** erf, erfc, tgamma and lgamma: values known from tables and identities, and glibc's within a few units in the last place. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { erf, erfc, lgamma, tgamma } from '../../../platforms/clib/special-functions.js';
import { needing } from '../../needs.js';
import { missingOracle } from '../../oracle.js';
import { TestLibrary } from './harness.js';
import { runNative } from './native.js';

const bytes = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  bytes.setFloat64(0, value);
  return bytes.getBigUint64(0);
}

function fromBits(bits: bigint): number {
  bytes.setBigUint64(0, bits);
  return bytes.getFloat64(0);
}

/** How many doubles lie from one to the other, the sign's zeros being one. */
function ulpsBetween(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Object.is(a, b) ? 0 : Infinity;
  const place = (value: number): bigint => (value < 0 ? -bitsOf(-value) : bitsOf(Math.abs(value)));
  return Math.abs(Number(place(a) - place(b)));
}

function within(t: ExecutionContext, ulps: number, got: number, wanted: number, what: string): void {
  const off = ulpsBetween(got, wanted);
  t.true(off <= ulps, `${what} is ${got}, ${off} ulps from ${wanted}`);
}

test('gamma of an integer is a factorial', (t) => {
  let factorial = 1n;
  for (let n = 1; n <= 171; factorial *= BigInt(n++)) {
    // Up to 22! the factorial has no more than 53 significant bits.
    within(t, n <= 23 ? 0 : 4, tgamma(n), Number(factorial), `tgamma(${n})`);
    within(t, 4, lgamma(n), Math.log(Number(factorial)), `lgamma(${n})`);
  }
  t.is(tgamma(172), Infinity);
});

test('gamma at halves: (2n)! sqrt(pi) / (4^n n!)', (t) => {
  let above = Math.sqrt(Math.PI);
  let below = above;
  for (let n = 0; n <= 60; n++) {
    // The product is rounded twice at every step.
    within(t, 4 + n, tgamma(n + 0.5), above, `tgamma(${n + 0.5})`);
    within(t, 4 + n, tgamma(0.5 - n), below, `tgamma(${0.5 - n})`);
    above *= n + 0.5;
    below /= -n - 0.5;
  }
});

test('values of the tables', (t) => {
  // Abramowitz and Stegun, tables 7.1 and 7.3 (erfc at 5 and 10 by more places than there), 6.1 and 6.4.
  const table: [string, (x: number) => number, number, number][] = [
    ['erf', erf, 0.5, 0.5204998778130465],
    ['erf', erf, 1, 0.8427007929497149],
    ['erf', erf, 2, 0.9953222650189527],
    ['erfc', erfc, 0.5, 0.4795001221869535],
    ['erfc', erfc, 1, 0.15729920705028513],
    ['erfc', erfc, 2, 0.004677734981047266],
    ['erfc', erfc, 5, 1.537459794428035e-12],
    ['erfc', erfc, 10, 2.088487583762545e-45],
    ['lgamma', lgamma, 0.5, Math.log(Math.PI) / 2],
    ['lgamma', lgamma, 1.5, -0.12078223763524522],
    ['lgamma', lgamma, -0.5, Math.log(2 * Math.sqrt(Math.PI))],
    // Euler's constant is what is left of it at the zero at 1; 1 less that at 2.
    ['lgamma', lgamma, 1 + 2 ** -52, -0.5772156649015329 * 2 ** -52],
    ['lgamma', lgamma, 2 - 2 ** -52, -0.42278433509846713 * 2 ** -52],
    ['tgamma', tgamma, 1 / 3, 2.6789385347077475],
  ];
  for (const [name, f, x, wanted] of table) within(t, 4, f(x), wanted, `${name}(${x})`);
});

test('special values, errno, float and long double', (t) => {
  const EDOM = 33;
  const ERANGE = 34;
  // C99 F.9.5: the result, and what 7.12.1 has in errno.
  const cases: [string, number, number, number][] = [
    ['erf', 0, 0, 0],
    ['erf', -0, -0, 0],
    ['erf', Infinity, 1, 0],
    ['erf', -Infinity, -1, 0],
    ['erf', 1e300, 1, 0],
    ['erf', NaN, NaN, 0],
    ['erfc', 0, 1, 0],
    ['erfc', -0, 1, 0],
    ['erfc', Infinity, 0, 0],
    ['erfc', -Infinity, 2, 0],
    ['erfc', -1e300, 2, 0],
    ['erfc', 1e300, 0, ERANGE],
    ['erfc', NaN, NaN, 0],
    ['tgamma', 0, Infinity, ERANGE],
    ['tgamma', -0, -Infinity, ERANGE],
    ['tgamma', 5, 24, 0],
    ['tgamma', 1e300, Infinity, ERANGE],
    ['tgamma', 172, Infinity, ERANGE],
    ['tgamma', -1, NaN, EDOM],
    ['tgamma', -1e300, NaN, EDOM],
    ['tgamma', -200.5, -0, ERANGE],
    ['tgamma', -201.5, 0, ERANGE],
    ['tgamma', Infinity, Infinity, 0],
    ['tgamma', -Infinity, NaN, EDOM],
    ['tgamma', NaN, NaN, 0],
    ['lgamma', 1, 0, 0],
    ['lgamma', 1e306, Infinity, ERANGE],
    ['lgamma', 1.7e308, Infinity, ERANGE],
    ['lgamma', 2, 0, 0],
    ['lgamma', 0, Infinity, ERANGE],
    ['lgamma', -0, Infinity, ERANGE],
    ['lgamma', -3, Infinity, ERANGE],
    ['lgamma', -1e300, Infinity, ERANGE],
    ['lgamma', Infinity, Infinity, 0],
    ['lgamma', -Infinity, Infinity, 0],
    ['lgamma', NaN, NaN, 0],
  ];
  const c = new TestLibrary('lii6gc');
  for (const [name, x, wanted, error] of cases) {
    for (const suffix of ['', 'f', 'l']) {
      c.errno = 0;
      t.is(c.call(name + suffix, [x]), wanted, `${name}${suffix}(${x})`);
      t.is(c.errno, error, `errno of ${name}${suffix}(${x})`);
    }
  }
  t.is(c.call('tgammaf', [0.5]), Math.fround(Math.sqrt(Math.PI)));
  t.is(c.call('lgammaf', [0.5]), Math.fround(Math.log(Math.PI) / 2));
  t.is(c.call('tgammaf', [40]), Infinity, 'beyond float');
  c.close();
});

/** From least to greatest, evenly in the number's logarithm where both have one sign and lie far apart. */
function spread(least: number, greatest: number): fc.Arbitrary<number> {
  const even = fc.double({ min: 0, max: 1, noNaN: true });
  const sign = Math.sign(greatest + least);
  if (least * greatest <= 0 || Math.max(greatest / least, least / greatest) < 100)
    return even.map((part) => least + part * (greatest - least));
  const [from, to] = [Math.log(Math.abs(least)), Math.log(Math.abs(greatest))];
  return even.map((part) => sign * Math.exp(from + part * (to - from)));
}

const samples = (base: number, ranges: [number, number][]): number[] => [
  ...ranges.flatMap(([least, greatest], i) => fc.sample(spread(least, greatest), { numRuns: 400, seed: base + i })),
  ...fc.sample(fc.double(), { numRuns: 400, seed: base }),
  ...[5e-324, -5e-324, 2 ** -1022, -(2 ** -1022), 1e-310, -1e-310, 1e-17, -1e-17],
];

/** The doubles about `x`, from the nearest on. */
const about = (x: number): number[] =>
  [1n, 2n, 3n, 1000n, 1n << 30n, 1n << 40n].flatMap((far) => [fromBits(bitsOf(x) + far), fromBits(bitsOf(x) - far)]);

function glibc(name: string, points: number[]): number[] {
  const words = points.map((x) => `0x${bitsOf(x).toString(16)}u`).join(',');
  const body = `static const uint64_t x[] = {${words}};
    for (int i = 0; i < ${points.length}; i++) {
      union { uint64_t u; double d; } v = {x[i]};
      v.d = ${name}(v.d);
      printf("%llx\\1", (unsigned long long)v.u);
    }`;
  return runNative(body).map((text) => fromBits(BigInt(`0x${text}`)));
}

const againstGlibc = needing(missingOracle('lii6gc'));

/** glibc's own error is at most 1 ulp for erf, 5 for erfc, tgamma and lgamma (all measured by exact values). */
const bounds: { name: string; f: (x: number) => number; ulps: number; points: number[] }[] = [
  {
    name: 'erf',
    f: erf,
    ulps: 4,
    points: samples(10, [
      [1e-308, 1e-8],
      [-1e-8, -1e-300],
      [1e-8, 0.5],
      [0.5, 2.5],
      [-6.5, 6.5],
    ]),
  },
  {
    name: 'erfc',
    f: erfc,
    ulps: 10,
    points: samples(20, [
      [-6.5, 0],
      [0, 0.5],
      [0.5, 1],
      [1, 2],
      [2, 5],
      [5, 26.5],
      [26.5, 27.3],
      [27.3, 30],
    ]),
  },
  {
    name: 'tgamma',
    f: tgamma,
    ulps: 12,
    points: [
      ...samples(30, [
        [1e-300, 1e-8],
        [0, 1],
        [1, 3],
        [3, 33],
        [33, 142],
        [142, 171.7],
        [-1, 0],
        [-34, -1],
        [-170, -34],
        [-184, -170],
        [-200, -184],
      ]),
      ...Array.from({ length: 183 }, (_, n) => about(-n - 1)).flat(),
      171.6243769563027,
    ],
  },
  {
    name: 'lgamma',
    f: lgamma,
    ulps: 8,
    points: [
      ...samples(40, [
        [1e-300, 1e-8],
        [0, 0.5],
        [0.5, 0.9],
        [0.9, 1.1],
        [1.1, 1.9],
        [1.9, 2.1],
        [2.1, 13],
        [13, 1000],
        [1000, 3e305],
        [-2, 0],
      ]),
      ...[1, 2, 0.5, 1.5, 2.5, 13, -1].flatMap(about),
    ].filter((x) => !(x < -2)),
  },
];

for (const { name, f, ulps, points } of bounds) {
  againstGlibc(`${name} is within ${ulps} ulps of glibc's`, (t) => {
    glibc(name, points).forEach((wanted, i) => within(t, ulps, f(points[i]), wanted, `${name}(${points[i]})`));
  });
}

againstGlibc("lgamma below -2 is within 8 ulps of glibc's, or within 8 ulps below 1", (t) => {
  const points = [
    ...samples(60, [
      [-4, -2],
      [-20, -4],
      [-500, -20],
      [-1e15, -500],
    ]),
    ...Array.from({ length: 40 }, (_, n) => about(-n - 3)).flat(),
  ].filter((x) => x < -2);
  glibc('lgamma', points).forEach((wanted, i) => {
    const got = lgamma(points[i]);
    // The zeros lie where terms of some size cancel: those fix the absolute error.
    if (Math.abs(wanted) >= 1) within(t, 8, got, wanted, `lgamma(${points[i]})`);
    else t.true(Math.abs(got - wanted) <= 8 * 2 ** -53, `lgamma(${points[i]}) is ${got}, not near ${wanted}`);
  });
});
