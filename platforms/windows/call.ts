/** How the files of Win32 functions write them: all are stdcall on IA-32. */
import type { Value } from '../../emulator/abi/abi.js';
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';

export function win32(
  name: string,
  signature: string,
  run: (call: HostCall, ...args: any[]) => Value | RegistersReplaced | void,
): HostFunction {
  return { name, signature, convention: 'stdcall', run };
}

export const FALSE = 0;
export const TRUE = 1;
/** Milliseconds that mean for ever. */
export const INFINITE = 0xffffffff;
export const UNITS_PER_MILLISECOND = 1_000_000;
