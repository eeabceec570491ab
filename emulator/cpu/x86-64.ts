/** x86-64: register names, DWARF numbers and roles. Sources: AMD64 psABI 3.2.1 and figure 3.36; Microsoft's x64 convention. */
import type { ConventionName, Cpu, RegisterName, Roles, VectorName } from './cpu.js';
import { Fxsave, XMM_BYTES } from './fxsave.js';
import { FLOAT_OFFSET, X86 } from './registers.js';

const general: readonly [name: string, slot: number, dwarf: number][] = [
  ['rax', X86.rax, 0],
  ['rdx', X86.rdx, 1],
  ['rcx', X86.rcx, 2],
  ['rbx', X86.rbx, 3],
  ['rsi', X86.rsi, 4],
  ['rdi', X86.rdi, 5],
  ['rbp', X86.rbp, 6],
  ['rsp', X86.rsp, 7],
  ['r8', X86.r8, 8],
  ['r9', X86.r9, 9],
  ['r10', X86.r10, 10],
  ['r11', X86.r11, 11],
  ['r12', X86.r12, 12],
  ['r13', X86.r13, 13],
  ['r14', X86.r14, 14],
  ['r15', X86.r15, 15],
];

/** Names of the low parts: eax, ax, al, ah; r8d, r8w, r8b; esi, si, sil. */
function partsOf(name: string): string[] {
  if (/\d/.test(name)) return [`${name}d`, `${name}w`, `${name}b`];
  const word = name.slice(1);
  const letter = word[0];
  return word.endsWith('x') ? [`e${word}`, word, `${letter}l`, `${letter}h`] : [`e${word}`, word, `${word}l`];
}

const registers: RegisterName[] = [
  ...general.map(([name, slot, dwarf]): RegisterName => ({ name, slot, bits: 64, aliases: partsOf(name), dwarf })),
  { name: 'rip', slot: X86.rip, bits: 64, aliases: ['pc'], dwarf: 16 },
  { name: 'rflags', slot: X86.rflags, bits: 64, aliases: ['eflags'], dwarf: 49 },
  { name: 'es', slot: X86.es, bits: 32, aliases: [], dwarf: 50 },
  { name: 'cs', slot: X86.cs, bits: 32, aliases: [], dwarf: 51 },
  { name: 'ss', slot: X86.ss, bits: 32, aliases: [], dwarf: 52 },
  { name: 'ds', slot: X86.ds, bits: 32, aliases: [], dwarf: 53 },
  { name: 'fs', slot: X86.fs, bits: 32, aliases: [], dwarf: 54 },
  { name: 'gs', slot: X86.gs, bits: 32, aliases: [], dwarf: 55 },
  { name: 'fs_base', slot: X86.fsBase, bits: 64, aliases: ['fs.base'], dwarf: 58 },
  { name: 'gs_base', slot: X86.gsBase, bits: 64, aliases: ['gs.base'], dwarf: 59 },
];

/** XMM registers of the FXSAVE image. */
export function xmm(count: number, dwarf: number): VectorName[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `xmm${i}`,
    offset: FLOAT_OFFSET + Fxsave.xmm + XMM_BYTES * i,
    bytes: XMM_BYTES,
    dwarf: dwarf + i,
  }));
}

const all = general.map(([, slot]) => slot);

function roles(args: number[], results: number[], calleeSaved: number[], calleeSavedVectors: number[]): Roles {
  return {
    arguments: args,
    results,
    calleeSaved,
    scratch: all.filter((slot) => slot !== X86.rsp && !calleeSaved.includes(slot)),
    framePointer: X86.rbp,
    calleeSavedVectors,
    reserved: [],
  };
}

const { rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r12, r13, r14, r15 } = X86;
const sysv = roles([rdi, rsi, rdx, rcx, r8, r9], [rax, rdx], [rbx, rbp, r12, r13, r14, r15], []);
const windows = roles([rcx, rdx, r8, r9], [rax], [rbx, rbp, rdi, rsi, r12, r13, r14, r15], [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

export const x8664: Cpu = {
  name: 'x86-64',
  wordSize: 8,
  registers,
  vectors: xmm(16, 17),
  pc: X86.rip,
  sp: X86.rsp,
  flags: X86.rflags,
  roles: (convention: ConventionName) => (convention === 'win64' ? windows : sysv),
};
