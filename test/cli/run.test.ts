/** The command's contract: exit statuses, one clear line for each thing that can go wrong. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseImage } from '../../emulator/loader/load.js';
import { platforms } from '../../platforms/codes.js';
import { fixturePath } from '../guests/harness.js';
import { mpsemu as command } from './command.js';
import { missingToolchain, needing } from '../needs.js';

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-cli-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const [node, ...words] = command;

function mpsemu(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(node, [...words, ...args], { encoding: 'utf8', timeout: 120_000 });
  return { status, stdout, stderr };
}

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
}

/** One line, saying `what`, with that status; never a stack trace. */
function fails(t: ExecutionContext, args: string[], status: number, what: RegExp, below = /^$/): void {
  const result = mpsemu(...args);
  t.is(result.status, status, result.stderr);
  t.regex(result.stderr, what);
  const [, ...more] = result.stderr.trim().split('\n');
  for (const line of more) t.regex(line, below, result.stderr);
  t.notRegex(result.stderr, /\n\s+at /);
}

const hello = fixturePath('lii6ll', 'hello');

test.serial('wrong use of the command is status 125', (t) => {
  fails(t, ['fly'], 125, /no command 'fly'/);
  fails(t, ['run'], 125, /name a program/);
  fails(t, ['run', hello, '--fast'], 125, /--fast/);
  fails(t, ['run', hello, '--seed', 'abc'], 125, /--seed wants a whole number/);
  fails(t, ['run', hello, '--platform', 'vax'], 125, /--platform wants one of/);
  fails(t, ['run', hello, '--variety', 'rash'], 125, /--variety wants one of cool, hot/);
  fails(t, ['run', hello, '--quirk', 'nonesuch'], 125, /no quirk 'nonesuch'; it has execute-only/);
  fails(t, ['run', fixturePath('w3i6mv', 'hello'), '--quirk', 'nonesuch'], 125, /no quirk 'nonesuch'; it has none/);
  fails(t, ['run', hello, '--scan', 'nonesuch'], 125, /no scan policy 'nonesuch'; there are none yet/);
  fails(t, ['run', hello, '--os-version', '1.0'], 125, /modelled as one of 6\.18, not '1\.0'/);
  fails(t, ['run', hello, 'argument'], 125, /go after '--'/);
  fails(t, ['cc', 'x.c'], 125, /--platform/);
  fails(t, ['demo', 'nonesuch'], 125, /no demo 'nonesuch'/);
});

test.serial('what does not exist is status 127', (t) => {
  fails(t, ['run', join(scratch, 'absent')], 127, /no file/);
  fails(t, ['run', hello, '--dir', join(scratch, 'absent')], 127, /does not exist/);
  fails(t, ['cc', '--platform', 'lii6ll', '-o', join(scratch, 'x'), join(scratch, 'absent.c')], 127, /no file/);
});

test.serial('what is not a program is status 126', (t) => {
  fails(t, ['run', scratch], 126, /is a directory/);
  fails(t, ['run', file('empty', '')], 126, /empty/);
  fails(t, ['run', file('text', 'just some words')], 126, /not an executable/);
  fails(t, ['run', fixturePath('lia6ll', 'hello'), '--platform', 'lii6ll'], 126, /compiled for arm64/);
  fails(t, ['run', fixturePath('w3i6mv', 'hello'), '--platform', 'lii6ll'], 126, /pe file/i);
});

/** Where the bytes end that an ELF loader needs: what comes after may be missing. */
function loadedEnd(bytes: Uint8Array, code: string): number {
  const image = parseImage(bytes, code);
  if (image.format !== 'elf') return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const wide = bytes[4] === 2;
  const [at, size, count] = wide
    ? [Number(view.getBigUint64(32, true)), view.getUint16(54, true), view.getUint16(56, true)]
    : [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  const ends = Array.from({ length: count }, (_, i) => at + i * size)
    .filter((header) => view.getUint32(header, true) === 1)
    .map((header) =>
      wide
        ? Number(view.getBigUint64(header + 8, true) + view.getBigUint64(header + 32, true))
        : view.getUint32(header + 4, true) + view.getUint32(header + 16, true),
    );
  return Math.max(...ends);
}

for (const code of ['lii3gc', 'lii6ll', 'lia6ll', 'fri6ll', 'w3i3mv', 'w3i6mv', 'xci6ll', 'xca6ll']) {
  test.serial(`truncated images of ${code} are refused with one line`, (t) => {
    const bytes = readFileSync(fixturePath(code, 'hello'));
    const end = loadedEnd(bytes, code);
    for (const length of [3, 17, 63, 200, Math.floor(end / 2), Math.min(end, bytes.length) - 1]) {
      const path = file(`${code}-${length}`, bytes.subarray(0, length));
      const { status, stderr } = mpsemu('run', path, '--platform', code, '--budget', '1000000');
      // PE and Mach-O files end in what is not loaded: symbols, signatures. A program without these runs.
      if (length >= end - 1 && status === 0) continue;
      t.is(status, 126, `${length}: ${stderr}`);
      t.is(stderr.trim().split('\n').length, 1, stderr);
    }
  });
}

/** Fixture, exit status and what the line says, by OS: Windows' exception codes are mapped to signals. */
const deaths: Record<string, [name: string, status: number, what: RegExp][]> = {
  w3i6mv: [
    ['bad-null', 139, /STATUS_ACCESS_VIOLATION \(0xC0000005\) writing 0x0 at bad-null\.exe!main\+0x/],
    ['bad-jump', 139, /STATUS_ACCESS_VIOLATION \(0xC0000005\) executing 0x123450/],
    ['bad-divide', 136, /STATUS_INTEGER_DIVIDE_BY_ZERO \(0xC0000094\) at bad-divide\.exe!main\+0x/],
    ['bad-stack', 139, /STATUS_STACK_OVERFLOW \(0xC00000FD\) at bad-stack\.exe!endless/],
    ['bad-garbage', 132, /STATUS_ILLEGAL_INSTRUCTION \(0xC000001D\) at bad-garbage\.exe!main\+0x/],
  ],
  lii6ll: [
    ['bad-null', 139, /SIGSEGV.*write to 0x0, which is not mapped, at bad-null!main\+0x/],
    ['bad-jump', 139, /SIGSEGV.*jump to 0x123450, which is not mapped/],
    ['bad-divide', 136, /SIGFPE.*division by zero.* at bad-divide!main\+0x/],
    ['bad-stack', 139, /SIGSEGV.*stack overflow.* at bad-stack!endless/],
    ['bad-garbage', 132, /SIGILL.*at bad-garbage!main\+0x/],
  ],
  fri3gc: [
    ['bad-null', 139, /SIGSEGV.*write to 0x0, which is not mapped, at bad-null!main\+0x/],
    ['bad-divide', 136, /SIGFPE.*division by zero/],
    ['bad-stack', 139, /SIGSEGV.*stack overflow/],
  ],
  xca6ll: [
    ['bad-jump', 139, /SIGSEGV.*jump to 0x123450, which is not mapped/],
    ['bad-stack', 139, /SIGSEGV.*stack overflow.* at bad-stack!endless/],
    ['bad-garbage', 132, /SIGILL.*at bad-garbage!main\+0x/],
  ],
};

for (const [code, list] of Object.entries(deaths)) {
  test.serial(`a guest of ${code} that dies: 128 + signal, one line that says where, and below it the way there`, (t) => {
    for (const [name, status, what] of list) {
      const result = mpsemu('run', fixturePath(code, name), '--platform', code);
      t.is(result.status, status, result.stderr);
      const [first, ...more] = result.stderr.trimEnd().split('\n');
      t.regex(first, what);
      const program = name + (code.startsWith('w3') ? '.exe' : '');
      const source = new RegExp(`${program}!\\w+\\+0x[0-9a-f]+ \\(fixtures/programs/${name}\\.c:\\d+\\)`);
      t.true(
        [first, ...more].some((line) => source.test(line)),
        result.stderr,
      );
      for (const line of more) t.regex(line, /^ {4}(instruction 0x[0-9a-f]+: \S|called from \S|interrupting \S|in \S|and \d+ more$)/);
    }
  });
}

test.serial('a guest that aborts: its own words, then ours', (t) => {
  for (const code of ['w3i3mv', 'lia6gc', 'xci6ll']) {
    const { status, stdout, stderr } = mpsemu('run', fixturePath(code, 'bad-abort'), '--platform', code);
    t.is(status, 134);
    t.regex(stdout, /^asserting something false\r?\n$/);
    t.regex(stderr, /argc == 1000[^]*\nmpsemu: run: bad-abort.*(SIGABRT|STATUS_)/);
  }
});

for (const { code } of platforms) {
  const check = needing(missingToolchain(code), test.serial);
  check(`a function that nobody provides is named, on ${code}`, (t) => {
    const source = file(
      'missing.c',
      'int nobody_has_this(int);\nint main(int argc, char **argv) { return argc > 5 ? 0 : nobody_has_this(argc); }\n',
    );
    const program = join(scratch, `missing-${code}`);
    const refused = mpsemu('cc', '--platform', code, '-o', program, source);
    t.is(refused.status, 1);
    t.regex(refused.stderr, /nobody_has_this/);
    t.is(mpsemu('cc', '--platform', code, '--allow-missing', '-o', program, source).status, 0);
    fails(t, ['run', program, '--platform', code], 126, /needs 'nobody_has_this'.*, which nobody provides/);
  });
}

test.serial('a run that never ends is stopped by its budget with status 124', (t) => {
  for (const { code } of platforms)
    fails(t, ['run', fixturePath(code, 'bad-loop'), '--budget', '100000'], 124, /budget of 100000 instructions/, /^ {4}called from /);
});

test.serial('--trace is byte-identical for the same seed, and JSON Lines', (t) => {
  const trace = (name: string, seed: string): string => {
    const path = join(scratch, name);
    execFileSync(node, [...words, 'run', fixturePath('lii6ll', 'threads'), '--seed', seed, '--trace', path]);
    return readFileSync(path, 'utf8');
  };
  const first = trace('t1', '5');
  t.true(first === trace('t2', '5'));
  t.false(first === trace('t3', '6'));
  for (const line of first.trim().split('\n').slice(0, 1000)) {
    const event = JSON.parse(line) as Record<string, unknown>;
    t.true(['t', 'thread'].every((key) => typeof event[key] === 'number') && typeof event.event === 'string');
    t.regex(event.pc as string, /^0x[0-9a-f]+$/);
  }
});

test.serial('--report has the documented fields', (t) => {
  const path = join(scratch, 'report.json');
  execFileSync(node, [...words, 'run', fixturePath('xca6ll', 'list'), '--report', path]);
  const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  for (const key of [
    'instructions',
    'virtualTime',
    'collections',
    'flips',
    'objectsMoved',
    'objectsPinned',
    'barrierFaults',
    'hostCalls',
    'threads',
    'peakCommitted',
    'peakReserved',
  ]) {
    t.is(typeof report[key], 'number', key);
  }
  t.regex((report.pinnedExample as { address: string }).address, /^0x[0-9a-f]+$/);
  t.is(report.platform, 'xca6ll');
  t.deepEqual(report.status, { kind: 'exit', code: 0 });
});
