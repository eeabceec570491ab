/** What a rogue program (sources/rogue.h) is told to do: orders as words, which fast-check draws and makes shorter. */
import fc from 'fast-check';

type Words = bigint[];

const EDGES = [0, 1, 2, 3, 7, 8, 12, 15, 16, 20, 24, 30, 31, 32, 40, 46, 47, 48, 53, 62, 63].flatMap((bit) => [
  (1n << BigInt(bit)) - 1n,
  1n << BigInt(bit),
  -(1n << BigInt(bit)),
]);

const number: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(0n, 64n) },
  { weight: 3, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n) },
  { weight: 1, arbitrary: fc.bigInt(0n, 1n << 20n) },
);

/** Its kind, and a number or an offset. */
const place: fc.Arbitrary<Words> = fc.tuple(fc.bigInt(0n, 15n), number);
const words = (least: number, most: number): fc.Arbitrary<Words> => fc.array(number, { minLength: least, maxLength: most });

/** A structure's words that become others: how many, then where and what. */
const damage: fc.Arbitrary<Words> = fc
  .array(fc.tuple(fc.bigInt(0n, 400n), place), { maxLength: 3 })
  .map((list) => [BigInt(list.length), ...list.flatMap(([at, what]) => [at, ...what])]);

/** Ways to end a process at once, which are no fun: of Linux's three tables, and of the BSDs'. */
const ENDINGS = new Set([1, 60, 93, 94, 231, 252]);

/** Numbers of system calls; macOS has classes of them. */
const systemCallNumber: fc.Arbitrary<bigint> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: 0, max: 470 })
      .filter((n) => !ENDINGS.has(n))
      .map(BigInt),
  },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 0, max: 560 })
      .filter((n) => !ENDINGS.has(n))
      .map((n) => BigInt(n) + 0x2000000n),
  },
  { weight: 2, arbitrary: fc.bigInt(0n, 128n).map((n) => n + 0x1000000n) },
  { weight: 2, arbitrary: fc.bigInt(-128n, -1n) },
  { weight: 1, arbitrary: number },
);

/** Code that is likely to be code: some prefixes, loads, branches; else anything. */
const code: fc.Arbitrary<bigint> = fc.bigInt(0n, (1n << 64n) - 1n);

const order = (which: number, ...parts: fc.Arbitrary<Words>[]): fc.Arbitrary<Words> =>
  fc.tuple(...parts).map((list) => [BigInt(which), ...list.flat()]);
const one = (from: fc.Arbitrary<bigint>): fc.Arbitrary<Words> => from.map((n) => [n]);

export const MPS_ORDER = 11;
const mpsOrder = order(MPS_ORDER, one(fc.bigInt(0n, 15n)), words(0, 12), damage);

const orders: fc.Arbitrary<Words> = fc.oneof(
  { weight: 8, arbitrary: order(0, one(systemCallNumber), place, place, place, place, place, place) },
  { weight: 2, arbitrary: order(1, damage) },
  { weight: 2, arbitrary: order(2, damage, one(fc.bigInt(0n, 1n)), place) },
  { weight: 4, arbitrary: order(3, words(2, 6), damage) },
  { weight: 2, arbitrary: order(4, one(fc.bigInt(0n, 69n))) },
  { weight: 2, arbitrary: order(5, damage) },
  { weight: 2, arbitrary: order(6, damage) },
  { weight: 1, arbitrary: order(7, words(3, 40)) },
  { weight: 3, arbitrary: order(8, one(fc.bigInt(0n, 2n)), one(fc.bigInt(0n, 3n)), fc.array(code, { minLength: 4, maxLength: 12 })) },
  { weight: 1, arbitrary: order(9, one(fc.bigInt(0n, 100_000n)), one(fc.bigInt(0n, 5000n))) },
  { weight: 2, arbitrary: order(10, place, words(2, 2)) },
  { weight: 8, arbitrary: mpsOrder },
);

/** Bytes for standard input. */
export const scripts: fc.Arbitrary<Uint8Array> = fc.array(orders, { minLength: 1, maxLength: 14 }).map((list) => {
  const all = list.flat();
  return new Uint8Array(BigUint64Array.from(all.map((word) => BigInt.asUintN(64, word))).buffer);
});
