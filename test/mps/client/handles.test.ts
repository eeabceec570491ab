/** Handles and those who own them. */
import test from 'ava';
import { HandleTable } from '../../../mps/client/handles.js';

test('with an owner go its handles and its own, and no others', (t) => {
  const table = new HandleTable();
  const [arena, other, pool, point] = [{}, {}, {}, {}];
  table.add('Arena', 8, arena, arena);
  table.add('Arena', 16, other, other);
  table.add('Pool', 24, pool, arena);
  table.add('Buffer', 32, point, pool);
  table.dropOwned(pool);
  t.is(table.find('Pool', 24), undefined);
  t.is(table.find('Buffer', 32), undefined);
  t.is(table.find('Arena', 8), arena);
  // The same address again, for something else: the former owner has no say in it.
  table.add('Pool', 40, pool, arena);
  table.add('Format', 40, point, other);
  table.dropOwned(arena);
  t.is(table.find('Arena', 8), undefined);
  t.is(table.find('Format', 40), point);
  t.is(table.ownerOf(40), other);
  table.dropOwned(other);
  t.is(table.find('Format', 40), undefined);
  t.is(table.find('Arena', 16), undefined);
});

test('the handles of one owner are dropped without a look at those of others', (t) => {
  const table = new HandleTable();
  const owners = Array.from({ length: 1000 }, () => ({}));
  owners.forEach((owner, i) => {
    for (let k = 0; k < 10; k++) table.add('Pool', 16 * (10 * i + k), {}, owner);
  });
  let looks = 0;
  const entries = (table as unknown as { byAddress: Map<number, unknown> }).byAddress;
  const iterate = entries[Symbol.iterator].bind(entries);
  entries[Symbol.iterator] = () => (looks++, iterate());
  const { get } = entries;
  entries.get = (address) => (looks++, get.call(entries, address));
  table.dropOwned(owners[500]);
  t.is(looks, 10);
  t.is(entries.size, 9990);
});
