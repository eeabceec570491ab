/** FILE pointers that are no open file: each library's crash, message or error. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '../../../platforms/codes.js';
import { compile } from '../../../platforms/toolchain/cc.js';
import { root, runProgram } from '../../guests/harness.js';
import { missingOracle } from '../../oracle.js';
import { missingToolchain, needing } from '../../needs.js';
import { there } from '../../there.js';

const source = join(root, 'test', 'platforms', 'clib', 'guests', 'bad-files.c');
const flags = ['-O0', '-w', '-fno-builtin'];
/** Kinds of pointers, by their number in the program. */
const NULL = '0';
const ZEROS = '1';
const LETTERS = '2';
const CLOSED = '3';

type Call = (kind: string, index: number) => { stdout: string; end: string };

/** `body` with a way to call a function of the program. */
async function calls(code: string, body: (call: Call, directory: string) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bad-files-'));
  try {
    writeFileSync(join(directory, 'some.txt'), 'some text\n');
    const { os, programSuffix } = there(platform(code));
    const [folder, path] = os === 'windows' ? ['D:\\data', 'D:\\data\\some.txt'] : ['/data', '/data/some.txt'];
    const output = join(directory, `guest${programSuffix}`);
    await compile({ platform: code, sources: [source], output, flags });
    body((kind, index) => {
      const { status, stdout, stderr } = runProgram(output, code, {
        args: [path, kind, String(index)],
        directories: [{ host: directory, guest: folder }],
      });
      const end =
        status.kind === 'exit' ? String(status.code) : status.kind === 'signal' ? `signal ${status.signal} ${stderr}` : status.kind;
      return { stdout: stdout.trimEnd(), end };
    }, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Every function's outcome. */
function all(call: Call, kind: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; ; index++) {
    const { stdout, end } = call(kind, index);
    if (end === '99') return found;
    const [name = '', ...rest] = stdout.split(' ');
    found.set(name || String(index), end === '0' ? rest.join(' ') : end);
  }
}

// A program of this machine with a dynamic C library: static ones lack the check of the table of functions.
needing(missingOracle('lii6gc') ?? missingToolchain('lii6gc'))('lii6gc: as glibc ends or answers each', async (t) => {
  await calls('lii6gc', (call, directory) => {
    const native = join(directory, 'native');
    t.is(spawnSync('gcc', [...flags, '-o', native, source]).status, 0);
    const there: Call = (kind, index) => {
      const { stdout, stderr, status, signal } = spawnSync(native, [join(directory, 'some.txt'), kind, String(index)], {
        encoding: 'utf8',
      });
      const number = signal === 'SIGSEGV' ? 11 : 6;
      return { stdout: stdout.trimEnd(), end: signal ? `signal ${number} ${stderr}` : String(status) };
    };
    // The letters have flags of their own: a wide stream, for one. What is closed has those of chance.
    const except: Record<string, RegExp> = { [LETTERS]: /^(2|3|fgetc|getc|24|25|26|27|v?fprintf|v?fscanf)$/ };
    const sure = /^(0|4|ftell|setvbuf|fread_nothing|fwrite_nothing)$/;
    for (const kind of [NULL, ZEROS, LETTERS, CLOSED]) {
      const wanted = (name: string): boolean => (kind === CLOSED ? sure.test(name) : except[kind]?.test(name) !== true);
      const only = (map: Map<string, string>) => [...map].filter(([name]) => wanted(name));
      t.deepEqual(only(all(call, kind)), only(all(there, kind)), `kind ${kind}`);
    }
  });
});

for (const code of ['fri6ll', 'fri3ll', 'xca6ll']) {
  needing(missingToolchain(code))(`${code}: a closed file is EBADF, no file a crash`, async (t) => {
    await calls(code, (call) => {
      const answers = all(call, CLOSED);
      t.is(answers.get('fclose'), '-1 9');
      t.is(answers.get('fprintf'), '-1 9');
      t.is(answers.get('fread'), '0 9');
      t.is(answers.get('freopen'), '0 9');
      t.true([...answers.values()].every((end) => !end.startsWith('signal')));
      t.is(call(ZEROS, 2).stdout, 'fgetc -1 9');
      const nulls = all(call, NULL);
      t.is(nulls.get('fflush'), '0 0');
      // Apple's fclose looks.
      t.is(nulls.get('fclose'), code.startsWith('x') ? '-1 14' : undefined);
      t.true([...nulls.values()].filter((end) => end.startsWith('signal 11')).length > 20);
      t.regex(call(LETTERS, 8).end, /^signal 11/);
    });
  });
}

for (const code of ['w3i6mv', 'w3i3mv']) {
  needing(missingToolchain(code))(`${code}: a null pointer is an invalid parameter`, async (t) => {
    await calls(code, (call) => {
      const nulls = all(call, NULL);
      t.is(nulls.get('fflush'), '0 0');
      t.true([...nulls.values()].filter((end) => end.startsWith('signal 6')).length > 20);
      t.is(call(CLOSED, 0).stdout, 'fclose -1 9');
    });
  });
}
