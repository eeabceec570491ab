/** ARM64: register names, DWARF numbers and roles. Sources: AAPCS64 6.1; DWARF for the Arm 64-bit architecture. */
import type { Cpu, RegisterName, Roles } from './cpu.js';
import { A64, FLOAT_OFFSET } from './registers.js';

/** x16, x17: between a call and its target; x29 the frame pointer, x30 the link register. */
const other: Record<number, string[]> = { 16: ['ip0'], 17: ['ip1'], 29: ['fp'], 30: ['lr'] };

const registers: RegisterName[] = [
  ...Array.from({ length: 31 }, (_, i): RegisterName => ({
    name: `x${i}`,
    slot: i,
    bits: 64,
    aliases: [`w${i}`, ...(other[i] ?? [])],
    dwarf: i,
  })),
  { name: 'sp', slot: A64.sp, bits: 64, aliases: ['wsp'], dwarf: 31 },
  { name: 'pc', slot: A64.pc, bits: 64, aliases: [], dwarf: 32 },
  { name: 'pstate', slot: A64.pstate, bits: 32, aliases: ['cpsr', 'nzcv'] },
  { name: 'tpidr_el0', slot: A64.tpidr, bits: 64, aliases: ['tpidr'], dwarf: 36 },
  { name: 'tpidrro_el0', slot: A64.tpidrro, bits: 64, aliases: ['tpidrro'], dwarf: 35 },
  { name: 'fpsr', slot: A64.fpsr, bits: 32, aliases: [] },
  { name: 'fpcr', slot: A64.fpcr, bits: 32, aliases: [] },
];

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function roles(apple: boolean): Roles {
  return {
    arguments: range(0, 7),
    results: [A64.x0, A64.x1],
    calleeSaved: range(19, 29),
    scratch: [...range(0, 17), ...(apple ? [] : [A64.x18]), A64.lr],
    framePointer: A64.fp,
    calleeSavedVectors: range(8, 15),
    reserved: apple ? [A64.x18] : [],
  };
}

const aapcs = roles(false);
const darwin = roles(true);

export const arm64: Cpu = {
  name: 'arm64',
  wordSize: 8,
  registers,
  vectors: Array.from({ length: 32 }, (_, i) => ({ name: `v${i}`, offset: FLOAT_OFFSET + 16 * i, bytes: 16, dwarf: 64 + i })),
  pc: A64.pc,
  sp: A64.sp,
  flags: A64.pstate,
  roles: (convention) => (convention === 'apple-arm64' ? darwin : aapcs),
};
