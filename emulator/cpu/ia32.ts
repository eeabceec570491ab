/** IA-32: register names, DWARF numbers and roles. Source: System V i386 psABI, 2.2.1 and table 2.14. */
import type { Cpu, RegisterName, Roles } from './cpu.js';
import { X86 } from './registers.js';
import { xmm } from './x86-64.js';

const general: readonly [name: string, slot: number, parts: string[]][] = [
  ['eax', X86.rax, ['ax', 'al', 'ah']],
  ['ecx', X86.rcx, ['cx', 'cl', 'ch']],
  ['edx', X86.rdx, ['dx', 'dl', 'dh']],
  ['ebx', X86.rbx, ['bx', 'bl', 'bh']],
  ['esp', X86.rsp, ['sp']],
  ['ebp', X86.rbp, ['bp']],
  ['esi', X86.rsi, ['si']],
  ['edi', X86.rdi, ['di']],
];

const segments: readonly [name: string, slot: number][] = [
  ['es', X86.es],
  ['cs', X86.cs],
  ['ss', X86.ss],
  ['ds', X86.ds],
  ['fs', X86.fs],
  ['gs', X86.gs],
];

const registers: RegisterName[] = [
  ...general.map(([name, slot, aliases], dwarf): RegisterName => ({ name, slot, bits: 32, aliases, dwarf })),
  { name: 'eip', slot: X86.rip, bits: 32, aliases: ['pc'], dwarf: 8 },
  { name: 'eflags', slot: X86.rflags, bits: 32, aliases: [], dwarf: 9 },
  ...segments.map(([name, slot], i): RegisterName => ({ name, slot, bits: 32, aliases: [], dwarf: 40 + i })),
  { name: 'fs_base', slot: X86.fsBase, bits: 32, aliases: ['fs.base'] },
  { name: 'gs_base', slot: X86.gsBase, bits: 32, aliases: ['gs.base'] },
];

/** The same in cdecl, stdcall, Linux and FreeBSD: everything on the stack. */
const roles: Roles = {
  arguments: [],
  results: [X86.rax, X86.rdx],
  calleeSaved: [X86.rbx, X86.rsi, X86.rdi, X86.rbp],
  scratch: [X86.rax, X86.rcx, X86.rdx],
  framePointer: X86.rbp,
  calleeSavedVectors: [],
  reserved: [],
};

export const ia32: Cpu = {
  name: 'ia32',
  wordSize: 4,
  registers,
  vectors: xmm(8, 21),
  pc: X86.rip,
  sp: X86.rsp,
  flags: X86.rflags,
  roles: () => roles,
};
