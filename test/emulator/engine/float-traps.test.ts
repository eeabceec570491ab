/** Unmasked floating-point exceptions (Intel SDM vol. 1, 8.7 and 11.5), counted at every budget. */
import test from 'ava';
import { CODE, Machine } from './machine.js';

const SIMD = 19;
const X87 = 16;
const cases: [what: string, text: string, control: number, mxcsr: number, vector: number, index: number, offset: number][] = [
  ['SSE, division by zero', 'nop; divss xmm0, xmm1; nop', 0x37f, 0x1d80, SIMD, 1, 1],
  ['x87, at the next instruction that waits', 'fld1; fldz; fdivp; nop; fld1', 0x37b, 0x1f80, X87, 4, 7],
];
for (const [what, text, control, mxcsr, vector, index, offset] of cases) {
  for (const budget of [1000, 1, 3]) {
    test(`${what}, budget ${budget}`, (t) => {
      const m = new Machine('x86-64').code(`${text}; int 0x80`);
      m.engine.readFloat();
      const image = new DataView(m.engine.registers.buffer, 512, 512);
      image.setUint16(0, control, true);
      image.setUint32(24, mxcsr, true);
      image.setFloat32(160, 1, true);
      m.engine.writeFloat();
      let executed = 0;
      let reason;
      do {
        reason = m.run(budget);
        executed += m.exit.executed;
      } while (reason === 'Budget');
      t.is(reason, 'Interrupt');
      t.is(m.exit.number, vector);
      t.is(executed, index);
      t.is(m.pc, CODE + offset);
      m.engine.readFloat();
      t.is(image.getFloat32(160, true), 1);
      m.close();
    });
  }
}
