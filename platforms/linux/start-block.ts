/**
 * What execve leaves on the stack: argc, argv, envp, the auxiliary vector, strings.
 * Order and contents as seen on 6.18 (without AT_SYSINFO_EHDR: the vdso here is code
 * without an ELF header, as for a kernel started with vdso=0; and without rseq).
 * Source: fs/binfmt_elf.c, create_elf_tables.
 */
import type { LoadedImage } from '../../emulator/loader/link.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { LinuxLayout } from './layout.js';

// prettier-ignore
const At = {
  NULL: 0, PHDR: 3, PHENT: 4, PHNUM: 5, PAGESZ: 6, BASE: 7, FLAGS: 8, ENTRY: 9, UID: 11, EUID: 12, GID: 13, EGID: 14, PLATFORM: 15, HWCAP: 16, CLKTCK: 17,
  SECURE: 23, RANDOM: 25, HWCAP2: 26, EXECFN: 31, SYSINFO: 32, MINSIGSTKSZ: 51,
} as const;

export interface StartBlock {
  sp: number;
  argc: number;
  argv: number;
  envp: number;
}

export interface StartInput {
  layout: LinuxLayout;
  path: string;
  argv: string[];
  env: string[];
  /** The 16 bytes of AT_RANDOM. */
  random: Uint8Array;
  program: LoadedImage;
  /** AT_SYSINFO, IA-32 only. */
  systemCall: number;
}

const encoder = new TextEncoder();

export function buildStartBlock(memory: MemoryView, input: StartInput): StartBlock {
  const { layout, program } = input;
  const { wordSize } = memory;
  let at = layout.stackTop - 8;
  const put = (bytes: Uint8Array): number => {
    at -= bytes.length;
    memory.write(at, bytes);
    return at;
  };
  const text = (value: string): number => put(encoder.encode(`${value}\0`));
  /** Strings lie in memory in the order of the vector. */
  const texts = (values: string[]): number[] => [...values].reverse().map(text).reverse();
  const execfn = text(input.path);
  const env = texts(input.env);
  const argv = texts(input.argv);
  const platform = text(layout.platform);
  at -= at % 16;
  const random = put(input.random);
  const headers = program.image.programHeaders;
  const auxv: [number, number][] = [
    ...(input.systemCall !== 0 ? ([[At.SYSINFO, input.systemCall]] as [number, number][]) : []),
    [At.MINSIGSTKSZ, layout.minimumSignalStack],
    [At.HWCAP, layout.hwcap],
    [At.PAGESZ, 4096],
    [At.CLKTCK, 100],
    [At.PHDR, headers ? program.base + headers.offset : 0],
    [At.PHENT, headers?.entrySize ?? 0],
    [At.PHNUM, headers?.count ?? 0],
    [At.BASE, 0],
    [At.FLAGS, 0],
    [At.ENTRY, program.base + (program.image.entry ?? 0)],
    [At.UID, 0],
    [At.EUID, 0],
    [At.GID, 0],
    [At.EGID, 0],
    [At.SECURE, 0],
    [At.RANDOM, random],
    [At.HWCAP2, layout.hwcap2],
    [At.EXECFN, execfn],
    [At.PLATFORM, platform],
    [At.NULL, 0],
  ];
  const words = [argv.length, ...argv, 0, ...env, 0, ...auxv.flat()];
  const below = at - words.length * wordSize;
  const sp = below - (below % 16);
  words.forEach((word, i) => memory.setWord(sp + i * wordSize, word));
  return { sp, argc: argv.length, argv: sp + wordSize, envp: sp + wordSize * (2 + argv.length) };
}
