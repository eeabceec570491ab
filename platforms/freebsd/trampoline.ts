/**
 * The signal trampoline in FreeBSD's shared page, as real instructions: it calls the
 * handler through the frame, then sigreturn(&ucontext).
 * Source: sys/amd64/amd64/sigtramp.S, sys/i386/i386/sigtramp.S.
 */
import { Prot } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import type { FreeBsdCpu, FreeBsdLayout } from './layout.js';

// prettier-ignore
const CODE: Record<FreeBsdCpu, number[]> = {
  'x86-64': [
    0xff, 0x14, 0x24, // call *(%rsp)
    0x48, 0x8d, 0x7c, 0x24, 0x10, // lea 0x10(%rsp), %rdi
    0x6a, 0x00, // push $0
    0x48, 0xc7, 0xc0, 0xa1, 0x01, 0x00, 0x00, // mov $417, %rax
    0x0f, 0x05, // syscall
    0xf4, // hlt
    0xeb, 0xfd, // jmp back to it
  ],
  ia32: [
    0xff, 0x54, 0x24, 0x10, // call *0x10(%esp)
    0x8d, 0x44, 0x24, 0x20, // lea 0x20(%esp), %eax
    0x50, // push %eax
    0x8e, 0x68, 0x14, // mov mc_gs(%eax), %gs
    0xb8, 0xa1, 0x01, 0x00, 0x00, // mov $417, %eax
    0x50, // push %eax
    0xcd, 0x80, // int $0x80
    0xeb, 0xfe, // jmp .
  ],
};

/** Behind the trampoline's call of the handler: SP is again what it was at its beginning. */
export const HANDLER_RETURNS: Record<FreeBsdCpu, number> = { 'x86-64': 3, ia32: 4 };

export function mapSharedPage(process: Process, layout: FreeBsdLayout): void {
  process.space.map(layout.sharedPage, 4096, Prot.RX, { name: '[shared page]', maxProt: Prot.RX });
  const code = CODE[process.cpu as FreeBsdCpu];
  process.supervisor.write(layout.sharedPage, Uint8Array.from(code));
  process.names.define(layout.sharedPage, code.length, '[shared page]', 'sigcode');
}
