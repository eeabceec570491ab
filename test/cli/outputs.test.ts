/** Where traces, reports and profiles go, what they may not overwrite, and that each is finished whatever becomes of the others. */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test from 'ava';
import { printable, printableJson } from '../../cli/message.js';
import { fixturePath, root } from '../guests/harness.js';
import { mpsemu } from './command.js';
import { needing } from '../needs.js';

const [node, ...words] = mpsemu;
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-outputs-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(node, [...words, 'run', ...args], { encoding: 'utf8', timeout: 120_000 });
}

const list = fixturePath('lii6ll', 'list');
const statusIn = (report: string): unknown => (JSON.parse(readFileSync(report, 'utf8')) as { status: unknown }).status;

test.serial('two outputs never reach one file, through whatever links', (t) => {
  const at = (name: string): string => join(scratch, name);
  mkdirSync(at('folder'));
  symlinkSync('target', at('dangling'));
  symlinkSync(at('dangling'), at('twice'));
  symlinkSync('folder', at('way'));
  symlinkSync('loop', at('loop'));
  copyFileSync(join(root, 'README.md'), at('one'));
  linkSync(at('one'), at('other'));
  for (const [trace, other] of [
    ['dangling', 'target'],
    ['target', 'twice'],
    ['twice', 'dangling'],
    ['way/new', 'folder/new'],
    ['one', 'other'],
  ])
    for (const option of ['--report', '--profile']) {
      const { status, stderr } = run(list, '--trace', at(trace), option, at(other));
      t.is(status, 125, stderr);
      t.regex(stderr, new RegExp(`^mpsemu: run: ${option} '.*' would overwrite what --trace writes\n$`));
    }
  t.false(existsSync(at('target')));
  t.is(statSync(at('one')).size, statSync(join(root, 'README.md')).size);
  t.is(run(list, '--trace', at('loop')).status, 125);
});

/** The command with its trace into a pipe; `when` is called at what it says of the pipe. */
async function traceInto(
  pipe: string,
  when: (child: ReturnType<typeof spawn>) => void,
): Promise<{ status: number | null; stderr: string }> {
  spawnSync('mkfifo', [pipe]);
  const child = spawn(node, [...words, 'run', fixturePath('lii6ll', 'hello'), '--trace', pipe], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let told = false;
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
    if (told || !stderr.includes('waiting for')) return;
    told = true;
    when(child);
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stderr })));
}

test.serial('a pipe that nobody reads is waited for, and a signal ends that', async (t) => {
  const pipe = join(scratch, 'unread');
  const { status, stderr } = await traceInto(pipe, (child) => child.kill('SIGINT'));
  t.is(status, 130, stderr);
  t.is(stderr, `mpsemu: run: waiting for somebody to read the pipe '${pipe}'\nmpsemu: run: ended before anybody read the pipe '${pipe}'\n`);
});

test.serial('a reader that comes late has the whole trace', async (t) => {
  const pipe = join(scratch, 'late');
  let trace: Promise<string> | undefined;
  const { status, stderr } = await traceInto(pipe, () => {
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    reader.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    trace = new Promise((resolve) => reader.on('close', () => resolve(text)));
  });
  t.is(status, 0, stderr);
  t.regex((await trace) ?? '', /"event":"exit"[^\n]*\n$/);
});

test.serial('an output never overwrites what programs are run from', (t) => {
  const folder = mkdtempSync(join(scratch, 'program-'));
  const program = join(folder, 'list');
  copyFileSync(list, program);
  for (const code of ['lii3gc', 'w3i6mv', 'xca6ll']) copyFileSync(fixturePath(code, 'list'), join(folder, code));
  symlinkSync('list.lines', join(folder, 'to-lines'));
  for (const name of ['list', 'list.lines', 'to-lines', 'lii3gc', 'w3i6mv', 'xca6ll']) {
    const path = join(folder, name);
    const before = existsSync(path) && readFileSync(path);
    for (const option of ['--trace', '--report', '--profile']) {
      const { status, stderr } = run(program, option, path);
      t.is(status, 125, stderr);
      t.regex(stderr, new RegExp(`^mpsemu: run: ${option} '.*' would overwrite (the program|a line table|a program or library)\n$`));
    }
    t.deepEqual(existsSync(path) && readFileSync(path), before);
  }
});

test.serial('no output is opened anew that is a stream of the run already', async (t) => {
  const path = join(scratch, 'stream');
  for (const [stream, what] of [
    [0, 'what is read as stdin'],
    [1, "what goes to stdout ('-' puts it there too)"],
    [2, 'what goes to stderr'],
  ] as const) {
    writeFileSync(path, 'kept\n');
    for (const name of [path, `/dev/fd/${stream}`]) {
      const file = openSync(path, 'r+');
      const child = spawn(node, [...words, 'run', list, '--report', name], {
        stdio: [0, 1, 2].map((each) => (each === stream ? file : 'ignore')),
      });
      t.is(await new Promise((resolve) => child.once('close', resolve)), 125);
      closeSync(file);
    }
    t.regex(readFileSync(path, 'utf8'), stream === 2 ? /would overwrite what goes to stderr\n/ : /^kept\n$/, what);
  }
});

test.serial('a path that cannot be is refused in one line', (t) => {
  for (const path of [join(list, 'x.json'), join(scratch, 'a'.repeat(300))]) {
    const { status, stderr } = run(list, '--report', path);
    t.true(status === 125 || status === 127, stderr);
    t.regex(stderr, /^mpsemu: run: the report file '.*' can't be written: .*\n$/);
  }
});

test.serial('an output in a folder that does not exist is status 127, and its path is said once', (t) => {
  for (const option of ['--trace', '--report', '--profile']) {
    const path = join(scratch, 'absent', 'x.json');
    const { status, stderr } = run(list, option, path);
    t.is(status, 127);
    t.is(stderr, `mpsemu: run: the ${option.slice(2)} file '${path}' can't be written: ENOENT: no such file or directory\n`);
  }
});

test.serial('a reader of the trace that goes: status 141, report and profile still written', async (t) => {
  const [report, profile] = [join(scratch, 'gone.json'), join(scratch, 'gone.speedscope')];
  const child = spawn(node, [...words, 'run', list, '--trace', '-', '--report', report, '--profile', profile]);
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  t.is(await new Promise((resolve) => child.on('close', resolve)), 141);
  t.is(stderr, '');
  t.deepEqual(statusIn(report), { kind: 'interrupted', signal: 13 });
  t.truthy((JSON.parse(readFileSync(profile, 'utf8')) as { profiles: unknown }).profiles);
});

const full = needing(existsSync('/dev/full') ? undefined : 'there is no /dev/full', test.serial);
full('an output that is full: status 70, and the others are whole', (t) => {
  const report = join(scratch, 'full.json');
  const trace = join(scratch, 'full.jsonl');
  const said = /^mpsemu: run: the file '\/dev\/full' can't be written: ENOSPC: no space left on device\n$/;
  const first = run(list, '--trace', '/dev/full', '--report', report);
  t.is(first.status, 70);
  t.regex(first.stderr, said);
  t.is((statusIn(report) as { kind: string }).kind, 'error');
  for (const option of ['--report', '--profile']) {
    const { status, stderr } = run(fixturePath('lii6ll', 'hello'), option, '/dev/full', '--trace', trace);
    t.is(status, 70);
    t.regex(stderr, said);
    t.is((JSON.parse(readFileSync(trace, 'utf8').trimEnd().split('\n').at(-1) ?? '') as { event: string }).event, 'exit');
  }
  const stdout = openSync('/dev/full', 'w');
  const last = spawnSync(node, [...words, 'run', list, '--report', report], { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8' });
  closeSync(stdout);
  t.is(last.status, 70);
  t.is(last.stderr, `mpsemu: stdout can't be written: ENOSPC: no space left on device\n`);
  t.is((statusIn(report) as { kind: string }).kind, 'error');
});

test.serial('a signal as soon as the files are there leaves none of them empty', async (t) => {
  const paths = ['trace', 'report', 'profile'].map((name) => join(scratch, `early-${name}`));
  const [trace, report, profile] = paths;
  const args = ['run', fixturePath('xca6ll', 'bad-loop'), '--trace', trace, '--report', report, '--profile', profile];
  const child = spawn(node, [...words, ...args], { stdio: 'ignore' });
  const closed = new Promise((resolve) => child.on('close', resolve));
  while (!existsSync(trace)) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill('SIGTERM');
  t.is(await closed, 143);
  t.deepEqual(statusIn(report), { kind: 'interrupted', signal: 15 });
  for (const path of paths) t.true(statSync(path).size > 0, path);
});

test.serial('no name of a guest or file moves the cursor of a terminal', (t) => {
  const hostile = 'a\x1b[2J\n\r\x07\u009b1mb\u202e';
  const absent = run(join(scratch, hostile));
  t.is(absent.status, 127);
  t.is(absent.stderr, `mpsemu: run: there is no file '${scratch}/a\\e[2J\\n\\r\\u0007\\u009b1mb\\u202e'\n`);
  const program = join(scratch, hostile);
  copyFileSync(fixturePath('lii6ll', 'bad-null'), program);
  const { status, stderr, stdout } = run(program, '--trace', '-');
  t.is(status, 139);
  t.true(stderr.startsWith(`mpsemu: run: a\\e[2J\\n\\r\\u0007\\u009b1mb\\u202e: `), stderr);
  // eslint-disable-next-line no-control-regex
  t.notRegex(stderr + stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  const named = stdout.split('\n').filter((line) => line.includes('\\u009b'));
  t.true(named.length > 0);
  for (const line of named) t.true(Object.values(JSON.parse(line) as object).some((value) => String(value).includes(basename(program))));
});

test('escapes: every control character, and nothing else', (t) => {
  for (let code = 0; code < 0x100; code++) {
    const character = String.fromCharCode(code);
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    t.is(printable(character) === character, !control, `${code}`);
    const json = printableJson(JSON.stringify({ [character]: [character] }, null, 2));
    t.deepEqual(JSON.parse(json), { [character]: [character] });
  }
  t.is(printable('größer 日本 😀'), 'größer 日本 😀');
});

test.serial('two directories have two names', (t) => {
  const { status, stderr } = run(list, '--dir', `${scratch}:/x`, '--dir', `${tmpdir()}:/x/`);
  t.is(status, 125);
  t.regex(stderr, /^mpsemu: run: --dir '.*:\/x\/' has the guest's name of --dir '.*:\/x'\n$/);
});
