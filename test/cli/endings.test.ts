/** How a run ends other than by itself: signals to the command, readers that go, deadlock; and options about it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommandError } from '../../cli/exit-status.js';
import { wholeNumber } from '../../cli/options.js';
import { compileSource } from '../guests/compile.js';
import { fixturePath } from '../guests/harness.js';
import { missingToolchain, needing } from '../needs.js';
import { mpsemu } from './command.js';
import { there } from '../there.js';

const [node, ...words] = mpsemu;
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-endings-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command; `during` is told of each piece of its output and may act on it. */
function run(args: string[], during: (child: ReturnType<typeof spawn>, stdout: string) => void = () => undefined): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(node, [...words, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => {
      stdout += piece.toString();
      during(child, stdout);
    });
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test.serial(`${signal} ends a run: trace and report are whole, status ${status}`, async (t) => {
    const trace = join(scratch, `${signal}.jsonl`);
    const report = join(scratch, `${signal}.json`);
    const child = spawn(node, [...words, 'run', fixturePath('xca6ll', 'bad-loop'), '--trace', trace, '--report', report]);
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    const closed = new Promise((resolve) => child.on('close', resolve));
    // It runs: the guest has said so, and goes round from there on (or is still on its way out of the C library).
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill(signal);
    t.is(await closed, status);
    t.regex(stderr, /^mpsemu: run: bad-loop: interrupted after \d+ instructions, at \S+.*; the trace and the report so far are written\n/);
    const { status: ended, instructions } = JSON.parse(readFileSync(report, 'utf8')) as { status: object; instructions: number };
    t.deepEqual(ended, { kind: 'interrupted', signal: status - 128 });
    t.true(instructions > 0);
    const last = JSON.parse(there(readFileSync(trace, 'utf8').trimEnd().split('\n').at(-1))) as { event: string };
    t.is(last.event, 'exit');
  });
}

for (const code of ['lii6ll', 'w3i3mv', 'xca6ll', 'fri3gc']) {
  const compiled = needing(missingToolchain(code), test.serial);

  compiled(`${code}: a reader that goes ends the run with status 141, the report still written`, async (t) => {
    const program = await compileSource(code, 'endings.c');
    const report = join(scratch, `pipe-${code}.json`);
    const { status, stderr } = await run(['run', program, '--report', report, '--', 'talk'], (child) => there(child.stdout).destroy());
    t.is(status, 141);
    t.is(stderr, '');
    t.deepEqual((JSON.parse(readFileSync(report, 'utf8')) as { status: object }).status, { kind: 'interrupted', signal: 13 });
  });

  compiled(`${code}: a run that waits for input is interrupted too`, async (t) => {
    const program = await compileSource(code, 'endings.c');
    const { status, stdout } = await run(['run', program, '--', 'echo'], (child) => setTimeout(() => child.kill('SIGINT'), 500));
    t.is(status, 130);
    t.is(stdout.trim(), 'ready');
  });

  compiled(`${code}: what is not provided is status 123 and named`, async (t) => {
    const program = await compileSource(code, 'endings.c');
    const { status, stderr } = await run(['run', program, '--', 'unsupported']);
    t.is(status, 123);
    t.regex(stderr, /^mpsemu: run: endings-.*: mps_arena_create_k: the client arena class .* not implemented in this MPS\n/);
  });

  compiled(`${code}: a deadlock is status 122 and says who waits`, async (t) => {
    const program = await compileSource(code, 'endings.c');
    const { status, stderr } = await run(['run', program, '--', 'deadlock']);
    t.is(status, 122);
    t.regex(stderr, /^mpsemu: run: endings-.*: deadlock: thread 1 waits for .*\n/);
  });

  compiled(`${code}: --env sets the guest's environment, which has nothing of ours`, async (t) => {
    const program = await compileSource(code, 'endings.c');
    const value = async (name: string, ...options: string[]): Promise<string> =>
      (await run(['run', program, ...options, '--', 'environment', name])).stdout.trim();
    t.is(await value('PATH'), '(not set)');
    t.is(await value('A', '--env', 'A=b=c', '--env', 'D=e'), 'b=c');
    t.is(await value('A', '--env', 'A=1', '--env', 'A=2'), '2');
    t.is(await value('EMPTY', '--env=EMPTY='), '');
  });
}

const loop = fixturePath('lii6ll', 'bad-loop');

test('numbers as people write them', (t) => {
  for (const [text, wanted] of [
    ['1e6', 1_000_000],
    ['1e+6', 1_000_000],
    ['2M', 2_000_000],
    ['1.5k', 1500],
    ['3G', 3_000_000_000],
    ['10_000', 10_000],
    ['0x100', 256],
  ] as const) {
    t.is(wholeNumber('run', 'budget', text, 1), wanted);
  }
});

test('other numbers are refused with one line that names option and value', (t) => {
  for (const value of [
    '-3',
    'abc',
    '1e400',
    '0.5',
    '0',
    '1e-3',
    '',
    '9e15M',
    '1__0',
    '0x',
    '--',
    '-1e3',
    'Infinity',
    '1e',
    ' 1',
    '1K5',
    '1e30',
    '9007199254740992',
  ]) {
    const error = t.throws(() => wholeNumber('run', 'budget', value, 1), { instanceOf: CommandError });
    t.is(error.status, 125);
    const range = ['1e400', '9e15M', '1e30', '9007199254740992'].includes(value) ? 'from 1 to 9007199254740991' : 'of at least 1';
    t.is(error.message, `run: --budget wants a whole number ${range} (1000000, 1e6, 1M, 0x10), not '${value}'`);
  }
});

test.serial('a negative number is a wrong value, not an option', async (t) => {
  for (const option of ['--budget', '--seed']) {
    const { status, stderr } = await run(['run', loop, option, '-3']);
    t.is(status, 125);
    t.regex(stderr, new RegExp(`^mpsemu: run: ${option} wants a whole number of at least . .*, not '-3'\n$`));
  }
});

test.serial('--env wants a name and a value', async (t) => {
  for (const entry of ['A', '=x', '']) {
    const { status, stderr } = await run(['run', loop, `--env=${entry}`]);
    t.is(status, 125);
    t.is(stderr, `mpsemu: run: --env wants NAME=VALUE, not '${entry}'\n`);
  }
});

test.serial('traces and reports never overwrite the program or each other', async (t) => {
  const program = join(scratch, 'program');
  symlinkSync(loop, program);
  const size = statSync(loop).size;
  for (const args of [
    ['--trace', program],
    ['--report', loop],
    ['--trace', join(scratch, 'x'), '--report', join(scratch, '.', 'x')],
    ['--report', join(scratch, '..', there(scratch.split('/').at(-1)), 'y'), '--trace', join(scratch, 'y')],
  ]) {
    const { status, stderr } = await run(['run', program, '--budget', '10', ...args]);
    t.is(status, 125, stderr);
    t.regex(stderr, /^mpsemu: run: --(trace|report) '.*' would overwrite .*\n$/);
  }
  t.is(statSync(loop).size, size);
  t.is((await run(['run', program, '--budget', '10', '--trace', '/dev/null', '--report', '/dev/null'])).status, 124);
});
