/** Calling conventions against expectations written down by hand from the psABIs. */
import test from 'ava';
import { A64, FLOAT_OFFSET, X86 } from '../../../emulator/cpu/registers.js';
import { GATE, Machine, names, OUT, RETURN } from './machine.js';

test('the red zone, alignment and callee-saved registers are as the conventions say', (t) => {
  const zones: Record<string, number> = { 'sysv-x86-64': 128, 'apple-arm64': 128 };
  for (const name of names) {
    const { abi, engine } = new Machine(name);
    t.is(abi.redZone, zones[name] ?? 0, name);
    t.is(abi.stackAlign, 16);
    t.is(abi.wordSize, engine.cpu === 'ia32' ? 4 : 8);
    t.is(abi.bind('i(pp)'), abi.bind('i(pp)'));
    engine.close();
  }
});

test('System V i386: everything on the stack, the hidden pointer popped by the callee', (t) => {
  const m = new Machine('sysv-i386');
  const bound = m.abi.bind('{iii}(pqd)');
  bound.enter(m.registers, m.memory, 0x1234, [0xdeadbeef, -2n, 1.5], RETURN);
  const sp = m.registers.get(X86.rsp);
  t.is(m.registers.get(X86.rip), 0x1234);
  t.is((sp + 4) % 16, 0);
  t.is(m.memory.u32(sp), RETURN);
  t.is(m.memory.u32(sp + 8), 0xdeadbeef);
  t.is(m.memory.u64(sp + 12), 0xfffffffffffffffen);
  t.is(m.memory.f64(sp + 20), 1.5);
  t.deepEqual(bound.arguments(m.registers, m.memory), [0xdeadbeef, -2n, 1.5]);
  const hidden = m.memory.u32(sp + 4);
  const value = Uint8Array.from({ length: 12 }, (_, i) => i);
  bound.returns(m.registers, m.memory, value);
  t.is(m.registers.get(X86.rsp), sp + 8);
  t.is(m.registers.get(X86.rax), hidden);
  t.deepEqual(bound.result(m.registers, m.memory), value);
  m.engine.close();
});

test('stdcall pops its arguments, cdecl leaves even the hidden pointer', (t) => {
  for (const [name, pops] of [
    ['stdcall', 12],
    ['cdecl', 0],
  ] as const) {
    const m = new Machine(name);
    const bound = m.abi.bind('{iii}(ii)');
    bound.enter(m.registers, m.memory, GATE, [1, 2], RETURN);
    const sp = m.registers.get(X86.rsp);
    bound.returns(m.registers, m.memory, new Uint8Array(12).fill(7));
    t.is(m.registers.get(X86.rsp), sp + 4 + pops);
    t.deepEqual(bound.result(m.registers, m.memory), new Uint8Array(12).fill(7));
    m.engine.close();
  }
});

test('small structs come back in eax and edx on Windows and FreeBSD, in memory on Linux', (t) => {
  for (const name of ['cdecl', 'freebsd-i386', 'sysv-i386'] as const) {
    const m = new Machine(name);
    const bound = m.abi.bind('{ii}()');
    bound.enter(m.registers, m.memory, GATE, [], RETURN);
    bound.returns(m.registers, m.memory, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0));
    if (name !== 'sysv-i386') {
      t.is(m.registers.get(X86.rax), 1);
      t.is(m.registers.get(X86.rdx), 2);
    }
    t.deepEqual(bound.result(m.registers, m.memory), Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0));
    m.engine.close();
  }
});

test('System V x86-64: six integer and eight vector registers, below the red zone', (t) => {
  const m = new Machine('sysv-x86-64');
  const before = m.registers.get(X86.rsp);
  const bound = m.abi.bind('d(pizLulpdf{id})');
  const struct = new Uint8Array(16);
  new DataView(struct.buffer).setFloat64(8, 9, true);
  struct[0] = 5;
  bound.enter(m.registers, m.memory, GATE, [1, -1, 3, 4, 5, 6, 7, 0.5, 0.25, struct], RETURN);
  const sp = m.registers.get(X86.rsp);
  t.true(sp < before - 128);
  t.is((sp + 8) % 16, 0);
  t.deepEqual(
    [X86.rdi, X86.rsi, X86.rdx, X86.rcx, X86.r8, X86.r9].map((r) => m.registers.get(r)),
    [1, 0xffffffff, 3, 4, 5, 6],
  );
  t.is(m.memory.u32(sp + 8), 7);
  // The struct needs an integer register and none is left, so it is on the stack as a whole.
  t.is(m.memory.u32(sp + 16), 5);
  t.is(m.memory.f64(sp + 24), 9);
  t.is(new DataView(m.registers.buffer).getFloat64(FLOAT_OFFSET + 160, true), 0.5);
  t.is(new DataView(m.registers.buffer).getFloat32(FLOAT_OFFSET + 176, true), 0.25);
  bound.returns(m.registers, m.memory, Math.PI);
  t.is(bound.result(m.registers, m.memory), Math.PI);
  m.engine.close();
});

test('Windows x64: positions are shared, large structs go by reference, 32 bytes of home space', (t) => {
  const m = new Machine('win64');
  const bound = m.abi.bind('v(id{ppp}iq)');
  const struct = Uint8Array.from({ length: 24 }, (_, i) => i);
  bound.enter(m.registers, m.memory, GATE, [1, 2, struct, 4, 5n], RETURN);
  const sp = m.registers.get(X86.rsp);
  t.is(m.registers.get(X86.rcx), 1);
  t.is(new DataView(m.registers.buffer).getFloat64(FLOAT_OFFSET + 176, true), 2);
  t.deepEqual(m.memory.bytes(m.registers.get(X86.r8), 24), struct);
  t.is(m.registers.get(X86.r8) % 16, 0);
  t.is(m.registers.get(X86.r9), 4);
  t.is(m.memory.u64(sp + 40), 5n);
  t.deepEqual(bound.arguments(m.registers, m.memory), [1, 2, struct, 4, 5n]);
  m.engine.close();
});

test('ARM64: results in memory through x8; Apple packs what is on the stack', (t) => {
  const args = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  for (const [name, second] of [
    ['aapcs64', 8],
    ['apple-arm64', 4],
  ] as const) {
    const m = new Machine(name);
    const bound = m.abi.bind('{ppp}(iiiiiiiiii)');
    bound.enter(m.registers, m.memory, GATE, args, RETURN);
    const sp = m.registers.get(A64.sp);
    t.is(m.registers.get(A64.lr), RETURN);
    t.is(sp % 16, 0);
    t.is(m.memory.u32(sp), 9);
    t.is(m.memory.u32(sp + second), 10);
    const value = new Uint8Array(24).fill(3);
    bound.returns(m.registers, m.memory, value);
    t.deepEqual(m.memory.bytes(m.registers.get(A64.x8), 24), value);
    t.deepEqual(bound.result(m.registers, m.memory), value);
    m.engine.close();
  }
});

test('va_list as each convention lays it out', (t) => {
  const x = new Machine('sysv-x86-64');
  const save = OUT + 64;
  x.memory.setU32(OUT, 40);
  x.memory.setU32(OUT + 4, 48 + 7 * 16);
  x.memory.setU64(OUT + 8, BigInt(OUT + 512));
  x.memory.setU64(OUT + 16, BigInt(save));
  x.memory.setU64(save + 40, 111n);
  x.memory.setF64(save + 48 + 7 * 16, 2.5);
  x.memory.setU64(OUT + 512, 222n);
  x.memory.setF64(OUT + 520, 3.5);
  x.registers.set(X86.rdi, OUT);
  const [list] = x.abi.bind('i(V)').arguments(x.registers, x.memory) as [import('../../../emulator/abi/abi.js').VarArgs];
  t.deepEqual([list.int(), list.double(), list.longlong(), list.double()], [111, 2.5, 222n, 3.5]);
  x.engine.close();

  const a = new Machine('aapcs64');
  a.memory.setU64(OUT, BigInt(OUT + 512));
  a.memory.setU64(OUT + 8, BigInt(OUT + 256));
  a.memory.setU64(OUT + 16, BigInt(OUT + 400));
  a.memory.setU32(OUT + 24, -8);
  a.memory.setU32(OUT + 28, -16);
  a.memory.setU64(OUT + 248, 77n);
  a.memory.setF64(OUT + 384, 8.25);
  a.memory.setU64(OUT + 512, 88n);
  a.registers.set(0, OUT);
  const [other] = a.abi.bind('i(V)').arguments(a.registers, a.memory) as [import('../../../emulator/abi/abi.js').VarArgs];
  t.deepEqual([other.pointer(), other.double(), other.int()], [77, 8.25, 88]);
  a.engine.close();
});

test('words above 2^53 are rounded; SIZE_MAX survives both ways', (t) => {
  for (const name of ['sysv-x86-64', 'win64', 'aapcs64'] as const) {
    const m = new Machine(name);
    const bound = m.abi.bind('z(z)');
    const slot = name === 'win64' ? X86.rcx : name === 'aapcs64' ? 0 : X86.rdi;
    m.registers.setBig(slot, 0xffffffffffffffffn);
    const [value] = bound.arguments(m.registers, m.memory);
    t.is(value, 2 ** 64);
    bound.enter(m.registers, m.memory, GATE, [value], RETURN);
    t.is(m.registers.big(slot), 0xffffffffffffffffn);
    bound.returns(m.registers, m.memory, value);
    t.is(m.registers.big(0), 0xffffffffffffffffn);
    m.engine.close();
  }
});

test('bad signatures are refused', (t) => {
  const m = new Machine('sysv-x86-64');
  for (const bad of ['', 'i', 'i(', 'i(x)', 'i({i)', 'i(p']) t.throws(() => m.abi.bind(bad), { message: /bad signature/ });
  t.throws(() => m.abi.bind('i(i)').enter(m.registers, m.memory, GATE, [], RETURN), { message: /takes 1 arguments/ });
  t.throws(() => m.abi.bind('i(i)').varargs(m.registers, m.memory), { message: /no variable arguments/ });
  m.engine.close();
});
