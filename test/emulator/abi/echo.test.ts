/** Random signatures: what one side passes, the other side receives, in every convention. */
import test from 'ava';
import fc from 'fast-check';
import type { Value } from '../../../emulator/abi/abi.js';
import { GATE, Machine, names, RETURN } from './machine.js';
import { sizeOf, valueOf } from './values.js';

const scalar = fc.constantFrom('i', 'u', 'l', 'L', 'p', 'z', 'q', 'Q', 'f', 'd', 'D');
const struct = fc.array(fc.constantFrom('i', 'p', 'q', 'f', 'd'), { minLength: 1, maxLength: 5 }).map((members) => `{${members.join('')}}`);
const type = fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: struct });

for (const name of names) {
  test(`${name}: arguments and results come through`, (t) => {
    const m = new Machine(name);
    fc.assert(
      fc.property(
        fc.oneof(type, fc.constant('v')),
        fc.array(type, { maxLength: 12 }),
        fc.infiniteStream(fc.nat(0xffffffff)),
        (result, args, stream) => {
          m.reset();
          const next = () => stream.next().value as number;
          const bound = m.abi.bind(`${result}(${args.join('')})`);
          const values: Value[] = args.map((arg) => valueOf(arg, m.abi, next));
          const sp = m.registers.get(m.abi.sp);
          bound.enter(m.registers, m.memory, GATE, values, RETURN);
          t.deepEqual(bound.arguments(m.registers, m.memory), values);
          if (result !== 'v') t.true(sizeOf(result, m.abi) > 0);
          const value = result === 'v' ? undefined : valueOf(result, m.abi, next);
          bound.returns(m.registers, m.memory, value);
          t.is(m.registers.get(m.abi.pc), RETURN);
          t.true(m.registers.get(m.abi.sp) <= sp);
          t.deepEqual(bound.result(m.registers, m.memory), value);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
    m.engine.close();
    t.pass();
  });
}
