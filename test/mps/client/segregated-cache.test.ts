/** Which slot of a segregated cache holds what: vectors worked out from the rule for the middle class. */
import test from 'ava';
import fc from 'fast-check';
import { cacheSlots, middleClass, type CacheClass } from '../../../mps/client/segregated-cache.js';
import { there } from '../../there.js';

const M = 2 ** 64;
const classes = (...rows: [number, number, number][]): CacheClass[] => rows.map(([size, count, frequency]) => ({ size, count, frequency }));
const vectors: [CacheClass[], number, Record<number, [number, number]>][] = [
  [classes([8, 9, 1]), 8, { 0: [M, 0], 1: [0, 9] }],
  [classes([8, 9, 1], [16, 6, 2], [64, 3, 1]), 16, { 0: [64, 3], 1: [8, 6], 2: [M, 0], 3: [0, 9] }],
  [classes([8, 1, 1], [16, 2, 1], [32, 3, 1], [64, 4, 1]), 32, { 0: [64, 4], 1: [16, 3], 2: [M, 0], 3: [8, 2], 5: [0, 1] }],
  [classes([8, 1, 10], [16, 2, 1], [32, 3, 1], [64, 4, 1]), 16, { 0: [32, 3], 1: [8, 2], 2: [64, 4], 3: [0, 1], 4: [M, 0] }],
  [classes([8, 1, 1], [16, 2, 1], [32, 3, 1], [64, 4, 10]), 64, { 0: [M, 0], 1: [32, 4], 3: [16, 3], 5: [8, 2], 7: [0, 1] }],
];

for (const [table, middleSize, expected] of vectors) {
  test(`slots of ${JSON.stringify(table.map((c) => [c.size, c.frequency]))}`, (t) => {
    const middle = middleClass(table);
    t.is(table[middle].size, middleSize);
    const slots = cacheSlots(table, middle, 8);
    t.deepEqual(Object.fromEntries(slots.flatMap((slot, i) => (slot ? [[i, [slot.bound, slot.countMax]]] : []))), expected);
  });
}

test('every size finds the smallest class that holds it, as the macros search', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 1, max: 2000 }),
      (sizes, frequencies, request) => {
        const table = sizes
          .map((s) => s * 8)
          .sort((a, b) => a - b)
          .map((size, i) => ({ size, count: 3, frequency: frequencies[i] }));
        const middle = middleClass(table);
        const slots = cacheSlots(table, middle, 8);
        let i = request > table[middle].size ? 0 : 1;
        if (i === 0) while (request > there(slots[i]).bound) i += 2;
        else while (request <= there(slots[i]).bound) i += 2;
        return there(slots[i]).blockSize === table.find((c) => c.size >= request)?.size;
      },
    ),
  );
  t.pass();
});
