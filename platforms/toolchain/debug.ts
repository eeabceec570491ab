/**
 * Debug information on every platform: DWARF. ELF and PE carry it in the program; a Mach-O program has a list of the
 * object files that carry it, from which dsymutil makes a bundle beside the program while they are still there.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { isRegularFile } from '../../emulator/loader/regular-file.js';
import type { Platform } from '../codes.js';
import type { CommandLine } from './command-line.js';
import { debugBundle, debugFile } from './debug-lines.js';
import { projectRoot } from './paths.js';
import { usage, type RunAt } from './tools.js';

/** What the linker does with it. */
export type Debug = 'none' | 'keep' | 'drop';

/** A prefix that options can't name: of the whole tree, or with the sign that ends it (for clang the first is the end). */
const unmappable = (folder: string): boolean => folder === '/' || folder.includes('=');

/**
 * No path of this machine's gets into a program: what lies below the working directory is relative to it, our own headers
 * are the product's. Prefixes are compared as text, so they end with a slash, and so does what compilerPlace calls the
 * working directory.
 */
export function mappedPaths(): string[] {
  const [here, ours] = [process.cwd(), projectRoot()];
  // Compilers differ in which of two prefixes that fit they take.
  const outside = relative(ours, here).startsWith('..');
  return [
    ...(unmappable(here) ? [] : [`-ffile-prefix-map=${here}/=./`]),
    ...(outside && !unmappable(ours) ? [`-ffile-prefix-map=${ours}/=mps-emulator/`] : []),
  ];
}

/** The working directory under a name that mappedPaths covers: compilers take PWD for its name where it is one. */
export function compilerPlace(): RunAt {
  const here = process.cwd();
  return unmappable(here) ? {} : { env: { PWD: `${here}/.` } };
}

/** clang's assembler leaves paths as they are given: what lies below the working directory is given without it. */
export function givenPath(path: string): string {
  const inside = relative(process.cwd(), path);
  return /\.[sS]$/.test(path) && isAbsolute(path) && !inside.startsWith('..') ? inside : path;
}

/**
 * -g for Windows would be CodeView, which only Microsoft's debuggers read. DWARF 5 names the folder that an assembler runs
 * in, and of PE and Mach-O objects LLVM loses its names of files.
 */
export function debugFlags(p: Platform, line: CommandLine): string[] {
  if ((p.os === 'windows' || p.os === 'macos') && line.items.some((item) => item.words[0] === '-gdwarf-5'))
    throw usage(`-gdwarf-5 is not offered on ${p.code}: its tools lose the names of files (-gdwarf-4 keeps them)`);
  const wanted = line.items.some((item) => item.kind === 'compiler' && /^-g(?!0|codeview|no-)/.test(item.words[0]));
  const assembly = line.items.some((item) => item.kind === 'source' && /\.[sS]$/.test(item.path));
  return wanted && (p.os === 'windows' || assembly) ? ['-gdwarf-4'] : [];
}

/** Members of a thin archive lie elsewhere. */
const THIN = '!<thin>';
/** How LLVM's bitcode begins, which -flto leaves in objects: what it says of lines can't be seen. */
const BITCODE = Buffer.of(0x42, 0x43, 0xc0, 0xde);

export function hasDebugInformation(object: string): boolean {
  if (!isRegularFile(object)) return false;
  const bytes = readFileSync(object);
  return bytes.toString('latin1', 0, THIN.length) === THIN || bytes.includes(BITCODE) || debugFile(object, bytes) === object;
}

export function linkerFlags(p: Platform, debug: Debug, temporary: string): string[] {
  if (debug === 'none') return [];
  const keep = debug === 'keep';
  switch (p.os) {
    case 'windows':
      return keep ? ['/debug:dwarf'] : [];
    case 'macos':
      return keep ? ['-oso_prefix', temporary + sep, '-object_path_lto', join(temporary, 'lto.o')] : ['-S'];
    default:
      return keep ? [] : ['--strip-debug'];
  }
}

/** ld64.lld leaves the times of object files out. */
export const linkerEnvironment = { env: { ZERO_AR_DATE: '1' } };

/** A Mach-O program lists by name the object files (`crash.o`, `libcrash.a(crash.o)`) that have something for dsymutil: of bitcode that is seen only now. */
export function listsObjects(program: string): boolean {
  const bytes = readFileSync(program);
  return bytes.includes('.o\0') || bytes.includes('.o)\0');
}

/** dsymutil's arguments. It runs where the temporary object files lie, which are named without their folder. */
export function bundleArguments(program: string): string[] {
  return [program, '-o', debugBundle(program)];
}
