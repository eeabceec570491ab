/** Whose a protection fault is, with many arenas in one process. */
import test from 'ava';
import { Arena } from '../../../mps/arena/arena.js';
import { Rank } from '../../../mps/plinth/res.js';
import { scanArea } from '../../../mps/trace/scan-area.js';
import { ArenaRing } from '../../../mps/arena/arena-ring.js';
import { MockPort } from '../mock-port.js';
import { ok } from '../small-heap.js';

/** Arenas of one process, the numbers of those that were asked, and a way to fault. */
function world(count: number) {
  const port = new MockPort();
  let fault: (address: number, mode: number) => boolean = () => false;
  port.protSetup = (handler) => void (fault = handler);
  const ring = new ArenaRing(port);
  const asked: number[] = [];
  const arenas = Array.from({ length: count }, (_, i) => {
    const arena = ok(Arena.create(port, { size: 1 << 20, ring }));
    const access = arena.access.bind(arena);
    arena.access = (address, mode) => {
      asked.push(i);
      return access(address, mode);
    };
    return arena;
  });
  return { port, arenas, asked, fault: (address: number) => fault(address, 3) };
}

test('only the arena whose chunk it is in is asked', (t) => {
  const { arenas, asked, fault } = world(50);
  for (const i of [0, 17, 49]) {
    const { base, limit } = arenas[i].vm.chunks.primary;
    fault(base);
    fault(limit - 1);
    t.deepEqual(asked.splice(0), [i, i]);
  }
  t.false(fault(8));
  const { base } = arenas[17].vm.chunks.primary;
  arenas[17].destroy();
  t.false(fault(base));
  arenas[18].postmortem();
  t.false(fault(arenas[18].vm.chunks.primary.base));
  t.deepEqual(asked, []);
});

test('arenas with protectable roots are asked for every address, in the order of the ring', (t) => {
  const { port, arenas, asked, fault } = world(5);
  const { grain } = arenas[0];
  const memory = Math.ceil(port.staticMemory(3 * grain) / grain) * grain;
  for (const i of [3, 1]) ok(arenas[i].rootCreateArea(Rank.EXACT, 2, memory, memory + grain, scanArea));
  t.true(fault(memory));
  t.deepEqual(asked.splice(0), [1]);
  fault(arenas[2].vm.chunks.primary.base);
  t.deepEqual(asked.splice(0), [1, 2, 3]);
  arenas[1].postmortem();
  t.true(fault(memory));
  t.deepEqual(asked, [3]);
});
