/** What ARM64 says of an exception: the syndrome register ESR_EL1. Source: Arm ARM (DDI 0487), D17.2.37. */
import { Access } from '../engine.js';

/** Exceptions as the engine numbers them (Exit.Interrupt). */
export const ArmException = { undefined: 1, dataAbort: 4, breakpoint: 7, pcAlignment: 0x22, spAlignment: 0x26 } as const;

/** Exception class, bits 31:26; aborts are those from EL0. */
const Class = { unknown: 0x00, instructionAbort: 0x20, pcAlignment: 0x22, dataAbort: 0x24, spAlignment: 0x26, brk: 0x3c } as const;
/** IL: a 32-bit instruction. */
const INSTRUCTION_32 = 1 << 25;
/** WnR: the access was a write. */
const WRITE = 1 << 6;
/** Fault status codes, bits 5:0: a translation fault with the level of the table in its low bits, a permission fault at the last. */
const FaultStatus = { translation: 0x04, permission: 0x0f, alignment: 0x21 } as const;
const LAST_LEVEL = 3;

function syndrome(exceptionClass: number, specific: number): number {
  return ((exceptionClass << 26) | INSTRUCTION_32 | specific) >>> 0;
}

/** A refused access; `permission`: there is a page, and it refuses; else the table at `level` has no entry. */
export function abortSyndrome(access: number, permission: boolean, level = LAST_LEVEL): number {
  const status = permission ? FaultStatus.permission : FaultStatus.translation + level;
  return syndrome(access === Access.Fetch ? Class.instructionAbort : Class.dataAbort, (access === Access.Write ? WRITE : 0) | status);
}

export function alignmentSyndrome(store: boolean): number {
  return syndrome(Class.dataAbort, (store ? WRITE : 0) | FaultStatus.alignment);
}
export const PC_ALIGNMENT_SYNDROME = syndrome(Class.pcAlignment, 0);
export const SP_ALIGNMENT_SYNDROME = syndrome(Class.spAlignment, 0);
export const UNDEFINED_SYNDROME = syndrome(Class.unknown, 0);

export function brkSyndrome(immediate: number): number {
  return syndrome(Class.brk, immediate & 0xffff);
}

/** PSTATE's condition flags, where SPSR has them (D17.2.140). */
export const Pstate = { C: 0x20000000, NZCV: 0xf0000000 } as const;
