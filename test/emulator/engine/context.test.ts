/** Contexts: everything a thread has in the CPU, switched between any two instructions; CPU modes and thread segments. */
import test from 'ava';
import { FLOAT_OFFSET, X86 } from '../../../emulator/cpu/registers.js';
import { Prot } from '../../../emulator/engine.js';
import { CODE, CPUS, DATA, Machine, textFor } from './machine.js';

for (const cpu of CPUS) {
  const arm = cpu === 'arm64';
  test(`${cpu}: threads that are switched at every instruction don't disturb each other`, (t) => {
    const m = new Machine(cpu).code(
      textFor(cpu, {
        ia32: 'movd xmm1, eax; fild dword ptr [ebx]; top: inc eax; add [ebx], eax; cmp eax, edx; jne top; fistp dword ptr [ebx+4]; movd ecx, xmm1; int 0x80',
        x64: 'movd xmm1, eax; fild dword ptr [rbx]; top: inc eax; add [rbx], eax; cmp eax, edx; jne top; fistp dword ptr [rbx+4]; movd ecx, xmm1; int 0x80',
        arm64: 'fmov s1, w0; top: add w0, w0, #1; ldr w3, [x1]; add w3, w3, w0; str w3, [x1]; cmp w0, w4; b.ne top; fmov w2, s1; svc #0',
      }),
    );
    const start = CODE;
    const threads = [0, 1, 2].map((i) => {
      const context = m.engine.newContext();
      m.engine.restoreContext(context);
      const at = DATA + i * 64;
      m.put(at, [100 + i]);
      m.set(
        arm
          ? { x0: i * 10, x1: at, x4: i * 10 + 20, pc: start }
          : { rax: i * 10, rbx: at, rdx: i * 10 + 20, rip: start, rsp: DATA + 0x1000 },
      );
      m.engine.saveContext(context);
      return { context, at, i, done: false };
    });
    for (let turn = 0; threads.some((thread) => !thread.done); turn++) {
      for (const thread of threads.filter((one) => !one.done)) {
        m.engine.restoreContext(thread.context);
        if (m.run(1 + (turn % 4)) !== 'Budget') {
          thread.done = true;
          t.is(m.get(arm ? 'x2' : 'rcx'), thread.i * 10);
          let sum = 100 + thread.i;
          for (let k = 1; k <= 20; k++) sum += thread.i * 10 + k;
          t.is(m.peek(thread.at), sum);
          if (!arm) t.is(m.peek(thread.at + 4), 100 + thread.i);
        }
        m.engine.saveContext(thread.context);
      }
    }
    for (const { context } of threads) m.engine.freeContext(context);
    t.throws(() => m.engine.restoreContext(threads[0].context), { instanceOf: RangeError });
    m.close();
  });

  test(`${cpu}: a restored context shows its registers at once, and takes changes`, (t) => {
    const m = new Machine(cpu).code(textFor(cpu, { x86: 'int 0x80', arm64: 'svc #0' }));
    const name = arm ? 'x5' : 'rsi';
    m.set({ [name]: 0x1234 });
    const context = m.engine.newContext();
    m.engine.saveContext(context);
    m.set({ [name]: 0x9999 });
    m.run();
    m.engine.restoreContext(context);
    t.is(m.get(name), 0x1234);
    m.set({ [name]: 0x55 });
    m.engine.saveContext(context);
    m.set({ [name]: 0x66 });
    m.engine.restoreContext(context);
    t.is(m.get(name), 0x55);
    m.run();
    t.is(m.get(name), 0x55);
    m.close();
  });
}

test('arm64: a thread switch breaks the exclusive monitor, even when the value has come back', (t) => {
  const m = new Machine('arm64').code('ldxr w0, [x1]; add w0, w0, #1; stxr w2, w0, [x1]; svc #0');
  m.set({ x1: DATA });
  m.run(2);
  const context = m.engine.newContext();
  m.engine.saveContext(context);
  m.engine.restoreContext(context);
  t.is(m.run(), 'SystemCall');
  t.is(m.get('x2'), 1);
  t.is(m.peek(DATA), 0);
  m.pc = CODE;
  t.is(m.run(), 'SystemCall');
  t.is(m.get('x2'), 0);
  t.is(m.peek(DATA), 1);
  m.close();
});

test('x86: the FXSAVE image is what the processor would store', (t) => {
  for (const cpu of ['ia32', 'x86-64'] as const) {
    const at = cpu === 'ia32' ? '[ebx]' : '[rbx]';
    const m = new Machine(cpu).code(`fld1; fldpi; fxsave ${at}; int 0x80`);
    m.engine.readFloat();
    const image = new Uint8Array(m.engine.registers.buffer, FLOAT_OFFSET, 512);
    t.is(new DataView(image.buffer, FLOAT_OFFSET).getUint16(0, true), 0x37f);
    t.is(new DataView(image.buffer, FLOAT_OFFSET).getUint32(24, true), 0x1f80);
    for (let i = 160; i < 160 + (cpu === 'ia32' ? 128 : 256); i++) image[i] = i * 7;
    m.engine.writeFloat();
    m.set({ rbx: DATA });
    t.is(m.run(), 'SoftwareInterrupt');
    m.engine.readFloat();
    const stored = m.bytes.subarray(m.engine.translate(DATA, 0));
    const compared = [
      [0, 5],
      [24, 28],
      [32, 42],
      [48, 58],
      [160, 160 + (cpu === 'ia32' ? 128 : 256)],
    ];
    for (const [from, to] of compared) t.deepEqual([...image.subarray(from, to)], [...stored.subarray(from, to)], `${cpu} ${from}`);
    t.is(image[4], 0xc0);
    // And back: empty the stack, load the image, store again.
    const kept = image.slice();
    m.code(`fninit; int 0x80`).run();
    image.set(kept);
    m.engine.writeFloat();
    m.code(`fstp qword ptr ${at}; fistp dword ptr ${at.replace(']', '+8]')}; int 0x80`).run();
    t.is(new DataView(m.bytes.buffer).getFloat64(m.engine.translate(DATA, 0), true), Math.PI);
    t.is(m.peek(DATA + 8), 1);
    m.close();
  }
});

test('ia32: thread segments, by the host and by the guest', (t) => {
  for (const [name, selectors] of [
    ['Linux', { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0, gs: 0x63 }],
    ['Linux, 32-bit kernel', { cs: 0x73, ss: 0x7b, ds: 0x7b, es: 0x7b, fs: 0, gs: 0x33 }],
    ['FreeBSD', { cs: 0x33, ss: 0x3b, ds: 0x3b, es: 0x3b, fs: 0x3b, gs: 0x1b }],
  ] as const) {
    const m = new Machine('ia32', { selectors }).code(
      'mov eax, gs:[4]; mov edx, 0; mov gs, dx; mov dx, SEL; mov gs, dx; mov ecx, gs:[4]; int 0x80'.replace('SEL', String(selectors.gs)),
    );
    m.put(DATA + 4, [0x11]);
    m.put(DATA + 0x104, [0x22]);
    const a = m.engine.newContext();
    const b = m.engine.newContext();
    for (const [context, base] of [
      [a, DATA],
      [b, DATA + 0x100],
    ]) {
      m.engine.restoreContext(context);
      t.is(m.engine.registers.get(X86.cs), selectors.cs, name);
      m.engine.registers.set(X86.gsBase, base);
      m.pc = CODE;
      m.engine.saveContext(context);
    }
    for (const context of [a, b, a]) {
      m.engine.restoreContext(context);
      m.pc = CODE;
      t.is(m.run(), 'SoftwareInterrupt', name);
      const value = context === a ? 0x11 : 0x22;
      t.deepEqual([m.get('eax'), m.get('ecx'), m.engine.registers.get(X86.gs)], [value, value, selectors.gs], name);
      m.engine.saveContext(context);
    }
    m.close();
  }
});

test('ia32: Windows selectors, native and WOW64', (t) => {
  for (const selectors of [
    { cs: 0x1b, ss: 0x23, ds: 0x23, es: 0x23, fs: 0x3b, gs: 0 },
    { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x53, gs: 0x2b },
  ]) {
    const m = new Machine('ia32', { selectors }).code('mov eax, fs:[0x18]; push fs; pop fs; mov ecx, fs:[0x18]; mov dx, cs; int 0x2e');
    m.engine.registers.set(X86.fsBase, DATA + 0x1000);
    m.set({ esp: DATA + 0x8000 });
    m.put(DATA + 0x1018, [0x42]);
    t.is(m.run(), 'SoftwareInterrupt');
    t.deepEqual([m.exit.number, m.get('eax'), m.get('ecx'), m.get('edx') & 0xffff], [0x2e, 0x42, 0x42, selectors.cs]);
    m.close();
  }
});

test('x86-64: FS and GS bases, as Linux, Windows and the wrfsbase instruction set them', (t) => {
  const m = new Machine('x86-64', { selectors: { cs: 0x33, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x53, gs: 0x2b } }).code(
    'xor edi, edi; mov rax, fs:[rdi]; mov rcx, gs:[rdi+0x30]; mov edx, 0x20100; wrfsbase rdx; mov rsi, fs:[rdi]; int 0x80',
  );
  m.engine.registers.set(X86.fsBase, DATA);
  m.engine.registers.set(X86.gsBase, DATA + 0x1000);
  m.put(DATA, [1]);
  m.put(DATA + 0x1030, [2]);
  m.put(DATA + 0x100, [3]);
  t.is(m.run(), 'SoftwareInterrupt');
  t.deepEqual([m.get('rax'), m.get('rcx'), m.get('rsi'), m.engine.registers.get(X86.fsBase)], [1, 2, 3, DATA + 0x100]);
  m.close();
});

test('WOW64: 32-bit code goes to 64-bit code and back by far transfers', (t) => {
  const m = new Machine('ia32', { selectors: { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x53, gs: 0x2b } });
  const long = 0x30000;
  m.engine.mapPages(long, 0x1000, Prot.RX);
  // mov r8, 0x1122334455667788; shr r8, 32; mov eax, r8d; push 0x23; push <back>; retfq
  m.put(
    long,
    [
      0x49, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x49, 0xc1, 0xe8, 0x20, 0x44, 0x89, 0xc0, 0x6a, 0x23, 0x68, 0x07, 0x00,
      0x01, 0x00, 0x48, 0xcb,
    ],
  );
  // jmp far 0x33:long; then at +7: inc eax; int 0x80
  m.put(CODE, [0xea, 0, 0, 3, 0, 0x33, 0, 0x40, 0xcd, 0x80]);
  for (let i = 0; i < 5; i++) {
    m.pc = CODE;
    m.set({ esp: DATA + 0x8000 });
    if (i % 2) {
      for (let steps = 0; steps < 3; steps++) m.run(1);
      t.is(m.engine.registers.get(X86.cs), 0x33);
      // Saved and restored in the middle of 64-bit code.
      const context = m.engine.newContext();
      m.engine.saveContext(context);
      m.engine.restoreContext(m.engine.newContext('32'));
      m.engine.restoreContext(context);
    }
    t.is(m.run(), 'SoftwareInterrupt');
    t.is(m.get('eax'), 0x11223345);
    t.is(m.engine.registers.get(X86.cs), 0x23);
  }
  // Host code sends the thread to 64-bit code (as NtContinue may).
  m.put(long + 0x80, [0x49, 0xff, 0xc1, 0xcd, 0x81]); // inc r9; int 0x81
  m.engine.registers.set(X86.cs, 0x33);
  m.pc = long + 0x80;
  m.set({ r9: 0x7fffffffffff });
  t.is(m.run(), 'SoftwareInterrupt');
  t.deepEqual([m.exit.number, m.get('r9'), m.engine.registers.get(X86.cs)], [0x81, 0x800000000000, 0x33]);
  m.close();
});

test('the descriptor table is not in any guest address space', (t) => {
  const m = new Machine('x86-64').code('sgdt [rbx]; mov rax, [rbx+2]; shr rax, 47; int 0x80');
  m.set({ rbx: DATA });
  m.run();
  // A non-canonical address, which no mapping can have.
  t.not(m.get('rax'), 0);
  t.not(m.get('rax'), 0x1ffff);
  m.close();
});
