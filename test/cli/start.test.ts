/** How the command starts: one file, its compiled form beside it, names of TypeScript lines in stack traces. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest from 'ava';
import { fixturePath, root } from '../guests/harness.js';
import { mpsemu } from './command.js';

const test = anyTest.serial;
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-start-'));
anyTest.after.always(() => rmSync(scratch, { recursive: true, force: true }));

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** A package of its own to start, with the parts that `make build` made. */
function packageCopy(name: string, ...parts: string[]): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, 'dist', 'cli'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  copyFileSync(join(root, 'dist', 'cli', 'start.cjs'), join(folder, 'dist', 'cli', 'start.cjs'));
  cpSync(join(root, 'dist', 'bundle'), join(folder, 'dist', 'bundle'), { recursive: true });
  for (const file of caches(folder)) rmSync(join(folder, 'dist', 'bundle', file));
  for (const part of parts) {
    mkdirSync(join(folder, part, '..'), { recursive: true });
    symlinkSync(join(root, part), join(folder, part));
  }
  return folder;
}

const whole = (name: string): string => packageCopy(name, 'emulator/native', 'fixtures', 'node_modules');
const caches = (folder: string): string[] => readdirSync(join(folder, 'dist', 'bundle')).filter((file) => !file.startsWith('mpsemu.cjs'));

function start(
  folder: string,
  args: string[],
  environment: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(folder, 'dist', 'cli', 'start.cjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

const hello = ['run', fixturePath('lii6ll', 'hello')];
const greeting = 'Hello from a real machine\n';

test('--version is that of package.json', (t) => {
  const folder = whole('version');
  t.is(start(folder, ['--version']).stdout, `mpsemu ${version}\n`);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '12.34.56' }));
  t.is(start(folder, ['--version']).stdout, 'mpsemu 12.34.56\n');
});

test('a run keeps the compiled form, the next one uses it, another bundle does not', (t) => {
  const folder = whole('cache');
  t.is(start(folder, ['platforms']).status, 0);
  t.deepEqual(caches(folder), []);
  t.is(start(folder, hello).stdout, greeting);
  const [kept] = caches(folder);
  t.regex(kept, /^[0-9a-f]{40}\.cache$/);
  t.is(start(folder, hello).stdout, greeting);
  t.deepEqual(caches(folder), [kept]);
  // One that V8 refuses is made anew.
  writeFileSync(join(folder, 'dist', 'bundle', kept), 'not compiled at all');
  t.is(start(folder, hello).stdout, greeting);
  t.true(readFileSync(join(folder, 'dist', 'bundle', kept)).length > 100_000);
  // Other code of the same length, as V8 would take it for the same.
  const bundle = join(folder, 'dist', 'bundle', 'mpsemu.cjs');
  const text = readFileSync(bundle, 'latin1').replaceAll('name a program to run', 'name a PROGRAM to run');
  const digest = text.slice(-41, -1);
  writeFileSync(
    bundle,
    text.replace(
      digest,
      digest.replace(/./g, (c) => (c === '0' ? '1' : '0')),
    ),
    'latin1',
  );
  t.regex(start(folder, ['run']).stderr, /name a PROGRAM to run/);
});

test('what is loaded late is found, with the compiled form and without', (t) => {
  const folder = whole('late');
  // A crash report shows the instruction, by Capstone.
  for (let i = 0; i < 3; i++) {
    const { status, stderr } = start(folder, ['run', fixturePath('lii6ll', 'bad-null')]);
    t.is(status, 139);
    t.regex(stderr, /instruction 0x[0-9a-f]+: mov /);
  }
  t.is(caches(folder).length, 1);
});

test('a native module that is not built is one line that says how', (t) => {
  const folder = packageCopy('native', 'fixtures', 'node_modules');
  mkdirSync(join(folder, 'emulator', 'native'), { recursive: true });
  writeFileSync(join(folder, 'emulator', 'native', 'build.mjs'), '');
  const { status, stderr } = start(folder, hello);
  t.is(status, 70);
  t.is(stderr, `mpsemu: the native module is not built: build it with 'node ${join(folder, 'emulator', 'native', 'build.mjs')}'\n`);
  mkdirSync(join(folder, 'emulator', 'native', 'build', 'Release'), { recursive: true });
  writeFileSync(join(folder, 'emulator', 'native', 'build', 'Release', 'engine.node'), 'no library');
  t.regex(start(folder, hello).stderr, /^mpsemu: the native module can't be loaded \(.*\): build it with 'node .*'\n$/);
});

test('MPSEMU_DEBUG: stack traces name the TypeScript lines', (t) => {
  // A fault of the command itself: package.json can't be read when it is asked for its version.
  const broken = join(scratch, 'broken.cjs');
  writeFileSync(
    broken,
    `const fs = require('fs'), read = fs.readFileSync;
     fs.readFileSync = (path, ...rest) => { if (rest[0] === 'utf8' && /package\\.json$/.test(path)) throw new Error('a bad disk'); return read(path, ...rest); };`,
  );
  const version = (environment: Record<string, string>): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, ['--require', broken, join(root, 'dist', 'cli', 'start.cjs'), '--version'], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
  const plain = version({});
  t.is(plain.status, 70);
  t.is(plain.stderr, 'mpsemu: internal error: a bad disk (set MPSEMU_DEBUG=1 for where)\n');
  const { status, stderr } = version({ MPSEMU_DEBUG: '1' });
  t.is(status, 70);
  t.regex(stderr, /at version \(.*cli\/main\.ts:\d+:\d+\)/);
});

test('words that are names in JavaScript are no commands', (t) => {
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const { status, stderr } = start(root, [word]);
    t.is(status, 125);
    t.is(stderr, `mpsemu: there is no command '${word}'; see 'mpsemu --help'\n`);
  }
});

test('an old Node is told so in one line', (t) => {
  // The version is read from process.versions: pretend, before the command starts.
  const pretend = join(scratch, 'pretend.cjs');
  writeFileSync(
    pretend,
    "Object.defineProperty(process.versions, 'node', { value: '18.20.0' }); Object.defineProperty(process, 'version', { value: 'v18.20.0' });",
  );
  const { status, stderr } = spawnSync(process.execPath, ['--require', pretend, join(root, 'dist', 'cli', 'start.cjs'), '--version'], {
    encoding: 'utf8',
  });
  t.is(status, 125);
  t.is(stderr, 'mpsemu: Node 20 or newer is needed, and this is v18.20.0\n');
});

anyTest.serial('too little address space is said in one line', (t) => {
  // Enough for Node and what it loads, and not for as much as the guest may have.
  const command = `ulimit -v 2000000 && exec "$@"`;
  const { status, stderr } = spawnSync('sh', ['-c', command, 'sh', ...mpsemu, 'run', fixturePath('lii6ll', 'hello')], { encoding: 'utf8' });
  t.is(status, 70);
  t.regex(stderr, /^mpsemu: the emulated CPU can't be opened: no address space is left .*\n$/);
});
