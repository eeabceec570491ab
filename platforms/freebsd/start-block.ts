/**
 * What execve leaves at the top of a FreeBSD stack: ps_strings, the paths, canary and page
 * sizes, the strings, and below them argc, argv, envp, the auxiliary vector.
 * Source: sys/kern/kern_exec.c (exec_copyout_strings), sys/kern/imgact_elf.c.
 */
import type { LoadedImage } from '../../emulator/loader/link.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { FreeBsdLayout } from './layout.js';

// prettier-ignore
const At = {
  NULL: 0, PHDR: 3, PHENT: 4, PHNUM: 5, PAGESZ: 6, BASE: 7, FLAGS: 8, ENTRY: 9, EXECPATH: 15, CANARY: 16, CANARYLEN: 17, OSRELDATE: 18, NCPUS: 19,
  PAGESIZES: 20, PAGESIZESLEN: 21, STACKPROT: 23, EHDRFLAGS: 24, BSDFLAGS: 27, ARGC: 28, ARGV: 29, ENVC: 30, ENVV: 31, PS_STRINGS: 32, USRSTACKBASE: 35,
  USRSTACKLIM: 36,
} as const;
const OSRELDATE = 1400097;
const CANARY_BYTES = 64;

export interface StartBlock {
  /** Address of argc. */
  block: number;
  argc: number;
  argv: number;
  envp: number;
  psStrings: number;
  canary: Uint8Array;
}

export interface StartInput {
  layout: FreeBsdLayout;
  path: string;
  argv: string[];
  env: string[];
  canary: Uint8Array;
  program: LoadedImage;
}

const encoder = new TextEncoder();

export function buildStartBlock(memory: MemoryView, input: StartInput): StartBlock {
  const { layout, program, argv: args, env } = input;
  const { wordSize } = memory;
  const psStrings = layout.stackTop - 4 * wordSize;
  let at = psStrings;
  const put = (bytes: Uint8Array, align = wordSize): number => {
    at -= bytes.length;
    at -= at % align;
    memory.write(at, bytes);
    return at;
  };
  const execPath = put(encoder.encode(`${input.path}\0`));
  const canary = put(input.canary);
  const pageSizes = put(new Uint8Array(3 * wordSize));
  memory.setWord(pageSizes, 4096);
  memory.setWord(pageSizes + wordSize, 0x200000);
  const strings = [...args, ...env].map((text) => encoder.encode(`${text}\0`));
  let place = put(new Uint8Array(strings.reduce((sum, bytes) => sum + bytes.length, 0)));
  const addresses = strings.map((bytes) => {
    memory.write(place, bytes);
    place += bytes.length;
    return place - bytes.length;
  });
  const argPointers = addresses.slice(0, args.length);
  const envPointers = addresses.slice(args.length);
  const headers = program.image.programHeaders;
  const auxv = (argv: number, envp: number): [number, number][] => [
    [At.PHDR, headers ? program.base + headers.offset : 0],
    [At.PHENT, headers?.entrySize ?? 0],
    [At.PHNUM, headers?.count ?? 0],
    [At.PAGESZ, 4096],
    [At.FLAGS, 0],
    [At.ENTRY, program.base + (program.image.entry ?? 0)],
    [At.BASE, 0],
    [At.EHDRFLAGS, 0],
    [At.EXECPATH, execPath],
    [At.OSRELDATE, OSRELDATE],
    [At.CANARY, canary],
    [At.CANARYLEN, CANARY_BYTES],
    [At.NCPUS, 1],
    [At.PAGESIZES, pageSizes],
    [At.PAGESIZESLEN, 3 * wordSize],
    [At.STACKPROT, 3],
    [At.BSDFLAGS, 0],
    [At.ARGC, args.length],
    [At.ARGV, argv],
    [At.ENVC, env.length],
    [At.ENVV, envp],
    [At.PS_STRINGS, psStrings],
    [At.USRSTACKBASE, layout.stackTop],
    [At.USRSTACKLIM, layout.stackSize],
    [At.NULL, 0],
  ];
  const count = 1 + args.length + 1 + env.length + 1 + 2 * auxv(0, 0).length;
  const block = at - count * wordSize;
  const argv = block + wordSize;
  const envp = argv + wordSize * (args.length + 1);
  const words = [args.length, ...argPointers, 0, ...envPointers, 0, ...auxv(argv, envp).flat()];
  words.forEach((word, i) => memory.setWord(block + i * wordSize, word));
  memory.setWord(psStrings, argv);
  memory.setU32(psStrings + wordSize, args.length);
  memory.setWord(psStrings + 2 * wordSize, envp);
  memory.setU32(psStrings + 3 * wordSize, env.length);
  return { block, argc: args.length, argv, envp, psStrings, canary: input.canary };
}
