/** A divide error is told from an overflow by the divisor, wherever it lies; privileged instructions from other causes of #GP. */
import test from 'ava';
import { Prot, type CpuName } from '../../../emulator/engine.js';
import { X86 } from '../../../emulator/cpu/registers.js';
import { GuestMemory } from '../../../emulator/memory/guest-memory.js';
import { Status } from '../../../platforms/windows/status.js';
import { divideStatus, privileged } from '../../../platforms/windows/trapped-instruction.js';
import { CODE, DATA, Machine } from '../../emulator/engine/machine.js';

const ZERO = Status.INTEGER_DIVIDE_BY_ZERO;
const OVERFLOW = Status.INTEGER_OVERFLOW;

// Every register is all ones but rdx; DATA+8 holds 5, all else there is zero. The dividend is large: a divisor that
// is not zero makes an overflow.
const DIVIDES: [CpuName, string, number][] = [
  ['ia32', 'div dh', ZERO],
  ['ia32', 'div dl', OVERFLOW],
  ['ia32', 'idiv dx', OVERFLOW],
  ['ia32', 'div word ptr [0x20008]', OVERFLOW],
  ['ia32', 'div word ptr [0x2000a]', ZERO],
  ['ia32', 'div dword ptr [edi+8]', OVERFLOW],
  ['ia32', 'idiv dword ptr [edi+0x10]', ZERO],
  ['ia32', 'aam 0', ZERO],
  ['x86-64', 'div sil', OVERFLOW],
  ['x86-64', 'div dh', ZERO],
  ['x86-64', 'div qword ptr [rdi+8]', OVERFLOW],
  ['x86-64', 'div qword ptr [rdi+9]', ZERO],
  ['x86-64', 'div dword ptr [rip+0x10]', ZERO],
  ['x86-64', 'div byte ptr gs:[8]', OVERFLOW],
  ['x86-64', 'div byte ptr gs:[9]', ZERO],
];

for (const [cpu, text, expected] of DIVIDES) {
  test(`${cpu}: ${text}`, (t) => {
    const m = new Machine(cpu).code(text);
    const { registers } = m.engine;
    for (let slot = X86.rax; slot <= X86.r15; slot++) registers.set(slot, cpu === 'ia32' ? 0xffffffff : -1);
    registers.set(X86.rdx, 5);
    registers.set(X86.rdi, DATA);
    if (cpu === 'x86-64') registers.set(X86.gsBase, DATA);
    m.put(DATA + 8, [5]);
    t.is(m.run(), 'Interrupt');
    t.is(m.exit.number, 0);
    t.is(divideStatus(m.engine, new GuestMemory(m.engine, cpu === 'ia32' ? 4 : 8, 'supervisor'), m.pc), expected);
    m.close();
  });
}

test('a divisor that can no longer be read counts as zero', (t) => {
  const m = new Machine('x86-64').code('div qword ptr [rdi]').set({ rdi: 0x900000 });
  t.is(divideStatus(m.engine, new GuestMemory(m.engine, 8, 'supervisor'), CODE), ZERO);
  m.close();
});

for (const [cpu, text, expected] of [
  ['ia32', 'hlt', true],
  ['ia32', 'mov cr0, eax', true],
  ['ia32', 'in al, dx', true],
  ['x86-64', 'rep outsb', true],
  ['x86-64', 'mov rax, cr2', true],
  ['x86-64', 'rdmsr', true],
  ['x86-64', 'invd', true],
  ['x86-64', 'mov gs, ax', false],
  ['x86-64', 'mov rax, [rbx]', false],
] as const) {
  test(`${cpu}: ${text} is ${expected ? '' : 'not '}privileged`, (t) => {
    const m = new Machine(cpu, {}, Prot.RX).code(text);
    t.is(privileged(m.engine, CODE), expected);
    m.close();
  });
}
