/**
 * The CPU engine as the rest of the emulator sees it: physical memory, a page
 * table, registers in one packed block, and "run until something happens".
 * Narrow on purpose, so that another back end could stand behind it.
 */
import { HostLack } from './host-lack.js';

export type CpuName = 'ia32' | 'x86-64' | 'arm64';

/** Why `run` returned. */
export const Exit = {
  /** The budget is used up, exact to the instruction. */
  Budget: 0,
  /** A load, store or fetch that the page table refuses. Nothing of it executed; PC is at it. */
  Fault: 1,
  /** syscall, sysenter, svc: PC is after it; `number` 0 = syscall / svc (its immediate in `detail`), 1 = sysenter. */
  SystemCall: 2,
  /**
   * x86: an exception, its vector in `number` and its error code in `detail` (faults: PC at the instruction; int3, into and
   * the step under TF: PC after; icebp is vector 1 with `detail` 1). arm64: brk (number 7, immediate in `detail`, PC at).
   */
  Interrupt: 3,
  /** ud2, an undefined encoding, a privileged instruction on arm64. PC at it. */
  InvalidInstruction: 4,
  /** PC is at a breakpoint; the instruction has not been executed. */
  Breakpoint: 5,
  /** The instruction before PC touched a watched range (address, access, size say how). */
  Watchpoint: 6,
  /** hlt, wfi at a level where they stop the CPU. */
  Halt: 7,
  /** x86: int n, n in `number`, its length in `detail`. PC is after it. Whether a program may use that gate is the OS's affair. */
  SoftwareInterrupt: 8,
} as const;

/** A kind of access; also the bits of a page's protection (as PROT_*). */
export const Access = { Read: 1, Write: 2, Fetch: 4 } as const;
export const Prot = { None: 0, Read: 1, Write: 2, Exec: 4, RW: 3, RX: 5, RWX: 7 } as const;

/** One record, overwritten by each `run`. */
export interface ExitRecord {
  reason: number;
  pc: number;
  /** Fault, watchpoint, arm64 misalignment: the exact address. A non-canonical address has `canonical` false and its low 53 bits here. */
  address: number;
  canonical: boolean;
  /** One of Access. */
  access: number;
  /** Bytes of the access; 0 where unknown (a fetch). */
  size: number;
  number: number;
  detail: number;
  /** Whole instructions executed by this `run`. */
  executed: number;
}

/** An opaque saved CPU state (a native context). */
export type Context = number;

export const RegisterGroup = { General: 1, Float: 2 } as const;

/** CPU mode of a fresh x86 thread; arm64 has one. */
export type CpuMode = '32' | '64';

export interface EngineOptions {
  cpu: CpuName;
  /** Bytes of guest physical memory, at most 4 GiB (one ArrayBuffer). Touched lazily. Default 4 GiB less one page. */
  physicalBytes?: number;
  /** Guest page size: 4096, or 16384 (macOS arm64). */
  pageSize?: number;
  /** x86 selectors in ring 3; the GDT is built to match. Default: Linux's. */
  selectors?: Partial<X86Selectors>;
  /** x86: the OS has set the AM bit of CR0, so that the AC flag has a meaning. Default: yes. */
  alignmentChecks?: boolean;
}

export interface X86Selectors {
  /** User code selector in the mode of the CPU ('ia32': 32-bit code, 'x86-64': 64-bit code). */
  cs: number;
  ss: number;
  ds: number;
  es: number;
  fs: number;
  gs: number;
  /** User code selector of the CPU's other mode (WOW64: 0x33 beside 0x23); 0 = none. Default by what OSes do. */
  other?: number;
}

/**
 * The packed register block (see cpu/registers.ts for its layout). General
 * registers are always current after `run`; set `dirty` (or use the setters)
 * and they are written before the next one.
 */
export interface Registers {
  readonly buffer: ArrayBuffer;
  /** Mask of RegisterGroup to write back before the next run. */
  dirty: number;
  /** Slot value as a number: exact below 2^53, else rounded. */
  get(slot: number): number;
  lo(slot: number): number;
  hi(slot: number): number;
  big(slot: number): bigint;
  set(slot: number, value: number): void;
  setBig(slot: number, value: bigint): void;
}

/** An x86 instruction, as far as an OS looks into one that has trapped. */
export interface X86Instruction {
  length: number;
  /** Its bytes without prefixes: 0xf7, 0x0fa2, 0x0f38f0. */
  opcode: number;
  /** 0 where there is none. */
  rex: number;
  /** What the prefixes make of the operand size: 2, 4 or 8. */
  operandBytes: number;
  /** Absent where the opcode has none. */
  modrm?: number;
  /** Where the memory operand that ModRM names lies, for the registers that the CPU has now. */
  operandAddress?: number;
}

/** This machine can't open an emulated CPU: why, in words for its user. */
export class EngineUnavailable extends HostLack {}

export interface Engine {
  readonly cpu: CpuName;
  readonly pageSize: number;
  /** Guest physical memory. Never moves. */
  readonly physical: ArrayBuffer;
  readonly registers: Registers;
  readonly exit: ExitRecord;

  /** Run at most `budget` guest instructions (exact). Returns exit.reason. */
  run(budget: number): number;

  /** Fill the float part of the register block from the CPU / mark it to be written. */
  readFloat(): void;
  writeFloat(): void;

  /** Contexts: everything a thread has in the CPU. Saving includes what is dirty in the block; restoring refreshes the block. */
  newContext(mode?: CpuMode): Context;
  saveContext(context: Context): void;
  restoreContext(context: Context): void;
  freeContext(context: Context): void;

  // The page table. Addresses and lengths are multiples of pageSize.
  /** New zero pages, physical memory given on first touch. Replaces what was there (old pages are freed). */
  mapPages(address: number, length: number, prot: number): void;
  unmapPages(address: number, length: number): void;
  /** The mapped pages of [address, +length) become zero and keep their protection. */
  discardPages(address: number, length: number): void;
  protectPages(address: number, length: number, prot: number): void;
  /** Make [address, +length) name the same physical pages as [source, +length). */
  aliasPages(address: number, source: number, length: number, prot: number): void;
  /**
   * Physical offset of a virtual address, giving it memory if it has none; -1 if `access`
   * (mask of Access, 0 = any mapped page whatever its protection) is refused.
   */
  translate(address: number, access: number): number;
  /** Protection of the page at `address`, -1 if none is mapped. */
  protection(address: number): number;
  /** The first page after `address` and before `limit` that allows other than the page there; `limit` if all allow the same. */
  protectionEnd(address: number, limit: number): number;
  /** Whether the page at `address` has been given memory. */
  resident(address: number): boolean;
  /** Host code changed [address, +length), which may hold code: drop translations. */
  codeChanged(address: number, length: number): void;
  /** Changes whenever an existing translation may have become wrong (unmap, narrowing, alias). */
  readonly generation: number;
  /** Changes whenever the physical page behind an address may have changed (unmap, map, alias): enough where protection is ignored. */
  readonly mappingGeneration: number;
  /** Bytes of physical memory in use now / at most so far. */
  readonly residentBytes: number;
  /** Bytes of page tables. */
  readonly tableBytes: number;
  /** Bytes that host code keeps for the guest elsewhere: memory gives out when all together reach physicalBytes. */
  keptBytes: number;
  readonly peakResidentBytes: number;
  /** What translating code has taken the host so far, as so many instructions of translated code. */
  readonly translationUnits: number;

  /** The x86 instruction at `address`, for the CPU's present mode; absent on arm64 and where it cannot be read. */
  decode(address: number): X86Instruction | undefined;

  addBreakpoint(address: number): void;
  removeBreakpoint(address: number): void;
  /** access: mask of Access.Read and Access.Write. */
  addWatchpoint(address: number, length: number, access: number): void;
  removeWatchpoint(address: number, length: number): void;

  /** What rdtsc / cntvct_el0 read, before the instructions of the next run are added. */
  setTimestamp(units: number): void;
  /** Record the PC of each executed instruction (at most `capacity`, ring) while on; 0 = off. Slow path. */
  recordInstructions(capacity: number): void;
  recordedInstructions(): number[];

  close(): void;
}
