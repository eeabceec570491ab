/** Linked samples run on the CPU: main(3, 0) adds up what it reaches through every kind of relocation. */
import test from 'ava';
import { X86 } from '../../../emulator/cpu/registers.js';
import { Prot } from '../../../emulator/engine.js';
import { LoadedImages } from '../../../emulator/loader/link.js';
import { parseImage } from '../../../emulator/loader/load.js';
import { hostFunction } from '../../../emulator/process/host-call.js';
import { Process } from '../../../emulator/process/process.js';
import { chainFixups } from './chain-fixups.js';
import { bytesOf, names } from './images.js';
import { there } from '../../there.js';

const STACK = 0x30000000;
const TLS = 0x38000000;
const ABI = {
  elf: { ia32: 'sysv-i386', 'x86-64': 'sysv-x86-64', arm64: 'aapcs64' },
  pe: { ia32: 'cdecl', 'x86-64': 'win64', arm64: 'aapcs64' },
  macho: { ia32: 'cdecl', 'x86-64': 'sysv-x86-64', arm64: 'apple-arm64' },
} as const;

function run(program: Uint8Array, library: Uint8Array, libraryName: string): number {
  const image = parseImage(program, 'program');
  const { cpu, format } = image;
  const pageSize = format === 'macho' && cpu === 'arm64' ? 16384 : 4096;
  const process = new Process({
    cpu,
    pageSize,
    abi: ABI[format][cpu],
    gates: { base: 0x3c000000, size: 0x10000 },
    memory: 64 << 20,
  });
  try {
    const images = new LoadedImages(process.space, process.supervisor, pageSize);
    const main = images.add(image, image.relocatable ? image.preferredBase + 16 * pageSize : image.preferredBase);
    images.add(parseImage(library, libraryName), 0x20000000);
    const memory = process.supervisor;
    const word = process.abi.wordSize;
    const block = (module: number): number => TLS + 0x1000 + 0x100 * module;
    const host: Record<string, () => number> = {
      __tls_get_addr: () =>
        process.defineHostFunction(
          hostFunction(
            '__tls_get_addr',
            'p(p)',
            (_, index) => tp + images.tls.blocks[memory.word(index) - 1].offset + memory.word(index + word),
          ),
          'ld',
        ),
      // i386: the argument is in eax.
      ___tls_get_addr: () =>
        process.defineHostFunction(
          hostFunction('___tls_get_addr', 'p()', (call) => {
            const index = process.registers(call.thread).get(X86.rax);
            return tp + images.tls.blocks[memory.word(index) - 1].offset + memory.word(index + 4);
          }),
          'ld',
        ),
      _tlv_bootstrap: () =>
        process.defineHostFunction(
          hostFunction('tlv', 'p(p)', (_, descriptor) => block(memory.word(descriptor + 8)) + memory.word(descriptor + 16)),
          'dyld',
        ),
      dyld_stub_binder: () =>
        process.defineHostFunction(
          hostFunction('dyld_stub_binder', 'v()', () => undefined),
          'dyld',
        ),
    };
    const tp = TLS + 0x800;
    images.link((wanted) => images.exported(wanted.name) ?? host[wanted.name]?.());
    process.space.map(STACK, 0x10000, Prot.RW);
    process.space.map(TLS, 0x4000, Prot.RW);
    const thread = process.createThread('main');
    thread.stackBase = STACK;
    thread.stackLimit = STACK + 0x10000;
    const registers = process.load(thread);
    registers.set(process.abi.sp, STACK + 0x8000);
    if (format === 'elf') {
      images.tls.initialise(memory, tp);
      // The first word of the x86 thread control block is its own address.
      if (cpu !== 'arm64') memory.setWord(tp, tp);
    } else {
      images.list.forEach(({ image: { tls }, base }, module) => {
        if (!tls) return;
        memory.write(block(module), tls.data);
        for (const descriptor of tls.descriptors ?? []) memory.setWord(base + descriptor + 8, module);
        if (tls.indexOffset) memory.setU32(base + tls.indexOffset, module);
        memory.setWord(TLS + word * module, block(module));
      });
      // PE: the thread's array of blocks, at fs:[0x2c] or gs:[0x58].
      memory.setWord(tp + (word === 4 ? 0x2c : 0x58), TLS);
    }
    if (cpu === 'arm64') registers.set(34, tp);
    else registers.set(format === 'elf' ? (cpu === 'ia32' ? X86.gsBase : X86.fsBase) : cpu === 'ia32' ? X86.fsBase : X86.gsBase, tp);
    const symbol = main.image.symbols.list.find((s) => s.name === 'main');
    const target = main.base + (symbol?.offset ?? there(main.image.entry));
    return process.guestCalls.call(thread, target, 'i(ip)', [3, 0]);
  } finally {
    process.close();
  }
}

/** lib_add(5, 3) = 5 + 3 + 42; *lib_tls() and tl_data 7; shared_var 42; local 9; shared_var 42. */
const ELF_AND_MACHO = 50 + 7 + 7 + 42 + 9 + 42;
/** lib_add(42, 5) + by_ordinal() + local. */
const PE = 42 + 5 + 42 + 1;

for (const name of names.filter((n) => /pie|exec|program/.test(n))) {
  test(name, (t) => {
    const library = name.includes('relr')
      ? 'x86-64-clang-lib.so'
      : name
          .replace(/-(pie|exec)$/, '-lib.so')
          .replace('-program.exe', '-lib.dll')
          .replace(/-program$/, '-lib.dylib');
    t.is(run(bytesOf(name), bytesOf(library), name.startsWith('pe') ? 'lib.dll' : library), name.startsWith('pe') ? PE : ELF_AND_MACHO);
  });
}

for (const cpu of ['x86-64', 'arm64']) {
  for (const format of [1, 2, 3]) {
    test(`macho-${cpu} with chained fixups, imports format ${format}`, (t) => {
      const program = chainFixups(bytesOf(`macho-${cpu}-program`), format, format === 2 ? 2 : 6);
      const library = chainFixups(bytesOf(`macho-${cpu}-lib.dylib`), format, 6);
      t.is(run(program, library, `macho-${cpu}-lib.dylib`), ELF_AND_MACHO);
    });
  }
}
