/**
 * The few instructions of macOS's own libraries that guests run as machine code: dyld's
 * call of main, libsystem_platform's signal trampoline, libdyld's access to thread-local
 * variables. One page, read and execute. Source: the registers that each is entered with
 * (XNU's sendsig, the thread-local variable ABI of clang).
 */
import { Prot } from '../../emulator/engine.js';
import type { Process } from '../../emulator/process/process.js';
import type { MacLayout } from './layout.js';

interface Code {
  trampoline: readonly number[];
  threadLocal: readonly number[];
  /** Offset in threadLocal of the 64-bit address that the slow path jumps to. */
  slowPath: number;
  start: readonly number[];
}

const words = (...list: number[]): number[] => list.flatMap((w) => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]);

const code: Record<'x86-64' | 'arm64', Code> = {
  'x86-64': {
    trampoline: [
      0x55, // push rbp
      0x48,
      0x89,
      0xe5, // mov rbp, rsp
      0x41,
      0x50, // push r8: ucontext
      0x56, // push rsi: style
      0x41,
      0x51, // push r9: token
      0x50, // push rax: alignment
      0x48,
      0x89,
      0xf8, // mov rax, rdi: the handler
      0x89,
      0xd7, // mov edi, edx
      0x48,
      0x89,
      0xce, // mov rsi, rcx
      0x4c,
      0x89,
      0xc2, // mov rdx, r8
      0xff,
      0xd0, // call rax
      0x48,
      0x8b,
      0x7d,
      0xf8, // mov rdi, [rbp-8]
      0x48,
      0x8b,
      0x75,
      0xf0, // mov rsi, [rbp-16]
      0x48,
      0x8b,
      0x55,
      0xe8, // mov rdx, [rbp-24]
      0xb8,
      0xb8,
      0x00,
      0x00,
      0x02, // mov eax, 0x20000b8: sigreturn
      0x0f,
      0x05, // syscall
      0x0f,
      0x0b, // ud2
    ],
    threadLocal: [
      0x48,
      0x8b,
      0x47,
      0x08, // mov rax, [rdi+8]: the key
      0x65,
      0x48,
      0x8b,
      0x04,
      0xc5,
      0,
      0,
      0,
      0, // mov rax, gs:[rax*8]
      0x48,
      0x85,
      0xc0, // test rax, rax
      0x74,
      0x05, // je slow
      0x48,
      0x03,
      0x47,
      0x10, // add rax, [rdi+16]
      0xc3, // ret
      0x48,
      0xb8,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0, // slow: mov rax, imm64
      0xff,
      0xe0, // jmp rax
    ],
    slowPath: 25,
    start: [
      0x41,
      0xff,
      0xd4, // call r12: main
      0x89,
      0xc7, // mov edi, eax
      0x41,
      0xff,
      0xd5, // call r13: exit
      0x0f,
      0x0b, // ud2
    ],
  },
  arm64: {
    trampoline: words(
      0xa9bf7bfd, // stp x29, x30, [sp, #-16]!
      0x910003fd, // mov x29, sp
      0xa9be07e4, // stp x4, x1, [sp, #-32]!: ucontext, style
      0xf9000be5, // str x5, [sp, #16]: token
      0xaa0003e9, // mov x9, x0: the handler
      0x2a0203e0, // mov w0, w2
      0xaa0303e1, // mov x1, x3
      0xaa0403e2, // mov x2, x4
      0xd63f0120, // blr x9
      0xa94007e0, // ldp x0, x1, [sp]
      0xf9400be2, // ldr x2, [sp, #16]
      0xd2801710, // mov x16, #184: sigreturn
      0xd4001001, // svc #0x80
      0xd4200020, // brk #1
    ),
    threadLocal: words(
      0xf9400410, // ldr x16, [x0, #8]: the key
      0xd53bd071, // mrs x17, tpidrro_el0
      0x927df231, // and x17, x17, #~7
      0xf8707a31, // ldr x17, [x17, x16, lsl #3]
      0xb4000091, // cbz x17, slow
      0xf9400810, // ldr x16, [x0, #16]
      0x8b100220, // add x0, x17, x16
      0xd65f03c0, // ret
      0x58000050, // slow: ldr x16, address
      0xd61f0200, // br x16
      0,
      0, // address
    ),
    slowPath: 40,
    start: words(
      0xd63f0260, // blr x19: main
      0xd63f0280, // blr x20: exit
      0xd4200020, // brk #1
    ),
  },
};

/** The trampoline behind its call of the handler, and where above SP it then has the ucontext's address. */
export const handlerReturns: Record<'x86-64' | 'arm64', { code: readonly number[]; ucontext: number }> = {
  'x86-64': { code: code['x86-64'].trampoline.slice(23), ucontext: 24 },
  arm64: { code: code.arm64.trampoline.slice(36), ucontext: 0 },
};

export interface SystemCode {
  trampoline: number;
  threadLocal: number;
  start: number;
}

/** Where each piece will lie. */
export function systemCodeAt({ systemCode }: MacLayout): SystemCode {
  return { trampoline: systemCode, threadLocal: systemCode + 0x40, start: systemCode + 0x80 };
}

export function mapSystemCode(process: Process, layout: MacLayout, threadLocalSlowPath: number): void {
  const pieces = code[process.cpu as 'x86-64' | 'arm64'];
  const at = systemCodeAt(layout);
  const { space, supervisor: memory } = process;
  space.map(layout.systemCode, layout.pageSize, Prot.RX, { name: 'system libraries' });
  const put = (address: number, bytes: readonly number[], library: string, name: string): void => {
    memory.write(address, Uint8Array.from(bytes));
    process.names.define(address, bytes.length, library, name);
  };
  put(at.trampoline, pieces.trampoline, 'libsystem_platform.dylib', '_sigtramp');
  put(at.threadLocal, pieces.threadLocal, 'libdyld.dylib', 'tlv_get_addr');
  put(at.start, pieces.start, 'libdyld.dylib', 'start');
  memory.setWord(at.threadLocal + pieces.slowPath, threadLocalSlowPath);
  process.engine.codeChanged(layout.systemCode, layout.pageSize);
}
