/** A fault in words, for the line that says what a program died of. */
import { Access } from '../../emulator/engine.js';
import { hexAddress } from '../../emulator/memory/hex-address.js';
import type { MemoryFault } from '../../emulator/process/os-model.js';
import type { Process } from '../../emulator/process/process.js';

/** How far below a stack an access is still its overflow. */
const STACK_REACH = 0x100000;

/** 'read from 0x0, which is not mapped'. */
export function describeFault(process: Process, fault: MemoryFault, mapped: boolean): string {
  const verb = fault.access === Access.Fetch ? 'jump to' : fault.access === Access.Write ? 'write to' : 'read from';
  if (!fault.canonical) return `${verb} a non-canonical address`;
  const thread = process.current;
  const below = thread !== undefined && fault.address < thread.stackBase && fault.address >= thread.stackBase - STACK_REACH;
  // Below a stack there is nothing, or its guard.
  const overflow = below && process.engine.protection(fault.address) <= 0;
  const state = overflow ? ' below the stack (stack overflow)' : mapped ? ', which is protected against it' : ', which is not mapped';
  return `${verb} ${hexAddress(fault.address)}${state}`;
}
