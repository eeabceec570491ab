/**
 * The code that Linux and glibc bring for the way back from signal handlers, as real
 * instructions: glibc's restorer on x86-64, the vdso's entries on IA-32 and ARM64.
 * Source: sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c; arch/x86/entry/vdso/vdso32; arch/arm64/kernel/vdso/sigreturn.S.
 */
import { Prot, type CpuName } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import type { LinuxLayout } from './layout.js';

export interface VdsoCode {
  /** sa_restorer that the C library passes; 0: none, the kernel uses the vdso's own. */
  restorer: number;
  /** __kernel_vsyscall (IA-32: gs:10h, AT_SYSINFO). */
  systemCall: number;
  sigreturn: number;
  rtSigreturn: number;
}

const OFFSETS = { restorer: 0x100, systemCall: 0x5e0, sigreturn: 0x600, rtSigreturn: 0x610 } as const;

/** Module and symbol. */
const NAMES: Record<keyof typeof OFFSETS, [string, string]> = {
  restorer: ['libc.so.6', '__restore_rt'],
  systemCall: ['[vdso]', '__kernel_vsyscall'],
  sigreturn: ['[vdso]', '__kernel_sigreturn'],
  rtSigreturn: ['[vdso]', '__kernel_rt_sigreturn'],
};

const CODE: Record<CpuName, Partial<Record<keyof typeof OFFSETS, number[]>>> = {
  // mov rax, 15; syscall
  'x86-64': { restorer: [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05] },
  ia32: {
    // int 80h; ret
    systemCall: [0xcd, 0x80, 0xc3],
    // pop eax; mov eax, 119; int 80h
    sigreturn: [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80],
    // mov eax, 173; int 80h
    rtSigreturn: [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80],
  },
  // mov x8, #139; svc #0
  arm64: { rtSigreturn: [0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4] },
};

export function vdsoCode(cpu: CpuName, base: number): VdsoCode {
  const at = (name: keyof typeof OFFSETS): number => (CODE[cpu][name] ? base + OFFSETS[name] : 0);
  return { restorer: at('restorer'), systemCall: at('systemCall'), sigreturn: at('sigreturn'), rtSigreturn: at('rtSigreturn') };
}

export function mapVdso(process: Process, layout: LinuxLayout): void {
  process.space.map(layout.vdso, 0x2000, Prot.RX, { name: '[vdso]', maxProt: Prot.RX });
  for (const [name, bytes] of Object.entries(CODE[process.cpu])) {
    const at = layout.vdso + OFFSETS[name as keyof typeof OFFSETS];
    process.supervisor.write(at, Uint8Array.from(bytes));
    process.names.define(at, bytes.length, ...NAMES[name as keyof typeof OFFSETS]);
  }
}
