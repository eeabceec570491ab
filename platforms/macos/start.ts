/**
 * How a macOS program starts: the kernel's stack block (argc, argv, envp, apple),
 * then what dyld does: initialisers of each image with (argc, argv, envp, apple),
 * main, exit with its result. dyld's own two calls are real instructions (system-code.ts).
 * Source: bsd/kern/kern_exec.c (exec_copyout_strings), dyld's start.
 */
import { A64, X86 } from '../../emulator/cpu/registers.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';

export interface StartBlock {
  sp: number;
  argc: number;
  argv: number;
  envp: number;
  apple: number;
}

export interface StartStrings {
  path: string;
  argv: string[];
  env: string[];
  /** Kernel's words to the libraries beside executable_path. */
  apple: string[];
}

/** Build the block at the top of the main stack, which must be mapped. dyld's word 0, the main image's header, is below argc. */
export function buildStartBlock(process: Process, top: number, header: number, strings: StartStrings): StartBlock {
  const memory = process.supervisor;
  // 16 bytes at the very top stay free.
  let at = top - 16;
  const put = (text: string): number => {
    const bytes = new TextEncoder().encode(`${text}\0`);
    at -= bytes.length;
    memory.write(at, bytes);
    return at;
  };
  const apple = [`executable_path=${strings.path}`, ...strings.apple].map(put);
  const environment = strings.env.map(put);
  const args = strings.argv.map(put);
  const words = [header, args.length, ...args, 0, ...environment, 0, ...apple, 0];
  const sp = Math.floor((at - 8 * words.length) / 16) * 16;
  words.forEach((word, i) => memory.setWord(sp + 8 * i, word));
  return { sp, argc: args.length, argv: sp + 16, envp: sp + 8 * (3 + args.length), apple: sp + 8 * (4 + args.length + environment.length) };
}

export function startMain(
  process: Process,
  thread: Thread,
  block: StartBlock,
  program: LoadedImage,
  images: LoadedImages,
  /** Address of dyld's call of main, and of exit. */
  dyld: number,
  exit: number,
): void {
  const { cpu } = process;
  const args: [number, number, number, number] = [block.argc, block.argv, block.envp, block.apple];
  function* initialisers(): Generator<Step> {
    for (const loaded of [...images.list].reverse()) {
      for (const offset of loaded.image.initializers) yield guestStep(loaded.base + offset, 'v(ippp)', args);
    }
  }
  const gate = process.defineHostFunction(
    hostFunction('dyld-start', 'v()', (call) =>
      process.sequences.start(call.thread, initialisers(), () => {
        const registers = process.registers(thread);
        const main = program.base + (program.image.entry ?? 0);
        if (cpu === 'arm64') {
          args.forEach((value, i) => registers.set(i, value));
          registers.set(A64.x19, main);
          registers.set(A64.x20, exit);
          registers.set(A64.fp, 0);
          registers.set(A64.lr, 0);
        } else {
          [X86.rdi, X86.rsi, X86.rdx, X86.rcx].forEach((slot, i) => registers.set(slot, args[i]));
          registers.set(X86.r12, main);
          registers.set(X86.r13, exit);
          registers.set(X86.rbp, 0);
        }
        registers.set(process.abi.sp, block.sp);
        registers.set(process.abi.pc, dyld);
      }),
    ),
    'dyld',
  );
  const registers = process.registers(thread);
  registers.set(process.abi.sp, block.sp);
  registers.set(process.abi.pc, gate);
}
