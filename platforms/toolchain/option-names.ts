/** The options of gcc and clang by their names: which have values, which mean a refusal. */

/** Options whose value is the next word; those of the second list may have it joined to them. */
export const separate = new Set(
  (
    '-include -imacros -iquote -isystem -idirafter -iprefix -iwithprefix -iwithprefixbefore -MF -MT -MQ -Xlinker -Xclang -Xpreprocessor ' +
    '-Xassembler -mllvm --param -aux-info -dumpbase -dumpdir -dumpbase-ext --serialize-diagnostics -serialize-diagnostics -MJ -T -u -e -z -x -o -I -D -U -L -l'
  ).split(' '),
);
export const joined = [
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
export function shortNames(word: string): string[] {
  const [long, ...rest] = word.split('=');
  if (!Object.hasOwn(longNames, long)) return [word];
  return rest.length === 0 ? [longNames[long]] : [longNames[long], rest.join('=')];
}

/** The word behind it is its value, whatever that looks like. */
export const takesNextWord = (word: string): boolean => separate.has(word);

/** Begins like one with a joined value, and is none. */
export const notJoined = /^(-undef|-include-pch)$/;

/** Options that this driver can't honour, and why: the machine, its libraries and its linker are the platform's. */
export const refused: [pattern: RegExp, why: string][] = [
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
export const besideObject = /^(-save-temps=obj|-gsplit-dwarf|-fstack-usage|-fdump-|-ftime-trace|--coverage|-coverage|-ftest-coverage)/;

/** Asked for one of these, a compiler does nothing else. */
export const informing = /^(--version|-dumpversion|-dumpfullversion|-dumpmachine|-print-|--print-|-help=|--help=|--target-help)/;
