/** The shield alone: when pages are protected, by which calls, and who is stopped meanwhile. */
import test from 'ava';
import { AccessSet } from '../../../platforms/port.js';
import { Plinth } from '../../../mps/plinth/plinth.js';
import { Shield, type ShieldedSeg } from '../../../mps/trace/shield.js';
import { MockPort } from '../mock-port.js';

const { Empty, Read, Write, ReadWrite } = AccessSet;
const BASE = 0x100000;
const PAGE = 4096;

type Call = [base: number, limit: number, mode: number];

/** A shield over segments of one page each from BASE on, and what it does. */
class World {
  readonly calls: Call[] = [];
  readonly stops: string[] = [];
  readonly segs: ShieldedSeg[];
  readonly shield: Shield;
  /** Does the control pool have room for the queue? */
  room = true;

  constructor(count: number) {
    this.segs = Array.from({ length: count }, (_, i) => ({
      base: BASE + i * PAGE,
      limit: BASE + (i + 1) * PAGE,
      depth: 0,
      queued: false,
      pm: Empty,
      sm: Empty,
    }));
    const port = new MockPort();
    port.protSet = (base, limit, mode) => void this.calls.push([(base - BASE) / PAGE, (limit - BASE) / PAGE, mode]);
    this.shield = new Shield({
      port,
      plinth: new Plinth({
        variety: 'cool',
        assertFail: (where, condition) => {
          throw new Error(`${where}: ${condition}`);
        },
      }),
      wordSize: 8,
      testHooks: {},
      threads: { suspend: () => void this.stops.push('suspend'), resume: () => void this.stops.push('resume') },
      controlAlloc: () => (this.room ? BASE - PAGE : -1),
      controlFree: () => undefined,
    });
  }

  /** What was called since the last time. */
  take(): Call[] {
    return this.calls.splice(0);
  }
}

test('while the mutator is stopped protection waits, then neighbours of one mode go by one call', (t) => {
  const world = new World(9);
  const { segs, shield, stops } = world;
  shield.enter();
  shield.suspend();
  for (const i of [7, 2, 0, 1, 3, 5]) shield.raise(segs[i], i === 3 ? Write : ReadWrite);
  t.deepEqual(world.take(), [], 'in the queue');
  t.is(shield.unsynced, 6);
  shield.leave();
  t.deepEqual(world.take(), [
    [0, 3, ReadWrite],
    [3, 4, Write],
    [5, 6, ReadWrite],
    [7, 8, ReadWrite],
  ]);
  t.deepEqual(stops, ['suspend', 'resume']);
  for (const seg of segs) t.is(seg.pm, seg.sm);
});

test('while the mutator runs protection is raised at once, and lowered at once always', (t) => {
  const world = new World(2);
  const { segs, shield } = world;
  shield.enter();
  shield.raise(segs[0], Write);
  t.deepEqual(world.take(), [[0, 1, Write]]);
  shield.raise(segs[0], Read);
  t.deepEqual(world.take(), [[0, 1, ReadWrite]]);
  shield.suspend();
  shield.lower(segs[0], Read);
  t.deepEqual(world.take(), [[0, 1, Write]]);
  shield.lower(segs[0], Read);
  t.deepEqual(world.take(), [], 'it was not raised');
  shield.leave();
  t.deepEqual(world.take(), []);
});

test('what is exposed is open to us and closed to the mutator, who is stopped until we leave', (t) => {
  const world = new World(3);
  const { segs, shield } = world;
  shield.enter();
  shield.raise(segs[1], ReadWrite);
  world.take();
  shield.expose(segs[0]);
  t.deepEqual([world.take(), [...world.stops]], [[], []], 'nothing to open');
  shield.expose(segs[1]);
  t.deepEqual(world.take(), [[1, 2, Empty]]);
  t.deepEqual(world.stops, ['suspend']);
  shield.expose(segs[1]);
  shield.cover(segs[1]);
  t.is(shield.unsynced, 1);
  t.deepEqual(world.take(), [], 'still exposed');
  t.throws(() => shield.leave(), { message: /shield->depth == 0/ });
  shield.cover(segs[1]);
  shield.cover(segs[0]);
  t.deepEqual(world.take(), [], 'closed when we leave');
  shield.leave();
  t.deepEqual(world.take(), [[1, 2, ReadWrite]]);
  t.deepEqual(world.stops, ['suspend', 'resume']);
});

test('raised while it is exposed, a segment stops the mutator and is closed when it is covered', (t) => {
  const world = new World(1);
  const { segs, shield } = world;
  shield.enter();
  shield.expose(segs[0]);
  shield.raise(segs[0], Write);
  t.deepEqual([world.take(), world.stops], [[], ['suspend']]);
  shield.cover(segs[0]);
  shield.leave();
  t.deepEqual(world.take(), [[0, 1, Write]]);
});

test('without room for a queue protection is raised at once', (t) => {
  const world = new World(3);
  const { segs, shield } = world;
  world.room = false;
  shield.enter();
  shield.suspend();
  for (const seg of segs) shield.raise(seg, Write);
  t.deepEqual(world.take(), [
    [0, 1, Write],
    [1, 2, Write],
    [2, 3, Write],
  ]);
  shield.leave();
});

test('a full queue that cannot grow lets the oldest go', (t) => {
  const world = new World(514);
  const { segs, shield } = world;
  shield.enter();
  shield.suspend();
  shield.raise(segs[513], Write);
  world.room = false;
  for (const seg of segs.slice(0, 513)) shield.raise(seg, Write);
  t.deepEqual(world.take(), [
    [513, 514, Write],
    [0, 1, Write],
  ]);
  shield.leave();
  t.deepEqual(world.take(), [[1, 513, Write]]);
});

test('a hold keeps the mutator stopped, and leaving during one fails', (t) => {
  const world = new World(1);
  const { shield } = world;
  shield.enter();
  shield.hold();
  t.deepEqual(world.stops, ['suspend']);
  t.throws(() => shield.leave(), { message: /shield->holds == 0/ });
  shield.release();
  t.throws(() => shield.release(), { message: /shield->holds > 0/ });
  shield.leave();
  t.deepEqual(world.stops, ['suspend', 'resume']);
});
