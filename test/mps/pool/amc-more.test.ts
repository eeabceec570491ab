import test from 'ava';
import { amcClass, amczClass, AMCPool, Ramp } from '../../../mps/pool/amc.js';
import { MpsAssertion } from '../../../mps/plinth/plinth.js';
import { Res } from '../../../mps/plinth/res.js';
import { Kind } from '../cons-format.js';
import { Heap, ok } from '../small-heap.js';

test('base pointers only: the first alignment unit pins, the second does not', (t) => {
  for (const [offset, kept] of [
    [0, true],
    [3, true],
    [8, false],
  ] as const) {
    const heap = new Heap({ pool: { interior: false } });
    const p = heap.make([1, 1]);
    heap.setAmbig(0, p + offset);
    heap.arena.collect();
    t.is(heap.port.memory.word(p) % 16, kept ? Kind.OBJECT : Kind.PAD);
    heap.destroy();
  }
});

test('buffers: extents for small requests, exact segments for large ones', (t) => {
  const heap = new Heap();
  const { ap, pool, port } = heap;
  const small = ap.reserve(16);
  port.memory.setWord(small, 17);
  port.memory.setWord(small + 8, 1);
  t.true(ap.commit(small, 16));
  t.is(ap.limit - small, 8192);
  t.is(pool.totalSize(), 8192);
  const big = ap.reserve(40_000);
  t.is(ap.limit - big, 40_000);
  t.is(pool.totalSize(), 8192 + 40_960);
  t.is(port.memory.word(big + 40_000) % 16, Kind.PAD);
  port.memory.setWord(big, (40_000 / 8 - 1) * 16 + Kind.PAD);
  t.true(ap.commit(big, 40_000));
  t.is(pool.freeSize(), 0);
  heap.destroy();
});

test('the object that an address is in', (t) => {
  const heap = new Heap({ header: 8 });
  const { arena } = heap;
  const a = heap.make([1, 3]);
  const b = heap.make([5]);
  t.is(arena.addrObject(a), a);
  t.is(arena.addrObject(a - 8), a);
  t.is(arena.addrObject(b - 9), a);
  t.is(arena.addrObject(b), b);
  t.is(arena.addrObject(b + 400), -Res.FAIL);
  t.is(arena.addrObject(8), -Res.FAIL);
  t.is(arena.addrObject(arena.controlAlloc(64)), -Res.UNIMPL);
  t.is(arena.addrFmt(a), heap.format);
  t.is(arena.addrPool(a), heap.pool);
  heap.destroy();
});

test('walks show objects, live or dead, and padding', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  const visited = (): number => {
    let n = 0;
    arena.formattedObjectsWalk(() => n++);
    return n;
  };
  for (let i = 0; i < 10; i++) {
    const p = heap.make([1]);
    if (i < 5) heap.setExact(i, p);
  }
  t.is(visited(), 10);
  arena.collect();
  t.is(visited(), 6);
  heap.destroy();
});

test('survivors of a ramp stay in the last generation of the chain', (t) => {
  const heap = new Heap();
  const { arena, ap } = heap;
  const pool = heap.pool as AMCPool;
  t.is(ap.allocPatternEnd(), Res.FAIL);
  const keep = (n: number): void => {
    for (let i = 0; i < n; i++) heap.setExact(i % 50, heap.make([1, 1]));
  };
  keep(50);
  arena.collect();
  t.is(ap.allocPatternBegin(), Res.OK);
  t.is(pool.rampMode, Ramp.BEGIN);
  arena.collect();
  t.is(pool.rampMode, Ramp.RAMPING);
  arena.collect();
  const inRamp = (): number => pool.rampGen.pgen.segs;
  t.true(inRamp() > 0);
  const { rampGen } = pool;
  t.true(rampGen.pgen.newDeferredSize + rampGen.pgen.oldDeferredSize + rampGen.pgen.bufferedSize > 0);
  t.is(ap.allocPatternEnd(), Res.OK);
  t.is(pool.rampMode, Ramp.FINISH);
  arena.collect();
  t.is(pool.rampMode, Ramp.OUTSIDE);
  arena.collect();
  t.is(inRamp(), 0);
  t.true(arena.checkDeep());
  ap.allocPatternBegin();
  ap.allocPatternBegin();
  t.is(ap.allocPatternReset(), Res.OK);
  t.is(ap.rampCount, 0);
  heap.destroy();
});

test('pools refer to one another, and one can go while a collection is under way', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  const leaves = ok(arena.poolCreate(amczClass, { format: heap.format, chain: heap.chain }));
  const others = ok(arena.poolCreate(amcClass, { format: heap.format }));
  const leafAP = ok(leaves.bufferCreate());
  const otherAP = ok(others.bufferCreate());
  for (let i = 0; i < 40; i++) {
    heap.setExact(0, heap.make([2 * i + 1], leafAP));
    heap.setExact(1, heap.make([2 * i + 1, heap.getExact(0)], otherAP));
    heap.setExact(2 + i, heap.make([heap.getExact(1)]));
  }
  arena.collect();
  for (let i = 0; i < 40; i++) {
    const other = heap.get(heap.getExact(2 + i), 0);
    t.is(arena.addrPool(other), others);
    t.is(heap.get(heap.get(other, 1), 0), 2 * i + 1);
  }
  for (let i = 0; i < 64; i++) heap.setExact(i, 0);
  for (let i = 0; i < 300; i++) heap.make([1], otherAP);
  heap.setExact(0, heap.make([1]));
  arena.startCollect();
  otherAP.destroy();
  others.destroy();
  t.true(arena.checkDeep());
  arena.park();
  leafAP.destroy();
  leaves.destroy();
  t.true(arena.checkDeep());
  heap.destroy();
});

test('location dependencies go stale when something may have moved', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  const { history } = arena;
  heap.setExact(0, heap.make([1]));
  const p = heap.getExact(0);
  const { epoch } = history;
  const rs = history.zoneBit(p);
  t.false(history.isStale(epoch, rs));
  arena.collect();
  t.true(history.isStale(epoch, rs));
  t.false(history.isStale(history.epoch, history.zoneBit(heap.getExact(0))));
  t.is(arena.collections(), 1);
  heap.setExact(1, p);
  for (let i = 0; i < 6; i++) arena.collect();
  t.true(history.isStale(epoch, rs));
  heap.setExact(1, 0);
  heap.destroy();
});

test('frames and trivial patterns', (t) => {
  const heap = new Heap();
  const p = heap.make([1]);
  t.is(heap.ap.framePush(), heap.ap.init);
  t.is(heap.ap.framePop(p), Res.OK);
  t.not(heap.ap.init, p);
  const r = heap.ap.reserve(16);
  t.is(heap.ap.framePush(), -Res.FAIL);
  t.is(heap.ap.framePop(p), Res.FAIL);
  heap.port.memory.setWord(r, 17);
  t.true(heap.ap.commit(r, 16));
  heap.destroy();
});

test('destroying an allocation point in mid-reservation asserts', (t) => {
  const heap = new Heap();
  heap.ap.reserve(16);
  t.throws(() => heap.ap.destroy(), { message: /BufferIsReady/ });
  t.throws(() => heap.ap.fill(16), { message: /BufferIsReady/ });
  t.throws(() => heap.ap.fill(7), { message: /SizeIsAligned/ });
  t.throws(() => heap.pool.alloc(16), { message: /unreachable/ });
});

test('a skip method that lies fails an assertion', (t) => {
  const lies: [string, (object: number) => number][] = [
    ['its argument', (object) => object],
    ['an address below', (object) => object - 32],
    ['null', () => 0],
    ['an address between two alignments', (object) => object + 3],
    ['an address beyond the segment', (object) => object + 2 ** 24],
    ['the end of a 64-bit address space', () => 2 ** 64],
  ];
  for (const [what, lie] of lies) {
    const heap = new Heap();
    heap.setExact(0, heap.make([1, 1]));
    Object.assign((heap.pool as AMCPool).methods, { skip: lie });
    t.throws(() => heap.arena.collect(), { instanceOf: MpsAssertion, message: /^amcSegFix: (q >|q <=|SizeIsAligned)/ }, what);
  }
});
