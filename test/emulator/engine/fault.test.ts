/** Faults are precise: exact PC, address, size and direction; nothing of the instruction has happened; fix and resume. */
import test from 'ava';
import { Access, Prot } from '../../../emulator/engine.js';
import { CODE, CPUS, DATA, DATA_BYTES, Machine, textFor } from './machine.js';

const BAD = DATA + DATA_BYTES;

for (const cpu of CPUS) {
  const base = cpu === 'arm64' ? 'x1' : 'rbx';
  const forms = [
    { x86: 'mov eax, [ebx]', x64: 'mov eax, [rbx]', arm64: 'ldr w0, [x1]', access: Access.Read, size: 4, offset: 0 },
    { x86: 'mov [ebx+12], al', x64: 'mov [rbx+12], al', arm64: 'strb w0, [x1, #12]', access: Access.Write, size: 1, offset: 12 },
    {
      x86: 'movzx eax, word ptr [ebx+edi*2+2]',
      x64: 'movzx eax, word ptr [rbx+rdi*2+2]',
      arm64: 'ldrh w0, [x1, x7, lsl #1]',
      access: Access.Read,
      size: 2,
      offset: cpu === 'arm64' ? 8 : 10,
    },
    { x86: 'movups [ebx+16], xmm0', x64: 'movups [rbx+16], xmm0', arm64: 'str q0, [x1, #16]', access: Access.Write, size: 8, offset: 16 },
  ];
  for (const form of forms) {
    test(`${cpu}: ${textFor(cpu, form)}`, (t) => {
      const m = new Machine(cpu).code(
        textFor(cpu, {
          x86: `nop; nop; ${form.x86}; nop; int 0x80`,
          x64: `nop; nop; ${form.x64}; nop; int 0x80`,
          arm64: `nop; nop; ${form.arm64}; nop; svc #0`,
        }),
      );
      m.set({ [base]: BAD + 0x120, [cpu === 'arm64' ? 'x7' : 'rdi']: 4 });
      t.is(m.run(), 'Fault');
      const pc = CODE + (cpu === 'arm64' ? 8 : 2);
      t.deepEqual(m.exit, {
        ...m.exit,
        pc,
        address: BAD + 0x120 + form.offset,
        access: form.access,
        size: form.size,
        canonical: true,
        detail: 0,
        executed: 2,
      });
      t.is(m.pc, pc);
      m.engine.mapPages(BAD, 0x4000, Prot.RW);
      t.is(m.run(), cpu === 'arm64' ? 'SystemCall' : 'SoftwareInterrupt');
      t.is(m.exit.executed, 3);
      m.close();
    });
  }

  test(`${cpu}: an access that crosses into a refused page reports that page's first byte`, (t) => {
    const m = new Machine(cpu).code(textFor(cpu, { ia32: 'mov [ebx], eax', x64: 'mov [rbx], eax', arm64: 'str w0, [x1]' }));
    m.set({ [base]: BAD - 2 });
    t.is(m.run(), 'Fault');
    t.is(m.exit.address, BAD);
    t.is(m.exit.size, 4);
    t.is(m.peek(BAD - 2, 2), 0);
    m.close();
  });

  test(`${cpu}: a read-only page refuses stores only; lifting and restoring protection works any number of times`, (t) => {
    const m = new Machine(cpu).code(
      textFor(cpu, {
        ia32: 'mov eax, [ebx]; inc eax; mov [ebx], eax; int 0x80',
        x64: 'mov eax, [rbx]; inc eax; mov [rbx], eax; int 0x80',
        arm64: 'ldr w0, [x1]; add w0, w0, #1; str w0, [x1]; svc #0',
      }),
    );
    const page = m.engine.pageSize;
    for (let i = 0; i < 50; i++) {
      m.engine.protectPages(DATA, page, i % 2 ? Prot.None : Prot.Read);
      m.set({ [base]: DATA + 8 });
      m.pc = CODE;
      t.is(m.run(), 'Fault');
      t.is(m.exit.access, i % 2 ? Access.Read : Access.Write);
      t.is(m.exit.address, DATA + 8);
      t.is(m.exit.executed, i % 2 ? 0 : 2);
      m.engine.protectPages(DATA, page, Prot.RW);
      t.not(m.run(), 'Fault');
      t.is(m.peek(DATA + 8), i + 1);
    }
    m.close();
  });

  test(`${cpu}: a call of a page that can't be fetched stops at its target`, (t) => {
    const m = new Machine(cpu).code(textFor(cpu, { ia32: 'nop; call eax', x64: 'nop; call rax', arm64: 'nop; blr x0' }));
    m.set(cpu === 'arm64' ? { x0: 0x70000008 } : { rax: 0x70000008, rsp: DATA + 0x100 });
    t.is(m.run(), 'Fault');
    t.deepEqual(m.exit, { ...m.exit, pc: 0x70000008, address: 0x70000008, access: Access.Fetch, size: 0, executed: 2 });
    // Return to after the call, as a host function does.
    m.pc = CODE + (cpu === 'arm64' ? 8 : 3);
    t.is(m.get(cpu === 'arm64' ? 'lr' : 'rsp'), cpu === 'arm64' ? CODE + 8 : DATA + 0x100 - (cpu === 'ia32' ? 4 : 8));
    m.close();
  });

  test(`${cpu}: memory without the execute right refuses fetches`, (t) => {
    const m = new Machine(cpu);
    m.put(DATA, cpu === 'arm64' ? [0x1f, 0x20, 0x03, 0xd5] : [0x90]);
    m.pc = DATA;
    t.is(m.run(), 'Fault');
    t.is(m.exit.access, Access.Fetch);
    t.is(m.exit.address, DATA);
    m.close();
  });

  test(`${cpu}: code that runs off its page faults at the first byte that can't be fetched, everything before it done`, (t) => {
    const m = new Machine(cpu);
    const end = CODE + 0x4000;
    const step = cpu === 'arm64' ? 4 : 2;
    // inc ecx (two bytes in both x86 modes) / add w2, w2, #1
    const one = cpu === 'arm64' ? [0x42, 0x04, 0x00, 0x11] : [0xff, 0xc1];
    for (let i = 1; i <= 20; i++) m.put(end - i * step, one);
    m.pc = end - 20 * step;
    t.is(m.run(), 'Fault');
    t.deepEqual(m.exit, { ...m.exit, pc: end, address: end, access: Access.Fetch, executed: 20 });
    t.is(m.get(cpu === 'arm64' ? 'x2' : 'rcx'), 20);
    m.close();
  });
}

test("x86: an instruction that crosses into a page that can't be fetched faults at its own start", (t) => {
  const m = new Machine('x86-64');
  const end = CODE + 0x4000;
  m.put(end - 6, [0xff, 0xc1, 0xff, 0xc1, 0xb8, 0x11]); // inc ecx; inc ecx; mov eax, 0x....11
  m.pc = end - 6;
  t.is(m.run(), 'Fault');
  t.deepEqual(m.exit, { ...m.exit, pc: end - 2, address: end, access: Access.Fetch, executed: 2 });
  m.close();
});

test('x86-64: a non-canonical address is reported as such; the upper half as a negative number', (t) => {
  const m = new Machine('x86-64').code('mov eax, [rbx]');
  m.engine.registers.setBig(3, 0x1234567812345678n);
  t.is(m.run(), 'Fault');
  t.false(m.exit.canonical);
  m.engine.registers.setBig(3, 0xffffffff81000008n);
  t.is(m.run(), 'Fault');
  t.true(m.exit.canonical);
  t.is(m.exit.address, -0x7efffff8);
  m.close();
});

test('ia32: an access that wraps at 4 GiB touches the bottom of memory', (t) => {
  const m = new Machine('ia32').code('mov eax, [ebx]; int 0x80');
  m.engine.mapPages(0xfffff000, 0x1000, Prot.RW);
  m.set({ ebx: 0xfffffffe });
  t.is(m.run(), 'Fault');
  t.is(m.exit.address, 0);
  m.engine.mapPages(0, 0x1000, Prot.RW);
  m.put(0xfffffffe, [1, 2]);
  m.put(0, [3, 4]);
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.get('eax'), 0x04030201);
  m.close();
});

test('arm64: the top byte of an address is ignored', (t) => {
  const m = new Machine('arm64').code('ldr w0, [x1]; ldr w0, [x2]; svc #0');
  m.put(DATA, [5]);
  m.engine.registers.setBig(1, 0xab00000000020000n);
  m.engine.registers.setBig(2, 0xab00000000090010n);
  t.is(m.run(), 'Fault');
  t.is(m.get('x0'), 5);
  t.is(m.exit.address, 0x90010);
  m.close();
});

test('physical memory that is used up is told apart', (t) => {
  const m = new Machine('x86-64', { physicalBytes: 1 << 20 }).code('mov [rbx], eax; add rbx, 0x1000; jmp 0x10000');
  m.engine.mapPages(0x1000000, 0x1000000, Prot.RW);
  m.set({ rbx: 0x1000000 });
  t.is(m.run(), 'Fault');
  t.is(m.exit.detail, 1);
  t.true(m.engine.residentBytes <= 1 << 20);
  // Memory given back can be used again, and is zero.
  m.engine.unmapPages(0x1000000, 0x80000);
  t.is(m.run(150), 'Budget');
  m.close();
});

test('16 KiB pages: protection is per 16 KiB', (t) => {
  const m = new Machine('arm64', { pageSize: 16384 }).code('ldr w0, [x1]; str w0, [x1, #4]; svc #0');
  m.engine.protectPages(DATA, 0x4000, Prot.Read);
  m.set({ x1: DATA + 0x3000 });
  t.is(m.run(), 'Fault');
  t.is(m.exit.address, DATA + 0x3004);
  m.set({ x1: DATA + 0x4000 });
  t.is(m.run(), 'SystemCall');
  t.throws(() => m.engine.protectPages(DATA + 0x1000, 0x1000, Prot.Read), { instanceOf: RangeError });
  m.close();
});

test('a repeated store that meets a refused page has done what came before', (t) => {
  const m = new Machine('x86-64').code('rep stosb; int 0x80');
  m.set({ rdi: BAD - 3, rcx: 10, rax: 0x77 });
  t.is(m.run(), 'Fault');
  t.deepEqual([m.pc, m.get('rdi'), m.get('rcx'), m.exit.address, m.exit.executed], [CODE, BAD, 7, BAD, 3]);
  m.engine.mapPages(BAD, 0x1000, Prot.RW);
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.get('rcx'), 0);
  m.close();
});

test('x86: flags are exact at a fault, and restarts of what reads them are right', (t) => {
  for (const text of [
    'rcl dword ptr [rbx], 1',
    'rcr dword ptr [rbx], 1',
    'rcl dword ptr [rbx], cl',
    'adc dword ptr [rbx], 0',
    'sbb dword ptr [rbx], 1',
    'setp byte ptr [rbx]',
    'setle byte ptr [rbx]',
  ]) {
    for (const prot of [Prot.None, Prot.Read]) {
      for (const cut of [1000, 1, 4]) {
        const m = new Machine('x86-64').code(`nop; cmp eax, 5; ${text}; nop; nop; int 0x80`);
        const outcome = (guarded: boolean): number[] => {
          m.put(DATA, [3, 0, 0, 0x80]);
          m.set({ rax: 4, rbx: DATA, rcx: 1 });
          m.pc = CODE;
          if (guarded) {
            m.engine.protectPages(DATA, 0x1000, prot);
            let reason;
            do reason = m.run(cut);
            while (reason === 'Budget');
            t.is(reason, 'Fault');
            t.is(m.get('rflags') & 0xff, 0x97, `${text} ${prot} ${cut}`); // carry, parity (of 0xff), adjust, sign
            m.engine.protectPages(DATA, 0x1000, Prot.RW);
          }
          while (m.run() !== 'SoftwareInterrupt');
          return [m.peek(DATA), m.get('rflags')];
        };
        t.deepEqual(outcome(true), outcome(false), `${text} ${prot} ${cut}`);
        m.close();
      }
    }
  }
});
