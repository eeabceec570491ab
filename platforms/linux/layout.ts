/** Where things lie in a Linux process with randomisation off. Observed on 6.18 (x86, compat for IA-32); ARM64 with 48-bit addresses. */
import type { CpuName } from '../../emulator/engine.js';

export interface LinuxLayout {
  /** End of user space. */
  userLimit: number;
  stackTop: number;
  stackSize: number;
  /** Mappings go down from here. */
  mmapBase: number;
  /** Two pages of kernel-provided code at the top of the mappings. */
  vdso: number;
  /** Addresses of library functions that TypeScript implements. */
  gates: { base: number; size: number };
  pieBase: number;
  platform: string;
  hwcap: number;
  hwcap2: number;
  minimumSignalStack: number;
}

const STACK_SIZE = 8 << 20;
const GATES_SIZE = 0x100000;

// prettier-ignore
export const linuxLayouts: Record<CpuName, LinuxLayout> = {
  ia32: {
    userLimit: 0xffffe000, stackTop: 0xffffe000, stackSize: STACK_SIZE, mmapBase: 0xf7ffe000, vdso: 0xf7ffc000,
    gates: { base: 0xf7c00000, size: GATES_SIZE }, pieBase: 0x56555000, platform: 'i686', hwcap: 0x178bfbff, hwcap2: 2, minimumSignalStack: 1472,
  },
  'x86-64': {
    userLimit: 0x7ffffffff000, stackTop: 0x7ffffffff000, stackSize: STACK_SIZE, mmapBase: 0x7ffff7fff000, vdso: 0x7ffff7ffd000,
    gates: { base: 0x7ffff7c00000, size: GATES_SIZE }, pieBase: 0x555555554000, platform: 'x86_64', hwcap: 0x178bfbff, hwcap2: 2, minimumSignalStack: 1512,
  },
  arm64: {
    userLimit: 0x1000000000000, stackTop: 0x1000000000000, stackSize: STACK_SIZE, mmapBase: 0xfffff7fff000, vdso: 0xfffff7ffd000,
    gates: { base: 0xfffff7c00000, size: GATES_SIZE }, pieBase: 0xaaaaaaaaa000, platform: 'aarch64', hwcap: 0x1fb, hwcap2: 0, minimumSignalStack: 4720,
  },
};
