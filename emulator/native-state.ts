/** The engine's state that host and native module share: the exit record, the register block, what changes with every call. */
import { BLOCK_BYTES } from './cpu/registers.js';
import { RegisterGroup, type ExitRecord, type Registers } from './engine.js';

/** Order as in emulator/native/exits.h. */
export const State = {
  reason: 0,
  pc: 1,
  address: 2,
  canonical: 3,
  access: 4,
  size: 5,
  number: 6,
  detail: 7,
  executed: 8,
  dirty: 9,
  budget: 10,
  timestamp: 11,
  generation: 12,
  mappingGeneration: 13,
  resident: 14,
  peakResident: 15,
  tables: 16,
  kept: 17,
  translated: 18,
} as const;
export const STATE_SLOTS = 19;

export class NativeExit implements ExitRecord {
  constructor(
    private readonly state: Float64Array,
    private readonly accessSize: () => number,
  ) {}
  get reason(): number {
    return this.state[State.reason];
  }
  get pc(): number {
    return this.state[State.pc];
  }
  get address(): number {
    return this.state[State.address];
  }
  get canonical(): boolean {
    return this.state[State.canonical] !== 0;
  }
  get access(): number {
    return this.state[State.access];
  }
  /** Found when it is asked for: ask before the next run. */
  get size(): number {
    return this.state[State.size] >= 0 ? this.state[State.size] : this.accessSize();
  }
  get number(): number {
    return this.state[State.number];
  }
  get detail(): number {
    return this.state[State.detail];
  }
  get executed(): number {
    return this.state[State.executed];
  }
}

const HIGH = 0x100000000;

export class NativeRegisters implements Registers {
  readonly buffer = new ArrayBuffer(BLOCK_BYTES);
  private readonly words = new Uint32Array(this.buffer);
  private readonly slots = new BigUint64Array(this.buffer);
  constructor(private readonly state: Float64Array) {}
  get dirty(): number {
    return this.state[State.dirty];
  }
  set dirty(mask: number) {
    this.state[State.dirty] = mask;
  }
  get(slot: number): number {
    return this.words[slot * 2] + this.words[slot * 2 + 1] * HIGH;
  }
  lo(slot: number): number {
    return this.words[slot * 2];
  }
  hi(slot: number): number {
    return this.words[slot * 2 + 1];
  }
  big(slot: number): bigint {
    return this.slots[slot];
  }
  /** A negative value is written as its two's complement. */
  set(slot: number, value: number): void {
    this.words[slot * 2] = value;
    this.words[slot * 2 + 1] = Math.floor(value / HIGH);
    this.state[State.dirty] = this.state[State.dirty] | RegisterGroup.General;
  }
  setBig(slot: number, value: bigint): void {
    this.slots[slot] = value;
    this.state[State.dirty] = this.state[State.dirty] | RegisterGroup.General;
  }
}
