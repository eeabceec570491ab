/** Memory views: the user's has the guest's permissions, the supervisor's has none; both see changes of the page table at once. */
import test from 'ava';
import fc from 'fast-check';
import { Access, Prot } from '../../../emulator/engine.js';
import { GuestMemory } from '../../../emulator/memory/guest-memory.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import { openEngine } from '../../../emulator/native-engine.js';

const BASE = 0x7fff00000000;
const PAGES = 4;

function setUp(cpu: 'x86-64' | 'arm64' = 'x86-64', pageSize = 4096) {
  const engine = openEngine({ cpu, pageSize, physicalBytes: 16 << 20 });
  engine.mapPages(BASE, PAGES * pageSize, Prot.RW);
  return { engine, user: new GuestMemory(engine, 8, 'user'), supervisor: new GuestMemory(engine, 8, 'supervisor') };
}

test('every width at every offset around page ends reads back what was written', (t) => {
  const { engine, user, supervisor } = setUp();
  const model = new DataView(new ArrayBuffer(PAGES * 4096));
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 4, 8, 9, 10, 11),
      fc.oneof(fc.integer({ min: 0, max: PAGES * 4096 - 8 }), fc.integer({ min: 4085, max: 4100 })),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      (width, offset, value) => {
        const at = BASE + offset;
        const low = Number(value & 0xffffffffn);
        if (width === 1) {
          user.setU8(at, low);
          model.setUint8(offset, low);
        }
        if (width === 2) {
          user.setU16(at, low);
          model.setUint16(offset, low, true);
        }
        if (width === 4) {
          user.setU32(at, low);
          model.setUint32(offset, low, true);
        }
        if (width === 8) {
          user.setU64(at, value);
          model.setBigUint64(offset, value, true);
        }
        if (width === 9) {
          user.setF64(at, low / 7);
          model.setFloat64(offset, low / 7, true);
        }
        if (width === 10) {
          user.setF32(at, low / 7);
          model.setFloat32(offset, low / 7, true);
        }
        if (width === 11) {
          const word = Number(value >> 12n);
          user.setWord(at, word);
          model.setBigUint64(offset, BigInt(word), true);
        }
        for (const view of [user, supervisor]) {
          const same =
            view.u8(at) === model.getUint8(offset) &&
            view.u16(at) === model.getUint16(offset, true) &&
            view.u32(at) === model.getUint32(offset, true) &&
            view.i32(at) === model.getInt32(offset, true) &&
            view.u64(at) === model.getBigUint64(offset, true) &&
            Object.is(view.f64(at), model.getFloat64(offset, true)) &&
            Object.is(view.f32(at), model.getFloat32(offset, true)) &&
            view.word(at) === Number(model.getBigUint64(offset, true));
          if (!same) return false;
        }
        return true;
      },
    ),
    { numRuns: 2000, seed: 3 },
  );
  t.deepEqual(user.bytes(BASE, PAGES * 4096), new Uint8Array(model.buffer));
  engine.close();
});

test('refused accesses throw, and change nothing', (t) => {
  const { engine, user, supervisor } = setUp();
  user.setU32(BASE, 7);
  t.is(user.u32(BASE), 7);
  engine.protectPages(BASE, 4096, Prot.None);
  const fault = t.throws(() => user.u32(BASE), { instanceOf: GuestFault });
  t.deepEqual([fault?.address, fault?.access], [BASE, Access.Read]);
  t.is(supervisor.u32(BASE), 7);
  supervisor.setU32(BASE, 8);
  engine.protectPages(BASE, 4096, Prot.Read);
  t.is(user.u32(BASE), 8);
  t.is(t.throws(() => user.setU32(BASE, 9), { instanceOf: GuestFault })?.access, Access.Write);
  engine.protectPages(BASE, 4096, Prot.RW);
  user.setU32(BASE, 9);
  engine.protectPages(BASE + 4096, 4096, Prot.Read);
  t.throws(() => user.write(BASE + 4090, new Uint8Array(12).fill(1)), { instanceOf: GuestFault });
  t.throws(() => user.setU64(BASE + 4092, 1n), { instanceOf: GuestFault });
  t.is(user.u32(BASE + 4092), 0);
  t.throws(() => user.bytes(BASE, 1e12), { instanceOf: GuestFault });
  engine.unmapPages(BASE, 4096);
  t.throws(() => supervisor.u8(BASE), { instanceOf: GuestFault });
  t.throws(() => user.physical(BASE + 4096, Access.Fetch), { instanceOf: GuestFault });
  engine.close();
});

test('strings end at NUL, may cross pages, and fault where a C function would', (t) => {
  const { engine, user } = setUp('arm64', 16384);
  user.write(BASE + 16380, new TextEncoder().encode('grüße\0x'));
  t.is(user.cString(BASE + 16380), 'grüße');
  t.is(user.cBytes(BASE + 16380, 3).length, 3);
  user.fill(BASE + PAGES * 16384 - 5, 5, 0x41);
  t.is(user.cString(BASE + PAGES * 16384 - 5, 5), 'AAAAA');
  t.is(t.throws(() => user.cString(BASE + PAGES * 16384 - 5), { instanceOf: GuestFault })?.address, BASE + PAGES * 16384);
  engine.close();
});

test('another frame behind an address is seen', (t) => {
  const { engine, user, supervisor } = setUp();
  for (const view of [user, supervisor]) {
    view.setU32(BASE, 1);
    engine.mapPages(BASE, 4096, Prot.RW);
    t.is(view.u32(BASE), 0);
    view.setU32(BASE + 4096, 5);
    engine.aliasPages(BASE, BASE + 4096, 4096, Prot.Read);
    t.is(view.u32(BASE), 5);
  }
  engine.close();
});

test('a word is four bytes for a 32-bit guest', (t) => {
  const engine = openEngine({ cpu: 'ia32', physicalBytes: 1 << 20 });
  engine.mapPages(0x1000, 0x2000, Prot.RW);
  const view = new GuestMemory(engine, 4, 'user');
  view.setWord(0x1ffe, 0xfedcba98);
  t.is(view.word(0x1ffe), 0xfedcba98);
  view.setWord(0x1004, -2);
  t.is(view.word(0x1004), 0xfffffffe);
  engine.close();
});

test('an address that no program has (a small negative number, one beyond all pages) faults in every view and touches nothing', (t) => {
  const { engine, user, supervisor } = setUp();
  const before = new Uint8Array(engine.physical.slice(0, 2 * 4096));
  for (const at of [-1, -4, -64, -4096, -4097, -(2 ** 40), 2 ** 48, 2 ** 53]) {
    for (const view of [user, supervisor]) {
      t.throws(() => view.u8(at), { instanceOf: GuestFault }, `read ${at}`);
      t.throws(() => view.setU8(at, 0xaa), { instanceOf: GuestFault }, `write ${at}`);
      t.throws(() => view.bytes(at, 3), { instanceOf: GuestFault }, `range ${at}`);
    }
  }
  t.deepEqual(new Uint8Array(engine.physical.slice(0, 2 * 4096)), before);
});
