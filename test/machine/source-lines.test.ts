/** Compiled with -g, a program that dies says where: module, function and source line, on every platform. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { digestOf, LineTable } from '../../emulator/loader/line-table.js';
import { platforms } from '../../platforms/codes.js';
import { compile } from '../../platforms/toolchain/cc.js';
import { debugBundle, linesBeside } from '../../platforms/toolchain/debug-lines.js';
import { canCompile } from '../guests/compile.js';
import { root, runProgram } from '../guests/harness.js';

const source = join(root, 'test', 'machine', 'crash.c');
const lineOf = (mark: string): number =>
  readFileSync(source, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(mark)) + 1;
const work = mkdtempSync(join(tmpdir(), 'source-lines-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const diesAt = (path: string, code: string): string => {
  const { status } = runProgram(path, code);
  return status.kind === 'signal' ? status.text : JSON.stringify(status);
};

for (const { code } of platforms) {
  (canCompile(code) ? test : test.skip)(`${code}: a crash names function and line`, async (t) => {
    const path = join(work, code);
    await compile({ platform: code, sources: [source], output: path, flags: ['-g', '-O1'] });
    const here = new RegExp(` at ${code}!deep\\+0x[0-9a-f]+ \\(test/machine/crash\\.c:${lineOf('HERE')}\\)$`);
    t.regex(diesAt(path, code), here);
    // Nothing of where it was made: the same program again, made elsewhere.
    const again = join(mkdtempSync(join(work, 'elsewhere-')), code);
    await compile({ platform: code, sources: [source], output: again, flags: ['-g', '-O1'] });
    t.deepEqual(readFileSync(again), readFileSync(path));
    t.is(readFileSync(linesBeside(again), 'utf8'), readFileSync(linesBeside(path), 'utf8'));
    // Without the table beside it, out of its debug information; a table of another build is not believed.
    const expected = diesAt(path, code);
    writeFileSync(
      linesBeside(path),
      readFileSync(linesBeside(path), 'utf8')
        .replace(/"of":"./, '"of":"x')
        .replaceAll(',', ',1'),
    );
    t.is(diesAt(path, code), expected);
    rmSync(linesBeside(path));
    t.is(diesAt(path, code), expected);
    // With nothing to go by, the function alone.
    rmSync(debugBundle(path), { recursive: true, force: true });
    const stripped = join(work, `${code}-plain`);
    await compile({ platform: code, sources: [source], output: stripped, flags: ['-O1'] });
    t.regex(diesAt(stripped, code), new RegExp(` at ${basename(stripped)}!deep\\+0x[0-9a-f]+$`));
  });
}

test('with only the lines kept beside it, a program is that of a build without -g', async (t) => {
  for (const code of ['lii6ll', 'fri3gc', 'w3i3mv', 'w3i6mv', 'xca6ll', 'xci6ll'].filter(canCompile)) {
    // A Mach-O program is signed with its name.
    const [plain, lined] = ['plain', 'lined'].map((name) => join(mkdtempSync(join(work, `${name}-`)), code));
    await compile({ platform: code, sources: [source], output: plain, flags: ['-O1'] });
    await compile({ platform: code, sources: [source], output: lined, flags: ['-O1', '-g'], onlyLines: true });
    t.deepEqual(readFileSync(lined), readFileSync(plain), code);
    t.regex(diesAt(lined, code), new RegExp(`\\(test/machine/crash\\.c:${lineOf('HERE')}\\)$`));
  }
});

test('a line table finds rows within their sequences only, and survives being written and read', (t) => {
  const row = (offset: number, file: string, line: number): { offset: number; file: string; line: number } => ({ offset, file, line });
  const table = new LineTable([
    { rows: [row(0x200, 'b.c', 7)], limit: 0x210 },
    { rows: [row(0x100, 'a.c', 1), row(0x104, 'a.h', 20), row(0x108, 'a.c', 0), row(0x10c, 'a.c', 3)], limit: 0x110 },
  ]);
  const bytes = new Uint8Array([1, 2, 3]);
  const text = table.store(digestOf(bytes));
  for (const each of [table, LineTable.parse(text, digestOf(bytes))!]) {
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
  t.is(LineTable.parse('not a table', digestOf(bytes)), undefined);
});
