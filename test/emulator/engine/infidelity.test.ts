/**
 * Where the emulated CPUs differ from real ones (the list: emulator/native/README.md). Each
 * test shows the difference as it is; one that fails says that the list is out of date.
 */
import test from 'ava';
import { X86 } from '../../../emulator/cpu/registers.js';
import { Prot } from '../../../emulator/engine.js';
import { CODE, DATA, DATA_BYTES, Machine } from './machine.js';

const BAD = DATA + DATA_BYTES;

test('a vector store that crosses into a refused page has written its first half', (t) => {
  const m = new Machine('x86-64').code('movups [rbx], xmm0; int 0x80');
  m.engine.readFloat();
  new Uint8Array(m.engine.registers.buffer).fill(0xaa, 512 + 160, 512 + 176);
  m.engine.writeFloat();
  m.set({ rbx: BAD - 8 });
  t.is(m.run(), 'Fault');
  t.is(m.exit.address, BAD);
  t.is(m.peek(BAD - 8), 0xaaaaaaaa);
  // The restart is right.
  m.engine.mapPages(BAD, 0x1000, Prot.RW);
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.peek(BAD + 4), 0xaaaaaaaa);
  m.close();
});

test('a vector load that crosses into a refused page may have changed its register', (t) => {
  const m = new Machine('arm64').code('ldp q0, q1, [x1]; svc #0');
  m.put(BAD - 16, new Array<number>(16).fill(0x55));
  m.set({ x1: BAD - 16 });
  t.is(m.run(), 'Fault');
  m.engine.readFloat();
  t.is(new Uint8Array(m.engine.registers.buffer)[512], 0x55);
  m.close();
});

test('denormal operands are told of for 256 instructions after flags were loaded, and no longer', (t) => {
  const m = new Machine('x86-64').code(
    'fninit; mov ecx, 300; fld1; again: fadd st, st; loop again; fadd qword ptr [rbx]; fnstsw ax; mov ecx, eax; fnclex; fadd qword ptr [rbx]; fnstsw ax; int 0x80',
  );
  m.put(DATA, [1, 0, 0, 0, 0, 0, 0, 0]);
  m.set({ rbx: DATA });
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.get('ecx') & 2, 0);
  t.is(m.get('eax') & 2, 2);
  m.close();
});

test('AVX is absent: CPUID says so, and 256-bit forms are undefined', (t) => {
  const m = new Machine('x86-64');
  m.put(CODE, [0xc5, 0xf4, 0x58, 0xc2]); // vaddps ymm0, ymm1, ymm2
  m.pc = CODE;
  t.is(m.run(), 'InvalidInstruction');
  m.close();
});

test('memory that may be executed but not read refuses loads only when the OS model says so', (t) => {
  // The page table is taken at its word; x86 without protection keys can't express it.
  const m = new Machine('x86-64').code('mov eax, [rbx]; int 0x80');
  m.engine.mapPages(0x60000, 0x1000, Prot.Exec);
  m.set({ rbx: 0x60000 });
  t.is(m.run(), 'Fault');
  m.close();
});

test('ia32: the limits of segments are not checked', (t) => {
  const m = new Machine('ia32', { selectors: { fs: 0x53 } }).code('mov eax, fs:[0x5000]; int 0x80');
  m.engine.registers.set(X86.fsBase, DATA);
  m.put(DATA + 0x5000, [3]);
  t.is(m.run(), 'SoftwareInterrupt');
  t.is(m.get('eax'), 3);
  m.close();
});
