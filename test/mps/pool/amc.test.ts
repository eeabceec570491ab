import test from 'ava';
import { Res } from '../../../mps/plinth/res.js';
import { Kind } from '../cons-format.js';
import { Heap } from '../small-heap.js';
import { there } from '../../there.js';

test('a new arena has nothing to collect', (t) => {
  const heap = new Heap();
  t.is(heap.arena.collect(), Res.FAIL);
  t.is(heap.arena.startCollect(), Res.FAIL);
  t.false(heap.arena.step(0.1, 1));
  t.is(heap.arena.collections(), 0);
  heap.destroy();
});

for (const wordSize of [4, 8] as const) {
  for (const header of [0, wordSize, 2 * wordSize]) {
    test(`objects move and references follow (words of ${wordSize}, headers of ${header})`, (t) => {
      const heap = new Heap({ port: { wordSize }, header });
      const { arena } = heap;
      let list = 1;
      for (let i = 0; i < 1000; i++) {
        list = heap.make([2 * i + 1, list]);
        heap.setExact(0, list);
        if (i % 100 === 0) t.true(arena.checkDeep());
      }
      t.is(arena.collect(), Res.OK);
      t.true(arena.checkDeep());
      t.not(heap.getExact(0), list);
      t.true(arena.statistics.objectsMoved >= 1000);
      let p = heap.getExact(0);
      for (let i = 999; i >= 0; i--) {
        t.is(heap.get(p, 0), 2 * i + 1);
        p = heap.get(p, 1);
      }
      t.is(p, 1);
      t.is(arena.collections(), 1);
      heap.setExact(0, 0);
      arena.collect();
      t.true(arena.checkDeep());
      t.true(heap.pool.totalSize() <= 8192);
      heap.destroy();
    });
  }
}

test('ten live objects of a hundred in one buffer', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  arena.messageTypeEnable(1);
  arena.messageTypeEnable(2);
  for (let i = 0; i < 100; i++) {
    const p = heap.make([1, 1, 1]);
    if (i < 10) heap.setExact(i, p);
  }
  const { calls } = heap.consFormat;
  calls.fwd = calls.pad = 0;
  t.is(arena.collect(), Res.OK);
  t.is(arena.messageQueueType(), 2);
  const start = there(arena.messageGet(2));
  t.true(start.why.length > 0);
  const end = there(arena.messageGet(1));
  t.is(end.liveSize, 320);
  t.is(end.condemnedSize, 8192);
  t.is(end.notCondemnedSize, 0);
  arena.messageDiscard(start);
  arena.messageDiscard(end);
  t.is(arena.collections(), 1);
  t.is(calls.fwd, 10);
  t.is(calls.pad, 1);
  heap.destroy();
});

test('an ambiguous reference pins, interior pointers included', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  for (const offset of [0, 3, 8, 31]) {
    const p = heap.make([5, 7, 9]);
    heap.setAmbig(0, p + offset);
    heap.setExact(0, p);
    arena.collect();
    t.is(heap.getExact(0), p);
    t.is(heap.get(p, 1), 7);
    t.is(heap.port.memory.word(heap.ambig), p + offset);
    heap.setAmbig(0, 0);
    arena.collect();
    t.not(heap.getExact(0), p);
    heap.setExact(0, 0);
  }
  t.true(arena.statistics.objectsPinned >= 4);
  heap.destroy();
});

test('registers and stack slots pin, by name', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const p = heap.make([11]);
  port.current.push(0);
  port.current.setRegister(3, p);
  arena.collect();
  t.is(heap.get(p, 0), 11);
  t.deepEqual(arena.statistics.pinnedExample, { address: p, by: 'r3', thread: 1, stood: { pc: 0x1234, returned: false } });
  port.current.setRegister(3, 0);
  arena.collect();
  t.is(port.memory.word(p) % 16, Kind.PAD);
  heap.destroy();
});

test('reserve, collect, commit fails once', (t) => {
  const heap = new Heap();
  const { arena, ap } = heap;
  heap.setExact(0, heap.make([1]));
  const p = ap.reserve(32);
  t.is(arena.collect(), Res.OK);
  t.false(ap.commit(p, 32));
  arena.release();
  t.is(ap.reserve(32), p);
  heap.port.memory.setWord(p, 3 * 16 + 1);
  for (let i = 1; i < 4; i++) heap.port.memory.setWord(p + i * 8, 1);
  t.true(ap.commit(p, 32));
  t.true(arena.checkDeep());
  heap.destroy();
});
