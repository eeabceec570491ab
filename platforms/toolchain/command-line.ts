/**
 * A C compiler's command line, as gcc and clang read theirs: which words are options with a value, which are inputs,
 * which reach the linker. What is not known here goes to the compiler, which refuses what it does not know.
 */
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { refusedBySystem, ToolchainError, usage } from './tools.js';

/** What the command asks for; the earliest step that was named wins, as in other drivers. */
export type Step = 'inform' | 'preprocess' | 'check' | 'assembly' | 'object' | 'link';

/** One thing of the command line in its place, with the words that said it (a file's so that no tool takes it for an option). */
export type Item = { words: string[] } & (
  | { kind: 'source'; path: string; language?: string }
  | { kind: 'object'; path: string }
  | { kind: 'library'; name: string }
  | { kind: 'linker'; options: string[] }
  | { kind: 'compiler' }
  | { kind: 'language' }
);

export interface CommandLine {
  step: Step;
  items: Item[];
  /** As given with -o. */
  output?: string;
  /** -L, in their order. */
  libraryFolders: string[];
  /** Dependency file: -MD or -MMD was given; -MF names the file. */
  dependencies: { wanted: boolean; file?: string; targeted: boolean };
  /** Files beside the inputs that are read: -include, response files. */
  read: string[];
  verbose: boolean;
  /** -###: show the commands only. */
  dryRun: boolean;
  link: LinkChoices;
}

export interface LinkChoices {
  pie?: boolean;
  exportDynamic: boolean;
  strip: boolean;
  startFiles: boolean;
  libraries: boolean;
}

/** Options whose value is the next word; those of the second list may have it joined to them. */
const separate = new Set(
  (
    '-include -imacros -iquote -isystem -idirafter -iprefix -iwithprefix -iwithprefixbefore -MF -MT -MQ -Xlinker -Xclang -Xpreprocessor ' +
    '-Xassembler -mllvm --param -aux-info -dumpbase -dumpdir -dumpbase-ext --serialize-diagnostics -serialize-diagnostics -MJ -T -u -e -z -x -o -I -D -U -L -l'
  ).split(' '),
);
const joined = [
  '-include',
  '-imacros',
  '-isystem',
  '-iquote',
  '-idirafter',
  '-MF',
  '-MT',
  '-MQ',
  '-I',
  '-D',
  '-U',
  '-L',
  '-l',
  '-o',
  '-x',
  '-u',
  '-T',
];
/** The long names of options, as gcc and clang take them; the value follows = or is the next word. */
const longNames: Record<string, string> = {
  '--output': '-o',
  '--include': '-include',
  '--imacros': '-imacros',
  '--include-directory': '-I',
  '--define-macro': '-D',
  '--undefine-macro': '-U',
  '--language': '-x',
  '--library-directory': '-L',
  '--for-linker': '-Xlinker',
  '--compile': '-c',
  '--assemble': '-S',
  '--preprocess': '-E',
  '--dependencies': '-M',
  '--user-dependencies': '-MM',
  '--write-dependencies': '-MD',
  '--write-user-dependencies': '-MMD',
  '--verbose': '-v',
  '--no-standard-libraries': '-nostdlib',
};

/** The short name of an option, and what was joined to the long one, in words of their own. */
function shortNames(word: string): string[] {
  const [long, ...rest] = word.split('=');
  if (!Object.hasOwn(longNames, long)) return [word];
  return rest.length === 0 ? [longNames[long]] : [longNames[long], rest.join('=')];
}

/** The word behind it is its value, whatever that looks like. */
export const takesNextWord = (word: string): boolean => separate.has(word);

/** Begins like one with a joined value, and is none. */
const notJoined = /^(-undef|-include-pch)$/;

/** Options that this driver can't honour, and why: the machine, its libraries and its linker are the platform's. */
const refused: [pattern: RegExp, why: string][] = [
  [/^(-static|-static-pie|--static)$/, 'the C library of every platform is shared'],
  [/^(-shared|--shared|-dynamiclib|-bundle|-r)$/, 'the machine runs programs, and has no shared libraries but its own'],
  [/^(--?target\b|-arch$)/, '--platform says what the code is for'],
  [/^(-isysroot|--sysroot)/, "headers and libraries are the platform's; add yours with -I, -L"],
  [/^(-B|-specs=|--specs=|-framework$|-F|-wrapper$|-install_name$)/, 'it would change tools or libraries that the platform sets'],
  [/^-fuse-ld=(?!lld$)/, 'the linker is lld'],
  [
    /^(-pg?|-fopenmp.*|-fprofile-(generate|instr-generate|arcs).*|-fcs-profile-generate.*|-fxray-instrument)$/,
    'the platforms have no library for it',
  ],
  [/^-m(arch|cpu|tune)=native$/, "the processor is the platform's, not this machine's"],
  [/^-(symbolic|N|n|q|t|rpath.*)$/, 'give what the linker understands with -Wl,'],
  [/^-(fgnu-runtime|fnext-runtime|fobjc)/, 'the language is C'],
];

/** Options whose files land beside the object, which linking throws away. */
const besideObject = /^(-save-temps=obj|-gsplit-dwarf|-fstack-usage|-fdump-|-ftime-trace|--coverage|-coverage|-ftest-coverage)/;

/** Asked for one of these, a compiler does nothing else. */
const informing = /^(--version|-dumpversion|-dumpfullversion|-dumpmachine|-print-|--print-|-help=|--help=|--target-help)/;

const languages: Record<string, string> = {
  c: 'c',
  'cpp-output': 'c',
  i: 'c',
  assembler: 'c',
  'assembler-with-cpp': 'c',
  'c-header': 'c',
  none: 'none',
};
const cPlusPlus = /^(c\+\+|objective-c|objc)/;

/** GNU response files: words apart by white space; quotes and backslashes keep it. */
function responseWords(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|[^\s\\"'])+/g)) {
    words.push(
      word.replace(/\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"?|'((?:\\[\s\S]|[^'\\])*)'?/g, (_, escaped, double, single) =>
        (escaped ?? double ?? single ?? '').replace(/\\([\s\S])/g, '$1'),
      ),
    );
  }
  return words;
}

function responseText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refusedBySystem(`the response file '${path}' can't be read`, error);
  }
}

/** Words of a command line with its response files read in. A file that is not there is an input of that name, as for gcc. */
function withResponseFiles(args: string[], read: string[], depth = 0): string[] {
  return args.flatMap((arg) => {
    const path = arg.slice(1);
    if (!arg.startsWith('@') || !existsSync(path)) return [arg];
    if (depth > 20) throw usage(`'${arg}': response files that contain each other`);
    read.push(path);
    return withResponseFiles(responseWords(responseText(path)), read, depth + 1);
  });
}

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

const steps: [option: RegExp, step: Step][] = [
  [/^(-E|-M|-MM)$/, 'preprocess'],
  [/^-fsyntax-only$/, 'check'],
  [/^-S$/, 'assembly'],
  [/^-c$/, 'object'],
];
const order: Step[] = ['inform', 'preprocess', 'check', 'assembly', 'object', 'link'];

export function parseCommandLine(args: string[]): CommandLine {
  const read: string[] = [];
  const words = withResponseFiles(args, read);
  const line: CommandLine = {
    step: 'link',
    items: [],
    libraryFolders: [],
    dependencies: { wanted: false, targeted: false },
    read,
    verbose: false,
    dryRun: false,
    link: { exportDynamic: false, strip: false, startFiles: true, libraries: true },
  };
  /** Inputs wait for the step, which decides what some of them are. */
  const inputs: { at: number; path: string; language?: string }[] = [];
  let language: string | undefined;
  let onlyInputs = false;
  let informs = false;
  for (let i = 0; i < words.length; i++) {
    if (!onlyInputs) words.splice(i, 1, ...shortNames(words[i]));
    const word = words[i];
    if (onlyInputs || word === '-' || !word.startsWith('-')) {
      if (word === '') throw usage("'' is no file name");
      inputs.push({ at: line.items.length, path: word, ...(language !== undefined && { language }) });
      line.items.push({ kind: 'compiler', words: [word] });
      continue;
    }
    if (word === '--') {
      onlyInputs = true;
      continue;
    }
    for (const [pattern, why] of refused) if (pattern.test(word)) throw usage(`${word} is not offered: ${why}`);
    const name = separate.has(word) ? word : notJoined.test(word) ? undefined : joined.find((option) => word.startsWith(option));
    let value = '';
    const said = [word];
    if (name !== undefined) {
      if (word !== name) value = word.slice(name.length);
      else if (i + 1 < words.length) said.push((value = words[++i]));
      else throw usage(`${name} wants a value`);
    }
    const step = steps.find(([pattern]) => pattern.test(word))?.[1];
    if (step && order.indexOf(step) < order.indexOf(line.step)) line.step = step;
    if (informing.test(word)) informs = true;
    if (name === '-x') {
      if (cPlusPlus.test(value)) throw usage(`-x ${value}: only C and assembly are compiled, not C++ or Objective-C`);
      if (!Object.hasOwn(languages, value)) throw usage(`-x ${value}: there are c, cpp-output, assembler, assembler-with-cpp and none`);
      language = value === 'none' ? undefined : value;
      line.items.push({ kind: 'language', words: said });
    } else option(line, name ?? word, value, said);
  }
  if (informs) line.step = 'inform';
  else for (const input of inputs) line.items[input.at] = inputItem(line, input);
  if (line.step === 'link') {
    const lost = line.items.flatMap((item) => item.words).find((word) => besideObject.test(word));
    if (lost !== undefined) throw usage(`${lost} writes beside the object: use it with -c`);
  }
  return line;
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

function inputItem(line: CommandLine, { path, language }: { path: string; language?: string }): Item {
  const words = [plainPath(path)];
  if (path === '-') {
    if (language === undefined && line.step !== 'preprocess') throw usage("standard input ('-') needs -x c, -x assembler, or -E");
    return { kind: 'source', path, words: ['-'], ...(language !== undefined && { language }) };
  }
  checkInput(path);
  if (language !== undefined) return { kind: 'source', path, words, language };
  const kind = inputKind(path, line.step);
  // The linker would read a device without an end.
  if (kind === 'object' && !statSync(path).isFile()) throw new ToolchainError(`the input '${path}' is no regular file`, 126);
  return { kind, path, words };
}

/** What would make the linker write under another name than -o says. */
const linkerOutput = /^(-o(?!rder|rphan|format|magic|so_prefix|bject_path|pt|verlap|ut-)|--output(=|$)|[-/][oO][uU][tT]:)/;
/** What would make it no program: each linker's own words for -shared and -r. */
const linkerKind =
  /^(--?shared|--?Bshareable|-r|--?relocatable|-dylib|-bundle|-bundle_loader|-dylinker|-kext|-preload|[-/]dll|[-/]driver(:.*)?|[-/]lib)$/i;

function linkerOptions(line: CommandLine, options: string[], said: string[]): void {
  for (const word of options) {
    if (word.startsWith('@')) throw usage(`${said.join(' ')}: give response files without -Wl, and -Xlinker`);
    if (linkerOutput.test(word)) throw usage(`${said.join(' ')}: name the output with -o`);
    if (linkerKind.test(word))
      throw usage(`${said.join(' ')} is not offered: the machine runs programs, and has no shared libraries but its own`);
  }
  line.items.push({ kind: 'linker', options, words: said });
}

/** Options that are more than words for the compiler. */
function option(line: CommandLine, name: string, value: string, said: string[]): void {
  const { link, dependencies } = line;
  switch (name) {
    case '-o':
      if (value === '') throw usage('-o wants the name of a file');
      line.output = value;
      return;
    case '-l':
      line.items.push({ kind: 'library', name: value, words: said });
      return;
    case '-L':
      line.libraryFolders.push(value);
      return;
    case '-Xlinker':
      return linkerOptions(line, [value], said);
    case '-u':
    case '-e':
    case '-z':
    case '-T':
      return linkerOptions(line, [name, value], said);
    case '-include':
    case '-imacros':
      line.read.push(value);
      break;
    case '-MF':
      dependencies.file = value;
      break;
    case '-MT':
    case '-MQ':
      dependencies.targeted = true;
      break;
    case '-MD':
    case '-MMD':
      dependencies.wanted = true;
      break;
    case '-v':
      line.verbose = true;
      break;
    case '-###':
      line.dryRun = true;
      return;
    case '-pie':
    case '-no-pie':
    case '-nopie':
      link.pie = name === '-pie';
      return;
    case '-rdynamic':
      link.exportDynamic = true;
      return;
    case '-s':
      link.strip = true;
      return;
    case '-nostartfiles':
      link.startFiles = false;
      return;
    case '-nodefaultlibs':
    case '-nolibc':
      link.libraries = false;
      return;
    case '-nostdlib':
      link.startFiles = link.libraries = false;
      return;
    // Parts of the compiler's own library come with every program, as objects.
    case '-static-libgcc':
    case '-shared-libgcc':
    case '-fuse-ld=lld':
      return;
    default:
      if (name.startsWith('-Wl,')) return linkerOptions(line, name.slice(4).split(','), said);
  }
  line.items.push({ kind: 'compiler', words: said });
}
