/** How a C compiler's command line is read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseCommandLine, type CommandLine } from '../../../platforms/toolchain/command-line.js';
import { ToolchainError } from '../../../platforms/toolchain/tools.js';

const directory = mkdtempSync(join(tmpdir(), 'command-line-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string | Uint8Array = ''): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
const a = file('a.c');
const b = file('b.c');
const o = file('c.o');

/** What the compiler is told. */
const compiler = (line: CommandLine): string[] => line.items.filter((i) => i.kind === 'compiler').flatMap((i) => i.words);

test('values may be joined or the next word, and keep their order', (t) => {
  const line = parseCommandLine(['-Ione', '-I', 'two', '-DA=1', '-D', 'B=-2', '-UC', '-include', 'x.h', '-isystem', 'three', '-O2', a]);
  t.deepEqual(compiler(line), ['-Ione', '-I', 'two', '-DA=1', '-D', 'B=-2', '-UC', '-include', 'x.h', '-isystem', 'three', '-O2']);
  t.deepEqual(line.read, ['x.h']);
  t.is(parseCommandLine(['-oprog', a]).output, 'prog');
  t.is(parseCommandLine(['-o', '-prog', a]).output, '-prog');
  t.deepEqual(parseCommandLine(['-Lx', '-L', 'y', a]).libraryFolders, ['x', 'y']);
});

test('what the linker gets stays between the inputs where it was', (t) => {
  const { items } = parseCommandLine([a, '-Wl,--start-group,x', o, '-lm', '-Xlinker', '--end-group', '-l', 'n', b]);
  t.deepEqual(
    items.map((i) => (i.kind === 'linker' ? i.options.join() : i.kind === 'library' ? i.name : i.kind)),
    ['source', '--start-group,x', 'object', 'm', '--end-group', 'n', 'source'],
  );
});

test('the earliest step wins', (t) => {
  t.is(parseCommandLine([a]).step, 'link');
  t.is(parseCommandLine(['-c', a]).step, 'object');
  t.is(parseCommandLine(['-c', '-S', a]).step, 'assembly');
  t.is(parseCommandLine(['-S', '-fsyntax-only', a]).step, 'check');
  t.is(parseCommandLine(['-E', '-c', a]).step, 'preprocess');
  t.is(parseCommandLine(['-MM', a]).step, 'preprocess');
  t.is(parseCommandLine(['--version']).step, 'inform');
  t.is(parseCommandLine(['-dumpmachine']).step, 'inform');
});

test('-x holds for the files behind it until -x none', (t) => {
  const odd = file('odd.name');
  const { items } = parseCommandLine(['-x', 'c', odd, '-xnone', a]);
  t.deepEqual(
    items.filter((i) => i.kind === 'source').map((i) => i.language),
    ['c', undefined],
  );
  t.throws(() => parseCommandLine([odd]), { instanceOf: ToolchainError, message: /odd\.name' is neither C/ });
});

test('objects and archives are known by what they hold', (t) => {
  for (const [name, start] of [
    ['elf', '\x7fELF\x02\x01\x01\x00'],
    ['mach-o', '\xcf\xfa\xed\xfe\x07\x00\x00\x01'],
    ['coff', '\x64\x86\x02\x00\x00\x00\x00\x00'],
    ['coff32', '\x4c\x01\x02\x00\x00\x00\x00\x00'],
    ['archive', '!<arch>\n'],
  ]) {
    t.is(parseCommandLine([file(name, Buffer.from(start, 'latin1'))]).items[0].kind, 'object', name);
  }
  t.throws(() => parseCommandLine([file('text', 'int main(void)')]), { message: /is neither/ });
  t.throws(() => parseCommandLine([file('short', 'x')]), { message: /is neither/ });
});

test('response files: white space, quotes, backslashes, files within files', (t) => {
  const inner = file('inner', `-DINNER "-DX=a b"\n'-DY="q"' -DZ=\\"s\\ t\\"`);
  const outer = file('outer', `-O2 @${inner}\n\t${a}`);
  const line = parseCommandLine([`@${outer}`]);
  t.deepEqual(compiler(line), ['-O2', '-DINNER', '-DX=a b', '-DY="q"', '-DZ="s t"']);
  t.deepEqual(line.read, [outer, inner]);
  const own = join(directory, 'self');
  file('self', `@${own}`);
  t.throws(() => parseCommandLine([`@${own}`]), { message: /contain each other/ });
  t.throws(() => parseCommandLine(['@nowhere']), { message: "there is no file '@nowhere'" });
});

test('after --, everything is an input', (t) => {
  const error = t.throws(() => parseCommandLine(['--', '-c']), { instanceOf: ToolchainError });
  t.is(error.message, "there is no file '-c'");
  t.is(error.status, 127);
});

test('what can not be honoured is refused, not ignored', (t) => {
  const refused = (...args: string[]): string => {
    const error = t.throws(() => parseCommandLine([...args, a]), { instanceOf: ToolchainError }, args.join(' '));
    t.is(error.status, 125);
    return error.message;
  };
  for (const word of [
    '-static',
    '-shared',
    '-r',
    '--sysroot=/x',
    '-target',
    '--target=arm',
    '-fuse-ld=gold',
    '-Bx',
    '-dynamiclib',
    '-N',
    '-symbolic',
  ]) {
    t.true(refused(word, 'x').startsWith(`${word} is not offered: `), word);
  }
  t.regex(refused('-Wl,-o,x'), /name the output with -o/);
  t.regex(refused('-Xlinker', '--output=x'), /name the output with -o/);
  t.regex(refused('-Wl,/out:x'), /name the output with -o/);
  t.regex(refused('-gsplit-dwarf'), /use it with -c/);
  t.regex(refused('-x', 'c++'), /not C\+\+/);
  t.regex(refused('-x', '__proto__'), /there are c/);
  t.regex(refused('-'), /standard input/);
  t.is(refused('-o', ''), '-o wants the name of a file');
  for (const name of ['x.cc', 'x.cpp', 'x.cxx', 'x.C', 'x.c++', 'x.m', 'x.mm', 'x.ii']) t.regex(refused(file(name)), /not C\+\+/, name);
  t.regex(refused(file('x.so.1')), /no shared libraries/);
  t.regex(refused(file('x.h')), /is a header/);
  for (const word of ['-o', '-I', '-Xlinker', '-MF', '-include', '-x']) {
    t.is(t.throws(() => parseCommandLine([a, word]), { instanceOf: ToolchainError }).message, `${word} wants a value`);
  }
  t.notThrows(() => parseCommandLine(['-c', '-gsplit-dwarf', a]));
  t.notThrows(() => parseCommandLine(['-E', file('y.h')]));
});
