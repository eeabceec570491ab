/** Machine code as text, by Capstone. Bytes that are no instruction become one of `.byte` or `.inst`. */
import { createRequire } from 'node:module';
import type { Capstone } from '@alexaltea/capstone-js';
import type { CpuName } from '../engine.js';

export interface Instruction {
  address: number;
  size: number;
  bytes: Uint8Array;
  mnemonic: string;
  operands: string;
  /** mnemonic and operands. */
  text: string;
}

/** Opened once for each CPU and kept: Capstone is WebAssembly, made ready asynchronously, and read in when it is wanted. */
const opened = new Map<CpuName, Promise<Disassembler>>();

export function openDisassembler(cpu: CpuName): Promise<Disassembler> {
  let found = opened.get(cpu);
  if (!found) opened.set(cpu, (found = open(cpu)));
  return found;
}

async function open(cpu: CpuName): Promise<Disassembler> {
  const { default: load } = createRequire(import.meta.url)('@alexaltea/capstone-js') as typeof import('@alexaltea/capstone-js');
  const module = await load();
  const [arch, mode] =
    cpu === 'arm64' ? [module.ARCH_ARM64, module.MODE_LITTLE_ENDIAN] : [module.ARCH_X86, cpu === 'ia32' ? module.MODE_32 : module.MODE_64];
  return new Disassembler(new module.Capstone(arch, mode), cpu === 'arm64' ? 4 : 1);
}

class Disassembler {
  constructor(
    private readonly capstone: Capstone,
    private readonly unit: 1 | 4,
  ) {}

  /** At most `count` instructions of `bytes`, which lie at `address`. */
  disassemble(bytes: Uint8Array, address: number, count = Infinity): Instruction[] {
    const out: Instruction[] = [];
    for (let at = 0; at < bytes.length && out.length < count;) {
      for (const each of this.run(bytes.subarray(at), address + at, count - out.length)) {
        const { mnemonic, op_str: operands } = each;
        out.push({
          address: address + at,
          size: each.size,
          bytes: Uint8Array.from(each.bytes),
          mnemonic,
          operands,
          text: operands ? `${mnemonic} ${operands}` : mnemonic,
        });
        at += each.size;
      }
      if (at < bytes.length && out.length < count) {
        out.push(this.data(bytes.subarray(at, at + this.unit), address + at));
        at += this.unit;
      }
    }
    return out;
  }

  private run(bytes: Uint8Array, address: number, count: number): ReturnType<Capstone['disasm']> {
    try {
      return this.capstone.disasm(bytes, BigInt(address), count === Infinity ? 0 : count);
    } catch (error) {
      // Capstone throws its message where the first bytes are no instruction.
      if (typeof error === 'string') return [];
      throw error;
    }
  }

  private data(bytes: Uint8Array, address: number): Instruction {
    const whole = bytes.length === 4;
    const mnemonic = whole ? '.inst' : '.byte';
    const operands = whole
      ? `0x${new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true).toString(16).padStart(8, '0')}`
      : [...bytes].map((b) => `0x${b.toString(16).padStart(2, '0')}`).join(', ');
    return { address, size: bytes.length, bytes: bytes.slice(), mnemonic, operands, text: `${mnemonic} ${operands}` };
  }
}
