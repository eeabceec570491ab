/** What a file on a compiler's command line is: a source, an object or an archive, by its name or by how it begins. */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { Item, Step } from './command-line.js';
import { refusedBySystem, ToolchainError, usage } from './tools.js';

/** A path so written that no tool takes it for an option or a response file. */
export function plainPath(path: string): string {
  return /^[-@]/.test(path) ? `./${path}` : path;
}

/** Objects and archives under names of their own are known by how they begin: ELF, Mach-O, archive, COFF for our CPUs. */
function isObject(path: string): boolean {
  const start = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, 8, 0);
  } finally {
    closeSync(file);
  }
  const magic = start.readUInt32LE(0);
  return (
    magic === 0x464c457f ||
    magic === 0xfeedfacf ||
    start.toString('latin1').startsWith('!<arch>') ||
    /^(4c01|6486)/.test(start.toString('hex'))
  );
}

/** What an input without -x is, by its name; gives the reason where it can't be one. */
function inputKind(path: string, step: Step): 'source' | 'object' {
  if (/\.(c|i|s|S|sx)$/.test(path)) return 'source';
  if (/\.(o|obj|a|lib)$/.test(path)) return 'object';
  if (/\.(cc|cp|cpp|cxx|c\+\+|C|CPP|ii|hh|hpp|hxx|H|mm|M|m|mi|mii)$/.test(path))
    throw usage(`'${path}': only C and assembly are compiled, not C++ or Objective-C`);
  if (/\.(so(\.\d+)*|dylib|dll|tbd)$/.test(path)) throw usage(`'${path}': the machine has no shared libraries but its own`);
  if (/\.h$/.test(path)) {
    if (step === 'preprocess' || step === 'check') return 'source';
    throw usage(`'${path}' is a header: name a source that includes it, or say -x c`);
  }
  if (existsSync(path) && isObject(path)) return 'object';
  throw usage(
    `'${path}' is neither C (.c, .i), assembly (.S, .s), an object nor an archive (.o, .obj, .a, .lib); say -x c for other names`,
  );
}

function checkInput(path: string): void {
  if (!existsSync(path)) throw new ToolchainError(`there is no file '${path}'`, 127);
  try {
    if (statSync(path).isDirectory()) throw new ToolchainError(`the input '${path}' is a directory`, 126);
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw refusedBySystem(`the input '${path}' can't be read`, error);
  }
}

export function inputItem(step: Step, { path, language }: { path: string; language?: string }): Item {
  const words = [plainPath(path)];
  if (path === '-') {
    if (language === undefined && step !== 'preprocess') throw usage("standard input ('-') needs -x c, -x assembler, or -E");
    return { kind: 'source', path, words: ['-'], ...(language !== undefined && { language }) };
  }
  checkInput(path);
  if (language !== undefined) return { kind: 'source', path, words, language };
  const kind = inputKind(path, step);
  // The linker would read a device without an end.
  if (kind === 'object' && !statSync(path).isFile()) throw new ToolchainError(`the input '${path}' is no regular file`, 126);
  return { kind, path, words };
}
