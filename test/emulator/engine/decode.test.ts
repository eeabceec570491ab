/** The decoder knows each instruction's length, opcode and ModRM, and where its memory operand lies. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { openDisassembler } from '../../../emulator/cpu/disassemble.js';
import { X86 } from '../../../emulator/cpu/registers.js';
import { Prot } from '../../../emulator/engine.js';
import type { CpuName, X86Instruction } from '../../../emulator/engine.js';
import { parseElf } from '../../../emulator/loader/elf.js';
import { CODE, DATA, Machine } from './machine.js';

const REGISTERS = {
  rax: 0x1000, rcx: 0x20, rdx: 0x300, rbx: DATA, rsi: 5, rdi: 7, rbp: DATA + 0x100, rsp: DATA + 0x8000,
}; // prettier-ignore

// Opcodes and ModRM bytes as in Intel SDM vol. 2's instruction pages.
const CASES: [CpuName, string, X86Instruction][] = [
  ['ia32', 'div ecx', { length: 2, opcode: 0xf7, rex: 0, operandBytes: 4, modrm: 0xf1 }],
  ['ia32', 'idiv byte ptr [ebx+esi*4+8]', { length: 4, opcode: 0xf6, rex: 0, operandBytes: 4, modrm: 0x7c, operandAddress: DATA + 28 }],
  ['ia32', 'div word ptr [ebp-0x10]', { length: 4, opcode: 0xf7, rex: 0, operandBytes: 2, modrm: 0x75, operandAddress: DATA + 0xf0 }],
  ['ia32', 'mov eax, [0x12345678]', { length: 5, opcode: 0xa1, rex: 0, operandBytes: 4 }],
  ['ia32', 'cpuid', { length: 2, opcode: 0x0fa2, rex: 0, operandBytes: 4 }],
  ['ia32', 'add dword ptr [esp+4], 0x11223344', { length: 8, opcode: 0x81, rex: 0, operandBytes: 4, modrm: 0x44, operandAddress: DATA + 0x8004 }],
  ['ia32', 'mov al, [bx+di]', { length: 3, opcode: 0x8a, rex: 0, operandBytes: 4, modrm: 1, operandAddress: 7 }],
  ['x86-64', 'idiv r9', { length: 3, opcode: 0xf7, rex: 0x49, operandBytes: 8, modrm: 0xf9 }],
  ['x86-64', 'div qword ptr [rip+0x10]', { length: 7, opcode: 0xf7, rex: 0x48, operandBytes: 8, modrm: 0x35, operandAddress: CODE + 7 + 0x10 }],
  ['x86-64', 'div dword ptr [rbp+rcx*8+0x80]', { length: 7, opcode: 0xf7, rex: 0, operandBytes: 4, modrm: 0xb4, operandAddress: DATA + 0x280 }],
  ['x86-64', 'movbe eax, [rbx]', { length: 4, opcode: 0x0f38f0, rex: 0, operandBytes: 4, modrm: 3, operandAddress: DATA }],
  ['x86-64', 'mov eax, gs:[rsi]', { length: 3, opcode: 0x8b, rex: 0, operandBytes: 4, modrm: 6, operandAddress: 0x5005 }],
  ['x86-64', 'mov eax, [ebx-0x20001]', { length: 7, opcode: 0x8b, rex: 0, operandBytes: 4, modrm: 0x83, operandAddress: 0xffffffff }],
  ['x86-64', 'mov rax, [rbx-0x20001]', { length: 7, opcode: 0x8b, rex: 0x48, operandBytes: 8, modrm: 0x83, operandAddress: -1 }],
]; // prettier-ignore

for (const [cpu, text, expected] of CASES) {
  test(`${cpu}: ${text}`, (t) => {
    const m = new Machine(cpu).code(text).set(REGISTERS);
    if (cpu === 'x86-64') m.engine.registers.set(X86.gsBase, 0x5000);
    t.deepEqual(m.engine.decode(CODE), expected);
    m.close();
  });
}

test('nothing can be decoded where nothing is mapped, where an instruction is cut off, and on arm64', (t) => {
  const m = new Machine('x86-64');
  m.engine.unmapPages(CODE + 0x1000, 0x3000);
  m.put(CODE + 0xffe, [0x81, 0x05]);
  t.is(m.engine.decode(0x900000), undefined);
  t.is(m.engine.decode(CODE + 0xffe), undefined);
  m.put(CODE + 0xffe, [0xf7, 0xf1]);
  t.is(m.engine.decode(CODE + 0xffe)?.length, 2);
  m.close();
  const arm = new Machine('arm64').code('nop');
  t.is(arm.engine.decode(CODE), undefined);
  arm.close();
});

const built = (code: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../../../fixtures/built/${code}/lisp`, import.meta.url)));

for (const [cpu, code] of [
  ['ia32', 'lii3gc'],
  ['x86-64', 'lii6ll'],
] as const) {
  test(`${cpu}: lengths are those that Capstone finds, through the code of a program`, async (t) => {
    const disassembler = await openDisassembler(cpu);
    const bytes = built(code);
    const text = parseElf(bytes, code).segments.find((segment) => segment.prot === Prot.RX);
    if (!text) return t.fail('no code');
    const m = new Machine(cpu);
    const base = 0x100000;
    m.engine.mapPages(base, Math.ceil(text.data.length / 4096) * 4096, Prot.RX);
    m.put(base, text.data);
    let count = 0;
    for (const instruction of disassembler.disassemble(text.data, base)) {
      if (instruction.mnemonic === '.byte') continue;
      const ours = m.engine.decode(instruction.address);
      if (ours?.length !== instruction.size)
        return t.fail(`${instruction.text} at ${instruction.address - base}: ${ours?.length}, not ${instruction.size}`);
      count++;
    }
    t.true(count > 1000, `${count} instructions`);
    m.close();
  });
}
