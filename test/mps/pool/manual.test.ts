import test from 'ava';
import fc from 'fast-check';
import { Arena } from '../../../mps/arena/arena.js';
import { MpsAssertion, Plinth } from '../../../mps/plinth/plinth.js';
import { mfsClass } from '../../../mps/pool/mfs.js';
import { mvffClass } from '../../../mps/pool/mvff.js';
import { Res } from '../../../mps/plinth/res.js';
import { ok } from '../small-heap.js';
import { MockPort } from '../mock-port.js';

const world = (wordSize: 4 | 8 = 8) => {
  const port = new MockPort({ wordSize });
  return { port, arena: ok(Arena.create(port, { size: 4 * 2 ** 20 })) };
};

test('MFS hands out the last unit freed first, and fresh units in ascending order', (t) => {
  const { arena } = world();
  const pool = ok(arena.poolCreate(mfsClass, { unitSize: 24 }));
  t.is(pool.totalSize(), 0);
  const a = pool.alloc(24);
  const b = pool.alloc(24);
  t.is(b, a + 24);
  t.is(pool.totalSize(), 65520);
  t.is(pool.freeSize(), 65520 - 48);
  pool.free(a, 24);
  pool.free(b, 24);
  t.is(pool.alloc(24), b);
  t.is(pool.alloc(24), a);
  t.throws(() => pool.alloc(25), { instanceOf: MpsAssertion, message: /unroundedUnitSize/ });
  t.throws(() => pool.bufferCreate(), { instanceOf: MpsAssertion });
  pool.destroy();
  arena.destroy();
});

test('MFS extents on 32 bits', (t) => {
  const { arena } = world(4);
  const pool = ok(arena.poolCreate(mfsClass, { unitSize: 5 }));
  pool.alloc(5);
  t.is(pool.totalSize(), 65528);
  pool.destroy();
  arena.destroy();
});

test('MVFF returns memory down to half of what it may keep', (t) => {
  const { arena } = world();
  const pool = ok(arena.poolCreate(mvffClass));
  t.is(pool.totalSize(), 0);
  const p = pool.alloc(10);
  t.is(pool.totalSize(), 65536);
  t.is(pool.freeSize(), 65536 - 16);
  pool.free(p, 10);
  t.is(pool.totalSize(), 24576);
  t.is(pool.freeSize(), 24576);
  t.true(arena.checkDeep());
  pool.destroy();
  arena.destroy();
});

test('MVFF: which free area, and which end of it', (t) => {
  const { arena } = world();
  for (const [firstFit, slotHigh, want] of [
    [true, false, 16],
    [true, true, 48],
    [false, false, 112],
    [false, true, 144],
  ] as const) {
    // A block of 4,096 with holes [16, 64) and [112, 160).
    const pool = ok(arena.poolCreate(mvffClass, { extendBy: 4096, spare: 1, firstFit, slotHigh }));
    const base = pool.alloc(4096);
    pool.free(base + 16, 48);
    pool.free(base + 112, 48);
    t.is(pool.alloc(16), base + want);
    pool.destroy();
  }
  arena.destroy();
});

test('MVFF buffers take the whole of the largest area and give back what is left', (t) => {
  const { arena } = world();
  const pool = ok(arena.poolCreate(mvffClass));
  const ap = ok(pool.bufferCreate());
  const p = ap.reserve(64);
  t.true(ap.commit(p, 64));
  t.is(pool.freeSize(), 0);
  ap.destroy();
  t.is(pool.freeSize(), 65536 - 64 - (65536 - pool.totalSize()));
  pool.free(p, 64);
  pool.destroy();
  arena.destroy();
});

test('misuse of MVFF asserts', (t) => {
  const { arena } = world();
  const pool = ok(arena.poolCreate(mvffClass));
  const p = pool.alloc(64);
  t.throws(() => pool.free(p + 1, 8), { message: /AddrIsAligned/ });
  t.throws(() => pool.free(0, 8), { message: /old != NULL/ });
  t.throws(() => pool.free(arena.address, 8), { message: /PoolHasRange/ });
  pool.free(p, 64);
  t.throws(() => pool.free(p, 64), { message: /res == ResOK/ });
  pool.destroy();
  arena.destroy();
});

test('blocks of MVFF never overlap, and all comes back', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9000 })), { maxLength: 150 }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(0, 0.5, 0.75, 1),
      (ops, firstFit, slotHigh, spare) => {
        const { arena } = world();
        const pool = ok(arena.poolCreate(mvffClass, { firstFit, slotHigh, spare, extendBy: 8192 }));
        const live: [number, number][] = [];
        for (const [alloc, n] of ops) {
          if (alloc || live.length === 0) {
            const p = pool.alloc(n);
            const size = Math.ceil(n / 8) * 8;
            if (p < 0 || live.some(([q, s]) => p < q + s && q < p + size)) throw new Error('overlap');
            live.push([p, size]);
          } else {
            const [p, size] = live.splice(n % live.length, 1)[0];
            pool.free(p, size);
          }
          const used = live.reduce((sum, [, s]) => sum + s, 0);
          if (pool.totalSize() - pool.freeSize() !== used || !arena.checkDeep()) throw new Error('books');
        }
        for (const [p, s] of live) pool.free(p, s);
        pool.destroy();
        arena.destroy();
      },
    ),
    { numRuns: 40, seed: 8 },
  );
  t.pass();
});

test('hot goes on where cool stops', (t) => {
  const failures: string[] = [];
  const plinth = new Plinth({ variety: 'hot', assertFail: (f, c) => failures.push(`${f}: ${c}`) });
  const arena = ok(Arena.create(new MockPort(), { plinth }));
  const pool = ok(arena.poolCreate(mfsClass, { unitSize: 24 }));
  t.is(pool.alloc(48), -Res.PARAM);
  t.deepEqual(failures, ['MFSAlloc: size == mfs->unroundedUnitSize']);
  pool.destroy();
  arena.destroy();
});
