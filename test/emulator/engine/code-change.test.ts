/** Translated code never runs stale: self-modification, other names of a page, host writes, remapping, both machines. */
import test from 'ava';
import { Prot } from '../../../emulator/engine.js';
import { CODE, CPUS, DATA, Machine, assemble, textFor } from './machine.js';

const FUNC = 0x40000;
const OTHER = 0x50000;

for (const cpu of CPUS) {
  const arm = cpu === 'arm64';
  /** A function that returns n; the number is one field of its first instruction. */
  const returns = (n: number): Uint8Array => assemble(cpu, textFor(cpu, { x86: `mov eax, ${n}; ret`, arm64: `mov w0, #${n}; ret` }));
  /** Stores the function's first word through `at`, then calls it; ends with a system call. */
  const storeAndCall = textFor(cpu, {
    ia32: 'mov [ebx], ecx; call edx; int 0x80',
    x64: 'mov [rbx], rcx; call rdx; int 0x80',
    arm64: 'str w2, [x1]; dsb ish; ic ivau, x1; isb; blr x3; svc #0',
  });
  const first = (n: number): number => new DataView(returns(n).buffer, returns(n).byteOffset).getUint32(0, true);
  const prepare = (prot: number): Machine => {
    const m = new Machine(cpu).code(storeAndCall);
    m.engine.mapPages(FUNC, 0x4000, prot);
    m.put(FUNC, returns(1));
    m.put(FUNC + 4, returns(1).subarray(4));
    if (!arm) m.set({ rsp: DATA + 0x8000 });
    else m.set({ sp: DATA + 0x8000 });
    return m;
  };
  const call = (m: Machine, n: number, through: number, step = false): number => {
    m.set(
      arm
        ? { x1: through, x2: first(n), x3: FUNC }
        : { rbx: through, rcx: first(n) + (cpu === 'ia32' ? 0 : returns(n)[4] * 2 ** 32 + returns(n)[5] * 2 ** 40), rdx: FUNC },
    );
    m.pc = CODE;
    if (step) while (m.run(1) === 'Budget');
    else if (m.run() === 'Fault') throw new Error(`fault at ${m.exit.address.toString(16)}`);
    return m.get(arm ? 'x0' : 'rax');
  };

  test(`${cpu}: a guest that rewrites a function in writable, executable memory runs the new one`, (t) => {
    const m = prepare(Prot.RWX);
    for (let n = 1; n < 40; n++) t.is(call(m, n, FUNC, n % 5 === 0), n);
    m.close();
  });

  test(`${cpu}: code changed through another name of its page`, (t) => {
    const m = prepare(Prot.RX);
    m.engine.aliasPages(OTHER, FUNC, 0x4000, Prot.RW);
    for (let n = 1; n < 40; n++) t.is(call(m, n, OTHER, n % 7 === 0), n);
    m.close();
  });

  test(`${cpu}: code changed by protection flips, as a just-in-time compiler does`, (t) => {
    const m = prepare(Prot.RX);
    for (let n = 1; n < 20; n++) {
      m.engine.protectPages(FUNC, 0x4000, Prot.RW);
      m.code(
        textFor(cpu, { ia32: 'mov [ebx], ecx; int 0x80', x64: 'mov [rbx], rcx; int 0x80', arm64: 'str w2, [x1]; svc #0' }),
        CODE + 0x800,
      );
      m.set(
        arm
          ? { x1: FUNC, x2: first(n) }
          : { rbx: FUNC, rcx: first(n) + (cpu === 'ia32' ? 0 : returns(n)[4] * 2 ** 32 + returns(n)[5] * 2 ** 40) },
      );
      t.not(m.run(), 'Fault');
      m.engine.protectPages(FUNC, 0x4000, Prot.RX);
      m.code(textFor(cpu, { ia32: 'call edx; int 0x80', x64: 'call rdx; int 0x80', arm64: 'blr x3; svc #0' }), CODE + 0x900);
      m.set(arm ? { x3: FUNC } : { rdx: FUNC });
      t.not(m.run(), 'Fault');
      t.is(m.get(arm ? 'x0' : 'rax'), n);
    }
    m.close();
  });

  test(`${cpu}: code changed by the host, and a page replaced by another`, (t) => {
    const m = prepare(Prot.RX);
    m.code(textFor(cpu, { ia32: 'call edx; int 0x80', x64: 'call rdx; int 0x80', arm64: 'blr x3; svc #0' }));
    for (let n = 1; n < 30; n++) {
      if (n % 3 === 0) m.engine.mapPages(FUNC, 0x4000, Prot.RX);
      m.put(FUNC, returns(n));
      m.engine.codeChanged(FUNC, 8);
      m.set(arm ? { x3: FUNC } : { rdx: FUNC });
      m.pc = CODE;
      if (n % 4 === 0) while (m.run(1) === 'Budget');
      else m.run();
      t.is(m.get(arm ? 'x0' : 'rax'), n);
    }
    m.close();
  });
}

test('x86-64: a block that changes its own next instruction', (t) => {
  const m = new Machine('x86-64', {}, Prot.RWX);
  // mov byte ptr [rip+1], 7 changes the immediate of the mov that follows.
  m.put(CODE, [0xc6, 0x05, 0x01, 0, 0, 0, 7, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]);
  for (let i = 0; i < 3; i++) {
    m.pc = CODE;
    t.is(m.run(), 'SoftwareInterrupt');
    t.is(m.get('rax'), 7);
    t.is(m.exit.executed, 3);
    m.put(CODE + 8, [1]);
    m.engine.codeChanged(CODE, 16);
  }
  m.close();
});

test('arm64: encodings that Unicorn cannot stand are undefined instructions, and still readable as data', (t) => {
  const m = new Machine('arm64', {}, Prot.RWX);
  const bad = [0x6e490e5f, 0x0edb1d6f, 0x5e791833, 0x7e791833];
  m.code('ldr w0, [x1]; nop; nop; nop; nop; svc #0');
  for (const word of bad) {
    m.put(CODE + 4, new Uint8Array(Uint32Array.of(word).buffer));
    m.engine.codeChanged(CODE, 8);
    for (const budget of [100, 1]) {
      m.pc = CODE;
      m.set({ x1: CODE + 4 });
      let reason;
      do reason = m.run(budget);
      while (reason === 'Budget');
      t.is(reason, 'InvalidInstruction');
      t.is(m.pc, CODE + 4);
      t.is(m.get('x0'), word);
    }
  }
  // A guest that replaces the word runs the new one: str w3, [x1] where the load was.
  m.put(CODE, assemble('arm64', 'str w3, [x1]'));
  m.engine.codeChanged(CODE, 4);
  m.pc = CODE;
  m.set({ x3: 0xd503201f });
  t.is(m.run(), 'SystemCall');
  t.is(m.exit.executed, 6);
  m.close();
});
