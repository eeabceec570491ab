/** What Unicorn has no call for is found by experiment; without it there is a slower way or a clear error. */
import test from 'ava';
import fc from 'fast-check';
import { A64, X86 } from '../../../emulator/cpu/registers.js';
import { Access, Exit, Prot } from '../../../emulator/engine.js';
import type { CpuName } from '../../../emulator/engine.js';
import { NativeEngine, UnicornPlace } from '../../../emulator/native-engine.js';
import { CODE, CPUS, DATA, DATA_BYTES, Machine, textFor } from './machine.js';

const BAD = DATA + DATA_BYTES;
const withPlaces = (cpu: CpuName, hidden: number): Machine => new Machine(cpu, {}, Prot.RX, hidden);

/** The one that lies in a saved state, and without which threads could not be switched. */
const savedPlace = (cpu: CpuName): number => (cpu === 'arm64' ? UnicornPlace.ExclusiveMonitor : UnicornPlace.ExceptionInFlight);

for (const cpu of CPUS) {
  test(`${cpu}: every place is found`, (t) => {
    const m = withPlaces(cpu, 0);
    t.is(
      m.engine.unicornPlaces,
      UnicornPlace.RefusedAddress |
        UnicornPlace.HookRange |
        UnicornPlace.Registers |
        savedPlace(cpu) |
        (cpu === 'arm64' ? 0 : UnicornPlace.ErrorCode | UnicornPlace.FloatFlags),
    );
    m.close();
  });

  test(`${cpu}: without the place in a saved state the engine does not open, and says why`, (t) => {
    const message = cpu === 'arm64' ? /keeps the exclusive monitor where/ : /keeps its exception state where/;
    t.throws(() => new NativeEngine({ cpu, physicalBytes: 1 << 20 }, savedPlace(cpu)), { message });
  });

  // The last forms touch another page first, or store to one: that must not happen twice.
  const forms: { text: string; access: number; offset: number; size: number }[] = {
    ia32: [
      { text: 'mov eax, [ebx+7]', access: Access.Read, offset: 7, size: 4 },
      { text: 'mov [ebx+edi*4], ax', access: Access.Write, offset: 16, size: 2 },
      { text: 'push dword ptr [ebx+3]', access: Access.Read, offset: 3, size: 4 },
      { text: 'call [ebx+0x20]', access: Access.Read, offset: 0x20, size: 4 },
    ],
    'x86-64': [
      { text: 'mov rax, [rbx+7]', access: Access.Read, offset: 7, size: 8 },
      { text: 'mov [rbx+rdi*4], ax', access: Access.Write, offset: 16, size: 2 },
      { text: 'push qword ptr [rbx+3]', access: Access.Read, offset: 3, size: 8 },
      { text: 'xadd [rbx+9], ecx', access: Access.Write, offset: 9, size: 4 },
    ],
    arm64: [
      { text: 'ldr x0, [x1, #8]', access: Access.Read, offset: 8, size: 8 },
      { text: 'strh w0, [x1, x7, lsl #1]', access: Access.Write, offset: 8, size: 2 },
      { text: 'ldp x2, x3, [x1, #0x40]', access: Access.Read, offset: 0x40, size: 8 },
      { text: 'str w0, [x1, #-3]!', access: Access.Write, offset: -3, size: 4 },
    ],
  }[cpu];
  const at = cpu === 'arm64' ? 0x103 : 0x100;
  for (const [hidden, how] of [
    [0, 'with'],
    [UnicornPlace.RefusedAddress, 'without'],
  ] as const) {
    for (const form of forms) {
      for (const budget of [1, 100]) {
        test(`${cpu}: ${form.text} is refused at its exact address ${how} the place that says it, budget ${budget}`, (t) => {
          const m = withPlaces(cpu, hidden).code(form.text);
          t.is((m.engine.unicornPlaces & UnicornPlace.RefusedAddress) === 0, hidden !== 0);
          m.set(cpu === 'arm64' ? { x1: BAD + at, x7: 4, sp: DATA + 0x8000 } : { rbx: BAD + at, rdi: 4, rsp: DATA + 0x8000 });
          const before = [...new BigUint64Array(m.engine.registers.buffer, 0, 34)];
          t.is(m.run(budget), 'Fault');
          t.like(m.exit, { pc: CODE, address: BAD + at + form.offset, access: form.access, size: form.size, executed: 0 });
          t.deepEqual([...new BigUint64Array(m.engine.registers.buffer, 0, 34)], before);
          t.is(m.peek(DATA + 0x7ff8, 4), 0);
          m.engine.mapPages(BAD, 0x4000, Prot.RW);
          t.is(m.run(1), 'Budget');
          t.is(m.exit.executed, 1);
          m.close();
        });
      }
    }
  }

  // Every general register has a number of its own, is seen by the program, and comes back.
  const numbered = cpu === 'arm64' ? 31 : cpu === 'ia32' ? 8 : 16;
  const [data, sp] = cpu === 'arm64' ? [1, 31] : [3, 4];
  const ia32 = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
  const x64 = [...ia32.map((name) => `r${name.slice(1)}`), ...Array.from({ length: 8 }, (_, i) => `r${8 + i}`)];
  const stores = Array.from({ length: numbered }, (_, i) =>
    cpu === 'arm64' ? `str x${i}, [x1, #${8 * i}]` : cpu === 'ia32' ? `mov [ebx+${8 * i}], ${ia32[i]}` : `mov [rbx+${8 * i}], ${x64[i]}`,
  );
  for (const [hidden, how] of [
    [0, 'in their places'],
    [UnicornPlace.Registers, 'by asking for each'],
  ] as const) {
    test(`${cpu}: registers are written and read ${how}`, (t) => {
      const change = textFor(cpu, { ia32: 'lea edi, [esi+5]', x64: 'lea r15, [r14+5]', arm64: 'add x30, x29, #5' });
      const m = withPlaces(cpu, hidden).code(`${stores.join('; ')}; ${change}; nop`);
      t.is((m.engine.unicornPlaces & UnicornPlace.Registers) === 0, hidden !== 0);
      const { registers } = m.engine;
      const values = Array.from({ length: numbered }, (_, i) => (cpu === 'ia32' ? 0x89abcd00n : 0xfedcba9876543200n) + BigInt(i));
      values[data] = BigInt(DATA);
      if (cpu !== 'arm64') values[sp] = BigInt(DATA + 0x8000);
      values.forEach((value, slot) => registers.setBig(slot, value));
      const [thread, flags] = cpu === 'arm64' ? [A64.tpidr, A64.pstate] : [cpu === 'ia32' ? X86.gsBase : X86.fsBase, X86.rflags];
      const flagged = cpu === 'arm64' ? 0xa0000000 : 0x247;
      registers.set(thread, 0x123450);
      registers.set(flags, flagged);
      t.is(m.run(numbered), 'Budget');
      const stored = (slot: number): bigint => BigInt(m.peek(DATA + 8 * slot)) | (BigInt(m.peek(DATA + 8 * slot + 4)) << 32n);
      values.forEach((value, slot) => t.is(stored(slot), value, `stored ${slot}`));
      t.is(m.run(1), 'Budget');
      const changed = cpu === 'arm64' ? 30 : numbered - 1;
      values[changed] = values[changed - 1] + 5n;
      values.forEach((value, slot) => t.is(registers.big(slot), value, `read ${slot}`));
      t.is(registers.get(thread), 0x123450);
      t.is(registers.get(flags), flagged);
      m.close();
    });
  }

  // One long block: every budget that is no multiple of it ends inside.
  const loop = textFor(cpu, {
    ia32: 'top: inc eax; add [ebx], eax; nop; add ecx, 3; xor edx, ecx; jmp top',
    x64: 'top: inc eax; add [rbx], eax; nop; add ecx, 3; xor edx, ecx; jmp top',
    arm64: 'top: add x0, x0, #1; str x0, [x1]; nop; add x2, x2, #3; eor x3, x3, x2; b top',
  });
  test(`${cpu}: budgets that end inside a block are exact without the range of a hook`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 1, maxLength: 8 }), (budgets) => {
          const machines = [0, UnicornPlace.HookRange].map((hidden) => withPlaces(cpu, hidden).code(loop));
          t.is(machines[1].engine.unicornPlaces & UnicornPlace.HookRange, 0);
          for (const m of machines) m.set(cpu === 'arm64' ? { x1: DATA } : { rbx: DATA });
          let executed = 0;
          let same = true;
          for (const budget of budgets) {
            executed += budget;
            const places = machines.map((m) => {
              same &&= m.run(budget) === 'Budget' && m.exit.executed === budget;
              return (m.pc - CODE).toString();
            });
            same &&= places[0] === places[1];
            // Six instructions a round, of which the first counts rounds.
            for (const m of machines) same &&= m.get(cpu === 'arm64' ? 'x0' : 'rax') === Math.ceil(executed / 6);
          }
          for (const m of machines) m.close();
          return same;
        }),
        { numRuns: 20 },
      ),
    );
  });
}

test('without any place that has another way, a program runs the same', (t) => {
  const text = 'mov ecx, 1000; top: dec ecx; add [rbx+rcx*4], ecx; test ecx, ecx; jne top; mov eax, [rbx+0x10004]';
  const [whole, without] = [0, UnicornPlace.RefusedAddress | UnicornPlace.HookRange | UnicornPlace.Registers].map((hidden) => {
    const m = withPlaces('x86-64', hidden).code(text).set({ rbx: DATA });
    let total = 0;
    while (m.engine.run(7) === Exit.Budget) total += m.exit.executed;
    return { total: total + m.exit.executed, address: m.exit.address, pc: m.pc };
  });
  t.deepEqual(without, whole);
  t.is(whole.total, 1 + 4 * 1000);
  t.is(whole.address, DATA + 0x10004);
});
