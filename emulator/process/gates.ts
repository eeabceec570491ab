/**
 * The gate region: one address for each host function, in pages that can't be
 * fetched. A fetch fault at one of these addresses is the call.
 */
import type { BoundSignature } from '../abi/abi.js';
import type { HostFunction } from './host-call.js';

const STRIDE = 16;

export interface Gate {
  address: number;
  fn: HostFunction;
  library: string;
  bound: BoundSignature;
}

export class GateTable {
  readonly limit: number;
  private readonly gates: Gate[] = [];

  constructor(
    readonly base: number,
    readonly size: number,
    private readonly bind: (fn: HostFunction) => BoundSignature,
  ) {
    this.limit = base + size;
  }

  define(fn: HostFunction, library: string): number {
    const address = this.base + this.gates.length * STRIDE;
    if (address >= this.limit) throw new Error(`too many host functions for the gate region of ${this.size} bytes`);
    this.gates.push({ address, fn, library, bound: this.bind(fn) });
    return address;
  }

  at(address: number): Gate | undefined {
    const index = (address - this.base) / STRIDE;
    return index >= 0 && index < this.gates.length ? this.gates[index] : undefined;
  }

  /** The gate whose bytes `address` is among. */
  around(address: number): Gate | undefined {
    return address >= this.base && address < this.limit ? this.gates[Math.floor((address - this.base) / STRIDE)] : undefined;
  }
}
