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

/** Where the gates of one library lie (or of all, where they are not kept apart). */
export interface GateSection {
  readonly library: string;
  readonly base: number;
  readonly size: number;
}

/** Told of what is defined, for an OS that shows its programs something at these addresses. */
export interface GateWatcher {
  opened(section: GateSection): void;
  defined(gate: Gate): void;
}

export interface GateOptions {
  base: number;
  size: number;
  /** Bytes for each library, and at their beginning without gates; default: one section for all, without such a beginning. */
  library?: { bytes: number; header: number };
}

export class GateTable {
  readonly base: number;
  readonly limit: number;
  readonly sections: GateSection[] = [];
  private readonly gates: Gate[][] = [];
  private readonly sectionBytes: number;
  private readonly header: number;
  private readonly apart: boolean;
  private watcher: GateWatcher | undefined;

  constructor(
    { base, size, library }: GateOptions,
    private readonly bind: (fn: HostFunction) => BoundSignature,
  ) {
    this.base = base;
    this.limit = base + size;
    this.sectionBytes = library?.bytes ?? size;
    this.header = library?.header ?? 0;
    this.apart = library !== undefined;
  }

  /** Of what there is already, too. */
  watch(watcher: GateWatcher): void {
    this.watcher = watcher;
    for (const section of this.sections) watcher.opened(section);
    for (const gate of this.gates.flat()) watcher.defined(gate);
  }

  private section(library: string): number {
    const found = this.apart ? this.sections.findIndex((section) => section.library === library) : this.sections.length - 1;
    if (found >= 0) return found;
    const base = this.base + this.sections.length * this.sectionBytes;
    if (base >= this.limit) throw new Error(`too many libraries of host functions for the gate region: '${library}'`);
    const section = { library, base, size: this.sectionBytes };
    this.sections.push(section);
    this.gates.push([]);
    this.watcher?.opened(section);
    return this.sections.length - 1;
  }

  define(fn: HostFunction, library: string): number {
    const index = this.section(library);
    const gates = this.gates[index];
    const { base, size } = this.sections[index];
    const address = base + this.header + gates.length * STRIDE;
    if (address >= base + size) throw new Error(`too many host functions for the gate region of ${size} bytes`);
    const gate = { address, fn, library, bound: this.bind(fn) };
    gates.push(gate);
    this.watcher?.defined(gate);
    return address;
  }

  /** The section that `address` is in. */
  sectionAt(address: number): GateSection | undefined {
    return address >= this.base && address < this.limit ? this.sections[Math.floor((address - this.base) / this.sectionBytes)] : undefined;
  }

  at(address: number): Gate | undefined {
    const gate = this.around(address);
    return gate?.address === address ? gate : undefined;
  }

  /** The gate whose bytes `address` is among. */
  around(address: number): Gate | undefined {
    if (!(address >= this.base && address < this.limit)) return undefined;
    const index = Math.floor((address - this.base) / this.sectionBytes);
    const offset = address - this.base - index * this.sectionBytes - this.header;
    return offset < 0 ? undefined : this.gates[index]?.[Math.floor(offset / STRIDE)];
  }
}
