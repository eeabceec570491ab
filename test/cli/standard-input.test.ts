/** Pipes: what a program reads does not follow their timing, and one is no program. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { compile } from '../../platforms/toolchain/cc.js';
import { root } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';
import { mpsemu } from './command.js';

const text = `a line\nanother\n${'x'.repeat(250)}\nno newline`;
/** Bytes of each read of 100: lines, a long one in pieces. */
const reads = '7 8 100 100 51 10 0\n';

/** What the program prints; `pieces` come into its pipe one by one. */
async function output(program: string, args: string[], input: string[] | number): Promise<string> {
  const [node, ...words] = mpsemu;
  const child = spawn(node, [...words, 'run', program, '--', ...args], {
    stdio: [typeof input === 'number' ? input : 'pipe', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout?.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  const ended = new Promise((resolve) => child.on('close', resolve));
  if (typeof input !== 'number') {
    for (const piece of input) {
      child.stdin?.write(piece);
      await setTimeout(40);
    }
    child.stdin?.end();
  }
  await ended;
  return printed;
}

for (const code of ['lii6ll', 'fri6ll', 'xca6ll', 'w3i6mv']) {
  needing(missingToolchain(code))(`${code}: a pipe that dribbles gives what one that pours does; files are read in full`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'input-'));
    try {
      const program = join(directory, code.startsWith('w') ? 'reads.exe' : 'reads');
      await compile({ platform: code, sources: [join(root, 'test', 'cli', 'guests', 'reads.c')], output: program, flags: ['-O1', '-w'] });
      const dribble = ['a', ' line\nano', ...(text.slice(10).match(/[^]{1,37}/g) ?? [])];
      t.is(dribble.join(''), text);
      t.is(await output(program, [], [text]), reads);
      t.is(await output(program, [], dribble), reads);
      const poured = await output(program, ['lines'], [text]);
      t.true(poured.endsWith('[no newline]0\n'), poured);
      t.is(await output(program, ['lines'], dribble), poured);
      const file = join(directory, 'text');
      writeFileSync(file, text);
      const whole = openSync(file, 'r');
      t.is(await output(program, [], whole), '100 100 76 0\n');
      closeSync(whole);
      const folder = openSync(directory, 'r');
      t.is(await output(program, [], folder), '-1\n');
      t.is(await output(program, ['lines'], folder), '1\n');
      closeSync(folder);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test('a pipe as a program is refused, and not waited for', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'input-'));
  const pipe = join(directory, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const [node, ...words] = mpsemu;
  const { status, stderr } = spawnSync(node, [...words, 'run', pipe], { encoding: 'utf8', timeout: 60_000 });
  t.is(status, 126);
  t.is(stderr, `mpsemu: run: '${pipe}' is a pipe, not a program\n`);
  rmSync(directory, { recursive: true });
});
