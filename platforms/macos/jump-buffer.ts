/**
 * jmp_buf as libplatform's _setjmp stores it: frame pointer, return address and
 * SP are xor-ed with the pointer-munge token of TSD slot 7. Source: libplatform
 * setjmp (x86_64, arm64), sizes from the SDK's setjmp.h.
 */
import { Fxsave, fxsaveView } from '../../emulator/cpu/fxsave.js';
import { A64, FLOAT_BYTES, FLOAT_OFFSET, X86 } from '../../emulator/cpu/registers.js';
import type { CpuName } from '../../emulator/engine.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import type { JumpBuffer } from '../posix/jump-buffer.js';
import { mungeToken } from './threads.js';

interface Field {
  offset: number;
  slot: number;
  name: string;
  munged: boolean;
}

const field = (offset: number, slot: number, name: string, munged = false): Field => ({ offset, slot, name, munged });

const x86 = {
  size: 148,
  fields: [
    field(0x00, X86.rbx, 'rbx'),
    field(0x08, X86.rbp, 'rbp (munged)', true),
    field(0x10, X86.rsp, 'rsp (munged)', true),
    field(0x18, X86.r12, 'r12'),
    field(0x20, X86.r13, 'r13'),
    field(0x28, X86.r14, 'r14'),
    field(0x30, X86.r15, 'r15'),
    field(0x38, X86.rip, 'rip (munged)', true),
  ],
};

const arm = {
  size: 192,
  fields: [
    ...Array.from({ length: 10 }, (_, i) => field(8 * i, A64.x19 + i, `x${19 + i}`)),
    field(0x50, A64.fp, 'fp (munged)', true),
    field(0x58, A64.lr, 'lr (munged)', true),
    field(0x60, A64.sp, 'sp (munged)', true),
  ],
};

export class MacJumpBuffer implements JumpBuffer {
  /** Whole words (the structure has 148 bytes on x86-64), so that what follows is scanned word by word too. */
  readonly size: number;
  private readonly fields: Field[];
  private readonly cpu: CpuName;

  constructor(private readonly process: Process) {
    this.cpu = process.cpu;
    const layout = this.cpu === 'arm64' ? arm : x86;
    this.size = Math.ceil(layout.size / 8) * 8;
    this.fields = layout.fields;
  }

  /** _setjmp is called by the MPS's function: frame pointer, SP and return address are in it; the other registers are as they are. */
  store({ thread }: Pick<HostCall, 'thread'>, address: number, record: number): void {
    const { process } = this;
    const memory = process.supervisor;
    const registers = process.registers(thread);
    process.engine.readFloat();
    const token = mungeToken(memory, thread);
    for (const { offset, slot, munged } of this.fields) {
      let low = registers.lo(slot);
      let high = registers.hi(slot);
      if (munged) {
        const value = this.isSp(slot) ? address : slot === this.pcSlot ? registers.get(process.abi.pc) : record;
        low = (value ^ token[0]) >>> 0;
        high = (Math.floor(value / 2 ** 32) ^ token[1]) >>> 0;
      }
      memory.setU32(address + offset, low);
      memory.setU32(address + offset + 4, high);
    }
    if (this.cpu === 'arm64') this.storeVectors(address);
    else {
      const image = fxsaveView(process.engine);
      memory.setU32(address + 0x48, image.getUint32(Fxsave.mxcsr, true));
      memory.setU16(address + 0x4c, image.getUint16(Fxsave.control, true));
    }
  }

  /** d8-d15, the low halves of v8-v15. */
  private storeVectors(address: number): void {
    const { engine, supervisor } = this.process;
    const vectors = new DataView(engine.registers.buffer, FLOAT_OFFSET, FLOAT_BYTES);
    for (let i = 0; i < 8; i++) {
      supervisor.setU32(address + 0x70 + 8 * i, vectors.getUint32(16 * (8 + i), true));
      supervisor.setU32(address + 0x74 + 8 * i, vectors.getUint32(16 * (8 + i) + 4, true));
    }
  }

  private get pcSlot(): number {
    return this.cpu === 'arm64' ? A64.lr : X86.rip;
  }

  private isSp(slot: number): boolean {
    return slot === (this.cpu === 'arm64' ? A64.sp : X86.rsp);
  }

  nameOf(offset: number): string | undefined {
    const found = this.fields.find((f) => f.offset === (offset & ~7));
    if (found) return found.name;
    if (this.cpu === 'arm64' && offset >= 0x70 && offset < 0xb0) return `d${8 + ((offset - 0x70) >> 3)}`;
    return undefined;
  }
}
