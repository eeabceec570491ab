/** ARM64's exclusive monitor does not survive an exception (Arm ARM B2.9.2: exception return clears it). */
import test from 'ava';
import { DATA, Machine } from './machine.js';

const between: [what: string, text: string, stops: number][] = [
  ['nothing', 'nop', 0],
  ['a branch', 'b next; next:', 0],
  ['a system call', 'svc #1', 1],
  ['a breakpoint instruction', 'brk #1', 1],
  ['a refused access', 'ldr x3, [x4]', 1],
  ['an undefined instruction', '.word 0x00000000', 1],
  ['a system call and another load exclusive', 'svc #1; ldxr x0, [x1]', 0],
];
for (const [what, text, stops] of between) {
  for (const budget of [1000, 1, 3]) {
    test(`after ${what} a store exclusive ${stops ? 'fails' : 'succeeds'}, budget ${budget}`, (t) => {
      // The store is in a block of its own, as that of a comparison that was equal.
      const m = new Machine('arm64').code(`ldxr x0, [x1]; nop; ${text}; cbnz x5, out; stxr w2, x0, [x1]; out: svc #9`);
      m.set({ x1: DATA, x2: 7, x4: 0x1000, x5: 0 });
      for (let stop = 0; stop < 40; stop++) {
        const reason = m.run(budget);
        if (reason === 'Budget') continue;
        if (reason === 'SystemCall' && m.exit.detail === 9) break;
        if (reason !== 'SystemCall') m.pc += 4;
      }
      t.is(m.get('x2'), stops ? 1 : 0);
      m.close();
    });
  }
}
