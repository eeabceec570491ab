/** The CPUs by name. */
import type { CpuName } from '../engine.js';
import { arm64 } from './arm64.js';
import type { Cpu } from './cpu.js';
import { ia32 } from './ia32.js';
import { x8664 } from './x86-64.js';

export { registerAt, registerNamed, registerOfDwarf, type Cpu, type RegisterName, type Roles, type VectorName } from './cpu.js';

export const cpus: Record<CpuName, Cpu> = { ia32, 'x86-64': x8664, arm64 };
