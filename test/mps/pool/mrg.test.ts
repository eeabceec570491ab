import test from 'ava';
import { MessageType } from '../../../mps/heap/message.js';
import { amczClass } from '../../../mps/pool/amc.js';
import { mvffClass } from '../../../mps/pool/mvff.js';
import { Res } from '../../../mps/plinth/res.js';
import { Heap, ok } from '../small-heap.js';
import { there } from '../../there.js';

const F = MessageType.FINALIZATION;

/** Register what exact slot 0 refers to, n times. */
function register(heap: Heap, n = 1): void {
  for (let i = 0; i < n; i++) if (heap.arena.finalize(heap.exactSlot(0)) !== Res.OK) throw new Error('finalize');
}

for (const wordSize of [4, 8] as const) {
  test(`an object registered three times gives a message in each of three collections (${wordSize})`, (t) => {
    const heap = new Heap({ port: { wordSize } });
    const { arena } = heap;
    arena.messageTypeEnable(F);
    heap.setExact(0, heap.make([77]));
    register(heap, 3);
    arena.collect();
    t.false(arena.messagePoll());
    heap.setExact(0, 0);
    for (const n of [1, 1, 1, 0]) {
      arena.collect();
      t.true(arena.checkDeep());
      let messages = 0;
      for (let m = arena.messageGet(F); m; m = arena.messageGet(F)) {
        messages++;
        t.is(heap.get(m.finalizationRef(), 0), 77);
        t.is(m.clock, 0);
        arena.messageDiscard(m);
      }
      t.is(messages, n);
    }
    heap.destroy();
  });
}

test('what a message holds lives, and moves, until it is discarded', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  arena.messageTypeEnable(F);
  const b = heap.make([21]);
  heap.setExact(0, heap.make([11, b]));
  register(heap);
  heap.setExact(0, 0);
  arena.collect();
  const m = there(arena.messageGet(F));
  const first = m.finalizationRef();
  arena.collect();
  t.not(m.finalizationRef(), first);
  t.is(heap.get(heap.get(m.finalizationRef(), 1), 0), 21);
  arena.messageDiscard(m);
  t.throws(() => m.finalizationRef(), { message: /FINAL/ });
  heap.destroy();
});

test('both of two objects, one referring to the other, in one collection, between the messages about it', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  for (const type of [0, 1, 2]) arena.messageTypeEnable(type);
  heap.setExact(0, heap.make([1]));
  register(heap);
  heap.setExact(0, heap.make([3, heap.getExact(0)]));
  register(heap);
  heap.setExact(0, 0);
  arena.collect();
  const types: number[] = [];
  for (let type = arena.messageQueueType(); type !== undefined; type = arena.messageQueueType()) {
    types.push(type);
    arena.messageDiscard(there(arena.messageGet(type)));
  }
  t.deepEqual(types, [MessageType.GC_START, F, F, MessageType.GC]);
  heap.destroy();
});

test('definalize takes back one registration', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  heap.setExact(0, heap.make([1]));
  t.is(arena.definalize(heap.exactSlot(0)), Res.FAIL);
  register(heap);
  t.is(arena.definalize(heap.exactSlot(0)), Res.OK);
  t.is(arena.definalize(heap.exactSlot(0)), Res.FAIL);
  heap.destroy();
});

test('a disabled type is posted to nobody, and disabling drops what is queued', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  heap.setExact(0, heap.make([1]));
  register(heap);
  heap.setExact(0, 0);
  arena.collect();
  t.false(arena.messagePoll());
  t.is(arena.messageGet(F), undefined);
  arena.messageTypeEnable(MessageType.GC);
  heap.setExact(0, heap.make([1]));
  arena.collect();
  t.true(arena.messagePoll());
  arena.messageTypeDisable(MessageType.GC);
  t.false(arena.messagePoll());
  heap.destroy();
});

test('only collected pools finalize', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  const manual = ok(arena.poolCreate(mvffClass));
  heap.setExact(0, manual.alloc(32));
  t.throws(() => arena.finalize(heap.exactSlot(0)), { message: /AttrGC/ });
  heap.setExact(0, 8);
  t.throws(() => arena.finalize(heap.exactSlot(0)), { message: /PoolOfAddr/ });
  heap.setExact(0, 0);
  manual.destroy();
  heap.destroy();
});

test('leaf objects are finalized, and never scanned or protected', (t) => {
  const heap = new Heap({ poolClass: amczClass });
  const { arena, consFormat } = heap;
  arena.messageTypeEnable(F);
  heap.setExact(0, heap.make([5]));
  heap.setExact(1, heap.make([7]));
  register(heap);
  const p = heap.ap.reserve(16);
  heap.setExact(0, 0);
  arena.collect();
  // A leaf allocation point isn't trapped by a flip.
  heap.port.memory.setWord(p, 17);
  heap.port.memory.setWord(p + 8, 1);
  t.true(heap.ap.commit(p, 16));
  t.is(consFormat.calls.scan, 0);
  t.is(heap.port.protections.size, 0);
  t.is(heap.get(there(arena.messageGet(F)).finalizationRef(), 0), 5);
  t.is(heap.get(heap.getExact(1), 0), 7);
  heap.destroy();
});
