/**
 * What a process asks of its operating system's model (platforms/ implements it).
 * Each method is called with the thread loaded on the CPU and must leave it able
 * to go on (a signal frame pushed, a page committed, a system call's result set),
 * blocked, or ended.
 */
import type { Thread } from './thread.js';

export interface MemoryFault {
  address: number;
  canonical: boolean;
  /** One of Access. */
  access: number;
  size: number;
  pc: number;
  /** True when the access was made by a host function for the guest. */
  fromHost: boolean;
  /** Out of emulated physical memory rather than refused. */
  exhausted: boolean;
  /** x86, a non-canonical address: it is the stack segment's. */
  stackSegment?: boolean;
}

/** What finds a function and its callers: PC, SP and frame pointer (rbp, ebp, x29), and on ARM64 x30. */
export interface FrameRegisters {
  pc: number;
  sp: number;
  fp: number;
  link?: number;
}

export interface OsModel {
  readonly name: string;
  memoryFault(thread: Thread, fault: MemoryFault): void;
  /**
   * An access that the page table refuses, by the program or by a host function for it: what the kernel's handler puts
   * right without telling anybody (a private copy on writing, a note of a written page, a stack that grows). True: try again.
   */
  resolveAccess?(thread: Thread, address: number, access: number): boolean;
  /** PC is after the instruction. `detail`: arm64 svc immediate. number 1 = sysenter. */
  systemCall(thread: Thread, number: number, detail: number): void;
  /** Gates beside those of int3 and into that programs may use by int n. */
  readonly gates?: ReadonlySet<number>;
  /** x86 vector, with its error code as detail, or arm64 exception class (Exit.Interrupt); a gate above the exceptions. */
  interrupt(thread: Thread, vector: number, detail: number): void;
  invalidInstruction(thread: Thread): void;
  /** The process has ended, however it did. */
  ended?(): void;
  /** The thread has ended. */
  threadEnded?(thread: Thread): void;
  /** A thread is about to run after it was blocked or created (deliver pending signals here). */
  beforeRun?(thread: Thread): void;
  /**
   * If PC is where the handler of a signal or an exception returns to, with this SP: what the kernel's frame there keeps of
   * the code that was interrupted. Looks only, and at memory of any kind.
   */
  interruptedBy?(pc: number, sp: number): FrameRegisters | undefined;
}

/** How a process ended. */
export type ExitStatus =
  | { kind: 'exit'; code: number }
  /** A POSIX signal, or a Windows exception mapped to one (`text` names it). */
  | { kind: 'signal'; signal: number; text: string }
  | { kind: 'budget' }
  /** From outside: a signal to the command, or nobody who reads its output. */
  | { kind: 'interrupted'; signal: number }
  /** Nobody can ever run again. */
  | { kind: 'deadlock'; text: string }
  /** The program wants what this machine does not have. */
  | { kind: 'unsupported'; text: string }
  /** The program did what leads nowhere, on a real machine too. */
  | { kind: 'error'; text: string };
