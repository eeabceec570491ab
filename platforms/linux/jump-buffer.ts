/**
 * glibc's jmp_buf as setjmp fills it, SP, PC (and RBP on x86-64) mangled with the
 * thread's pointer guard. Source: sysdeps/{x86_64,i386,aarch64}/setjmp.S, sysdep.h; checked by running.
 */
import { A64, FLOAT_BYTES, FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import type { Registers } from '../../emulator/engine.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import type { JumpBuffer } from '../posix/jump-buffer.js';

/** Register slot of each word from the start; 'sp' and 'pc' are those of the call. */
interface Saved {
  offset: number;
  slot: number | 'sp' | 'pc';
  name: string;
  mangled?: boolean;
}

const X64: Saved[] = [
  { offset: 0x00, slot: X86.rbx, name: 'rbx' },
  { offset: 0x08, slot: X86.rbp, name: 'rbp', mangled: true },
  { offset: 0x10, slot: X86.r12, name: 'r12' },
  { offset: 0x18, slot: X86.r13, name: 'r13' },
  { offset: 0x20, slot: X86.r14, name: 'r14' },
  { offset: 0x28, slot: X86.r15, name: 'r15' },
  { offset: 0x30, slot: 'sp', name: 'rsp', mangled: true },
  { offset: 0x38, slot: 'pc', name: 'rip', mangled: true },
];
const I386: Saved[] = [
  { offset: 0x00, slot: X86.rbx, name: 'ebx' },
  { offset: 0x04, slot: X86.rsi, name: 'esi' },
  { offset: 0x08, slot: X86.rdi, name: 'edi' },
  { offset: 0x0c, slot: X86.rbp, name: 'ebp' },
  { offset: 0x10, slot: 'sp', name: 'esp', mangled: true },
  { offset: 0x14, slot: 'pc', name: 'eip', mangled: true },
];
const ARM64: Saved[] = [
  ...Array.from({ length: 10 }, (_, i) => ({ offset: 8 * i, slot: A64.x19 + i, name: `x${19 + i}` })),
  { offset: 0x50, slot: A64.fp, name: 'x29' },
  { offset: 0x58, slot: 'pc', name: 'x30', mangled: true },
  { offset: 0x68, slot: 'sp', name: 'sp', mangled: true },
];

const SIZES = { ia32: 156, 'x86-64': 200, arm64: 312 } as const;
/** Bits by which a mangled word is rotated left. */
const ROTATION = { ia32: 9, 'x86-64': 17, arm64: 0 } as const;
/** mask_was_saved. */
const FLAG = { ia32: 0x18, 'x86-64': 0x40, arm64: 0xb0 } as const;
const VECTORS = 0x70;
export class GlibcJumpBuffer implements JumpBuffer {
  readonly size: number;
  private readonly saved: Saved[];
  private readonly rotation: number;

  constructor(
    private readonly process: Process,
    /** ARM64: its pointer guard is a variable, not in the TCB. */
    private readonly guardVariable: () => number | undefined,
  ) {
    this.size = SIZES[process.cpu];
    this.saved = process.cpu === 'arm64' ? ARM64 : process.cpu === 'ia32' ? I386 : X64;
    this.rotation = ROTATION[process.cpu];
  }

  nameOf(offset: number): string | undefined {
    const { wordSize } = this.process.abi;
    const word = offset - (offset % wordSize);
    const found = this.saved.find((s) => s.offset === word);
    if (found) return `${found.name}${found.mangled ? ' (mangled)' : ''}`;
    if (this.process.cpu === 'arm64' && word >= VECTORS && word < VECTORS + 64) return `d${8 + (word - VECTORS) / 8}`;
    return undefined;
  }

  store(call: HostCall, address: number): void {
    const { process, rotation } = this;
    const memory = process.supervisor;
    const registers = process.registers(call.thread);
    const wide = process.abi.wordSize === 8;
    const guard = this.guardAddress(registers);
    const guardLow = guard === undefined ? 0 : memory.u32(guard);
    const guardHigh = guard === undefined || !wide ? 0 : memory.u32(guard + 4);
    for (const { offset, slot, mangled } of this.saved) {
      const register = slot === 'pc' ? process.abi.pc : slot;
      // setjmp was called from the MPS's function: SP is in its frame.
      let low = register === 'sp' ? address >>> 0 : registers.lo(register);
      let high = register === 'sp' ? Math.floor(address / 0x100000000) : registers.hi(register);
      if (mangled) {
        const a = low ^ guardLow;
        const b = high ^ guardHigh;
        low = rotation === 0 ? a : (a << rotation) | ((wide ? b : a) >>> (32 - rotation));
        high = rotation === 0 ? b : (b << rotation) | (a >>> (32 - rotation));
      }
      memory.setU32(address + offset, low >>> 0);
      if (wide) memory.setU32(address + offset + 4, high >>> 0);
    }
    if (process.cpu === 'arm64') this.storeVectors(address);
    memory.setU32(address + FLAG[process.cpu], 0);
  }

  /** Where the pointer guard of the thread that is loaded lies. */
  private guardAddress(registers: Registers): number | undefined {
    switch (this.process.cpu) {
      case 'ia32':
        return registers.get(X86.gsBase) + 0x18;
      case 'x86-64':
        return registers.get(X86.fsBase) + 0x30;
      case 'arm64':
        return this.guardVariable();
    }
  }

  /** d8 to d15. */
  private storeVectors(address: number): void {
    const { process } = this;
    process.engine.readFloat();
    const vectors = new Uint8Array(process.engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
    for (let i = 0; i < 8; i++) process.supervisor.write(address + VECTORS + 8 * i, vectors.subarray(16 * (8 + i), 16 * (8 + i) + 8));
  }
}
