/**
 * Offsets and sizes of the structures that guests see, for both word sizes:
 * TEB, PEB, CONTEXT, EXCEPTION_RECORD, CRITICAL_SECTION and others (winnt.h,
 * winternl.h as compiled; TEB and PEB beyond the documented part as published).
 */
export interface Layout {
  wordSize: 4 | 8;
  teb: {
    bytes: number;
    exceptionList: number;
    stackBase: number;
    stackLimit: number;
    self: number;
    processId: number;
    threadId: number;
    tlsPointer: number;
    peb: number;
    lastError: number;
    deallocationStack: number;
    tlsSlots: number;
    guaranteedStackBytes: number;
    tlsExpansionSlots: number;
  };
  peb: {
    imageBase: number;
    ldr: number;
    processParameters: number;
    processHeap: number;
    osMajor: number;
    osMinor: number;
    osBuild: number;
    sessionId: number;
    processors: number;
  };
  context: { bytes: number; flags: number; dr7: number; rip: number; rsp: number; base: number };
  record: { bytes: number; flags: number; next: number; address: number; parameters: number; information: number };
  criticalSection: { bytes: number; lockCount: number; recursion: number; owner: number; semaphore: number; spin: number };
  memoryInformation: {
    bytes: number;
    allocationBase: number;
    allocationProtect: number;
    regionSize: number;
    state: number;
    protect: number;
    type: number;
  };
  systemInfo: {
    bytes: number;
    minimum: number;
    maximum: number;
    mask: number;
    processors: number;
    type: number;
    granularity: number;
    level: number;
  };
}

const layout32: Layout = {
  wordSize: 4,
  teb: {
    bytes: 0x1000,
    exceptionList: 0x0,
    stackBase: 0x4,
    stackLimit: 0x8,
    self: 0x18,
    processId: 0x20,
    threadId: 0x24,
    tlsPointer: 0x2c,
    peb: 0x30,
    lastError: 0x34,
    deallocationStack: 0xe0c,
    tlsSlots: 0xe10,
    guaranteedStackBytes: 0xf78,
    tlsExpansionSlots: 0xf94,
  },
  peb: {
    imageBase: 0x8,
    ldr: 0xc,
    processParameters: 0x10,
    processHeap: 0x18,
    osMajor: 0xa4,
    osMinor: 0xa8,
    osBuild: 0xac,
    sessionId: 0x1d4,
    processors: 0x64,
  },
  context: { bytes: 716, flags: 0, dr7: 0x18, rip: 0xb8, rsp: 0xc4, base: 0x10000 },
  record: { bytes: 80, flags: 4, next: 8, address: 0xc, parameters: 0x10, information: 0x14 },
  criticalSection: { bytes: 24, lockCount: 4, recursion: 8, owner: 0xc, semaphore: 0x10, spin: 0x14 },
  memoryInformation: { bytes: 28, allocationBase: 4, allocationProtect: 8, regionSize: 0xc, state: 0x10, protect: 0x14, type: 0x18 },
  systemInfo: { bytes: 36, minimum: 8, maximum: 0xc, mask: 0x10, processors: 0x14, type: 0x18, granularity: 0x1c, level: 0x20 },
};

const layout64: Layout = {
  wordSize: 8,
  teb: {
    bytes: 0x2000,
    exceptionList: 0x0,
    stackBase: 0x8,
    stackLimit: 0x10,
    self: 0x30,
    processId: 0x40,
    threadId: 0x48,
    tlsPointer: 0x58,
    peb: 0x60,
    lastError: 0x68,
    deallocationStack: 0x1478,
    tlsSlots: 0x1480,
    guaranteedStackBytes: 0x1748,
    tlsExpansionSlots: 0x1780,
  },
  peb: {
    imageBase: 0x10,
    ldr: 0x18,
    processParameters: 0x20,
    processHeap: 0x30,
    osMajor: 0x118,
    osMinor: 0x11c,
    osBuild: 0x120,
    sessionId: 0x2c0,
    processors: 0xb8,
  },
  context: { bytes: 1232, flags: 0x30, dr7: 0x70, rip: 0xf8, rsp: 0x98, base: 0x100000 },
  record: { bytes: 152, flags: 4, next: 8, address: 0x10, parameters: 0x18, information: 0x20 },
  criticalSection: { bytes: 40, lockCount: 8, recursion: 0xc, owner: 0x10, semaphore: 0x18, spin: 0x20 },
  memoryInformation: { bytes: 48, allocationBase: 8, allocationProtect: 0x10, regionSize: 0x18, state: 0x20, protect: 0x24, type: 0x28 },
  systemInfo: { bytes: 48, minimum: 8, maximum: 0x10, mask: 0x18, processors: 0x20, type: 0x24, granularity: 0x28, level: 0x2c },
};

export function layoutOf(wordSize: 4 | 8): Layout {
  return wordSize === 4 ? layout32 : layout64;
}

/** KUSER_SHARED_DATA, read-only at one address in every process. */
export const SHARED_DATA = 0x7ffe0000;
export const sharedData = {
  tickCountMultiplier: 0x4,
  interruptTime: 0x8,
  systemTime: 0x14,
  systemRoot: 0x30,
  majorVersion: 0x26c,
  minorVersion: 0x270,
  tickCount: 0x320,
} as const;

/** CONTEXT groups: the bits of ContextFlags without the CPU's own bit. */
export const Group = {
  CONTROL: 1,
  INTEGER: 2,
  SEGMENTS: 4,
  FLOATING_POINT: 8,
  DEBUG_REGISTERS: 16,
  EXTENDED_REGISTERS: 32,
  /** What XSAVE has beyond; this CPU has nothing. */
  XSTATE: 64,
} as const;
