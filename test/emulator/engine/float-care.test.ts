/**
 * What Unicorn makes something else of: faults of the x87's register stack, operands of its functions, denormal operands
 * (Intel SDM vol. 1, 8.5 and 11.5.2), the same at every budget, in one block or behind a jump.
 */
import test from 'ava';
import { DATA, Machine } from './machine.js';

const ALL_EMPTY = 'fninit';
const FULL = 'fninit; fld1; fld1; fld1; fld1; fld1; fld1; fld1; fld1';
/** At rbx. */
const INFINITY_AND_DENORMAL = [0, 0, 0, 0, 0, 0, 0xf0, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0];
/** Masked: what `code` leaves in the status word, but its top. */
const cases: [what: string, before: string, code: string, status: number][] = [
  ['an operation of nothing', ALL_EMPTY, 'fsqrt', 0x0041],
  ['one operand is missing', 'fninit; fld1', 'fadd st, st(1)', 0x0041],
  ['a push on a full stack', FULL, 'fldz', 0x0241],
  ['a second result on a full stack', FULL, 'fsincos', 0x0241],
  ['a comparison with nothing', ALL_EMPTY, 'fcom', 0x4541],
  ['a store into an empty register gives it a value', 'fninit; fld1', 'fst st(3); fld st(3); fcompp', 0x4000],
  ['the sine of infinity', 'fninit; fld qword ptr [rbx]', 'fsin', 1],
  ['a remainder by zero', 'fninit; fldz; fld1', 'fprem', 1],
  ['a denormal operand', 'fninit; fld1', 'fmul qword ptr [rbx + 8]', 2],
  ['MMX fills the stack, emms empties it', 'fninit; movd mm0, eax; emms', 'fld1', 0],
  ['MMX fills the stack', 'fninit; movd mm0, eax', 'fld1', 0x0241],
];
for (const [what, before, code, status] of cases) {
  for (const [how, budget] of [['in one run', 1000] as const, ['one by one', 1] as const, ['in threes', 3] as const]) {
    for (const between of ['', 'jmp next; next:']) {
      test(`${what}, ${how}${between ? ', in a block of its own' : ''}`, (t) => {
        const m = new Machine('x86-64').code(`${before}; ${between} ${code}; fnstsw ax; sahf; int 0x80`);
        m.put(DATA, INFINITY_AND_DENORMAL);
        m.set({ rbx: DATA });
        let reason;
        do reason = m.run(budget);
        while (reason === 'Budget');
        t.is(reason, 'SoftwareInterrupt');
        t.is(m.get('eax') & 0xc7ff, status);
        m.close();
      });
    }
  }
}

test('the denormal flag of SSE, right behind the loading of MXCSR', (t) => {
  const m = new Machine('x86-64').code(
    'push 0x1f80; ldmxcsr [rsp]; mov eax, 1; movd xmm1, eax; addss xmm0, xmm1; stmxcsr [rsp]; pop rcx; int 0x80',
  );
  m.set({ rsp: DATA + 0x8000 });
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.get('ecx'), 0x1f82);
  m.close();
});
