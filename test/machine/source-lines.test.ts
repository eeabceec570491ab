/** Compiled with -g, a program that dies says where: module, function and source line, on every platform. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { BadLineTable, digestOf, LineTable } from '../../emulator/loader/line-table.js';
import { crashReport } from '../../machine/crash-report.js';
import { startMachine } from '../../machine/machine.js';
import { platforms } from '../../platforms/codes.js';
import { compile } from '../../platforms/toolchain/cc.js';
import { debugBundle, linesBeside } from '../../platforms/toolchain/debug-lines.js';
import { fixturePath, root } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';
import { there } from '../there.js';

const source = join(root, 'test', 'machine', 'crash.c');
const lineOf = (mark: string): number =>
  readFileSync(source, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(mark)) + 1;
const work = mkdtempSync(join(tmpdir(), 'source-lines-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

/** What is said of a program's death, and below it the instruction and the calls. */
async function death(path: string, code: string, note: (text: string) => void = () => undefined): Promise<string[]> {
  const machine = startMachine({
    path,
    bytes: readFileSync(path),
    code,
    argv: [path],
    env: [],
    seed: 0,
    variety: 'cool',
    scan: [],
    quirks: [],
    directories: [],
    output: () => undefined,
    note,
    input: () => new Uint8Array(0),
  });
  const status = machine.process.run();
  const more = await crashReport(machine.process);
  machine.process.close();
  return [status.kind === 'signal' || status.kind === 'deadlock' ? status.text : status.kind, ...more];
}

const diesAt = async (path: string, code: string): Promise<string> => (await death(path, code))[0];

for (const { code } of platforms) {
  needing(missingToolchain(code))(`${code}: a crash names function and line`, async (t) => {
    const path = join(work, code);
    await compile({ platform: code, sources: [source], output: path, flags: ['-g', '-O1'] });
    const here = new RegExp(` at ${code}!deep\\+0x[0-9a-f]+ \\(test/machine/crash\\.c:${lineOf('/* HERE')}\\)$`);
    t.regex(await diesAt(path, code), here);
    // With frame pointers or without, whatever the optimiser does.
    for (const [i, flags] of [['-O0'], ['-O2', '-fno-omit-frame-pointer'], ['-O2', '-fomit-frame-pointer']].entries()) {
      const other = join(work, `${code}-${i}`);
      await compile({ platform: code, sources: [source], output: other, flags: ['-g', ...flags] });
      const [, instruction, ...calls] = await death(other, code);
      t.regex(instruction, /^instruction 0x[0-9a-f]+: (mov dword ptr \[\w+\], 3|str w\d+, \[x\d+\])$/, flags.join(' '));
      const from = (name: string, mark: string): RegExp =>
        new RegExp(`^called from ${basename(other)}!${name}\\+0x[0-9a-f]+ \\(test/machine/crash\\.c:${lineOf(mark)}\\)$`);
      t.regex(calls[0], from('middle', '/* FROM HERE'), flags.join(' '));
      t.regex(calls[1], from('main', 'AND FROM HERE'), flags.join(' '));
      t.true(calls.length >= 3, 'and what called main');
    }
    // Nothing of where it was made: the same program again, made elsewhere.
    const again = join(mkdtempSync(join(work, 'elsewhere-')), code);
    await compile({ platform: code, sources: [source], output: again, flags: ['-g', '-O1'] });
    t.deepEqual(readFileSync(again), readFileSync(path));
    t.is(readFileSync(linesBeside(again), 'utf8'), readFileSync(linesBeside(path), 'utf8'));
    // Without the table beside it, out of its debug information; a table of another build is not believed.
    const expected = await diesAt(path, code);
    writeFileSync(
      linesBeside(path),
      readFileSync(linesBeside(path), 'utf8')
        .replace(/"of":"./, '"of":"x')
        .replaceAll(',', ',1'),
    );
    t.is(await diesAt(path, code), expected);
    rmSync(linesBeside(path));
    t.is(await diesAt(path, code), expected);
    // With nothing to go by, the function alone.
    rmSync(debugBundle(path), { recursive: true, force: true });
    const stripped = join(work, `${code}-plain`);
    await compile({ platform: code, sources: [source], output: stripped, flags: ['-O1'] });
    t.regex(await diesAt(stripped, code), new RegExp(` at ${basename(stripped)}!deep\\+0x[0-9a-f]+$`));
  });
}

for (const code of ['lii6ll', 'fri3gc', 'w3i3mv', 'w3i6mv', 'xca6ll', 'xci6ll']) {
  needing(missingToolchain(code))(`${code}: with only the lines kept beside it, a program is that of a build without -g`, async (t) => {
    // A Mach-O program is signed with its name.
    const [plain, lined] = ['plain', 'lined'].map((name) => join(mkdtempSync(join(work, `${name}-`)), code));
    await compile({ platform: code, sources: [source], output: plain, flags: ['-O1'] });
    await compile({ platform: code, sources: [source], output: lined, flags: ['-O1', '-g'], onlyLines: true });
    t.deepEqual(readFileSync(lined), readFileSync(plain));
    t.regex(await diesAt(lined, code), new RegExp(`\\(test/machine/crash\\.c:${lineOf('/* HERE')}\\)$`));
  });
}

test('a line table finds rows within their sequences only, and survives being written and read', (t) => {
  const row = (offset: number, file: string, line: number): { offset: number; file: string; line: number } => ({ offset, file, line });
  const table = new LineTable([
    { rows: [row(0x200, 'b.c', 7)], limit: 0x210 },
    { rows: [row(0x100, 'a.c', 1), row(0x104, 'a.h', 20), row(0x108, 'a.c', 0), row(0x10c, 'a.c', 3)], limit: 0x110 },
  ]);
  const bytes = new Uint8Array([1, 2, 3]);
  const text = table.store(digestOf(bytes));
  for (const each of [table, there(LineTable.parse(text, digestOf(bytes)))]) {
    t.is(each.find(0xff), undefined);
    t.deepEqual(each.find(0x100), { file: 'a.c', line: 1 });
    t.deepEqual(each.find(0x103), { file: 'a.c', line: 1 });
    t.deepEqual(each.find(0x104), { file: 'a.h', line: 20 });
    t.is(each.find(0x108), undefined, 'line 0 is none');
    t.deepEqual(each.find(0x10f), { file: 'a.c', line: 3 });
    t.is(each.find(0x110), undefined);
    t.is(each.find(0x1ff), undefined);
    t.deepEqual(each.find(0x20f), { file: 'b.c', line: 7 });
    t.is(each.find(0x210), undefined);
  }
  t.is(LineTable.parse(text, digestOf(new Uint8Array([1]))), undefined);
  t.throws(() => LineTable.parse('not a table', digestOf(bytes)), { instanceOf: BadLineTable });
});

test('a damaged line table is refused as a whole', (t) => {
  const good = { version: 1, of: 'x', files: ['a.c'], sequences: [{ at: 16, file: 0, rows: [0, 3, 4, 5], size: 8 }] };
  const [sequence] = good.sequences;
  t.deepEqual(LineTable.parse(JSON.stringify(good), 'x')?.find(20), { file: 'a.c', line: 5 });
  const damages: unknown[] = [null, [], 'x', 1, {}, { ...good, version: 2 }, { ...good, of: 1 }];
  for (const files of [[], [null, 1], 'x', null, {}, [''], [['a.c']]]) damages.push({ ...good, files });
  for (const sequences of [null, 'x', {}, [null], [[]], ['x']]) damages.push({ ...good, sequences });
  for (const at of [-1, 0.5, '16', null, 1e300]) damages.push({ ...good, sequences: [{ ...sequence, at }] });
  for (const file of [-1, 1, 0.5, '0', null]) damages.push({ ...good, sequences: [{ ...sequence, file }] });
  for (const size of [-1, 3, '8', null]) damages.push({ ...good, sequences: [{ ...sequence, size }] });
  for (const rows of [null, 'x', [0], [0, -3], [0, '3'], [0, null], [-1, 3], [9, 3], [0, 1.5]])
    damages.push({ ...good, sequences: [{ ...sequence, rows }] });
  for (const damage of damages) {
    const text = JSON.stringify(damage);
    t.throws(() => LineTable.parse(text, 'x'), { instanceOf: BadLineTable }, text);
  }
});

test('what is no regular file, or damaged, beside a program is no line table, and one note says so', async (t) => {
  const program = fixturePath('lii6ll', 'bad-null');
  for (const [name, make] of [
    ['pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['zero', (path: string) => symlinkSync('/dev/zero', path)],
    ['directory', (path: string) => mkdirSync(path)],
    ['damaged', (path: string) => writeFileSync(path, readFileSync(linesBeside(program), 'utf8').replace(/"files":\[.*?\]/, '"files":[]'))],
  ] as const) {
    const path = join(mkdtempSync(join(work, `${name}-`)), 'prog');
    copyFileSync(program, path);
    make(linesBeside(path));
    const notes: string[] = [];
    const [text] = await death(path, 'lii6ll', (note) => notes.push(note));
    t.regex(text, / at prog!main\+0x[0-9a-f]+$/, name);
    t.is(notes.length, 1, name);
    t.regex(notes[0], /^the line table prog\.lines is not used: it/, name);
  }
});

test('an endless recursion shows where it goes round', async (t) => {
  const [, , ...calls] = await death(fixturePath('fri3ll', 'bad-stack'), 'fri3ll');
  t.regex(calls[0], /^called from bad-stack!endless\+0x[0-9a-f]+ \(fixtures\/programs\/bad-stack\.c:\d+\)$/);
  t.regex(there(calls.at(-1)), /^and \d+ more$/);
});

needing(missingToolchain('lii6ll'))('a hang shows where each thread is', async (t) => {
  const path = join(work, 'hang');
  const hang = join(root, 'test', 'machine', 'hang.c');
  await compile({ platform: 'lii6ll', sources: [hang], output: path, flags: ['-g', '-O2'] });
  const line =
    readFileSync(hang, 'utf8')
      .split('\n')
      .findIndex((each) => each.includes('HERE')) + 1;
  const [text, place, call] = await death(path, 'lii6ll');
  t.regex(text, /^deadlock: thread 1 waits for mutex/);
  t.regex(place, /^thread 1 is in libpthread\.so\.0!pthread_mutex_lock$/);
  t.regex(call, new RegExp(`^called from hang!main\\+0x[0-9a-f]+ \\(test/machine/hang\\.c:${line}\\)$`));
});

test('the line tables of the fixtures and guest libraries are those of the files beside them, and name no path of any machine', (t) => {
  for (const { code } of platforms) {
    const folders = [join(root, 'fixtures', 'built', code), join(root, 'fixtures', 'guest', 'built', code)];
    const tables = folders
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((path) => path.endsWith('.lines'));
    t.true(tables.length > 15, code);
    for (const path of tables) {
      const text = readFileSync(path, 'utf8');
      t.truthy(LineTable.parse(text, digestOf(readFileSync(path.replace(/\.lines$/, '')))), path);
      const { files } = JSON.parse(text) as { files: string[] };
      t.deepEqual(
        files.filter((file) => !file.startsWith('fixtures/')),
        [],
        path,
      );
    }
  }
});
