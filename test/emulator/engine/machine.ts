/** A bare machine for engine tests: one page of code written as assembly text, 64 KiB of data, registers by name. */
import { createRequire } from 'node:module';
import { A64, X86 } from '../../../emulator/cpu/registers.js';
import { Exit, Prot } from '../../../emulator/engine.js';
import type { CpuName, EngineOptions } from '../../../emulator/engine.js';
import { NativeEngine } from '../../../emulator/native-engine.js';

interface Assembler {
  asm(text: string, address: number): { mc: Uint8Array; count: number; failed: boolean };
}
interface Keystone {
  Keystone: new (arch: number, mode: number) => Assembler;
  ARCH_X86: number;
  ARCH_ARM64: number;
  MODE_32: number;
  MODE_64: number;
  MODE_LITTLE_ENDIAN: number;
}
const load = createRequire(import.meta.url)('@alexaltea/keystone-js') as { default: () => Promise<Keystone> };
const ks = await load.default();
const assemblers: Record<CpuName, Assembler> = {
  ia32: new ks.Keystone(ks.ARCH_X86, ks.MODE_32),
  'x86-64': new ks.Keystone(ks.ARCH_X86, ks.MODE_64),
  arm64: new ks.Keystone(ks.ARCH_ARM64, ks.MODE_LITTLE_ENDIAN),
};

export const CPUS: readonly CpuName[] = ['ia32', 'x86-64', 'arm64'];
export const CODE = 0x10000;
export const DATA = 0x20000;
export const DATA_BYTES = 0x10000;

export function assemble(cpu: CpuName, text: string, address = CODE): Uint8Array {
  const result = assemblers[cpu].asm(text, address);
  if (result.failed) throw new Error(`cannot assemble for ${cpu}: ${text}`);
  return result.mc;
}

const REASONS = Object.entries(Exit);

export class Machine {
  readonly engine: NativeEngine;
  readonly bytes: Uint8Array;
  private readonly names: Record<string, number>;

  constructor(
    readonly cpu: CpuName,
    options: Partial<EngineOptions> = {},
    codeProt: number = Prot.RX,
    hiddenPlaces = 0,
  ) {
    this.engine = new NativeEngine({ physicalBytes: 64 << 20, ...options, cpu }, hiddenPlaces);
    this.bytes = new Uint8Array(this.engine.physical);
    this.names = cpu === 'arm64' ? A64 : X86;
    const page = this.engine.pageSize;
    this.engine.mapPages(CODE, Math.max(page, 0x4000), codeProt);
    this.engine.mapPages(DATA, DATA_BYTES, Prot.RW);
  }

  /** Assembles `text` at `address` and sets PC there. */
  code(text: string, address = CODE): this {
    this.put(address, assemble(this.cpu, text, address));
    this.engine.codeChanged(address, 0x1000);
    this.pc = address;
    return this;
  }

  put(address: number, bytes: Uint8Array | number[]): void {
    for (let i = 0; i < bytes.length;) {
      const offset = this.engine.translate(address + i, 0);
      if (offset < 0) throw new Error(`nothing is mapped at 0x${(address + i).toString(16)}`);
      const size = Math.min(bytes.length - i, this.engine.pageSize - ((address + i) % this.engine.pageSize));
      this.bytes.set(bytes.slice(i, i + size), offset);
      i += size;
    }
  }

  /** A little-endian number of `size` bytes in guest memory. */
  peek(address: number, size = 4): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.bytes[this.engine.translate(address + i, 0)];
    return value;
  }

  private slot(name: string): number {
    const key = this.cpu !== 'arm64' && /^e[a-z]{2}$/.test(name) ? `r${name.slice(1)}` : name;
    if (!(key in this.names)) throw new Error(`no register ${name}`);
    return this.names[key];
  }
  get(name: string): number {
    return this.engine.registers.get(this.slot(name));
  }
  set(values: Record<string, number>): this {
    for (const [name, value] of Object.entries(values)) this.engine.registers.set(this.slot(name), value);
    return this;
  }
  get pc(): number {
    return this.get(this.cpu === 'arm64' ? 'pc' : 'rip');
  }
  set pc(value: number) {
    this.set({ [this.cpu === 'arm64' ? 'pc' : 'rip']: value });
  }

  /** Runs, and returns the name of the reason. */
  run(budget = 1_000_000): string {
    const reason = this.engine.run(budget);
    return REASONS.find(([, value]) => value === reason)?.[0] ?? `? ${reason}`;
  }

  get exit() {
    const { reason, pc, address, canonical, access, size, number, detail, executed } = this.engine.exit;
    return { reason, pc, address, canonical, access, size, number, detail, executed };
  }

  close(): void {
    this.engine.close();
  }
}

/** Texts that differ by CPU: `x86` serves both x86 CPUs unless one has its own. */
export function textFor(cpu: CpuName, texts: { x86?: string; ia32?: string; x64?: string; arm64?: string }): string {
  const text = cpu === 'arm64' ? texts.arm64 : cpu === 'ia32' ? (texts.ia32 ?? texts.x86) : (texts.x64 ?? texts.x86);
  if (text === undefined) throw new Error(`no text for ${cpu}`);
  return text;
}
