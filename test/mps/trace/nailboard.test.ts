import test from 'ava';
import fc from 'fast-check';
import { GuestMemory } from '../../../mps/plinth/guest-memory.js';
import { Nailboard } from '../../../mps/trace/nailboard.js';
import { MockPort } from '../mock-port.js';

/** A board in memory that is not clean and ends where the board does. */
function boardFor(memory: GuestMemory, base: number, limit: number): Nailboard {
  const page = 0x40000;
  const size = Nailboard.size(limit - base, 8, memory.wordSize * 8);
  return new Nailboard(memory, page - size, base, limit, 8);
}
function memoryOf(wordSize: 4 | 8): GuestMemory {
  const port = new MockPort({ wordSize });
  port.memory.map(0x30000, 0x40000);
  return new GuestMemory(port);
}

for (const wordSize of [4, 8] as const) {
  test(`a nailboard answers as a plain bit table would (words of ${wordSize} bytes)`, (t) => {
    const memory = memoryOf(wordSize);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 12 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.double({ min: 0, max: 0.999, noNaN: true })), {
          maxLength: 40,
        }),
        (nails, set, ranges) => {
          const base = 0x10000;
          const board = boardFor(memory, base, base + nails * 8);
          const bits = new Set<number>();
          for (const s of set) {
            const i = Math.floor(s * nails);
            t.is(board.set(base + i * 8 + (i % 8)), bits.has(i));
            bits.add(i);
          }
          for (const [x, y] of ranges) {
            const a = Math.floor(Math.min(x, y) * nails);
            const b = Math.floor(Math.max(x, y) * nails) + 1;
            const free = ![...bits].some((i) => i >= a && i < b);
            t.is(board.isFree(base + a * 8, base + b * 8), free);
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    t.pass();
  });
}

test('nailing a range, and new nails', (t) => {
  const board = boardFor(memoryOf(8), 0, 8192);
  board.newNails = false;
  t.false(board.set(16));
  t.true(board.newNails);
  board.newNails = false;
  t.true(board.set(20));
  t.false(board.newNails);
  board.setRange(4096, 8192);
  t.true(board.isFree(24, 4096));
  t.false(board.isFree(4088, 4104));
  t.true(board.get(8184));
});
