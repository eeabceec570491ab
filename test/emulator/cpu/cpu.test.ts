/** Register names and roles as the psABIs list them, and code as text there and back. */
import test from 'ava';
import { abiFor } from '../../../emulator/abi/index.js';
import type { Abi } from '../../../emulator/abi/abi.js';
import { openAssembler } from '../../../emulator/cpu/assemble.js';
import { openDisassembler } from '../../../emulator/cpu/disassemble.js';
import { cpus, registerAt, registerNamed, registerOfDwarf } from '../../../emulator/cpu/index.js';
import { A64, X86 } from '../../../emulator/cpu/registers.js';
import { Exit, Prot, type CpuName } from '../../../emulator/engine.js';
import { GuestMemory } from '../../../emulator/memory/guest-memory.js';
import { openEngine } from '../../../emulator/native-engine.js';
import { there } from '../../there.js';

const conventions: Record<CpuName, Abi['name'][]> = {
  ia32: ['cdecl', 'stdcall', 'sysv-i386', 'freebsd-i386'],
  'x86-64': ['sysv-x86-64', 'win64'],
  arm64: ['aapcs64', 'apple-arm64'],
};
const names = Object.keys(cpus) as CpuName[];

const ia32Kept = ['ebx', 'esi', 'edi', 'ebp'];
const arm64Kept = ['x19', 'x20', 'x21', 'x22', 'x23', 'x24', 'x25', 'x26', 'x27', 'x28', 'x29'];
/** Registers that a called function gives back as they were: i386 psABI 2.2.1, AMD64 psABI 3.2.1, Microsoft's x64 convention, AAPCS64 6.1.1. */
const kept: Record<Abi['name'], string[]> = {
  cdecl: ia32Kept,
  stdcall: ia32Kept,
  'sysv-i386': ia32Kept,
  'freebsd-i386': ia32Kept,
  'sysv-x86-64': ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'],
  win64: ['rbx', 'rbp', 'rdi', 'rsi', 'r12', 'r13', 'r14', 'r15'],
  aapcs64: arm64Kept,
  'apple-arm64': arm64Kept,
};

test('names, slots and DWARF numbers are one to one', (t) => {
  for (const name of names) {
    const cpu = cpus[name];
    const all = cpu.registers.flatMap((r) => [r.name, ...r.aliases]);
    t.is(new Set(all).size, all.length, name);
    t.is(new Set(cpu.registers.map((r) => r.slot)).size, cpu.registers.length);
    const dwarf = [...cpu.registers, ...cpu.vectors].flatMap((r) => r.dwarf ?? []);
    t.is(new Set(dwarf).size, dwarf.length);
    for (const register of cpu.registers) t.is(registerAt(cpu, register.slot), register);
  }
  t.is(registerNamed(cpus['x86-64'], 'EDI')?.slot, X86.rdi);
  t.is(registerNamed(cpus['x86-64'], 'r9d')?.slot, X86.r9);
  t.is(registerNamed(cpus.ia32, 'eax')?.slot, X86.rax);
  t.is(registerNamed(cpus.ia32, 'rax'), undefined);
  t.is(registerNamed(cpus.arm64, 'lr')?.slot, A64.lr);
  t.is(registerOfDwarf(cpus['x86-64'], 7)?.name, 'rsp');
  t.is(registerOfDwarf(cpus['x86-64'], 17)?.name, 'xmm0');
  t.is(registerOfDwarf(cpus.ia32, 4)?.name, 'esp');
  t.is(registerOfDwarf(cpus.arm64, 64 + 31)?.name, 'v31');
});

test('roles agree with the calling conventions', (t) => {
  const none = { readFloat() {}, writeFloat() {} };
  for (const name of names) {
    const cpu = cpus[name];
    for (const convention of conventions[name]) {
      const abi = abiFor(convention, none);
      const roles = cpu.roles(convention);
      t.deepEqual(
        roles.calleeSaved.map((slot) => registerAt(cpu, slot)?.name),
        kept[convention],
        convention,
      );
      t.is(abi.pc, cpu.pc);
      t.is(abi.sp, cpu.sp);
      t.is(abi.wordSize, cpu.wordSize);
      t.deepEqual(
        roles.scratch.filter((slot) => roles.calleeSaved.includes(slot)),
        [],
      );
      t.true(roles.arguments.every((slot) => roles.scratch.includes(slot)));
    }
  }
});

const samples: Record<CpuName, string[]> = {
  ia32: ['mov eax, dword ptr [ebp + 8]', 'push ebx', 'call 0x401100', 'movsd xmm0, qword ptr [esp + 4]', 'ret 4'],
  'x86-64': ['mov rax, qword ptr [rip + 0x10]', 'lock cmpxchg qword ptr [rdi], rsi', 'movdqu xmm1, xmmword ptr [rax]', 'syscall', 'ret'],
  arm64: ['ldp x29, x30, [sp], #0x20', 'stlxr w1, x0, [x2]', 'b 0x401100', 'fmov d0, x1', 'ret'],
};

test('assembly there and back', async (t) => {
  for (const name of names) {
    const [assembler, disassembler] = [await openAssembler(name), await openDisassembler(name)];
    const code = assembler.assemble(samples[name].join('\n'), 0x401000);
    const back = disassembler.disassemble(code, 0x401000);
    t.deepEqual(
      back.map((i) => i.text.replace('#0x401100', '0x401100')),
      samples[name],
      name,
    );
    t.is(back[1].address, 0x401000 + back[0].size);
    t.is(disassembler.disassemble(code, 0x401000, 2).length, 2);
    t.throws(() => assembler.assemble('no such instruction'), { instanceOf: SyntaxError });
  }
});

test('bytes that are no instruction are shown as data', async (t) => {
  const x = await openDisassembler('x86-64');
  t.deepEqual(
    x.disassemble(Uint8Array.of(0x06, 0x90, 0x0f), 0).map((i) => i.text),
    ['.byte 0x06', 'nop', '.byte 0x0f'],
  );
  const a = await openDisassembler('arm64');
  t.deepEqual(
    a.disassemble(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xc0, 0x03, 0x5f, 0xd6), 0).map((i) => i.text),
    ['.inst 0xffffffff', 'ret'],
  );
  t.is(a.disassemble(Uint8Array.of(1, 2), 0x7fff00001000)[0].address, 0x7fff00001000);
});

test('named registers are the engine’s', async (t) => {
  const programs: Record<CpuName, string> = {
    ia32: ['eax', 'ecx', 'edx', 'ebx', 'ebp', 'esi', 'edi'].map((r, i) => `mov ${r}, ${0x100 + i}`).join('\n'),
    'x86-64': ['rax', 'rcx', 'rdx', 'rbx', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15']
      .map((r, i) => `mov ${r}, ${0x100 + i}`)
      .join('\n'),
    arm64: Array.from({ length: 31 }, (_, i) => `mov x${i}, #${0x100 + i}`).join('\n'),
  };
  for (const name of names) {
    const engine = openEngine({ cpu: name, physicalBytes: 16 << 20 });
    const cpu = cpus[name];
    engine.restoreContext(engine.newContext());
    const code = (await openAssembler(name)).assemble(programs[name], 0x1000);
    engine.mapPages(0x1000, 4096, Prot.RX);
    new GuestMemory(engine, cpu.wordSize, 'supervisor').write(0x1000, code);
    engine.registers.set(cpu.pc, 0x1000);
    const lines = programs[name].split('\n');
    t.is(engine.run(lines.length), Exit.Budget);
    for (const line of lines) {
      const [, register, value] = there(/(\w+), #?(\d+)/.exec(line));
      t.is(engine.registers.get(there(registerNamed(cpu, register)).slot), Number(value), `${name} ${register}`);
    }
    t.is(engine.registers.get(cpu.pc), 0x1000 + code.length);
    engine.close();
  }
});
