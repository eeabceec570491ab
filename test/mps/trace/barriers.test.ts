import test from 'ava';
import type { MachineEvent } from '../../../emulator/events.js';
import { AccessSet } from '../../../platforms/port.js';
import { scanArea } from '../../../mps/trace/scan-area.js';
import { Defer } from '../../../mps/trace/scan.js';
import type { TracedSeg } from '../../../mps/trace/traced.js';
import { Heap } from '../small-heap.js';
import { there } from '../../there.js';

/** A list of n objects {i, next} from exact slot 0, spread over several segments. */
function list(heap: Heap, n: number): void {
  heap.setExact(0, 1);
  for (let i = 0; i < n; i++) {
    heap.make([2 * i + 1, 1, 1, 1]);
    const p = heap.make([2 * i + 1, heap.getExact(0), 1, 1]);
    heap.setExact(0, p);
  }
}
const events = (heap: Heap): MachineEvent[] => {
  const log: MachineEvent[] = [];
  heap.port.events.listen((e) => log.push(e));
  return log;
};

test('after a flip grey segments can be neither read nor written, and a hit scans them', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  list(heap, 1000);
  arena.clamp();
  arena.startCollect();
  arena.clamp();
  const p = heap.getExact(0);
  const seg = there(arena.vm.segOf(p));
  t.not(seg.grey, 0);
  t.is(port.protection(p) & AccessSet.Read, AccessSet.Read);
  const log = events(heap);
  t.is(heap.get(p, 0), 1999);
  t.is(port.faults, 1);
  t.is(seg.grey, 0);
  t.is(port.protection(p) & AccessSet.Read, 0);
  t.deepEqual(there(log.find((e) => e.event === 'barrier')).hit, AccessSet.Read);
  t.true(log.some((e) => e.event === 'forward'));
  // Everything the mutator can see by now is in the new world.
  t.is(there(arena.vm.segOf(heap.get(p, 1))).white, 0);
  t.true(arena.checkDeep());
  heap.destroy();
});

/** A heap with a list of old objects whose segment has come to be write-protected, and one of them. */
function protectedHeap(): { heap: Heap; old: number; seg: TracedSeg } {
  // Objects that refer to old ones only, while a young generation is collected over and over.
  const heap = new Heap({
    gens: [
      { capacity: 16, mortality: 0.9 },
      { capacity: 4096, mortality: 0.5 },
    ],
  });
  const { arena, port } = heap;
  list(heap, 200);
  arena.collect();
  arena.collect();
  arena.release();
  const old = heap.getExact(0);
  const seg = there(arena.vm.segOf(old));
  let collections = 0;
  while (!(port.protection(old) & AccessSet.Write) && collections < 20) {
    const before = arena.statistics.collections;
    while (arena.statistics.collections === before) heap.make([1, 1, 1]);
    collections++;
  }
  arena.park();
  return { heap, old, seg };
}

/** Collect the young generation twice more. */
function collectYoung({ arena, make }: { arena: Heap['arena']; make: () => void }): void {
  arena.release();
  const before = arena.statistics.collections;
  while (arena.statistics.collections < before + 2) make();
  arena.park();
}

test('what the MPS itself reads through a read barrier is where the object is now', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  list(heap, 1000);
  arena.clamp();
  arena.startCollect();
  arena.clamp();
  const p = heap.getExact(0);
  const seg = there(arena.vm.segOf(p));
  t.not(seg.grey, 0);
  const next = arena.peek(heap.consFormat.field(p, 1));
  t.is(there(arena.vm.segOf(next)).white, 0, 'moved already');
  t.is(port.faults, 0);
  t.not(seg.grey, 0, 'one reference was fixed, not the segment');
  t.is(heap.get(p, 1), next);
  heap.destroy();
});

test('a segment is write-protected after enough scans that found nothing of interest, and a write undoes it', (t) => {
  const { heap, old, seg } = protectedHeap();
  const { arena, port } = heap;
  t.is(port.protection(old), AccessSet.Write);
  t.false(arena.zones.isUniv(seg.summary));
  // Reading is free; the first write is not.
  const { faults } = port;
  heap.get(old, 0);
  t.is(port.faults, faults);
  const young = heap.make([77]);
  heap.set(old, 2, young);
  t.is(port.faults, faults + 1);
  t.true(arena.zones.isUniv(seg.summary));
  t.is(port.protection(old), AccessSet.Empty);
  t.is(seg.defer, Defer.HIT, 'one scan without interest brings the barrier back');
  // And the remembered set is right: the young object survives by that reference alone.
  collectYoung({ arena, make: () => heap.make([1, 1, 1]) });
  t.is(heap.get(heap.get(heap.getExact(0), 2), 0), 77);
  heap.destroy();
});

test('what the MPS itself writes through a write barrier is remembered, and the barrier stays', (t) => {
  const { heap, old, seg } = protectedHeap();
  const { arena, port } = heap;
  const { faults } = port;
  const young = heap.make([77]);
  const zones = arena.zones.of(young);
  t.true((seg.summary.lo & zones.lo) === 0 && (seg.summary.hi & zones.hi) === 0, 'nothing of that zone was referred to');
  arena.poke(heap.consFormat.field(old, 2), young);
  t.is(port.faults, faults);
  t.true((seg.summary.lo & zones.lo) !== 0 || (seg.summary.hi & zones.hi) !== 0);
  t.false(arena.zones.isUniv(seg.summary));
  t.is(port.protection(old), AccessSet.Write);
  collectYoung({ arena, make: () => heap.make([1, 1, 1]) });
  t.is(heap.get(heap.get(heap.getExact(0), 2), 0), 77);
  heap.destroy();
});

test('what is copied into a segment whose summary is narrow widens it, so that it is scanned for the copies', (t) => {
  const heap = new Heap();
  const { arena } = heap;
  const collect = (): void => collectYoung({ arena, make: () => heap.make([1, 1, 1]) });
  heap.setExact(0, heap.make([5]));
  collect();
  const seg = there(arena.vm.segOf(heap.getExact(0)));
  for (let i = 0; i < 10 && arena.zones.isUniv(seg.summary); i++) collect();
  t.false(arena.zones.isUniv(seg.summary));
  heap.setExact(1, heap.make([heap.make([77])]));
  const young = arena.zones.of(heap.getExact(1));
  t.false(seg.summary.intersects(young), 'nothing in it refers to where objects are young');
  collect();
  t.is(arena.vm.segOf(heap.getExact(1)), seg, 'copied behind the old one');
  t.is(heap.get(heap.get(heap.getExact(1), 0), 0), 77);
  heap.destroy();
});

test('other threads are suspended from the first look behind a barrier until the arena is left', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const main = port.current;
  const other = port.newThread();
  port.current = other;
  const thread = arena.threadReg();
  if (typeof thread === 'number') throw new Error();
  port.current = main;
  list(heap, 100);
  const log = events(heap);
  arena.collect();
  t.deepEqual(
    log.filter((e) => e.event === 'suspend' || e.event === 'resume').map((e) => [e.event, e.of]),
    [
      ['suspend', 2],
      ['resume', 2],
    ],
  );
  t.false(other.suspended);
  t.false(main.suspended);
  thread.dereg();
  heap.destroy();
});

test('a dead thread is buried and scanned no more', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const main = port.current;
  const other = (port.current = port.newThread());
  const thread = arena.threadReg();
  if (typeof thread === 'number') throw new Error();
  port.current = main;
  other.alive = false;
  heap.setExact(0, heap.make([1]));
  arena.collect();
  t.false(thread.alive);
  t.deepEqual([...arena.threads.dead], [thread]);
  thread.dereg();
  heap.destroy();
});

test('the stack of another thread is scanned from its stack pointer, its registers too', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const main = port.current;
  const other = (port.current = port.newThread());
  const thread = arena.threadReg();
  if (typeof thread === 'number') throw new Error();
  const root = arena.rootCreateThread(0, 0, thread, scanArea, other.cold);
  if (typeof root === 'number') throw new Error();
  port.current = main;
  const [a, b, c] = [heap.make([1]), heap.make([3]), heap.make([5])];
  other.push(a);
  other.setRegister(0, b);
  // Below the stack pointer: lost.
  port.memory.setWord(other.sp - heap.w, c);
  arena.collect();
  t.is(heap.get(a, 0), 1);
  t.is(heap.get(b, 0), 3);
  t.is(port.memory.word(c) % 16, 3);
  t.is(arena.statistics.objectsPinned, 2);
  // A thread that hasn't entered yet: nothing is scanned, not even registers.
  other.pop();
  arena.collect();
  t.is(port.memory.word(a) % 16, 3);
  root.destroy();
  thread.dereg();
  heap.destroy();
});
