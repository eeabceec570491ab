import test from 'ava';
import { AccessSet } from '../../../platforms/port.js';
import { Rank, Res } from '../../../mps/plinth/res.js';
import { RootMode } from '../../../mps/heap/root.js';
import { scanArea, scanAreaMasked, scanAreaTagged, scanAreaTaggedOrZero, type AreaScan } from '../../../mps/trace/scan-area.js';
import { Kind } from '../cons-format.js';
import { Heap, ok } from '../small-heap.js';

for (const wordSize of [4, 8] as const) {
  const scanners: [string, AreaScan, number[], number[]][] = [
    ['every word', scanArea, [0], [0]],
    ['masked: tags are stripped and put back', scanAreaMasked(3), [0, 1, 2, 3], [0, 1, 2, 3]],
    ['tagged: only words with the pattern', scanAreaTagged(3, 2), [0, 1, 2, 3], [2]],
    ['tagged or zero', scanAreaTaggedOrZero(3, 1), [0, 1, 2, 3], [0, 1]],
  ];
  for (const [name, scan, tags, kept] of scanners) {
    test(`area scanners (${wordSize}): ${name}`, (t) => {
      const heap = new Heap({ port: { wordSize } });
      const { arena, port } = heap;
      const base = port.staticMemory(tags.length * wordSize);
      const root = ok(arena.rootCreateArea(Rank.EXACT, 0, base, base + tags.length * wordSize, scan));
      const were = tags.map((tag, i) => {
        const p = heap.make([2 * i + 1]);
        port.memory.setWord(base + i * wordSize, p + tag);
        return p;
      });
      arena.collect();
      tags.forEach((tag, i) => {
        const word = port.memory.word(base + i * wordSize);
        t.is(word % 4, tag);
        if (kept.includes(tag)) {
          t.not(word - tag, were[i]);
          t.is(heap.get(word - tag, 0), 2 * i + 1);
        } else t.is(word - tag, were[i]);
      });
      root.destroy();
      heap.destroy();
    });
  }
}

test('words with bits above an address are no references, whatever is below', (t) => {
  // Small tags, NaN boxes, kernel addresses; one bit at each place that no address has.
  const tops = [0x0001, 0x0008, 0x7ff8, 0xfff9, 0xffff, ...Array.from({ length: 16 }, (_, i) => 1 << i)];
  for (const scan of [scanArea, scanAreaMasked(7), scanAreaTagged(7, 0), scanAreaTaggedOrZero(7, 1)]) {
    const heap = new Heap();
    const { arena, port } = heap;
    const size = tops.length * 8;
    const base = port.staticMemory(2 * size);
    const roots = [
      ok(arena.rootCreateArea(Rank.AMBIG, 0, base, base + size, scan)),
      ok(arena.rootCreateArea(Rank.EXACT, 0, base + size, base + 2 * size, scan)),
    ];
    const objects = [...tops, ...tops].map(() => heap.make([1, 3]));
    objects.forEach((p, i) => {
      port.memory.setWord(base + 8 * i, p);
      port.memory.setU16(base + 8 * i + 6, tops[i % tops.length]);
    });
    const kept = heap.make([5]);
    heap.setAmbig(0, kept);
    arena.collect();
    t.is(arena.statistics.objectsPinned, 1, 'only what a true reference holds');
    t.is(heap.get(kept, 0), 5);
    objects.forEach((p, i) => {
      t.is(port.memory.u16(base + 8 * i + 6), tops[i % tops.length]);
      t.is(port.memory.u32(base + 8 * i), p >>> 0);
      t.not(port.memory.word(p) % 16, Kind.FORWARDED, 'not moved');
    });
    for (const root of roots) root.destroy();
    heap.destroy();
  }
});

test('function and formatted roots', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const w = heap.w;
  const base = port.staticMemory(3 * w);
  port.memory.setWord(base, 2 * 16 + Kind.OBJECT);
  port.memory.setWord(base + w, heap.make([5]));
  port.memory.setWord(base + 2 * w, 1);
  const formatted = ok(arena.rootCreateFmt(Rank.EXACT, 0, (ss, b, l) => heap.consFormat.methods.scan(ss, b, l), base, base + 3 * w));
  let word = heap.make([7]);
  const fun = ok(
    arena.rootCreate(Rank.EXACT, 0, (ss) => {
      if (!ss.fix1(word)) return Res.OK;
      ss.ref = word;
      const res = ss.fix2();
      word = ss.ref;
      return res;
    }),
  );
  arena.collect();
  t.is(heap.get(port.memory.word(base + w), 0), 5);
  t.is(heap.get(word, 0), 7);
  t.throws(() => arena.rootCreate(Rank.EXACT, RootMode.PROT, () => Res.OK), { message: /mps_rm/ });
  formatted.destroy();
  fun.destroy();
  heap.destroy();
});

test('a protectable root is write-protected once scanned, and a write is noticed', (t) => {
  const heap = new Heap();
  const { arena, port } = heap;
  const base = port.staticMemory(4096);
  const root = ok(arena.rootCreateArea(Rank.EXACT, RootMode.PROT, base, base + 4096, scanArea));
  port.memory.setWord(base, heap.make([5]));
  arena.collect();
  t.is(port.protection(base), AccessSet.Write);
  t.is(heap.get(port.mutator.word(base), 0), 5);
  port.mutator.setWord(base + 8, heap.make([7]));
  t.is(port.protection(base), AccessSet.Empty);
  arena.collect();
  t.is(heap.get(port.mutator.word(base + 8), 0), 7);
  t.throws(() => arena.rootCreateArea(Rank.EXACT, RootMode.PROT, base + 2048, base + 4096, scanArea), { message: /unreachable/ });
  root.destroy();
  t.is(port.protection(base), AccessSet.Empty);
});

test('thread roots ignore words with low tag bits by default', (t) => {
  const heap = new Heap();
  const p = heap.make([1]);
  heap.port.current.push(p + 1);
  heap.arena.collect();
  t.is(heap.port.memory.word(p) % 16, Kind.PAD);
  t.throws(() => heap.arena.rootCreateThread(Rank.EXACT, 0, heap.thread, scanArea, heap.port.current.cold), { message: /RankAMBIG/ });
  t.throws(() => heap.arena.rootCreateThread(Rank.AMBIG, 0, heap.thread, scanArea, heap.port.current.cold + 1), { message: /Aligned/ });
  heap.port.current.pop();
  heap.destroy();
});

test('a function root that fails for another reason than memory asserts', (t) => {
  const heap = new Heap();
  const root = heap.arena.rootCreate(Rank.EXACT, 0, () => Res.IO);
  heap.setExact(0, heap.make([1]));
  t.throws(() => heap.arena.collect(), { message: /ResIsAllocFailure/ });
  t.is(typeof root, 'object');
});
