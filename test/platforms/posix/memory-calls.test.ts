/** mmap, munmap, mprotect as rules: FreeBSD's differences, and random calls against a page-by-page model. */
import assert from 'node:assert';
import test from 'ava';
import fc from 'fast-check';
import type { Engine } from '../../../emulator/engine.js';
import { MemoryLimit } from '../../../emulator/memory/memory-limit.js';
import { AddressSpace } from '../../../emulator/memory/address-space.js';
import { openEngine } from '../../../emulator/native-engine.js';
import { freebsdLayouts } from '../../../platforms/freebsd/layout.js';
import { FreeBsdMemoryRules } from '../../../platforms/freebsd/memory-rules.js';
import { freebsdTraits } from '../../../platforms/freebsd/traits.js';
import { linuxLayouts } from '../../../platforms/linux/layout.js';
import { linuxTraits } from '../../../platforms/linux/traits.js';
import { MemoryCalls } from '../../../platforms/posix/memory-calls.js';
import type { PosixTraits } from '../../../platforms/posix/traits.js';

const P = 4096;

function system(traits: PosixTraits): { engine: Engine; calls: MemoryCalls } {
  const engine = openEngine({ cpu: 'x86-64' });
  const limit = new MemoryLimit(2 ** 31, engine, () => assert.fail());
  const calls = new MemoryCalls(new AddressSpace(engine), limit, traits.memory, traits.errno);
  // No file is open.
  const none = { open: () => undefined, map: () => false };
  if (traits.os === 'freebsd') calls.own = new FreeBsdMemoryRules(calls, none, () => assert.fail(), true);
  return { engine, calls };
}

const linux = linuxTraits('x86-64', linuxLayouts['x86-64'], 2 ** 32);
const freebsd = freebsdTraits('x86-64', freebsdLayouts['x86-64']);

test('FreeBSD rounds down, skips holes, refuses what it does not know', (t) => {
  const { engine, calls } = system(freebsd);
  const { EINVAL, ENOMEM } = freebsd.errno;
  const base = calls.mmap(0, 16 * P, 3, 0x1002, -1, 0);
  t.true(base >= freebsdLayouts['x86-64'].mmapBase);
  t.is(calls.mmap(0, P, 3, 0x1002, -1, 0), base + 16 * P, 'upwards');
  t.is(calls.mmap(0, 0, 3, 0x1002, -1, 0), -EINVAL);
  t.true(calls.mmap(0, P, 3, 0x1000, -1, 0) > 0, 'sharing need not be said');
  t.is(calls.mmap(0, P, 3, 0x1002, 3, 0), -EINVAL, 'anonymous with a file');
  t.is(calls.mmap(0, P, 3, 0x1002, -1, P), -EINVAL, 'anonymous with an offset');
  t.is(calls.mmap(0, P, 3, 0x1002 | 0x40, -1, 0), -EINVAL, 'unknown flag');
  t.is(calls.mmap(base, P, 3, 0x1012 | 0x4000, -1, 0), -ENOMEM, 'MAP_EXCL over a mapping');
  t.is(calls.mmap(0x7ffffffff000, 2 * P, 3, 0x1012, -1, 0), -EINVAL, 'fixed beyond user space');
  t.is(calls.munmap(base + 4 * P + 1, P), 0);
  t.is(engine.protection(base + 4 * P), -1);
  t.is(engine.protection(base + 5 * P), -1);
  t.is(calls.mprotect(base + 2 * P, 6 * P, 1), 0, 'over a hole');
  t.deepEqual(
    [2, 3, 4, 5, 6, 7, 8].map((n) => engine.protection(base + n * P)),
    [1, 1, -1, -1, 1, 1, 3],
  );
  t.is(calls.mprotect(base + 5, P, 0), 0, 'unaligned');
  t.is(engine.protection(base), 0);
  t.is(engine.protection(base + P), 0);
  t.is(calls.madvise(base + 2 * P, P, 4), 0);
  engine.close();
});

test('Linux refuses what exceeds memory when it would be writable', (t) => {
  const { engine, calls } = system(linux);
  const { ENOMEM } = linux.errno;
  t.is(calls.mmap(0, 2 ** 45, 3, 0x22, -1, 0), -ENOMEM);
  t.true(calls.mmap(0, 2 ** 33, 0, 0x22, -1, 0) > 0);
  engine.close();
});

for (const [name, traits] of [
  ['linux', linux],
  ['freebsd', freebsd],
] as const) {
  test(`${name}: random calls leave each page as a model says`, (t) => {
    const PAGES = 24;
    const action = fc.record({
      kind: fc.constantFrom('map', 'unmap', 'protect', 'read'),
      page: fc.nat(PAGES - 1),
      count: fc.integer({ min: 1, max: 8 }),
      prot: fc.constantFrom(0, 1, 2, 3, 5, 7),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { engine, calls } = system(traits);
        const ANON = traits.memory.flags.ANON;
        const base = calls.mmap(0, PAGES * P, 0, ANON | 2, -1, 0);
        const effective = (prot: number): number => (prot === 0 ? 0 : prot | 1);
        const model: number[] = Array(PAGES).fill(0);
        for (const { kind, page, count, prot } of actions) {
          const end = Math.min(PAGES, page + count);
          const [address, length] = [base + page * P, (end - page) * P];
          if (kind === 'map') {
            t.is(calls.mmap(address, length, prot, ANON | 0x12, -1, 0), address);
            model.fill(effective(prot), page, end);
          } else if (kind === 'unmap') {
            t.is(calls.munmap(address, length), 0);
            model.fill(-1, page, end);
          } else if (kind === 'protect') {
            const hole = model.slice(page, end).indexOf(-1);
            const result = calls.mprotect(address, length, prot);
            const skips = traits.memory.protectHole === 'skip';
            t.is(result, hole < 0 || skips ? 0 : -traits.errno.ENOMEM);
            for (let i = page; i < end && (skips || hole < 0 || i < page + hole); i++) if (model[i] >= 0) model[i] = effective(prot);
          }
          for (let i = 0; i < PAGES; i++) {
            t.is(calls.isMapped(base + i * P), model[i] >= 0);
            // A page never made accessible may have no entry in the page table.
            t.is(Math.max(0, engine.protection(base + i * P)), Math.max(0, model[i]));
          }
        }
        engine.close();
      }),
      { numRuns: 60, seed: 7 },
    );
  });
}
