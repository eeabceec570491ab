/**
 * Growth: what one more arena, mapping, thread or block costs when there are many, against a tenth as many
 * (fixtures/programs/growth.c). What costs the same whatever the size gives 1, what is quadratic 10.
 */
import { fixtureMachine } from './fixture.js';
import { seconds, type Row } from './row.js';

function run(code: string, kind: string, count: number): number {
  const machine = fixtureMachine(code, 'growth', kind, String(count));
  const { process } = machine;
  const time = seconds(() => {
    const status = process.run();
    if (status.kind !== 'exit' || status.code !== 0) throw new Error(`the benchmark's guest failed: ${JSON.stringify(status)}`);
  });
  process.close();
  return time;
}

/** Microseconds an item. */
const each = (code: string, kind: string, count: number): number => (run(code, kind, count) / count) * 1e6;

/** Rounds of each size, of which the best counts: what the host's own collector does in between is no growth. */
const LARGE_ROUNDS = 2;
const SMALL_ROUNDS = 5;

const best = (rounds: number, measure: () => number): number => Math.min(...Array.from({ length: rounds }, measure));

function growth(kind: string, count: number, code = 'lii6ll'): Row {
  return {
    name: code === 'lii6ll' ? `${kind}-growth` : `${kind}-growth/${code}`,
    unit: 'us an item',
    goal: '<= 2',
    pairs: 3,
    open() {
      run(code, kind, count);
      return () => ({
        value: best(LARGE_ROUNDS, () => each(code, kind, count)),
        baseline: best(SMALL_ROUNDS, () => each(code, kind, count / 10)),
      });
    },
  };
}

export const growthRows: Row[] = [
  growth('arenas', 1000),
  growth('mappings', 10_000),
  growth('mappings', 10_000, 'w3i6mv'),
  growth('threads', 4000),
  growth('threads', 4000, 'w3i6mv'),
  growth('blocks', 100_000),
];
