/**
 * The kernel that engine speed is measured with: two blocks of eight instructions, each
 * with two loads and two stores, 16 instructions a round; it ends after the last byte
 * when the counter (rcx, x2) is zero. rbx / x1 points to data.
 */
import type { CpuName } from '../emulator/engine.js';

/** mov eax,[bx]; add eax,1; mov [bx],eax; mov edx,[bx+64]; xor edx,eax; mov [bx+64],edx; sub ecx,1; je end / mov eax,[bx+32]; sub eax,edx; mov [bx+32],eax; mov edx,[bx+96]; add edx,3; mov [bx+96],edx; and edx,eax; jmp top */
const X86_KERNEL = [
  0x8b, 0x03, 0x83, 0xc0, 0x01, 0x89, 0x03, 0x8b, 0x53, 0x40, 0x31, 0xc2, 0x89, 0x53, 0x40, 0x83, 0xe9, 0x01, 0x74, 0x15, 0x8b, 0x43, 0x20,
  0x29, 0xd0, 0x89, 0x43, 0x20, 0x8b, 0x53, 0x60, 0x83, 0xc2, 0x03, 0x89, 0x53, 0x60, 0x21, 0xc2, 0xeb, 0xd7,
];

/** ldr w0,[x1]; add w0,w0,#1; str w0,[x1]; ldr w3,[x1,#64]; eor w3,w3,w0; str w3,[x1,#64]; subs x2,x2,#1; b.eq end / ldr w0,[x1,#128]; sub w0,w0,w3; str w0,[x1,#128]; ldr w3,[x1,#192]; add w3,w3,#3; str w3,[x1,#192]; and w3,w3,w0; b top */
const ARM64_KERNEL = [
  0xb9400020, 0x11000400, 0xb9000020, 0xb9404023, 0x4a000063, 0xb9004023, 0xf1000442, 0x54000120, 0xb9408020, 0x4b030000, 0xb9008020,
  0xb940c023, 0x11000c63, 0xb900c023, 0x0a000063, 0x17fffff1,
];

export function kernel(cpu: CpuName): Uint8Array {
  return cpu === 'arm64' ? new Uint8Array(Uint32Array.from(ARM64_KERNEL).buffer) : Uint8Array.from(X86_KERNEL);
}
