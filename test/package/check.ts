/**
 * `make package-check`: packs the package, installs that file in an empty project as a user would, and tries the command,
 * the compiler's driver and the TypeScript interface there. It needs the npm registry (and PyPI, for Unicorn), so it is no
 * part of the suite. Ends with status 1 and what was wrong, or prints what it tried.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../platforms/toolchain/paths.js';
import { hasTool } from '../../platforms/toolchain/tools.js';

const root = projectRoot();
const scratch = mkdtempSync(join(tmpdir(), 'mpsemu package-'));
const project = join(scratch, 'project');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function fail(what: string): never {
  process.stderr.write(`package-check: ${what}\n(left in ${scratch})\n`);
  process.exit(1);
}

function run(command: string, args: string[], cwd = project): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) fail(`${[command, ...args].join(' ')}: status ${status}\n${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}

function expect(what: string, found: string, wanted: string | RegExp): void {
  const right = typeof wanted === 'string' ? found === wanted : wanted.test(found);
  if (!right) fail(`${what}: ${JSON.stringify(found)} where ${String(wanted)} should be`);
  process.stdout.write(`${what}\n`);
}

/** What must be in the package, and what must not. */
function checkFiles(files: string[]): void {
  for (const wanted of [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/bundle/mpsemu.cjs',
    'dist/bundle/mpsemu.cjs.map',
    'dist/cli/start.cjs',
    'dist/index.d.ts',
    'dist/index.js',
    'emulator/native/binding.gyp',
    'emulator/native/engine.cc',
    'emulator/native/fetch-unicorn.mjs',
    'fixtures/built/xca6ll/threads',
    'fixtures/guest/built/w3i3mv/link/c.lib',
    'fixtures/guest/include/mps.h',
    'fixtures/programs/lisp/demo.lisp',
  ]) {
    if (!files.includes(wanted)) fail(`${wanted} is not in the package`);
  }
  const superfluous = files.filter((file) =>
    /^(test|bench|dist\/(test|bench|fixtures)|node_modules|shared)\/|\.tsbuildinfo$|\.cache$|native\/(build|unicorn)\//.test(file),
  );
  if (superfluous.length > 0) fail(`in the package, and needed by nobody: ${superfluous.slice(0, 5).join(', ')}`);
}

const example = `import { readFileSync } from 'node:fs';
import { reportOf, startMachine, platforms, type Report, type ExitStatus } from 'mps-emulator';

const path = 'node_modules/mps-emulator/fixtures/built/lii6ll/hello';
const machine = startMachine({
  path,
  bytes: readFileSync(path),
  argv: ['hello'],
  env: [],
  seed: 7,
  variety: 'hot',
  scan: [],
  quirks: [],
  directories: [],
  output: (_stream, bytes) => process.stdout.write(bytes),
  input: () => new Uint8Array(0),
});
const status: ExitStatus = machine.process.run();
machine.finish();
const report: Report = reportOf(machine);
console.log(status.kind, report.platform, platforms.length);
`;

function checkTypes(): void {
  writeFileSync(join(project, 'example.mts'), example);
  const common = ['--strict', '--target', 'es2022', '--types', 'node', '--outDir', 'out', 'example.mts'];
  run('npx', ['tsc', '--module', 'nodenext', '--moduleResolution', 'nodenext', ...common]);
  run('npx', ['tsc', '--module', 'esnext', '--moduleResolution', 'bundler', ...common]);
  expect(
    'the TypeScript interface, for both ways to resolve modules',
    run('node', ['out/example.mjs']),
    'Hello from a real machine\nexit lii6ll 13\n',
  );
}

function checkCompiler(): void {
  const code = 'lii6ll';
  if (!hasTool('clang') || !hasTool('ld.lld')) return void process.stdout.write('not tried: mpsemu cc (no clang and lld here)\n');
  writeFileSync(
    join(project, 'prog.c'),
    '#include <stdio.h>\n#include "mps.h"\nint main(void) { puts("compiled here"); return MPS_RES_OK; }\n',
  );
  run('npx', ['mpsemu', 'cc', '--platform', code, '-Wall', '-Werror', '-O2', '-o', 'prog', 'prog.c']);
  expect('cc, and its program', run('npx', ['mpsemu', 'run', 'prog']), 'compiled here\n');
}

mkdirSync(project);
const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', scratch], root).replace(/^[^[]*/, '')) as [
  { filename: string; size: number; files: { path: string }[] },
];
checkFiles(packed.files.map((file) => file.path));
process.stdout.write(`packed: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB\n`);
writeFileSync(join(project, 'package.json'), '{"name": "empty", "version": "1.0.0", "private": true, "type": "module"}\n');
run('npm', ['install', '--no-fund', '--no-audit', join(scratch, packed.filename), 'typescript@5', '@types/node@20']);
process.stdout.write('installed in an empty project\n');

const installed = join('node_modules', 'mps-emulator');
expect('--version', run('npx', ['mpsemu', '--version']), `mpsemu ${version}\n`);
expect(
  'run',
  run('npx', ['mpsemu', 'run', join(installed, 'fixtures', 'built', 'w3i6mv', 'hello.exe')]),
  /^Hello from a real machine\r?\n$/,
);
const trace = run('npx', [
  'mpsemu',
  'run',
  join(installed, 'fixtures', 'built', 'xca6ll', 'list'),
  '--trace',
  'list.jsonl',
  '--report',
  '-',
]);
expect('run with a trace and a report', trace, /"platform": "xca6ll"/);
if (!/"event":"trace-flip"/.test(readFileSync(join(project, 'list.jsonl'), 'utf8'))) fail('no collection in the trace');
expect('demo', run('npx', ['mpsemu', 'demo', 'list', 'lisp']), /\n26 of 26 results are right\n$/);
checkCompiler();
checkTypes();
execFileSync('npm', ['ls', '--omit=dev'], { cwd: project, stdio: 'ignore' });
rmSync(scratch, { recursive: true, force: true });
process.stdout.write('the package works\n');
