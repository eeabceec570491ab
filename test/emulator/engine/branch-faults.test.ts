/** A branch to an address that is not canonical faults itself, at every budget; PC set there by the host faults there. */
import test from 'ava';
import { CODE, DATA, Machine } from './machine.js';

const TARGET = 2 ** 47;
const cases: [what: string, code: string, at: number, executed: number, sp: number][] = [
  ['jump', 'nop; jmp rbx', 1, 1, 0],
  ['call', 'nop; call rbx', 1, 1, 0],
  ['return', 'push rbx; ret', 1, 1, -8],
  ['return and drop', 'push rbx; ret 16', 1, 1, -8],
];
for (const [what, code, at, executed, sp] of cases) {
  for (const budget of [1000, 1, 2, 3]) {
    test(`${what}, budget ${budget}`, (t) => {
      const m = new Machine('x86-64').code(code);
      m.set({ rbx: TARGET, rsp: DATA + 0x800 });
      let reason;
      let count = 0;
      do {
        reason = m.run(budget);
        count += m.exit.executed;
      } while (reason === 'Budget');
      t.is(reason, 'Fault');
      t.false(m.exit.canonical);
      t.is(m.pc, CODE + at);
      t.is(m.get('rsp'), DATA + 0x800 + sp);
      t.is(count, executed);
      m.close();
    });
  }
}

test('PC set there', (t) => {
  const m = new Machine('x86-64').code('jmp rbx');
  m.set({ rbx: TARGET });
  t.is(m.run(), 'Fault');
  m.pc = TARGET;
  t.is(m.run(1), 'Fault');
  t.is(m.pc, TARGET);
  m.close();
});
