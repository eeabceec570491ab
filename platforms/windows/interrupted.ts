/**
 * Who was interrupted: the registers that find a function and its callers, out of the CONTEXT that the kernel has laid for
 * KiUserExceptionDispatcher or KiUserApcDispatcher. Where it lies follows from those functions (fixtures/guest/ntdll).
 */
import { Prot } from '../../emulator/engine.js';
import type { FrameRegisters } from '../../emulator/process/os-model.js';
import type { Core } from './core.js';
import type { Ntdll } from './ntdll.js';

/** Of the dispatchers' code up to where all of their calls are made. */
const DISPATCHER_BYTES = 0x30;
/** Rbp, Ebp. */
const FRAME_POINTER = { 4: 0xb4, 8: 0xa0 } as const;

/** `pc` is an address in a dispatcher, or behind its call of the handlers; SP is what it is there. */
export function interruptedBy({ process, layout }: Core, ntdll: Ntdll, pc: number, sp: number): FrameRegisters | undefined {
  if (!ntdll.isLoaded) return undefined;
  const { space, supervisor } = process;
  const word = (address: number): number | undefined =>
    [address, address + layout.wordSize - 1].every((at) => at >= 0 && (space.protection(at) ?? Prot.None) !== Prot.None)
      ? supervisor.word(address)
      : undefined;
  const within = (start: number): boolean => pc >= start && pc < start + DISPATCHER_BYTES;
  let context: number | undefined;
  if (within(ntdll.userExceptionDispatcher)) {
    // IA-32: record and CONTEXT are named by the kernel's two words, and pushed again for the call.
    context = layout.wordSize === 8 ? sp : word(sp + layout.wordSize);
  } else if (within(ntdll.userApcDispatcher)) {
    if (layout.wordSize === 8) context = sp;
  }
  if (context === undefined) return undefined;
  const [at, up, fp] = [layout.context.rip, layout.context.rsp, FRAME_POINTER[layout.wordSize]].map((place) =>
    word((context ?? 0) + place),
  );
  return at === undefined || up === undefined || fp === undefined ? undefined : { pc: at, sp: up, fp };
}
