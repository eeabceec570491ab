/** What the three CPUs have in common: named registers, their places in the register block, and their roles in calling conventions. */
import type { CpuName } from '../engine.js';

/** Calling conventions: System V's three, Windows', and ARM's two. */
export type ConventionName = 'cdecl' | 'stdcall' | 'sysv-i386' | 'freebsd-i386' | 'sysv-x86-64' | 'win64' | 'aapcs64' | 'apple-arm64';

export interface RegisterName {
  /** The psABI's name. */
  name: string;
  /** Slot in the register block. */
  slot: number;
  bits: 32 | 64;
  /** Other names of it and of its parts: fp for x29, eax for rax. */
  aliases: readonly string[];
  /** Number in DWARF tables of this CPU; undefined: it has none. */
  dwarf?: number;
}

export interface VectorName {
  name: string;
  /** Byte offset in the register block, and size. */
  offset: number;
  bytes: number;
  dwarf?: number;
}

/** Slots by what a convention does with them. */
export interface Roles {
  /** Integer arguments in order. */
  arguments: readonly number[];
  results: readonly number[];
  calleeSaved: readonly number[];
  /** A called function may change these (arguments and results among them). */
  scratch: readonly number[];
  framePointer: number;
  /** Vector registers that a called function keeps: numbers. On ARM64 their low halves only. */
  calleeSavedVectors: readonly number[];
  /** Neither: the platform's own (x18). */
  reserved: readonly number[];
}

export interface Cpu {
  readonly name: CpuName;
  readonly wordSize: 4 | 8;
  readonly registers: readonly RegisterName[];
  readonly vectors: readonly VectorName[];
  readonly pc: number;
  readonly sp: number;
  readonly flags: number;
  /** Conventions of this CPU. */
  roles(convention: ConventionName): Roles;
}

/** A register by its name or an alias, in any case. */
export function registerNamed(cpu: Cpu, name: string): RegisterName | undefined {
  const wanted = name.toLowerCase();
  return cpu.registers.find((register) => register.name === wanted || register.aliases.includes(wanted));
}

export function registerAt(cpu: Cpu, slot: number): RegisterName | undefined {
  return cpu.registers.find((register) => register.slot === slot);
}

export function registerOfDwarf(cpu: Cpu, number: number): RegisterName | VectorName | undefined {
  return cpu.registers.find((register) => register.dwarf === number) ?? cpu.vectors.find((vector) => vector.dwarf === number);
}
