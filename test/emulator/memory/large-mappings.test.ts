/** Memory that is mapped by the gibibyte and hardly touched: what it allows page by page, and what it costs. */
import test from 'ava';
import fc from 'fast-check';
import { Prot } from '../../../emulator/engine.js';
import { openEngine } from '../../../emulator/native-engine.js';
import { there } from '../../there.js';

const PAGE = 4096;
const TABLE = 4096; // pages in one table of the engine's
const BASE = 0x7f0000000000;

test('ranges around the borders of tables agree with a model of their ends', (t) => {
  // Ends lie on the borders of tables and one page beside them.
  const end = fc.tuple(fc.nat(3), fc.constantFrom(-1, 0, 1)).map(([table, by]) => Math.max(0, table * TABLE + by));
  const command = fc.record({
    kind: fc.constantFrom('map', 'unmap', 'protect', 'touch', 'discard'),
    ends: fc.tuple(end, end).filter(([a, b]) => a < b),
    prot: fc.constantFrom(Prot.Read, Prot.RW, Prot.RX),
  });
  const probes = [0, 1, 2, 3].flatMap((table) => [-2, -1, 0, 1, 2].map((by) => table * TABLE + by)).filter((page) => page >= 0);
  fc.assert(
    fc.property(fc.array(command, { maxLength: 25 }), (commands) => {
      const engine = openEngine({ cpu: 'x86-64', physicalBytes: 1 << 20 });
      const memory = new Uint8Array(engine.physical);
      const model = new Map<number, { prot: number; value: number }>();
      try {
        commands.forEach(({ kind, ends: [first, limit], prot }, i) => {
          const at = BASE + first * PAGE;
          const length = (limit - first) * PAGE;
          const inside = probes.filter((page) => page >= first && page < limit);
          if (kind === 'map') {
            engine.mapPages(at, length, prot);
            for (const page of inside) model.set(page, { prot, value: 0 });
          } else if (kind === 'unmap') {
            engine.unmapPages(at, length);
            for (const page of inside) model.delete(page);
          } else if (kind === 'protect') {
            try {
              engine.protectPages(at, length, prot);
            } catch {
              // Some pages are not mapped; those that are have changed.
            }
            for (const page of inside) if (model.has(page)) model.set(page, { prot, value: there(model.get(page)).value });
          } else if (kind === 'discard') {
            engine.discardPages(at, length);
            for (const page of inside) if (model.has(page)) model.set(page, { prot: there(model.get(page)).prot, value: 0 });
          } else if (probes.includes(first) && model.has(first)) {
            memory[engine.translate(at, 0)] = i + 1;
            model.set(first, { prot: there(model.get(first)).prot, value: i + 1 });
          }
          for (const page of probes) {
            const expected = model.get(page);
            const found = engine.protection(BASE + page * PAGE);
            if (found !== (expected?.prot ?? -1)) throw new Error(`page ${page}: ${found}, not ${expected?.prot}`);
            if (expected?.value && memory[engine.translate(BASE + page * PAGE, 0)] !== expected.value)
              throw new Error(`contents of page ${page}`);
          }
        });
      } finally {
        engine.close();
      }
    }),
    { numRuns: 150, seed: 7 },
  );
  t.pass();
});

test('untouched memory takes nothing of the host’s', (t) => {
  const engine = openEngine({ cpu: 'x86-64', physicalBytes: 1 << 20 });
  const before = process.memoryUsage().rss;
  engine.mapPages(BASE, PAGE, Prot.RW);
  const resident = engine.residentBytes;
  const GIB = 1 << 30;
  // 2,048 mappings that share tables at both ends: 64 MiB of tables if each had its own.
  for (let i = 0; i < 2048; i++) engine.mapPages(BASE - (i + 1) * GIB - PAGE, GIB, Prot.RW);
  t.true(process.memoryUsage().rss - before < 16 << 20);
  t.is(engine.residentBytes, resident);
  t.is(engine.protection(BASE - 2048 * GIB), Prot.RW);
  engine.protectPages(BASE - 1000 * GIB, 500 * GIB, Prot.Read);
  t.is(engine.protection(BASE - 700 * GIB), Prot.Read);
  t.is(engine.protection(BASE - 400 * GIB), Prot.RW);
  engine.close();
});
