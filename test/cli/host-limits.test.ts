/**
 * The limits of the host's shell (`ulimit`): what a guest sees does not follow them, and what the host really lacks is said in one
 * line. The guest's own limits are its system's.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../platforms/toolchain/cc.js';
import { fixturePath, root } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';

// As it is installed: one file, so that starting opens no hundreds of them at once.
const mpsemu = [process.execPath, join(root, 'dist', 'cli', 'start.cjs')];
const folder = mkdtempSync(join(tmpdir(), 'mpsemu-limits-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** `limits`: what ulimit is told, of the hard limits too. */
function run(limits: string[], ...args: string[]): Result {
  const shell = [...limits.map((limit) => `ulimit ${limit}`), 'exec "$@"'].join(' && ');
  return spawnSync('bash', ['-c', shell, 'bash', ...mpsemu, 'run', ...args], { encoding: 'utf8', timeout: 120_000 });
}

async function manyFiles(code: string): Promise<string> {
  const output = join(folder, `many-files-${code}.exe`);
  await compile({ platform: code, sources: [join(root, 'test', 'cli', 'many-files.c')], output, flags: ['-O1'] });
  return output;
}

/** What the program says, and what it leaves in the directory. */
function trial(program: string, limits: string[], count: number): Result & { left: Record<string, string> } {
  const directory = mkdtempSync(join(folder, 'd-'));
  const result = run(limits, program, '--dir', `${directory}:/d`, '--', String(count));
  const left = Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
  rmSync(directory, { recursive: true });
  return { ...result, left };
}

for (const code of ['lii6ll', 'lia6ll', 'fri6ll', 'xca6ll', 'w3i6mv']) {
  needing(missingToolchain(code))(`${code}: open files don't follow ulimit -n`, async (t) => {
    t.timeout(5 * 60_000);
    const program = await manyFiles(code);
    const free = trial(program, [], 150);
    t.regex(free.stdout, /^150 opened: all\r?\nsum \d+\r?\n$/);
    t.is(Object.keys(free.left).length, code.startsWith('w3') ? 150 : 147);
    const { status, stdout, stderr, left } = trial(program, ['-n 48'], 150);
    t.deepEqual([stderr, stdout, status], ['', free.stdout, 0]);
    t.deepEqual(left, free.left);
  });
}

needing(missingToolchain('lii6ll'))('the guest’s own limit of open files is the same', async (t) => {
  const program = await manyFiles('lii6ll');
  for (const limits of [[], ['-n 64']]) t.regex(trial(program, limits, 2000).stdout, /^1021 opened: Too many open files\n/);
});

needing(missingToolchain('lii6ll'))('files that must stay open are more than the machine has', async (t) => {
  // Each has lost its name.
  const program = join(folder, 'nameless');
  await compile({ platform: 'lii6ll', sources: [join(root, 'test', 'cli', 'nameless-files.c')], output: program, flags: ['-O1'] });
  const { status, stderr } = trial(program, ['-n 48'], 200);
  t.is(status, 70);
  t.regex(stderr, /^mpsemu: this machine lets no more files be opened \(ulimit -n\); the program has \d+ open that must stay so\n$/);
  t.is(trial(program, [], 200).stdout, '200 opened\n');
});

needing(missingToolchain('lii6ll'))('a file that ulimit -f cuts short is the machine’s lack, not an error of the guest’s', async (t) => {
  const program = join(folder, 'long-file');
  await compile({ platform: 'lii6ll', sources: [join(root, 'test', 'cli', 'long-file.c')], output: program, flags: ['-O1'] });
  mkdirSync(join(folder, 'long'), { recursive: true });
  const grant = `${join(folder, 'long')}:/d`;
  t.is(run([], program, '--dir', grant).stdout, 'written, and cut to 3000000\n');
  const { status, stdout, stderr } = run(['-f 8'], program, '--dir', grant);
  t.deepEqual([status, stdout], [70, '']);
  t.is(stderr, 'mpsemu: this machine lets no file be longer than 8192 bytes (ulimit -f)\n');
});

test('a small stack of the host changes nothing', (t) => {
  for (const limit of ['-s 256', '-s 65536', '-s unlimited']) {
    const { status, stdout, stderr } = run([limit], fixturePath('lii6ll', 'barriers'));
    t.deepEqual([status, stderr], [0, ''], limit);
    t.regex(stdout, /PASS/, limit);
  }
});
