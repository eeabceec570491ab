// Builds the native module and the bare benchmark loop (bench/native) into ./build,
// and does nothing when everything there is newer than its sources.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findUnicorn } from './fetch-unicorn.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const output = join(here, 'build', 'Release', 'engine.node');
const bare = join(here, 'build', 'bare-loop');
const bareSource = join(root, 'bench', 'native', 'bare-loop.c');

const sources = () =>
  readdirSync(here)
    .filter((name) => /\.(cc|h|gyp|mjs)$/.test(name))
    .map((name) => join(here, name));
const newest = (files) => Math.max(...files.map((file) => statSync(file).mtimeMs));
const upToDate = (target, files) => existsSync(target) && statSync(target).mtimeMs >= newest(files);

function buildModule(unicorn) {
  mkdirSync(join(here, 'unicorn'), { recursive: true });
  writeFileSync(
    join(here, 'unicorn', 'unicorn.gypi'),
    JSON.stringify(
      {
        variables: { unicorn_cflags: unicorn.cflags, unicorn_libraries: unicorn.libraries },
      },
      null,
      2,
    ),
  );
  const prefix = resolve(dirname(process.execPath), '..');
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  for (const step of ['configure', 'build']) {
    const done = spawnSync(process.execPath, [gyp, step, '--directory', here, '--loglevel=error', ...headers], { encoding: 'utf8' });
    if (done.status !== 0) {
      throw new Error(
        `the native module can't be built here (it needs a C++17 compiler, make and Python 3): node-gyp ${step} failed\n${done.stdout}${done.stderr}`,
      );
    }
  }
}

function buildBareLoop(unicorn) {
  execFileSync('cc', ['-O2', '-Wall', ...unicorn.cflags, bareSource, '-o', bare, ...unicorn.program], {
    stdio: 'inherit',
    cwd: dirname(bare),
  });
}

/** npm shows this of the checkout's own installation, and of a dependency's with --foreground-scripts. */
const say = (what) => console.log(`mps-emulator: ${what}`);

try {
  if (!upToDate(output, sources())) {
    say('looking for Unicorn, which is fetched from PyPI where the system has none');
    const unicorn = findUnicorn();
    say('building the native module, which takes about half a minute');
    buildModule(unicorn);
  }
  if (existsSync(bareSource) && !upToDate(bare, [bareSource, ...sources().filter((file) => file.endsWith('.mjs'))]))
    buildBareLoop(findUnicorn());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
