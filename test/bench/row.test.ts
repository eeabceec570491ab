/** How rows of the benchmark are measured and named. */
import test from 'ava';
import { measureRow, type Pair, type Row } from '../../bench/row.js';
import { rows, rowsNamed } from '../../bench/rows.js';

function row(pairs: Pair[]): Row {
  return { name: 'x', unit: 'us', pairs: pairs.length, open: () => (i) => pairs[i] };
}

test('a row is the median of its values, with the least and the greatest', (t) => {
  const values = [5, 1, 9, 2, 100].map((value) => ({ value }));
  t.deepEqual(measureRow(row(values)), { name: 'x', unit: 'us', value: 5, spread: [1, 100] });
});

test('with a baseline, the ratio is the median of the pairs, not the ratio of the medians', (t) => {
  // The machine slowed down for the last two pairs: value and baseline alike.
  const pairs = [
    { value: 10, baseline: 20 },
    { value: 6, baseline: 10 },
    { value: 30, baseline: 60 },
    { value: 70, baseline: 100 },
  ];
  t.deepEqual(measureRow(row(pairs)), { name: 'x', unit: 'us', value: 20, baseline: 40, ratio: 0.55, spread: [0.5, 0.7] });
});

test('a name stands for a row, or for all rows below it', (t) => {
  t.deepEqual(
    rowsNamed('speed').map((r) => r.name),
    ['speed/ia32', 'speed/x86-64', 'speed/arm64'],
  );
  t.deepEqual(
    rowsNamed('host-call').map((r) => r.name),
    ['host-call'],
  );
  t.deepEqual(rowsNamed('spe'), []);
  t.is(new Set(rows.map((r) => r.name)).size, rows.length);
});
