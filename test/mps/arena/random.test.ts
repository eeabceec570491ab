import test from 'ava';
import fc from 'fast-check';
import type { HeapOptions } from '../small-heap.js';
import { opArb, RandomMutator, type Op } from '../random-mutator.js';

const programs = fc.array(opArb, { minLength: 40, maxLength: 200 });
const run = (ops: Op[], options: HeapOptions, deep = true): string | undefined => new RandomMutator(options).program(ops, deep);

const cases: [string, HeapOptions][] = [
  ['64-bit words', {}],
  ['32-bit words', { port: { wordSize: 4 } }],
  ['in-band headers', { header: 16 }],
  ['base pointers only', { pool: { interior: false } }],
  ['no zones', { arena: { zoned: false } }],
  ['a pause time of zero', { arena: { pauseTime: 0 } }],
  ['several chunks', { arena: { size: 256 * 1024 } }],
];
for (const [name, options] of cases) {
  test(`random programs keep what is reachable and nothing else: ${name}`, (t) => {
    fc.assert(
      fc.property(programs, (ops) => {
        const wrong = run(ops, options);
        if (wrong) throw new Error(wrong);
      }),
      { numRuns: 60, seed: 1 },
    );
    t.pass();
  });
}

test('random programs within a commit limit: emergencies lose nothing', (t) => {
  let emergencies = 0;
  fc.assert(
    fc.property(programs, fc.integer({ min: 10, max: 60 }), (ops, pages) => {
      const mutator = new RandomMutator({ pool: { extendBy: 4096 } });
      const { arena } = mutator.heap;
      arena.commitLimitSet(arena.committed() + pages * 4096);
      const { traces } = arena;
      const { enterEmergency } = traces;
      traces.enterEmergency = () => {
        emergencies++;
        enterEmergency.call(traces);
      };
      const wrong = mutator.program(ops, true);
      if (wrong) throw new Error(wrong);
    }),
    { numRuns: 60, seed: 2 },
  );
  t.true(emergencies > 0);
});

/** Is there a program among many that goes wrong with these hooks? */
function goesWrong(options: HeapOptions): boolean {
  for (const ops of fc.sample(programs, { numRuns: 80, seed: 3 })) {
    try {
      if (run(ops, options, false)) return true;
    } catch {
      return true;
    }
  }
  return false;
}
test('without barriers objects are lost', (t) => {
  t.true(goesWrong({ arena: { testHooks: { noBarriers: true } } }));
  t.false(goesWrong({}));
});
test('without scanning registers objects are lost', (t) => t.true(goesWrong({ arena: { testHooks: { noRegisterScan: true } } })));
test('without scanning stacks objects are lost', (t) => t.true(goesWrong({ arena: { testHooks: { noStackScan: true } } })));
