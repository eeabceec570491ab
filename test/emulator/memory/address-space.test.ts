/** The list of regions against a page-by-page model, and what the engine is asked to do. */
import test from 'ava';
import fc from 'fast-check';
import { Prot } from '../../../emulator/engine.js';
import { AddressSpace } from '../../../emulator/memory/address-space.js';
import { SortedRanges } from '../../../emulator/memory/sorted-ranges.js';
import { openEngine } from '../../../emulator/native-engine.js';
import { there } from '../../there.js';

const PAGE = 4096;
const BASE = 0x100000;
const COUNT = 48;

interface PageModel {
  prot: number;
  tag: number;
  value: number;
  committed: boolean;
}

test('any sequence of calls agrees with a page-by-page model', (t) => {
  const span = fc.tuple(fc.nat(COUNT - 1), fc.integer({ min: 1, max: 12 })).map(([at, n]) => ({ at, n: Math.min(n, COUNT - at) }));
  const prot = fc.constantFrom(Prot.None, Prot.Read, Prot.RW, Prot.RX);
  const command = fc.record({
    kind: fc.constantFrom('map', 'unmap', 'protect', 'tag', 'write', 'decommit', 'discard'),
    span,
    prot,
    tag: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const engine = openEngine({ cpu: 'x86-64', physicalBytes: 4 << 20 });
      const space = new AddressSpace(engine);
      const model: (PageModel | undefined)[] = new Array<PageModel | undefined>(COUNT).fill(undefined);
      const bytes = new Uint8Array(engine.physical);
      commands.forEach(({ kind, span: { at, n }, prot: p, tag }, i) => {
        const base = BASE + at * PAGE;
        const pages = Array.from({ length: n }, (_, k) => at + k);
        if (kind === 'map') {
          space.map(base, n * PAGE, p, { tag, name: 'x' });
          for (const k of pages) model[k] = { prot: p, tag, value: 0, committed: p !== Prot.None };
        } else if (kind === 'unmap') {
          space.unmap(base, n * PAGE);
          for (const k of pages) model[k] = undefined;
        } else if (kind === 'protect') {
          const whole = pages.every((k) => model[k] !== undefined);
          if (space.protect(base, n * PAGE, p) !== whole) throw new Error('protect');
          if (whole)
            for (const k of pages) model[k] = { ...there(model[k]), prot: p, committed: there(model[k]).committed || p !== Prot.None };
        } else if (kind === 'tag') {
          space.setTag(base, n * PAGE, tag);
          for (const k of pages) if (model[k]) model[k] = { ...model[k], tag };
        } else if (kind === 'discard') {
          space.discard(base, n * PAGE);
          for (const k of pages) if (model[k]) model[k] = { ...model[k], value: 0 };
        } else if (kind === 'decommit') {
          space.decommit(base, n * PAGE);
          for (const k of pages) if (model[k]) model[k] = { ...model[k], prot: Prot.None, value: 0, committed: false };
        } else {
          const offset = engine.translate(base, 2);
          if (offset >= 0 !== ((model[at]?.prot ?? 0) & 2) > 0) throw new Error('translate');
          if (offset >= 0) {
            bytes[offset] = i + 1;
            model[at] = { ...there(model[at]), value: i + 1 };
          }
        }
        space.verify();
      });
      for (let k = 0; k < COUNT; k++) {
        const page = model[k];
        const region = space.find(BASE + k * PAGE);
        if ((page === undefined) !== (region === undefined)) return false;
        if (page === undefined || region === undefined) continue;
        if (
          space.protection(BASE + k * PAGE) !== page.prot ||
          region.tag !== page.tag ||
          space.isCommitted(BASE + k * PAGE) !== page.committed
        )
          return false;
        const offset = engine.translate(BASE + k * PAGE, 0);
        if (page.committed ? bytes[offset] !== page.value : offset >= 0) return false;
        if (page.committed && engine.protection(BASE + k * PAGE) !== page.prot) return false;
      }
      const ok =
        space.reservedBytes === model.filter(Boolean).length * PAGE &&
        space.committedBytes === model.filter((page) => page?.committed).length * PAGE;
      engine.close();
      return ok;
    }),
    { numRuns: 300, seed: 11 },
  );
  t.pass();
});

test('free ranges are found from either end, aligned, and only inside the window', (t) => {
  const engine = openEngine({ cpu: 'x86-64', physicalBytes: 1 << 20 });
  const space = new AddressSpace(engine);
  space.map(0x20000, 0x10000, Prot.None);
  space.map(0x50000, 0x10000, Prot.None);
  t.is(space.findFree(0x10000, 0x1000, 0x10000, 0x80000, false), 0x10000);
  t.is(space.findFree(0x11000, 0x1000, 0x10000, 0x80000, false), 0x30000);
  t.is(space.findFree(0x10000, 0x10000, 0x10001, 0x80000, false), 0x30000);
  t.is(space.findFree(0x20000, 0x1000, 0x10000, 0x80000, true), 0x60000);
  t.is(space.findFree(0x20000, 0x1000, 0x10000, 0x7f000, true), 0x30000);
  t.is(space.findFree(0x1000, 0x8000, 0x10000, 0x4f000, true), 0x48000);
  t.is(space.findFree(0x40000, 0x1000, 0x10000, 0x80000, true), undefined);
  t.is(space.findFree(0x40000, 0x1000, 0x10000, 0x80000, false), undefined);
  t.is(space.findFree(0x1000, 0x1000, 0x20000, 0x30000, true), undefined);
  t.is(space.findFree(0x1000, 0x1000, 0x58000, 0x70000, false), 0x60000);
  engine.close();
});

test('a large reservation costs no page table; peaks are remembered; maxProt is obeyed', (t) => {
  const engine = openEngine({ cpu: 'x86-64', physicalBytes: 1 << 20 });
  const space = new AddressSpace(engine);
  space.map(0x10000000000, 2 ** 40, Prot.None, { name: 'reserved', maxProt: Prot.RW });
  t.is(space.reservedBytes, 2 ** 40);
  t.is(space.committedBytes, 0);
  t.is(engine.protection(0x10000000000), -1);
  t.true(space.protect(0x10000100000, 0x10000, Prot.RW));
  t.false(space.protect(0x10000100000, 0x10000, Prot.RX));
  t.is(space.committedBytes, 0x10000);
  space.unmap(0x10000000000, 2 ** 40);
  t.deepEqual([space.reservedBytes, space.committedBytes, space.peakReservedBytes, space.peakCommittedBytes], [0, 0, 2 ** 40, 0x10000]);
  t.deepEqual(space.regions(), []);
  engine.close();
});

test('a region whose pages are protected one by one stays one region', (t) => {
  const engine = openEngine({ cpu: 'x86-64' });
  const space = new AddressSpace(engine);
  const pages = 0x20000;
  space.map(0x10000000, pages * PAGE, Prot.RW);
  for (let i = 0; i < pages; i += 2) space.protect(0x10000000 + i * PAGE, PAGE, Prot.Read);
  t.is(space.regions().length, 1);
  t.deepEqual(
    [0, 1, 2].map((i) => space.protection(0x10000000 + i * PAGE)),
    [Prot.Read, Prot.RW, Prot.Read],
  );
  space.verify();
  engine.close();
});

test('holes among thousands of ranges are those that a search range by range finds', (t) => {
  const LOW = 0x10000;
  const SPAN = 0x400000;
  const free = (ranges: readonly { base: number; limit: number }[], base: number, size: number): boolean =>
    ranges.every((range) => range.limit <= base || range.base >= base + size);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 })), { minLength: 300, maxLength: 1000, size: 'max' }),
      fc.array(
        fc.record({
          size: fc.integer({ min: 1, max: 7 }),
          align: fc.constantFrom(1, 2, 4),
          from: fc.nat(0x3ff),
          count: fc.integer({ min: 1, max: 0x3ff }),
          topDown: fc.boolean(),
        }),
        { minLength: 5 },
      ),
      (layout, searches) => {
        const list = new SortedRanges<{ base: number; limit: number }>();
        const ranges: { base: number; limit: number }[] = [];
        let at = LOW;
        for (const [hole, length] of layout) {
          const range = { base: at + hole * PAGE, limit: at + (hole + length) * PAGE };
          at = range.limit;
          ranges.push(range);
          list.replace(range.base, range.limit, [range]);
        }
        return searches.every(({ size, align, from, count, topDown }) => {
          const [bytes, unit, low, high] = [
            size * PAGE,
            align * PAGE,
            LOW + from * PAGE,
            Math.min(LOW + (from + count) * PAGE, LOW + SPAN),
          ];
          let expected: number | undefined;
          for (let base = Math.ceil(low / unit) * unit; base + bytes <= high; base += unit) {
            if (!free(ranges, base, bytes)) continue;
            expected = base;
            if (!topDown) break;
          }
          const found = topDown ? list.highestHole(bytes, unit, low, high) : list.lowestHole(bytes, unit, low, high);
          return found === expected;
        });
      },
    ),
    { numRuns: 30, seed: 5 },
  );
  t.pass();
});
