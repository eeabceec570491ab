/** A bare CPU with a stack, a page of data, a code area and two gates, for one calling convention. */
import type { Abi } from '../../../emulator/abi/abi.js';
import { abiFor } from '../../../emulator/abi/index.js';
import { Exit, Prot, type CpuName, type Engine } from '../../../emulator/engine.js';
import { GuestMemory } from '../../../emulator/memory/guest-memory.js';
import { openEngine } from '../../../emulator/native-engine.js';

export const CODE = 0x400000;
export const IN = 0x20000000;
export const OUT = 0x20002000;
/** Host functions: a call is a fetch fault here. */
export const GATE = 0x50000000;
export const RETURN = 0x50000010;
const STACK = 0x30000000;
const STACK_BYTES = 0x20000;

export const cpuOf: Record<Abi['name'], CpuName> = {
  cdecl: 'ia32',
  stdcall: 'ia32',
  'sysv-i386': 'ia32',
  'freebsd-i386': 'ia32',
  'sysv-x86-64': 'x86-64',
  win64: 'x86-64',
  aapcs64: 'arm64',
  'apple-arm64': 'arm64',
};
export const names = Object.keys(cpuOf) as Abi['name'][];

export class Machine {
  readonly engine: Engine;
  readonly abi: Abi;
  readonly memory: GuestMemory;

  constructor(readonly name: Abi['name']) {
    this.engine = openEngine({ cpu: cpuOf[name], physicalBytes: 64 << 20 });
    this.abi = abiFor(name, this.engine);
    this.memory = new GuestMemory(this.engine, this.abi.wordSize, 'supervisor');
    this.engine.mapPages(STACK, STACK_BYTES, Prot.RW);
    this.engine.mapPages(IN, 0x4000, Prot.RW);
    this.reset();
  }

  get registers() {
    return this.engine.registers;
  }

  /** A fresh thread; `code`, if any, at CODE. */
  reset(): void {
    this.engine.restoreContext(this.engine.newContext());
    this.registers.set(this.abi.sp, STACK + STACK_BYTES - 0x1000);
  }

  load(code: Uint8Array): void {
    const pages = Math.ceil(code.length / 4096) * 4096;
    this.engine.mapPages(CODE, pages, Prot.RX);
    this.memory.write(CODE, code);
    this.engine.codeChanged(CODE, pages);
  }

  /** Run to a fetch outside of the code; its address. */
  run(): number {
    const reason = this.engine.run(1_000_000);
    const { exit } = this.engine;
    if (reason !== Exit.Fault || exit.access !== 4) {
      throw new Error(`${this.name}: stopped with reason ${reason} at ${exit.pc.toString(16)}, address ${exit.address.toString(16)}`);
    }
    return exit.address;
  }
}
