import test from 'ava';
import fc from 'fast-check';
import { RefSet, ZoneMap } from '../../../mps/space/zone.js';

const word = (s: RefSet): bigint => (BigInt(s.hi >>> 0) << 32n) | BigInt(s.lo >>> 0);

test('the zone of an address is a few middle bits of it', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 47 }),
      fc.integer({ min: 12, max: 40 }),
      fc.constantFrom(32 as const, 64 as const),
      (a, shift, width) => {
        if (width === 32) {
          a %= 2 ** 32;
          shift = Math.min(shift, 26);
        }
        const zones = new ZoneMap(width, shift, true);
        t.is(word(zones.of(a)), 1n << ((BigInt(a) >> BigInt(shift)) & BigInt(width - 1)));
      },
    ),
    { seed: 6 },
  );
});

test('zones of a range', (t) => {
  const zones = new ZoneMap(64, 12, true);
  t.is(word(zones.ofRange(0, 4096)), 1n);
  t.is(word(zones.ofRange(4096, 4097)), 2n);
  t.is(word(zones.ofRange(63 * 4096, 65 * 4096)), 1n | (1n << 63n));
  t.true(zones.isUniv(zones.ofRange(0, 64 * 4096)));
  t.true(zones.isUniv(zones.ofRange(100, 2 ** 40)));
});

test('small and negative integers are blacklisted', (t) => {
  t.is(word(new ZoneMap(32, 22, true).blacklist), 1n | (1n << 31n));
  t.is(word(new ZoneMap(64, 22, true).blacklist), 1n | (1n << 63n) | (1n << 63n));
  t.is(word(new ZoneMap(64, 24, true).blacklist), 1n | (1n << 63n));
  // Where long has 32 bits, only the 32-bit -1 counts.
  t.is(word(new ZoneMap(64, 27, false).blacklist), 1n | (1n << 31n));
});

test('sets of zones', (t) => {
  const a = new RefSet(1, -0x80000000);
  const b = new RefSet(3, 0);
  t.true(a.intersects(b));
  t.false(a.within(b));
  t.true(new RefSet(1, 0).within(a));
  t.is(word(a.union(b)), 0x8000_0000_0000_0003n);
  t.is(word(a.minus(b)), 0x8000_0000_0000_0000n);
  t.is(word(a.intersection(b)), 1n);
  t.true(RefSet.EMPTY.isEmpty);
});
