/** What the engine's exit record says of a refused access, for the OS model. */
import type { ExitRecord } from '../engine.js';
import type { MemoryFault } from './os-model.js';

/** A fault as the CPU reports it. Its size is found only when somebody asks, since finding it is slow. */
export class CpuFault implements MemoryFault {
  readonly address: number;
  readonly canonical: boolean;
  readonly access: number;
  readonly pc: number;
  readonly fromHost = false;
  readonly exhausted: boolean;
  readonly stackSegment: boolean;

  constructor(private readonly exit: ExitRecord) {
    this.address = exit.address;
    this.canonical = exit.canonical;
    this.access = exit.access;
    this.pc = exit.pc;
    this.exhausted = exit.detail === 1;
    this.stackSegment = exit.detail === 2;
  }

  get size(): number {
    return this.exit.size;
  }
}
