/**
 * Where things lie in a macOS process with randomisation off. Library functions that
 * TypeScript implements are in what would be the shared cache. Source: XNU's vm_param.h
 * and kern_exec.c, dyld's SharedCacheLayout; observed values of the usual systems.
 */
import type { CpuName } from '../../emulator/engine.js';

export interface MacLayout {
  pageSize: number;
  /** End of user space. */
  userLimit: number;
  /** The program's image; unplaced mappings go up from its end. */
  programBase: number;
  stackTop: number;
  stackSize: number;
  /** Inaccessible memory that the stack could still grow into if its limit were raised: touching it is an overflow. */
  stackGuard: number;
  gates: { base: number; size: number };
  /** Real instructions of dyld, libsystem_platform and libdyld: start, signal trampoline, thread-local variables. */
  systemCode: number;
  /** Ticks of mach_absolute_time to nanoseconds. */
  timebase: { numerator: number; denominator: number };
}

const GATES_SIZE = 0x100000;
const MAX_STACK = 64 << 20;

const layouts: Record<Exclude<CpuName, 'ia32'>, MacLayout> = {
  'x86-64': {
    pageSize: 4096,
    userLimit: 0x7fffffe00000,
    programBase: 0x100000000,
    stackTop: 0x7ff7bff00000,
    stackSize: 8 << 20,
    stackGuard: MAX_STACK - (8 << 20),
    gates: { base: 0x7ff800000000, size: GATES_SIZE },
    systemCode: 0x7ff800000000 + GATES_SIZE,
    timebase: { numerator: 1, denominator: 1 },
  },
  arm64: {
    pageSize: 16384,
    userLimit: 0x7ffffe000000,
    programBase: 0x100000000,
    stackTop: 0x16fe00000,
    stackSize: (8 << 20) - 16384,
    stackGuard: MAX_STACK - (8 << 20),
    gates: { base: 0x180000000, size: GATES_SIZE },
    systemCode: 0x180000000 + GATES_SIZE,
    timebase: { numerator: 125, denominator: 3 },
  },
};

/** macOS has no IA-32 programs any more. */
export function macLayout(cpu: CpuName): MacLayout {
  return layouts[cpu === 'arm64' ? 'arm64' : 'x86-64'];
}
