/**
 * The collector at work for guest programs (fixtures/programs/workload.c): what it costs to move an object whose
 * format is guest code, what a call costs that doesn't collect, and the binary-trees benchmark end to end.
 */
import type { Machine } from '../machine/machine.js';
import { reportOf } from '../machine/report.js';
import { bareInstructions, bareSpeed } from './bare-loop.js';
import { fixtureMachine } from './fixture.js';
import { seconds, type Row } from './row.js';

const CODE = 'lii6ll';
const CPU = 'x86-64';

const start = (...args: string[]): Machine => fixtureMachine(CODE, 'workload', ...args);

/**
 * Instructions of `workload trees 15` itself, its format methods included, on lii6ll: counted before the collector had
 * guest code of its own, which runs besides and must not make the baseline longer.
 */
const TREES_OWN = 485_508_411;

interface Run {
  seconds: number;
  instructions: number;
  moved: number;
}

function run(...args: string[]): Run {
  const machine = start(...args);
  const { process } = machine;
  const time = seconds(() => {
    const status = process.run();
    if (status.kind !== 'exit' || status.code !== 0) throw new Error(`the benchmark's guest failed: ${JSON.stringify(status)}`);
  });
  const { instructions } = process;
  const moved = reportOf(machine).objectsMoved;
  process.close();
  return { seconds: time, instructions, moved };
}

/** Nanoseconds of moving one object, all in: what collections take beyond building what they move. */
function objectMoved(): number {
  const [none, some] = [run('moved', '0'), run('moved', '20')];
  return ((some.seconds - none.seconds) / (some.moved - none.moved)) * 1e9;
}

/** Nanoseconds of a call of the MPS, of four kinds in equal parts. */
function callTime(): number {
  const rounds = 50_000;
  return ((run('manual', String(rounds)).seconds - run('manual', '0').seconds) / (4 * rounds)) * 1e9;
}

const inBareInstructions = (name: string, goal: string, nanoseconds: () => number): Row => ({
  name,
  unit: 'bare-loop instructions',
  goal,
  open() {
    nanoseconds();
    return () => ({ value: bareInstructions(CPU, nanoseconds()) });
  },
});

export const collectorRows: Row[] = [
  inBareInstructions('object-moved', '<= 1250', objectMoved),
  inBareInstructions('alloc-free', '<= 1650', callTime),
  {
    name: 'trees-end-to-end',
    unit: 's',
    goal: '<= 2',
    pairs: 5,
    open() {
      run('trees', '12');
      return (pair) => {
        const { seconds: value, instructions } = run('trees', '15');
        if (instructions < TREES_OWN) throw new Error('the benchmark is not the one whose instructions were counted');
        return { value, baseline: TREES_OWN / bareSpeed(CPU, pair) / 1e6 };
      };
    },
  },
];
