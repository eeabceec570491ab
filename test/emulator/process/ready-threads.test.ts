/** Who can run, against a model that looks at every thread before each turn; and that a turn looks at few. */
import test from 'ava';
import fc from 'fast-check';
import { ReadyThreads } from '../../../emulator/process/ready-threads.js';
import { Thread } from '../../../emulator/process/thread.js';
import type { Wait } from '../../../emulator/process/wait.js';

const THREADS = 8;
const CAUSES = 4;

/** Threads that wait for numbered flags, each told of or not, some with a deadline. */
class World {
  readonly ready = new ReadyThreads();
  readonly flags: boolean[] = Array(CAUSES).fill(false);
  readonly threads = Array.from({ length: THREADS }, (_, i) => new Thread(i + 1, '', 0, (t) => this.ready.threadMoved(t)));
  looks = 0;

  block(thread: Thread, causes: number[], told: boolean, deadline: number | undefined): void {
    const ready = (): boolean => (this.looks++, causes.every((c) => this.flags[c]));
    const wait: Wait = { what: '', ready, ...(told && { on: causes }), ...(deadline !== undefined && { deadline }) };
    thread.block(wait);
  }

  set(cause: number, value: boolean): void {
    this.flags[cause] = value;
    this.ready.causeChanged(cause);
  }
}

/** What the whole list of threads says, one by one. */
function poll({ threads }: World, now: number): number[] {
  for (const thread of threads) {
    const { wait } = thread;
    if (thread.state !== 'blocked' || !wait || !(wait.ready() || (wait.deadline !== undefined && wait.deadline <= now))) continue;
    thread.state = 'runnable';
    thread.wait = undefined;
  }
  return threads.filter((t) => t.runnable).map((t) => t.id);
}

test('the list is that of a look at every thread before each turn', (t) => {
  const step = fc.record({
    kind: fc.constantFrom('block', 'set', 'clear', 'suspend', 'resume', 'interrupt', 'end', 'turn', 'turn'),
    thread: fc.nat(THREADS - 1),
    causes: fc.uniqueArray(fc.nat(CAUSES - 1), { minLength: 1, maxLength: 3 }),
    told: fc.boolean(),
    wait: fc.option(fc.nat(5), { nil: undefined }),
  });
  let turns = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
      const [ours, model] = [new World(), new World()];
      let now = 0;
      for (const { kind, thread: index, causes, told, wait } of steps) {
        if (kind === 'turn') {
          now++;
          ours.ready.update(now);
          t.deepEqual(
            ours.ready.list.map((each) => each.id),
            poll(model, now),
          );
          turns++;
          continue;
        }
        for (const world of [ours, model]) {
          const thread = world.threads[index];
          if (thread.state === 'ended') continue;
          if (kind === 'block' && thread.runnable) world.block(thread, causes, told, wait === undefined ? undefined : now + wait);
          else if (kind === 'set' || kind === 'clear') world.set(causes[0], kind === 'set');
          else if (kind === 'suspend') thread.suspendCount++;
          else if (kind === 'resume' && thread.suspendCount > 0) thread.suspendCount--;
          else if (kind === 'interrupt' && thread.state === 'blocked') {
            thread.unblock();
          } else if (kind === 'end' && causes.length === 3) {
            thread.state = 'ended';
            thread.wait = undefined;
          }
        }
      }
    }),
    { numRuns: 500, seed: 3 },
  );
  t.true(turns > 3000);
});

test('a turn looks at those alone that were told of a change', (t) => {
  const world = new World();
  for (const thread of world.threads) world.block(thread, [0], true, undefined);
  world.block(world.threads[7], [1], true, undefined);
  world.ready.update(0);
  t.is(world.looks, THREADS, 'each once, when it begins to wait');
  world.looks = 0;
  world.ready.update(1);
  t.is(world.looks, 0);
  world.set(1, true);
  world.ready.update(2);
  t.is(world.looks, 1);
  t.deepEqual(
    world.ready.list.map((each) => each.id),
    [8],
  );
});

test('a wait whose end nobody told of is found when all are looked at', (t) => {
  const world = new World();
  world.block(world.threads[2], [3], true, undefined);
  world.ready.update(0);
  world.flags[3] = true;
  world.ready.update(1);
  t.false(world.threads[2].runnable);
  world.ready.lookAtAll();
  t.true(world.threads[2].runnable);
  t.is(world.ready.list.length, THREADS);
});
