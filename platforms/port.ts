/**
 * What the MPS needs of a platform, in the MPS's own division of its platform
 * files (vm, prot, th, prmc, ss, lock, clock). Each OS implements it through its
 * own modelled calls. This is the only view of the world that mps/ has.
 */
import type { Value, VarArgs, Word } from '../emulator/abi/abi.js';
import type { EventStream } from '../emulator/events.js';
import type { MemoryView } from '../emulator/memory/memory-view.js';
import type { Arguments, Result, Signature } from '../emulator/abi/signature.js';
import { hostFunction, type HostBody, type HostCall, type HostFunction, type HostLibrary } from '../emulator/process/host-call.js';
import { Access } from '../emulator/engine.js';
import { GuestFault } from '../emulator/memory/memory-view.js';
import type { ExitStatus } from '../emulator/process/os-model.js';
import type { Platform } from './codes.js';
import { OptionError } from './option-error.js';

export { present } from '../emulator/present.js';
export { Access, GuestFault, hostFunction, OptionError };
export * from '../emulator/event-schema.js';
export type { EventStream, Arguments, HostBody, HostCall, HostFunction, HostLibrary, MemoryView, Result, Signature, Value, VarArgs, Word };

/** Kinds of access that a barrier forbids (MPS AccessSet). */
export const AccessSet = { Empty: 0, Read: 1, Write: 2, ReadWrite: 3 } as const;

/** Where a thread stands: at an instruction, or (`returned`) behind the call that it is in. */
export interface Standing {
  pc: number;
  returned: boolean;
}

/** A piece of memory to scan word by word as ambiguous references. */
export interface ScanArea {
  base: number;
  limit: number;
  kind: 'stack' | 'registers';
  /** Name of the word at `address`: 'rbx' (a register's place in the context), '[rsp+0x18]' (a stack slot). For people. */
  nameOf(address: number): string;
  /** Where its thread stood: by the context that was read, or at its call of the MPS. */
  stood: Standing;
}

/** A registered thread (MPS Thread). */
export interface PortThread {
  /** Thread number as shown to people. */
  readonly id: number;
}

/** What of a platform the MPS depends on. */
export type PortPlatform = Pick<
  Platform,
  'code' | 'wordSize' | 'longSize' | 'doubleAlign' | 'pageSize' | 'mpsAlign' | 'topDown' | 'structuredExceptions'
>;

export interface Port {
  readonly platform: PortPlatform;
  /** Guest memory whatever its protection (the MPS's own accesses, always with segments exposed). */
  readonly memory: MemoryView;
  readonly events: EventStream;
  /** Physical memory for scanning loops: offsets come from memory.physical(). */
  readonly physical: ArrayBuffer;

  // vm: address space. Sizes and addresses are multiples of the page size; reserve returns a multiple of `align`.
  /** VMInit. Undefined: no address space (MPS_RES_RESOURCE). */
  vmReserve(size: number, options: { topDown: boolean }): number | undefined;
  /** VMMap: memory becomes readable, writable (and executable where the OS allows). False: MPS_RES_MEMORY. */
  vmMap(base: number, limit: number): boolean;
  /** VMUnmap: contents are lost, the reservation stays. */
  vmUnmap(base: number, limit: number): void;
  /** VMFinish. */
  vmRelease(base: number, size: number): void;

  // prot: protection. `mode` is what is denied.
  protSet(base: number, limit: number, mode: number): void;
  /**
   * ProtSetup: install the fault handler by the OS's own route. `handler` gets the exact faulting address and
   * the AccessSet the OS reports (POSIX and macOS: ReadWrite, it cannot tell); true = handled, resume.
   */
  protSetup(handler: (address: number, mode: number) => boolean): void;

  // th: threads.
  /** Register the calling thread. Undefined: MPS_RES_RESOURCE. */
  threadRegister(): PortThread | undefined;
  threadDeregister(thread: PortThread): void;
  isCurrent(thread: PortThread): boolean;
  /** False: the thread is dead. Never called for the current thread. */
  threadSuspend(thread: PortThread): boolean;
  threadResume(thread: PortThread): boolean;
  /** Stack and register areas of a suspended thread with that cold end: [] if SP >= cold, undefined if its context can't be had. */
  threadAreas(thread: PortThread, cold: number): ScanArea[] | undefined;

  // ss: the calling thread's own stack.
  /**
   * STACK_CONTEXT_BEGIN .. END: called on entry to an MPS function that may collect: saves the callee-saved
   * registers with this platform's setjmp in a jmp_buf on the caller's stack (as the MPS's frame would be there)
   * and notes the warm end. Returns what stackEnd undoes it by.
   */
  stackBegin(call: HostCall): number;
  /** On the way out, whatever was begun further in. */
  stackEnd(depth: number): void;
  /** [warm, cold) of the calling thread (the jmp_buf, then the client's frames); undefined if no stackBegin is in force. */
  currentAreas(cold: number): ScanArea[] | undefined;

  /** Call a guest function on the thread that is in the MPS now. */
  callGuest<const S extends string>(address: number, signature: Signature<S>, args: Arguments<S>): Result<S>;
  /** Take stack of the thread that is in the MPS now, until its host call returns. */
  pushStack(bytes: number, align?: number): number;
  /** The host call that is running now (the client's entry into the MPS), if any. */
  currentCall(): HostCall | undefined;
  /** The call that is running, for people: 'libmps!mps_arena_destroy', called from 'prog!main+0x12 (prog.c:33)'. */
  describeCall(call: HostCall): { callee: string; caller: string };

  /** The process has ended. */
  readonly ended: boolean;
  /** End the process, from wherever this is called. */
  end(status: ExitStatus): never;
  /** End it as abort() does when nobody handles that, for this reason. */
  abort(reason: string): never;

  // clock. Virtual.
  /** ClockNow in ticks. */
  clock(): number;
  readonly clocksPerSecond: number;
  /** Charge virtual time for work done by the collector: `units` of one instruction. */
  work(units: number): void;
  /** The host keeps `bytes` more for the guest outside of its memory (negative: fewer). Ends the run where that is too much. */
  keep(bytes: number): void;
}
