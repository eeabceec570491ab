/**
 * A C compiler's command line, as gcc and clang read theirs: which words are options with a value, which are inputs,
 * which reach the linker. What is not known here goes to the compiler, which refuses what it does not know.
 */
import { inputItem } from './inputs.js';
import { besideObject, informing, joined, notJoined, refused, separate, shortNames } from './option-names.js';
import { withResponseFiles } from './response-files.js';
import { usage } from './tools.js';

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
  else for (const input of inputs) line.items[input.at] = inputItem(line.step, input);
  if (line.step === 'link') {
    const lost = line.items.flatMap((item) => item.words).find((word) => besideObject.test(word));
    if (lost !== undefined) throw usage(`${lost} writes beside the object: use it with -c`);
  }
  return line;
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
