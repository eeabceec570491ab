/**
 * FreeBSD's jmp_buf as setjmp fills it: plain values, SP as at setjmp's entry (it points at
 * the return address), FP control, the signal mask. Source: lib/libc/{amd64,i386}/gen/setjmp.S.
 */
import { Fxsave, fxsaveView } from '../../emulator/cpu/fxsave.js';
import { X86 } from '../../emulator/cpu/registers.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import type { JumpBuffer } from '../posix/jump-buffer.js';
import { posixThread } from '../posix/posix-thread.js';
import { writeSet } from '../posix/signal-set.js';

type Saved = [offset: number, slot: number | 'sp' | 'pc', name: string];

// prettier-ignore
const AMD64: Saved[] = [
  [0x00, 'pc', 'rip'], [0x08, X86.rbx, 'rbx'], [0x10, 'sp', 'rsp'], [0x18, X86.rbp, 'rbp'], [0x20, X86.r12, 'r12'], [0x28, X86.r13, 'r13'],
  [0x30, X86.r14, 'r14'], [0x38, X86.r15, 'r15'],
];
// prettier-ignore
const I386: Saved[] = [
  [0x00, 'pc', 'eip'], [0x04, X86.rbx, 'ebx'], [0x08, 'sp', 'esp'], [0x0c, X86.rbp, 'ebp'], [0x10, X86.rsi, 'esi'], [0x14, X86.rdi, 'edi'],
];

export class FreeBsdJumpBuffer implements JumpBuffer {
  readonly size: number;
  private readonly saved: Saved[];
  private readonly wide: boolean;

  constructor(private readonly process: Process) {
    this.wide = process.cpu !== 'ia32';
    this.size = this.wide ? 96 : 48;
    this.saved = this.wide ? AMD64 : I386;
  }

  nameOf(offset: number): string | undefined {
    const { wordSize } = this.process.abi;
    const word = offset - (offset % wordSize);
    const found = this.saved.find(([at]) => at === word);
    return found?.[2];
  }

  store(call: HostCall, address: number): void {
    const { process, wide } = this;
    const memory = process.supervisor;
    const registers = process.registers(call.thread);
    for (const [offset, slot] of this.saved) {
      const value = slot === 'sp' ? address - process.abi.wordSize : registers.get(slot === 'pc' ? process.abi.pc : slot);
      if (!wide) memory.setU32(address + offset, value >>> 0);
      else if (typeof slot === 'number') {
        memory.setU32(address + offset, registers.lo(slot));
        memory.setU32(address + offset + 4, registers.hi(slot));
      } else memory.setWord(address + offset, value);
    }
    process.engine.readFloat();
    const image = fxsaveView(process.engine);
    const control = wide ? 0x40 : 0x18;
    memory.setU32(
      address + control,
      image.getUint16(Fxsave.control, true) | (wide ? memory.u32(address + control) & 0xffff0000 : 0xffff0000),
    );
    if (wide) memory.setU32(address + 0x44, image.getUint32(Fxsave.mxcsr, true));
    writeSet(memory, address + (wide ? 0x48 : 0x1c), 16, posixThread(call.thread).mask);
  }
}
