import test from 'ava';
import { Arena } from '../../../mps/arena/arena.js';
import { mvffClass } from '../../../mps/pool/mvff.js';
import { Res } from '../../../mps/plinth/res.js';
import { Heap, ok } from '../small-heap.js';
import { MockPort } from '../mock-port.js';
import { there } from '../../there.js';

test('sizes of a new arena', (t) => {
  const port = new MockPort();
  const arena = ok(Arena.create(port));
  t.is(arena.reserved(), 268439552);
  t.true(arena.committed() < 200_000, String(arena.committed()));
  t.is(arena.zones.shift, 22);
  t.true(arena.checkDeep());
  arena.destroy();
  const small = ok(Arena.create(port, { size: 1 }));
  t.is(small.reserved(), 266240);
  small.destroy();
});

test('a grain smaller than a page is a page, whatever it is; a larger one must be a power of two', (t) => {
  for (const grainSize of [1, 8, 100]) {
    const arena = ok(Arena.create(new MockPort(), { grainSize, size: 2 ** 20 }));
    t.is(arena.reserved() % 4096, 0);
    arena.destroy();
  }
  t.throws(() => Arena.create(new MockPort(), { grainSize: 12288 }), { message: /ArenaGrainSizeCheck/ });
});

test('all memory goes back when an arena is destroyed', (t) => {
  const port = new MockPort();
  const free = port.memory.freePages;
  const arena = ok(Arena.create(port, { size: 2 ** 20 }));
  const pool = ok(arena.poolCreate(mvffClass));
  for (let i = 0; i < 300; i++) pool.alloc(9000);
  t.true(arena.vm.chunks.ring.length > 1);
  pool.destroy();
  arena.destroy();
  t.is(port.memory.freePages, free);
});

test('chunks come and go, and the client is told', (t) => {
  const port = new MockPort();
  const log: string[] = [];
  const held = new Map<number, number>();
  const arena = ok(
    Arena.create(port, {
      size: 2 ** 20,
      extended: (base, size) => log.push('extended') && held.set(base, size),
      contracted: (base, size) => {
        t.is(held.get(base), size);
        held.delete(base);
      },
    }),
  );
  t.is(log.length, 1);
  const pool = ok(arena.poolCreate(mvffClass));
  const big = pool.alloc(3 * 2 ** 20);
  t.true(big > 0);
  t.is(log.length, 2);
  pool.free(big, 3 * 2 ** 20);
  pool.destroy();
  arena.vm.chunks.compact();
  t.is(held.size, 1);
  t.true(arena.checkDeep());
  arena.destroy();
  t.is(held.size, 0);
});

test('the commit limit', (t) => {
  const arena = ok(Arena.create(new MockPort(), { size: 2 ** 22 }));
  const pool = ok(arena.poolCreate(mvffClass, { spare: 0 }));
  arena.spareSet(0);
  const committed = arena.committed();
  t.is(arena.commitLimitSet(committed - 1), Res.FAIL);
  t.is(arena.commitLimitSet(committed), Res.OK);
  t.is(pool.alloc(100_000), -Res.COMMIT_LIMIT);
  arena.commitLimitSet(2 ** 40);
  t.is(pool.alloc(2 ** 50), -Res.COMMIT_LIMIT);
  arena.commitLimitSet(2 ** 64 - 1);
  t.is(pool.alloc(2 ** 50), -Res.RESOURCE);
  t.is(pool.alloc(2 ** 60), -Res.RESOURCE);
  pool.destroy();
  arena.destroy();
});

test('freed memory is spare until there is too much of it', (t) => {
  const arena = ok(Arena.create(new MockPort(), { size: 2 ** 22 }));
  const pool = ok(arena.poolCreate(mvffClass, { spare: 0 }));
  pool.alloc(2 ** 20);
  const p = pool.alloc(2 ** 20);
  const committed = arena.committed();
  pool.free(p, 2 ** 20);
  // But for a page of descriptors, nothing changes.
  t.true(arena.committed() - committed <= 4096);
  t.true(arena.spareCommitted() >= 2 ** 20);
  arena.spareSet(0.25);
  t.true(arena.spareCommitted() <= 0.25 * arena.committed());
  t.is(arena.commitLimitSet(arena.committed() - arena.spareCommitted()), Res.OK);
  t.is(arena.spareCommitted(), 0);
  t.true(arena.checkDeep());
  pool.destroy();
  arena.destroy();
});

test('no memory from the system is MEMORY, too small a commit limit COMMIT_LIMIT', (t) => {
  const port = new MockPort({ physicalSize: 2 ** 20 });
  const arena = ok(Arena.create(port, { size: 2 ** 24 }));
  const pool = ok(arena.poolCreate(mvffClass));
  t.is(pool.alloc(2 ** 21), -Res.MEMORY);
  t.true(arena.checkDeep());
  pool.destroy();
  arena.destroy();
  const free = port.memory.freePages;
  t.is(Arena.create(port, { commitLimit: 20000 }), Res.COMMIT_LIMIT);
  t.is(port.memory.freePages, free);
});

test('leftovers at destruction assert, and so does nested entry', (t) => {
  const heap = new Heap();
  t.throws(() => heap.arena.destroy(), { message: /formatRing/ });
  const other = new Heap();
  other.port.events.listen((e) => {
    if (e.event === 'trace-flip') other.arena.committed();
  });
  other.setExact(0, other.make([1]));
  t.throws(() => other.arena.collect(), { message: /claims == 0/ });
});

test('clamped and parked', (t) => {
  const heap = new Heap({ gens: [{ capacity: 16, mortality: 0.5 }] });
  const { arena } = heap;
  arena.clamp();
  for (let i = 0; i < 5000; i++) heap.make([1, 1, 1]);
  t.is(arena.collections(), 0);
  arena.release();
  t.is(arena.collections(), 1);
  arena.park();
  t.is(arena.traces.busy, undefined);
  t.is(arena.collect(), Res.OK);
  const n = arena.collections();
  for (let i = 0; i < 5000; i++) heap.make([1, 1, 1]);
  t.is(arena.collections(), n);
  heap.destroy();
});

test('a chain is collected when its nursery is full, and survivors are promoted', (t) => {
  const heap = new Heap({ gens: [{ capacity: 64, mortality: 0.5 }] });
  const { arena } = heap;
  const whys: string[] = [];
  heap.port.events.listen((e) => e.event === 'trace-start' && whys.push(e.why));
  let bytes = 0;
  while (whys.length === 0) {
    heap.setExact(0, heap.make([1, 1, 1]));
    bytes += 32;
  }
  // The capacity and one interval between polls.
  t.true(bytes > 65536 && bytes <= 65536 * 2 + 8192, String(bytes));
  t.regex(whys[0], /capacity/);
  arena.park();
  t.is(there(arena.vm.segOf(heap.getExact(0))).pool, heap.pool);
  heap.destroy();
});

test('step works in slices and says whether it did anything', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  let list = 1;
  for (let i = 0; i < 500; i++) {
    list = heap.make([2 * i + 1, list]);
    heap.setExact(0, list);
  }
  t.false(arena.step(0, 0));
  arena.clamp();
  t.is(arena.startCollect(), Res.OK);
  let steps = 0;
  while (arena.step(0, 0)) steps++;
  t.true(steps > 2, String(steps));
  t.throws(() => arena.step(-1, 0), { message: /interval/ });
  heap.destroy();
});

test('memory that is freed is kept in spare up to the fraction that was asked for', (t) => {
  for (const spare of [0, 0.25, 1]) {
    const heap = new Heap({ arena: { spare } });
    const { arena } = heap;
    for (let i = 0; i < 5000; i++) heap.make([1, 1, 1]);
    const { vm } = arena;
    const grown = vm.committed;
    arena.collect();
    t.true(vm.spareCommitted <= spare * vm.committed, `${spare}: ${vm.spareCommitted} of ${vm.committed}`);
    t.is(vm.committed < grown, spare < 1, `${spare}: what is beyond that went back`);
    if (spare === 1) {
      t.true(vm.spareCommitted > 0);
      // A limit below what is committed is kept by giving spare memory back.
      const used = vm.committed - vm.spareCommitted;
      t.is(arena.commitLimitSet(used), Res.OK);
      t.is(vm.committed, used);
      t.is(arena.commitLimitSet(used - 1), Res.FAIL);
    }
    heap.destroy();
  }
});
