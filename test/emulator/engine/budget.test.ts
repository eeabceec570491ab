/** Budgets are exact guest instructions, wherever they end and however a run is cut up. */
import test from 'ava';
import fc from 'fast-check';
import { CODE, CPUS, DATA, Machine, textFor } from './machine.js';

// Blocks of different lengths, loads, stores, a call, a repeated string instruction.
const PROGRAM = {
  ia32: `mov edi, 0; top: inc edi; mov eax, [ebx]; add eax, edi; mov [ebx], eax; test edi, 1; jne odd; call func; jmp next;
    odd: xor edx, edx; add edx, 3; imul edx, edx, 5; mov [ebx+8], edx; push edx; pop ebp;
    next: cmp edi, 200; jb top; lea esi, [ebx]; lea edi, [ebx+0x100]; mov ecx, 20; rep movsb; int 0x80; func: add dword ptr [ebx+4], 7; ret`,
  x64: `mov edi, 0; top: inc edi; mov eax, [rbx]; add eax, edi; mov [rbx], eax; test edi, 1; jne odd; call func; jmp next;
    odd: xor edx, edx; add edx, 3; imul edx, edx, 5; mov [rbx+8], edx; push rdx; pop rbp; movabs r9, 0x1122334455667788; mov [rbx+16], r9;
    next: cmp edi, 200; jb top; lea rsi, [rbx]; lea rdi, [rbx+0x100]; mov ecx, 20; rep movsb; int 0x80; func: add dword ptr [rbx+4], 7; ret`,
  arm64: `mov w5, #0; top: add w5, w5, #1; ldr w0, [x1]; add w0, w0, w5; str w0, [x1]; tbnz w5, #0, odd; bl func; b next;
    odd: mov w3, #3; add w3, w3, w3, lsl #2; str w3, [x1, #8]; stp x3, x0, [sp, #-16]!; ldp x3, x0, [sp], #16;
    next: cmp w5, #200; b.lo top; svc #0; func: ldr w6, [x1, #4]; add w6, w6, #7; str w6, [x1, #4]; ret`,
};

function fresh(cpu: (typeof CPUS)[number]): Machine {
  return new Machine(cpu)
    .code(textFor(cpu, PROGRAM))
    .set(cpu === 'arm64' ? { x1: DATA, sp: DATA + 0x8000 } : { rbx: DATA, rsp: DATA + 0x8000 });
}

const stateOf = (m: Machine): string =>
  JSON.stringify([
    [...new BigUint64Array(m.engine.registers.buffer, 0, 34)].map(String),
    [...m.bytes.subarray(m.engine.translate(DATA, 0), m.engine.translate(DATA, 0) + 0x200)],
  ]);

for (const cpu of CPUS) {
  test(`${cpu}: a program counts the same in one run, in steps, and in random quanta`, (t) => {
    const whole = fresh(cpu);
    const reason = whole.run();
    const total = whole.exit.executed;
    const end = stateOf(whole);
    t.true(total > 1000);

    const stepped = fresh(cpu);
    for (let i = 0; i < total; i++) {
      const r = stepped.run(1);
      if (i < total - 1 && (r !== 'Budget' || stepped.exit.executed !== 1)) return t.fail(`step ${i}: ${r}`);
    }
    t.is(stateOf(stepped), end);

    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 700 })), { minLength: 1 }), (quanta) => {
        const m = fresh(cpu);
        let sum = 0;
        for (let i = 0; ; i++) {
          const quantum = quanta[i % quanta.length];
          const r = m.run(quantum);
          sum += m.exit.executed;
          if (r !== 'Budget') break;
          if (m.exit.executed !== quantum) return false;
        }
        const same = sum === total && stateOf(m) === end;
        m.close();
        return same;
      }),
      { numRuns: 40, seed: 7 },
    );
    t.is(reason, cpu === 'arm64' ? 'SystemCall' : 'SoftwareInterrupt');
    whole.close();
    stepped.close();
  });

  test(`${cpu}: a budget ends in front of an instruction, whatever that is`, (t) => {
    const m = fresh(cpu);
    t.is(m.run(0), 'Budget');
    t.is(m.exit.executed, 0);
    t.is(m.pc, CODE);
    // Jump to where nothing is: the jump is one whole instruction, and the next one faults.
    m.code(textFor(cpu, { x86: 'nop; jmp 0x500000', arm64: 'nop; b 0x500000' }));
    t.is(m.run(2), 'Budget');
    t.is(m.pc, 0x500000);
    t.is(m.exit.executed, 2);
    t.is(m.run(2), 'Fault');
    t.is(m.exit.executed, 0);
    m.close();
  });

  test(`${cpu}: recorded instructions are those that ran`, (t) => {
    const m = new Machine(cpu).code(textFor(cpu, { x86: 'nop; nop; jmp 0x10010', arm64: 'nop; nop; b 0x10010' }));
    m.put(0x10010, cpu === 'arm64' ? [0x1f, 0x20, 0x03, 0xd5, 0xff, 0xff, 0xff, 0x17] : [0x90, 0xeb, 0xfd]);
    m.engine.recordInstructions(100);
    m.run(5);
    const [a, b] = cpu === 'arm64' ? [4, 4] : [1, 1];
    t.deepEqual(m.engine.recordedInstructions(), [CODE, CODE + a, CODE + 2 * a, 0x10010, 0x10010 + b]);
    m.engine.recordInstructions(2);
    m.run(4);
    t.deepEqual(m.engine.recordedInstructions(), [0x10010, 0x10010 + b]);
    m.engine.recordInstructions(0);
    m.run(10);
    t.deepEqual(m.engine.recordedInstructions(), []);
    m.close();
  });
}

test('x86: a long run of nops is counted exactly across block limits', (t) => {
  const m = new Machine('x86-64');
  m.put(CODE, new Uint8Array(0x2000).fill(0x90));
  m.put(CODE + 0x2000, [0xcd, 0x80]);
  m.pc = CODE;
  t.is(m.run(0x1fff), 'Budget');
  t.is(m.pc, CODE + 0x1fff);
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.exit.executed, 2);
  m.pc = CODE;
  m.run();
  t.is(m.exit.executed, 0x2001);
  m.close();
});
