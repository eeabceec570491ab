/** System calls, interrupts, processor exceptions, privileged and identification instructions. */
import test from 'ava';
import { CODE, DATA, Machine, CPUS, textFor } from './machine.js';

for (const cpu of ['ia32', 'x86-64'] as const) {
  test(`${cpu}: int n stops after it, faults at it, again and again`, (t) => {
    const m = new Machine(cpu);
    const cases: [string, string, number, number, number][] = [
      // text, reason, vector, PC relative to the start of the instruction, instructions executed
      ['int 0x80', 'SoftwareInterrupt', 0x80, 2, 2],
      ['int3', 'Interrupt', 3, 1, 2],
      ['int 0x0d', 'SoftwareInterrupt', 13, 2, 2],
      ['int 6', 'SoftwareInterrupt', 6, 2, 2],
      ['.byte 0xf1', 'Interrupt', 1, 1, 2],
      ['ud2', 'InvalidInstruction', 0, 0, 1],
      ['div ecx', 'Interrupt', 0, 0, 1],
      ['hlt', 'Interrupt', 13, 0, 1],
      ['cli', 'Interrupt', 13, 0, 1],
      ['in al, 0x40', 'Interrupt', 13, 0, 1],
      ['out dx, eax', 'Interrupt', 13, 0, 1],
      ['mov gs, edx', 'Interrupt', 13, 0, 1],
      ['syscall', 'SystemCall', 0, 2, 2],
      ['sysenter', 'SystemCall', 1, 2, 2],
    ];
    for (let round = 0; round < 4; round++) {
      for (const [text, reason, number, offset, executed] of cases) {
        for (const budget of [1000, 1]) {
          m.code(`nop; ${text}; nop; jmp 0x10000`);
          m.set({ ecx: 0, edx: 0x7ff8, eax: 1 });
          let r = m.run(budget);
          if (budget === 1) {
            t.is(r, 'Budget');
            r = m.run(1);
          }
          t.is(r, reason, text);
          if (reason !== 'InvalidInstruction') t.is(m.exit.number, number, text);
          t.is(m.pc, CODE + 1 + offset, text);
          t.is(m.exit.executed, budget === 1 ? executed - 1 : executed, text);
        }
      }
    }
    m.close();
  });

  test(`${cpu}: the trap flag traps after the next instruction`, (t) => {
    const m = new Machine(cpu).code(
      `${cpu === 'ia32' ? 'pushfd; or dword ptr [esp], 0x100; popfd' : 'pushfq; or qword ptr [rsp], 0x100; popfq'}; nop; nop`,
    );
    m.set({ esp: DATA + 0x100 });
    t.is(m.run(), 'Interrupt');
    t.is(m.exit.number, 1);
    t.is(m.exit.executed, 4);
    m.close();
  });

  test(`${cpu}: CPUID and RDTSC are the emulator's own and repeat`, (t) => {
    const m = new Machine(cpu).code(
      'mov eax, 7; xor ecx, ecx; cpuid; mov edi, ebx; mov eax, 1; cpuid; mov esi, ecx; nop; rdtsc; nop; rdtsc; int 0x80',
    );
    m.engine.setTimestamp(1000);
    t.is(m.run(), 'SoftwareInterrupt');
    t.is(m.get('edi') & (1 << 9), 0, 'no ERMS');
    t.is(m.get('edi') & (1 << 5), 0, 'no AVX2');
    t.is(m.get('esi') & ((1 << 28) | (1 << 30) | (1 << 26)), 0, 'no AVX, RDRAND, XSAVE');
    t.not(m.get('esi') & (1 << 20), 0, 'SSE4.2');
    t.is(m.get('eax'), 1000 + 10);
    for (const quantum of [1, 2, 3, 5, 9]) {
      m.pc = CODE;
      let done = 0;
      for (;;) {
        m.engine.setTimestamp(1000 + done);
        if (m.run(quantum) !== 'Budget') break;
        done += m.exit.executed;
      }
      t.is(m.get('eax'), 1010, `in quanta of ${quantum}`);
    }
    m.close();
  });
}

test('arm64: svc, brk, undefined and privileged instructions', (t) => {
  const m = new Machine('arm64');
  const cases: [string | number[], string, number, number, number][] = [
    // text, reason, detail, PC, executed
    ['svc #0x80', 'SystemCall', 0x80, 4, 2],
    ['brk #0xf000', 'Interrupt', 0xf000, 0, 1],
    [[0, 0, 0, 0], 'InvalidInstruction', 0, 0, 1],
    ['msr daifset, #2', 'InvalidInstruction', 0, 0, 1],
    ['mrs x0, sctlr_el1', 'InvalidInstruction', 0, 0, 1],
    ['hvc #0', 'InvalidInstruction', 0, 0, 1],
  ];
  for (let round = 0; round < 3; round++) {
    for (const [text, reason, detail, offset, executed] of cases) {
      m.code('nop; nop; nop');
      if (typeof text === 'string') m.code(text, CODE + 4);
      else m.put(CODE + 4, text);
      m.engine.codeChanged(CODE, 16);
      m.pc = CODE;
      t.is(m.run(), reason, String(text));
      t.is(m.exit.detail, detail, String(text));
      t.is(m.pc, CODE + 4 + offset, String(text));
      t.is(m.exit.executed, executed, String(text));
    }
  }
  m.close();
});

test('arm64: the counter is virtual time, exact wherever a run is cut', (t) => {
  for (const quantum of [1, 2, 3, 4, 1000]) {
    const m = new Machine('arm64').code(
      'nop; nop; mrs x0, cntvct_el0; nop; mrs x1, cntvct_el0; mrs x2, cntfrq_el0; mrs x3, midr_el1; mrs x4, ctr_el0; mrs x5, id_aa64isar0_el1; svc #0',
    );
    let done = 0;
    for (;;) {
      m.engine.setTimestamp(500 + done);
      const reason = m.run(quantum);
      done += m.exit.executed;
      if (reason !== 'Budget') {
        t.is(reason, 'SystemCall');
        break;
      }
    }
    t.deepEqual([m.get('x0'), m.get('x1'), done], [502, 504, 10], `quantum ${quantum}`);
    t.is(m.get('x2'), 62500000);
    m.close();
  }
});

test('arm64: atomics of the large system extension exist', (t) => {
  const m = new Machine('arm64');
  m.put(CODE, [0x20, 0x00, 0x22, 0xb8, 0x01, 0, 0, 0xd4]); // ldadd w2, w0, [x1]
  m.set({ x1: DATA, x2: 3 });
  m.pc = CODE;
  t.is(m.run(), 'SystemCall');
  t.is(m.peek(DATA), 3);
  m.close();
});

for (const cpu of CPUS) {
  test(`${cpu}: registers survive a system call that the host answers`, (t) => {
    const arm = cpu === 'arm64';
    const m = new Machine(cpu).code(
      textFor(cpu, { x86: 'mov esi, 77; int 0x80; add eax, esi; int 0x80', arm64: 'mov w9, #77; svc #0; add w0, w0, w9; svc #0' }),
    );
    m.run();
    m.set({ [arm ? 'x0' : 'rax']: 5 });
    m.run();
    t.is(m.get(arm ? 'x0' : 'rax'), 82);
    m.close();
  });
}
