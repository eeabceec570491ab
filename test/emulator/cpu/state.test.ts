/** x87 state in its two forms against the CPU's own FNSAVE and FRSTOR; syndromes and error codes against the manuals. */
import test from 'ava';
import {
  abortSyndrome,
  alignmentSyndrome,
  brkSyndrome,
  SP_ALIGNMENT_SYNDROME,
  UNDEFINED_SYNDROME,
} from '../../../emulator/cpu/arm64-exceptions.js';
import { openAssembler } from '../../../emulator/cpu/assemble.js';
import { fromFsave, Fsave, toFsave } from '../../../emulator/cpu/fsave.js';
import { FloatException, Fxsave, fxsaveView, initialFxsave, pendingFloatExceptions, X87Control } from '../../../emulator/cpu/fxsave.js';
import { X86 } from '../../../emulator/cpu/registers.js';
import { interruptGateError, pageFaultError, Vector } from '../../../emulator/cpu/x86-exceptions.js';
import { Access, Exit, Prot } from '../../../emulator/engine.js';
import { GuestMemory } from '../../../emulator/memory/guest-memory.js';
import { openEngine } from '../../../emulator/native-engine.js';

const CODE = 0x1000;
const DATA = 0x8000;
const IMAGE = 0x8800;
/** 0, 1, pi, infinity, a denormal; six values pushed, one popped, so that TOP and the empty registers are not where they begin. */
const PUSHES = [
  `mov eax, ${DATA}`,
  'mov dword ptr [eax], 0x7f800000',
  'mov dword ptr [eax + 4], 1',
  'mov dword ptr [eax + 8], 0',
  'mov dword ptr [eax + 12], 0',
  'fldz',
  'fld1',
  'fldpi',
  'fld dword ptr [eax]',
  'fld tbyte ptr [eax + 4]',
  'fld1',
  'fstp st(0)',
];

/** The words and registers of an image. (Of the rest, real CPUs set the upper halves, Unicorn does not; pointers are not kept.) */
function known(image: DataView): number[] {
  const words = [Fsave.control, Fsave.status, Fsave.tag].map((at) => image.getUint16(at, true));
  return [...words, ...Array.from({ length: Fsave.size - Fsave.registers }, (_, i) => image.getUint8(Fsave.registers + i))];
}

test('FSAVE images are what FNSAVE stores and FRSTOR takes', async (t) => {
  const engine = openEngine({ cpu: 'ia32', physicalBytes: 16 << 20 });
  engine.restoreContext(engine.newContext());
  const memory = new GuestMemory(engine, 4, 'supervisor');
  engine.mapPages(CODE, 4096, Prot.RX);
  engine.mapPages(DATA, 4096, Prot.RW);
  const assembler = await openAssembler('ia32');
  const run = (...lines: string[]): void => {
    memory.write(CODE, assembler.assemble(lines.join('\n'), CODE));
    engine.codeChanged(CODE, 4096);
    engine.registers.set(X86.rip, CODE);
    t.is(engine.run(lines.length), Exit.Budget);
    engine.readFloat();
  };
  run('fninit', ...PUSHES);
  const ours = new DataView(new ArrayBuffer(Fsave.size));
  toFsave(fxsaveView(engine), ours, 0);
  run(`fnsave [${IMAGE}]`);
  const stored = new DataView(memory.bytes(IMAGE, Fsave.size).slice().buffer);
  t.deepEqual(known(ours), known(stored));
  // Physical registers from 0: three empty, the denormal (special), infinity (special), pi, 1 (valid), 0 (zero).
  t.is(ours.getUint16(Fsave.tag, true), 0b01_00_00_10_10_11_11_11);

  run(`frstor [${IMAGE}]`);
  const restored = fxsaveView(engine);
  const image = new DataView(new ArrayBuffer(Fxsave.size));
  fromFsave(stored, 0, image);
  for (let at = 0; at < Fxsave.opcode; at++) t.is(image.getUint8(at), restored.getUint8(at), `byte ${at}`);
  for (let i = 0; i < 8; i++) {
    for (let byte = 0; byte < 10; byte++) {
      const at = Fxsave.st + 16 * i + byte;
      t.is(image.getUint8(at), restored.getUint8(at), `st${i}, byte ${byte}`);
    }
  }
  engine.close();
});

test('a pending x87 exception is one that is raised and not masked', (t) => {
  const image = new Uint8Array(Fxsave.size);
  const view = new DataView(image.buffer);
  initialFxsave(image, X87Control.extended);
  view.setUint16(Fxsave.status, FloatException.all, true);
  t.is(pendingFloatExceptions(view), 0);
  view.setUint16(Fxsave.control, X87Control.extended & ~FloatException.overflow & ~FloatException.invalid, true);
  t.is(pendingFloatExceptions(view), FloatException.overflow | FloatException.invalid);
  view.setUint16(Fxsave.status, FloatException.divideByZero, true);
  t.is(pendingFloatExceptions(view), 0);
});

test('error codes and syndromes are the manuals’', (t) => {
  t.is(pageFaultError(Access.Read, false), 0b00100);
  t.is(pageFaultError(Access.Write, true), 0b00111);
  t.is(pageFaultError(Access.Fetch, true), 0b10101);
  t.is(Vector.page, 14);
  // IDT bit set, index 0x81.
  t.is(interruptGateError(0x81), 0x40a);
  t.is(abortSyndrome(Access.Read, false), 0x92000007);
  t.is(abortSyndrome(Access.Write, true), 0x9200004f);
  t.is(abortSyndrome(Access.Fetch, true), 0x8200000f);
  t.is(abortSyndrome(Access.Write, false, 0), 0x92000044);
  t.is(alignmentSyndrome(false), 0x92000021);
  t.is(alignmentSyndrome(true), 0x92000061);
  t.is(SP_ALIGNMENT_SYNDROME, 0x9a000000);
  t.is(UNDEFINED_SYNDROME, 0x02000000);
  t.is(brkSyndrome(0x1234), 0xf2001234);
});
