import test from 'ava';
import fc from 'fast-check';
import { Nailboard } from '../../../mps/trace/nailboard.js';

for (const width of [32, 64]) {
  test(`a nailboard answers as a plain bit table would (words of ${width} bits)`, (t) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 12 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.double({ min: 0, max: 0.999, noNaN: true })), {
          maxLength: 40,
        }),
        (nails, set, ranges) => {
          const base = 0x10000;
          const board = new Nailboard(base, base + nails * 8, 8, width);
          const bits = new Set<number>();
          for (const s of set) {
            const i = Math.floor(s * nails);
            t.is(board.set(base + i * 8 + (i % 8)), bits.has(i));
            bits.add(i);
          }
          for (const [x, y] of ranges) {
            const a = Math.floor(Math.min(x, y) * nails);
            const b = Math.floor(Math.max(x, y) * nails) + 1;
            const free = ![...bits].some((i) => i >= a && i < b);
            t.is(board.isFree(base + a * 8, base + b * 8), free);
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    t.pass();
  });
}

test('nailing a range, and new nails', (t) => {
  const board = new Nailboard(0, 8192, 8, 64);
  board.newNails = false;
  t.false(board.set(16));
  t.true(board.newNails);
  board.newNails = false;
  t.true(board.set(20));
  t.false(board.newNails);
  board.setRange(4096, 8192);
  t.true(board.isFree(24, 4096));
  t.false(board.isFree(4088, 4104));
  t.true(board.get(8184));
});
