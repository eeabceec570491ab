/** How the files of Win32 functions write them: all are stdcall on IA-32. */
import type { Signature } from '../../emulator/abi/signature.js';
import { hostFunction, type HostBody, type HostFunction } from '../../emulator/process/host-call.js';

export function win32<const S extends string>(name: string, signature: Signature<S>, run: HostBody<S>): HostFunction {
  return hostFunction<S>(name, signature, run, 'stdcall');
}

export const FALSE = 0;
export const TRUE = 1;
/** Milliseconds that mean for ever. */
export const INFINITE = 0xffffffff;
export const UNITS_PER_MILLISECOND = 1_000_000;
