/** Values by page against a plain Map, and that a vast chunk costs nothing. */
import test from 'ava';
import fc from 'fast-check';
import { PageMap } from '../../../mps/space/page-map.js';

test('fill, get and runs agree with a Map', (t) => {
  const range = fc.tuple(fc.nat(4000), fc.nat(2500), fc.constantFrom('a', 'b', undefined));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const map = new PageMap<string>();
      const model = new Map<number, string>();
      for (const [first, count, value] of ranges) {
        map.fill(value, first, first + count);
        for (let page = first; page < first + count; page++) {
          if (value === undefined) model.delete(page);
          else model.set(page, value);
        }
      }
      const runs = [...map.runs()];
      const seen = new Map<number, string>();
      runs.forEach(({ first, end, value }, i) => {
        const before = runs[i - 1];
        if (first >= end) throw new Error('empty run');
        if (i > 0 && (before.end > first || (before.end === first && before.value === value))) throw new Error('runs are not maximal');
        for (let page = first; page < end; page++) seen.set(page, value);
      });
      t.deepEqual(seen, new Map([...model].sort(([a], [b]) => a - b)));
      for (const page of [0, 1023, 1024, 2047, 2048, 6499]) t.is(map.get(page), model.get(page));
    }),
    { numRuns: 200 },
  );
});

test('pages of the largest chunk', (t) => {
  const map = new PageMap<number>();
  const last = 2 ** 35 - 1;
  map.fill(7, last - 1, last + 1);
  t.is(map.get(last), 7);
  t.is(map.get(last - 2), undefined);
  t.deepEqual([...map.runs()], [{ first: last - 1, end: last + 1, value: 7 }]);
  t.is(map.firstWithout(last), last + 1);
});
