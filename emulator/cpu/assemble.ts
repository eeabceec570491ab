/** Assembly text (Intel syntax on x86) as machine code, by Keystone. For tests: the package is not needed to run. */
import type { Keystone } from '@alexaltea/keystone-js';
import type { CpuName } from '../engine.js';

const opened = new Map<CpuName, Promise<Assembler>>();

export function openAssembler(cpu: CpuName): Promise<Assembler> {
  let found = opened.get(cpu);
  if (!found) opened.set(cpu, (found = open(cpu)));
  return found;
}

async function open(cpu: CpuName): Promise<Assembler> {
  const { default: MKeystone } = await import('@alexaltea/keystone-js');
  const module = await MKeystone();
  const arm = cpu === 'arm64';
  const keystone = new module.Keystone(
    arm ? module.ARCH_ARM64 : module.ARCH_X86,
    arm ? module.MODE_LITTLE_ENDIAN : cpu === 'ia32' ? module.MODE_32 : module.MODE_64,
  );
  return new Assembler(keystone, (code) => module.strerror(code));
}

export class Assembler {
  constructor(
    private readonly keystone: Keystone,
    private readonly message: (code: number) => string,
  ) {}

  /** `text` assembled to lie at `address`. Throws where it is no assembly. */
  assemble(text: string, address = 0): Uint8Array {
    const result = this.keystone.asm(text, address);
    // Some text that is no assembly comes back as no code and no failure.
    if (result.failed || (result.mc.length === 0 && text.trim() !== ''))
      throw new SyntaxError(`${this.message(this.keystone.errno())}: ${text.trim().split('\n').slice(0, 5).join('; ')}`);
    return Uint8Array.from(result.mc);
  }
}
