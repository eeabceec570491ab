/**
 * Every file that a command line would write, so that none of them is one that it reads. The options that name files
 * are those of the manuals of gcc, clang, ld.lld, ld64.lld and lld-link.
 */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Platform } from '../codes.js';
import type { CommandLine, Item } from './command-line.js';
import { usage } from './tools.js';
import { debugBundle, linesBeside } from './debug-lines.js';
import { findLibrary } from './link.js';

const withoutSuffix = (path: string): string => path.replace(/\.[^./]*$/, '');

/** The program's name where -o gives none. */
export function programName(p: Platform, line: CommandLine): string {
  return line.output ?? (p.os === 'windows' ? 'a.exe' : 'a.out');
}

/** What gcc calls intermediate files of a program whose sources are compiled and linked at one go begins with this. */
export function intermediatePrefix(program: string): string {
  return `${basename(program).replace(/\.(out|exe)$/, '')}-`;
}

export const savesIntermediates = /^--?save-temps(=cwd)?$/;

/** The dependency file of a program whose sources are compiled and linked at one go. */
export function programDependencies(line: CommandLine, program: string): string {
  return line.dependencies.file ?? `${withoutSuffix(program)}.d`;
}

/** Compiler options with the file in the same word, and those whose file is the next word. */
const compilerFiles =
  /^(?:-foptimization-record-file=|-fdiagnostics-add-output=.*file=|-aux-info=|-MJ|-fdump-[\w-]*=|-ftime-trace=|-Wp,-MM?D,|-Wp,-MF,|-Wa,--?MD[,=]|-Wa,-a\w*=|-fprofile-note=|-fcallgraph-info-file=)(.+)$/;
const compilerFileNext = /^(--?serialize-diagnostics|-serialize-diagnostic-file|-aux-info|-MJ|-MF|-dependency-file|-opt-record-file)$/;

/** Whether words of the command line make the compiler write something beside its output. */
export function writesBeside(words: string[]): boolean {
  return words.some(
    (word) => compilerFiles.test(word) || compilerFileNext.test(word) || /^(-M|-?-save-temps|-fsave-optimization)/.test(word),
  );
}

/** Linker options, with one or two dashes, or a slash for lld-link; the value joined, or the next word. */
const linkerFiles =
  /^(?:--?(?:Map|dependency-file|reproduce|out-implib|print-archive-stats|why-extract|time-trace(?:-file)?|lto-obj-path|thinlto-index-only)=|[-/](?:map|lldmap|implib|pdb|pdbstripped|reproduce|manifestfile|time-trace|print-symbol-order):)(.+)$/i;
const linkerFileNext =
  /^(--?Map|-map|--?dependency-file|-dependency_info|--?reproduce|--?out-implib|--?print-archive-stats|--?why-extract|--?time-trace-file|-object_path_lto)$/;

function named(words: string[], joined: RegExp, next: RegExp): string[] {
  return words.flatMap((word, i) => [joined.exec(word)?.[1] ?? [], i > 0 && next.test(words[i - 1]) ? word : []].flat());
}

/** The words that reach the linker, in their order: an option's value may come with an -Xlinker of its own. */
export function linkerWords(line: CommandLine): string[] {
  return line.items.flatMap((item) => (item.kind === 'linker' ? item.options : []));
}

/** Suffix of what each step makes where -o names nothing. */
const made: Partial<Record<CommandLine['step'], string>> = { object: '.o', assembly: '.s' };

/** What the compiler leaves in the working directory, or beside the output, under names it makes up. */
function derived(p: Platform, line: CommandLine): string[] {
  const words = line.items.flatMap((item) => (item.kind === 'compiler' ? item.words : []));
  const says = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  const main = line.output === undefined || line.output === '-' ? [] : [line.output];
  const suffix = made[line.step];
  return line.items.flatMap((item) => {
    if (item.kind !== 'source') return [];
    const stem = withoutSuffix(basename(item.path));
    const beside = main.length > 0 ? withoutSuffix(main[0]) : stem;
    const ofProgram = intermediatePrefix(programName(p, line)) + stem;
    return [
      ...(suffix !== undefined && main.length === 0 ? [`${stem}${suffix}`] : []),
      ...(line.dependencies.wanted && line.dependencies.file === undefined && line.step !== 'link' ? [`${beside}.d`] : []),
      ...(says(/^--?save-temps/)
        ? ['.i', '.bc', '.s', '.o'].flatMap((end) => [`${stem}${end}`, join(dirname(beside), stem + end), ofProgram + end])
        : []),
      ...(says(/^-fsave-optimization-record/) ? [`${beside}.opt.yaml`, `${stem}.opt.yaml`] : []),
      ...(says(/^-gsplit-dwarf/) ? [`${beside}.dwo`] : []),
      ...(says(/^-fstack-usage/) ? [`${beside}.su`] : []),
      ...(says(/^-ftime-trace$/) ? [`${beside}.json`] : []),
      ...(says(/^(--?coverage|-ftest-coverage)$/) ? [`${beside}.gcno`] : []),
    ];
  });
}

function programFiles(p: Platform, line: CommandLine): string[] {
  const program = programName(p, line);
  const compiles = line.items.some((item) => item.kind === 'source');
  const lines = line.link.strip ? [] : [linesBeside(program)];
  const bundle =
    p.os === 'macos' && !line.link.strip ? [join(debugBundle(program), 'Contents', 'Resources', 'DWARF', basename(program))] : [];
  const words = linkerWords(line);
  const map = words.some((word) => /^[-/](lld)?map$/i.test(word)) && p.os === 'windows' ? [`${withoutSuffix(program)}.map`] : [];
  return [
    program,
    ...lines,
    ...bundle,
    ...map,
    ...(line.dependencies.wanted && compiles ? [programDependencies(line, program)] : []),
    ...named(words, linkerFiles, linkerFileNext),
  ];
}

function outputs(p: Platform, line: CommandLine): string[] {
  // What -Xclang and -Xpreprocessor pass on reads like the rest.
  const words = line.items
    .flatMap((item) => (item.kind === 'compiler' ? item.words : []))
    .filter((word) => !/^-X(clang|preprocessor|assembler)$/.test(word));
  return [
    ...(line.step === 'link' ? programFiles(p, line) : line.output === undefined ? [] : [line.output]),
    ...named(words, compilerFiles, compilerFileNext),
    ...derived(p, line),
  ];
}

/**
 * Words that may name a file to read, an option's value joined or apart: linker scripts, version scripts, lists of symbols,
 * what is passed on with -Xclang. One that names no file is none.
 */
function mayBeRead(words: string[], joined: RegExp, next: RegExp): string[] {
  return words.flatMap((word, i) => {
    if (joined.test(word) || (i > 0 && next.test(words[i - 1]))) return [];
    return word.startsWith('-') || word.startsWith('/') ? [word, word.replace(/^[^=:@]*[=:@]+/, '')] : [word];
  });
}

/** Options of the compiler whose value, joined with = or in the next word, may be a file that it reads. */
const passesOn = /^(-X(clang|preprocessor|assembler)|-f[\w-]+=.*)$/;

function inputs(p: Platform, line: CommandLine): string[] {
  const files = line.items.flatMap((item: Item) => {
    if (item.kind === 'source' || item.kind === 'object') return [item.path];
    const library = item.kind === 'library' && line.step === 'link' ? findLibrary(p, item.name, line.libraryFolders) : undefined;
    return library === undefined ? [] : [library];
  });
  const passed = line.items.flatMap((item) => (item.kind === 'compiler' && passesOn.test(item.words[0]) ? item.words.slice(-1) : []));
  const named = [...mayBeRead(linkerWords(line), linkerFiles, linkerFileNext), ...mayBeRead(passed, compilerFiles, compilerFileNext)];
  return [...files, ...line.read, ...named].filter((path) => path !== '-');
}

/** Nothing that is written may be something that is read, whatever it is called. */
export function protectInputs(p: Platform, line: CommandLine): void {
  const read = inputs(p, line);
  for (const path of outputs(p, line)) {
    const same = read.find((input) => sameFile(input, path));
    if (same !== undefined) throw usage(`the output '${path}' would overwrite the input '${same}'`);
  }
}

function sameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map(fileAt);
  return one !== undefined && other !== undefined && one.isFile() && one.ino === other.ino && one.dev === other.dev;
}

/** A name that can't be looked up, being too long or behind what is no folder, is no input. */
function fileAt(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
