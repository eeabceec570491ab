/** Readers of variable arguments: each convention says where the next integer and the next floating argument are. */
import type { MemoryView } from '../memory/memory-view.js';
import type { VarArgs } from './abi.js';
import { fromExtended, fromQuad } from './long-double.js';

/** Over two primitives: the next 8-byte (or word-size) integer slot, and the next double. */
abstract class SlotVarArgs implements VarArgs {
  protected low = 0;
  protected high = 0;

  constructor(protected readonly longSize: 4 | 8) {}

  /** Take the next integer argument of `size` bytes into low and high. */
  protected abstract integer(size: 4 | 8): void;
  abstract double(): number;
  abstract longdouble(): number;
  protected abstract readonly wordSize: 4 | 8;

  int(): number {
    this.integer(4);
    return this.low | 0;
  }

  unsigned(): number {
    this.integer(4);
    return this.low >>> 0;
  }

  long(): number {
    this.integer(this.longSize);
    return this.longSize === 4 ? this.low | 0 : (this.high | 0) * 2 ** 32 + (this.low >>> 0);
  }

  longlong(): bigint {
    this.integer(8);
    return (BigInt(this.high | 0) << 32n) | BigInt(this.low >>> 0);
  }

  ulonglong(): bigint {
    this.integer(8);
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }

  word(): number {
    this.integer(this.wordSize);
    return this.wordSize === 4 ? this.low >>> 0 : (this.high >>> 0) * 2 ** 32 + (this.low >>> 0);
  }

  pointer(): number {
    return this.word();
  }
}

/** Everything on the stack, each argument rounded up to `slot` bytes: IA-32 (4), Win64 and Apple ARM64 (8). */
export class StackVarArgs extends SlotVarArgs {
  constructor(
    private readonly memory: MemoryView,
    private address: number,
    protected readonly wordSize: 4 | 8,
    longSize: 4 | 8,
    private readonly longDoubleSize: 8 | 12,
  ) {
    super(longSize);
  }

  protected integer(size: 4 | 8): void {
    this.low = this.memory.u32(this.address);
    this.high = size === 8 ? this.memory.u32(this.address + 4) : 0;
    this.address += Math.max(size, this.wordSize);
  }

  double(): number {
    const value = this.memory.f64(this.address);
    this.address += 8;
    return value;
  }

  longdouble(): number {
    if (this.longDoubleSize === 8) return this.double();
    const bytes = this.memory.bytes(this.address, 10);
    this.address += 12;
    return fromExtended(new DataView(bytes.buffer, bytes.byteOffset), 0);
  }
}

/** Where register arguments were saved: by a va_list in memory, or still in the register block. */
export interface RegisterSave {
  /** Low and high half of integer register argument `index`. */
  integerLow(index: number): number;
  integerHigh(index: number): number;
  double(index: number): number;
  /** 16 bytes of vector register argument `index`. */
  vector(index: number): Uint8Array;
}

/** System V x86-64 and AAPCS64: integer registers, vector registers, then the stack. */
export class RegisterVarArgs extends SlotVarArgs {
  protected readonly wordSize = 8;

  constructor(
    private readonly memory: MemoryView,
    private readonly save: RegisterSave,
    private integers: number,
    private readonly integerCount: number,
    private vectors: number,
    private readonly vectorCount: number,
    private stack: number,
    private readonly quad: boolean,
  ) {
    super(8);
  }

  protected integer(): void {
    if (this.integers < this.integerCount) {
      this.low = this.save.integerLow(this.integers);
      this.high = this.save.integerHigh(this.integers++);
    } else {
      this.low = this.memory.u32(this.stack);
      this.high = this.memory.u32(this.stack + 4);
      this.stack += 8;
    }
  }

  double(): number {
    if (this.vectors < this.vectorCount) return this.save.double(this.vectors++);
    const value = this.memory.f64(this.stack);
    this.stack += 8;
    return value;
  }

  longdouble(): number {
    if (this.quad && this.vectors < this.vectorCount) {
      const bytes = this.save.vector(this.vectors++);
      return fromQuad(new DataView(bytes.buffer, bytes.byteOffset), 0);
    }
    this.stack = Math.ceil(this.stack / 16) * 16;
    const bytes = this.memory.bytes(this.stack, 16);
    this.stack += 16;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return this.quad ? fromQuad(view, 0) : fromExtended(view, 0);
  }
}
