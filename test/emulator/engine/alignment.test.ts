/** Addresses that must be aligned, and encodings that Unicorn takes and a processor refuses: exact at every budget. */
import test from 'ava';
import { CODE, DATA, Machine } from './machine.js';

const X86_AT = 13;
/** Arm ARM B2.5.2: SP as a base, and the natural alignment of exclusive, ordered and atomic accesses. */
const armForms: [text: string, registers: Record<string, number>, number: number | undefined, address: number, store: boolean][] = [
  ['ldr x9, [sp]', { sp: DATA + 0x1008 }, 0x26, DATA + 0x1008, false],
  ['stp x0, x1, [sp, #-16]!', { sp: DATA + 0x1008 }, 0x26, DATA + 0x1008, false],
  ['ldr x9, [sp, #8]', { sp: DATA + 0x1000 }, undefined, 0, false],
  ['prfm pldl1keep, [sp]', { sp: DATA + 0x1008 }, undefined, 0, false],
  ['mov sp, x1; ldr x0, [sp]', { x1: DATA + 0x1004, sp: DATA + 0x1000 }, 0x26, DATA + 0x1004, false],
  ['mov sp, x1; ldr x0, [sp]', { x1: DATA + 0x1010, sp: DATA + 0x1000 }, undefined, 0, false],
  ['sub sp, sp, #8; add sp, sp, #8; ldr x0, [sp]', { sp: DATA + 0x1000 }, undefined, 0, false],
  ['sub sp, sp, #8; nop; str x0, [sp]', { sp: DATA + 0x1000 }, 0x26, DATA + 0xff8, false],
  ['ldr x2, [x1]; mov sp, x2; ldr x0, [sp]', { x1: DATA, sp: DATA + 0x1000 }, 0x26, 0x18, false],
  [
    'add x3, x1, #31; and x3, x3, #0xfffffffffffffff0; mov sp, x3; ldr x0, [sp]',
    { x1: DATA + 0x801, sp: DATA + 0x1000 },
    undefined,
    0,
    false,
  ],
  ['ldxr x0, [x1]', { x1: DATA + 4 }, 4, DATA + 4, false],
  ['stxr w2, x0, [x1]', { x1: DATA + 4 }, 4, DATA + 4, true],
  ['ldxp x0, x2, [x1]', { x1: DATA + 8 }, 4, DATA + 8, false],
  ['ldar w0, [x1]', { x1: DATA + 2 }, 4, DATA + 2, false],
  ['add x1, x1, x2, lsr #1; ldar x0, [x1]', { x1: DATA, x2: 8 }, 4, DATA + 4, false],
  ['sub x1, x1, x2, asr #2; ldar x0, [x1]', { x1: DATA + 16, x2: 16 }, 4, DATA + 12, false],
  ['add x1, x1, x2, lsl #4; ldar x0, [x1]', { x1: DATA, x2: 1 }, undefined, 0, false],
  ['stlr x0, [x1]', { x1: DATA + 1 }, 4, DATA + 1, true],
  ['stlrb w0, [x1]', { x1: DATA + 1 }, undefined, 0, false],
  ['ldar x0, [x1]', { x1: DATA + 8 }, undefined, 0, false],
  ['.word 0xb8e10020', { x1: DATA + 2 }, 4, DATA + 2, false], // ldaddal w1, w0, [x1]
  ['.word 0xc8a17c40', { x2: DATA + 4 }, 4, DATA + 4, false], // cas x1, x0, [x2]
  ['.word 0x38bfc020', { x1: DATA + 1 }, undefined, 0, false], // ldaprb w0, [x1]
  ['.word 0xb8bfc020', { x1: DATA + 1 }, 4, DATA + 1, false], // ldapr w0, [x1]
];
for (const [text, registers, number, address, store] of armForms) {
  test(`arm64: ${text} with ${JSON.stringify(registers)}`, (t) => {
    for (const budget of [1000, 1, 2]) {
      const m = new Machine('arm64').code(`nop; ${text}; svc #0`);
      m.put(DATA, [0x18, 0, 0, 0, 0, 0, 0, 0]);
      m.set({ x0: 0, ...registers });
      let reason = m.run(budget);
      while (reason === 'Budget') reason = m.run(budget);
      t.is(reason, number === undefined ? 'SystemCall' : 'Interrupt');
      if (number !== undefined) {
        t.is(m.exit.number, number);
        t.is(m.exit.address, address);
        t.is(m.exit.detail, store ? 1 : 0);
        t.is(m.pc, CODE + 4 * text.split(';').length);
      }
      m.close();
    }
  });
}

const x86Forms: [text: string, registers: Record<string, number>, offset: number | undefined][] = [
  ['movaps xmm0, [rbx]', { rbx: DATA + 1 }, 0],
  ['movaps xmm0, [rbx]', { rbx: DATA + 16 }, undefined],
  ['movups xmm0, [rbx]', { rbx: DATA + 1 }, undefined],
  ['add rbx, 8; movaps xmm0, [rbx]', { rbx: DATA }, 4],
  ['add rbx, 8; movaps xmm0, [rbx+8]', { rbx: DATA }, undefined],
  ['mov rcx, [rbx]; paddd xmm0, [rcx]', { rbx: DATA }, 3],
  ['push rax; movaps [rsp], xmm0', { rsp: DATA + 0x1000 }, 1],
  ['push rax; push rax; movaps [rsp], xmm0', { rsp: DATA + 0x1000 }, undefined],
  ['movaps xmm0, [rbx+rcx*8]', { rbx: DATA, rcx: 1 }, 0],
  ['movaps xmm0, [rbx+rcx*8]', { rbx: DATA + 8, rcx: 1 }, undefined],
];
for (const [text, registers, offset] of x86Forms) {
  test(`x86-64: ${text} with ${JSON.stringify(registers)}`, (t) => {
    for (const budget of [1000, 1, 2]) {
      const m = new Machine('x86-64').code(`nop; ${text}; int 0x80`);
      m.put(DATA, [8, 0, 0, 0, 0, 0, 0, 0]);
      m.set({ rsp: DATA + 0x2000, ...registers });
      let reason = m.run(budget);
      while (reason === 'Budget') reason = m.run(budget);
      t.is(reason, offset === undefined ? 'SoftwareInterrupt' : 'Interrupt');
      if (offset !== undefined) {
        t.is(m.exit.number, X86_AT);
        t.is(m.pc, CODE + 1 + offset);
      }
      m.close();
    }
  });
}

test('x86-64: a loop is stopped in the round whose address is wrong, and counted', (t) => {
  // Round after round 16 bytes on; the last moves by 4.
  const m = new Machine('x86-64').code('movaps xmm0, [rbx]; add rbx, rdx; dec ecx; jnz 0x10000; mov edx, 4; mov ecx, 3; jmp 0x10000');
  m.set({ rbx: DATA, rdx: 16, ecx: 50 });
  t.is(m.run(100_000), 'Interrupt');
  t.is(m.get('rbx'), DATA + 50 * 16 + 4);
  t.is(m.exit.executed, 50 * 4 + 3 + 4);
  m.close();
});

for (const text of ['.byte 0xf0; nop', '.byte 0xf0; mov [rbx], eax', '.byte 0xf0; add eax, ecx', '.byte 0xc5, 0xf8, 0x58, 0xc1']) {
  test(`x86-64: ${text} is invalid`, (t) => {
    const m = new Machine('x86-64').code(`nop; ${text}; int 0x80`);
    m.set({ rbx: DATA });
    t.is(m.run(), 'InvalidInstruction');
    t.is(m.pc, CODE + 1);
    m.close();
  });
}

/** AC set by popf, a store that must not happen, and the flag taken back: at every budget, and where the OS has not set CR0.AM. */
const CHECKED = 'pushfq; or dword ptr [rsp], 0x40000; popfq; mov dword ptr [rbx + 4], 1; mov dword ptr [rbx + 2], 2; int 0x80';
for (const budget of [1000, 1, 3]) {
  for (const on of [true, false]) {
    test(`alignment checks are ${on ? 'on' : 'off'}, budget ${budget}`, (t) => {
      const m = new Machine('x86-64', { alignmentChecks: on }).code(CHECKED);
      m.set({ rsp: DATA + 0x800, rbx: DATA });
      let reason;
      let executed = 0;
      do {
        reason = m.run(budget);
        executed += m.exit.executed;
      } while (reason === 'Budget');
      t.is(reason, on ? 'Interrupt' : 'SoftwareInterrupt');
      t.is(m.peek(DATA + 4), on ? 1 : 0);
      t.is(executed, on ? 4 : 6);
      if (!on) return m.close();
      t.is(m.exit.number, 17);
      m.set({ rflags: 0x202 });
      do reason = m.run(budget);
      while (reason === 'Budget');
      t.is(reason, 'SoftwareInterrupt');
      t.is(m.peek(DATA + 2), 2);
      m.close();
    });
  }
}
