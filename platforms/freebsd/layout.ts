/** Where things lie in a FreeBSD process with randomisation off. Source: machine/vmparam.h, kern_exec.c, imgact_elf.c. */
import { X87_INFINITY, X87Control } from '../../emulator/cpu/fxsave.js';
import type { CpuName } from '../../emulator/engine.js';

export interface FreeBsdLayout {
  userLimit: number;
  /** The shared page (signal trampoline), and the end of the main stack. */
  sharedPage: number;
  stackTop: number;
  stackSize: number;
  /** What libthr takes as the main thread's stack; its own stacks lie below. */
  initialThreadStack: number;
  /** Mappings go up from here: past the data limit. */
  mmapBase: number;
  gates: { base: number; size: number };
  pieBase: number;
  /** x87 control word of a new process. */
  controlWord: number;
}

export type FreeBsdCpu = Exclude<CpuName, 'arm64'>;

const STACK_SIZE = 8 << 20;
const GATES_SIZE = 0x100000;

// prettier-ignore
export const freebsdLayouts: Record<FreeBsdCpu, FreeBsdLayout> = {
  ia32: {
    userLimit: 0xffc00000, sharedPage: 0xffbff000, stackTop: 0xffbff000, stackSize: STACK_SIZE, initialThreadStack: 2 << 20,
    mmapBase: 0x20421000, gates: { base: 0x20600000, size: GATES_SIZE }, pieBase: 0x01001000, controlWord: X87Control.double | X87_INFINITY,
  },
  'x86-64': {
    userLimit: 0x800000000000, sharedPage: 0x7ffffffff000, stackTop: 0x7ffffffff000, stackSize: STACK_SIZE, initialThreadStack: 4 << 20,
    mmapBase: 0x800221000, gates: { base: 0x800400000, size: GATES_SIZE }, pieBase: 0x01021000, controlWord: X87Control.extended,
  },
};
