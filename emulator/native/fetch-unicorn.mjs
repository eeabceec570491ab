// Finds Unicorn 2.1.4 or newer: the system's library through pkg-config, else the
// official binary from the PyPI wheel, pinned by hash, unpacked into ./unicorn.
// Prints (and returns) the compiler and linker flags as one JSON object.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const VERSION = '2.1.4';
/** sha256 of the wheels of unicorn 2.1.4 that we know how to use. */
const WHEELS = {
  'unicorn-2.1.4-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl':
    '9d6e6dea140560de4ebd8446661f7ef84a357d428c14a3ef09dacd306ec8c239',
};

const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

function newEnough(version) {
  const have = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  const want = VERSION.split('.').map(Number);
  for (let i = 0; i < 3; i++) if (have[i] !== want[i]) return (have[i] ?? 0) > want[i];
  return true;
}

function fromSystem() {
  try {
    if (!newEnough(run('pkg-config', ['--modversion', 'unicorn']))) return null;
    const words = (option) => run('pkg-config', [option, 'unicorn']).split(/\s+/).filter(Boolean);
    return { source: 'system', cflags: words('--cflags'), libraries: words('--libs') };
  } catch {
    return null;
  }
}

function wheelFlags() {
  const root = join(here, 'unicorn', 'unicorn');
  if (!existsSync(join(root, 'lib', 'libunicorn.so.2'))) return null;
  return {
    source: `wheel ${VERSION}`,
    cflags: [`-I${join(root, 'include')}`],
    libraries: [join(root, 'lib', 'libunicorn.so.2'), "-Wl,-rpath,'$$ORIGIN/../../unicorn/unicorn/lib'"],
  };
}

function download() {
  const temporary = mkdtempSync(join(tmpdir(), 'unicorn-'));
  try {
    run('python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary',
      ':all:',
      '--disable-pip-version-check',
      '-d',
      temporary,
      `unicorn==${VERSION}`,
    ]);
    const name = readdirSync(temporary).find((file) => file.endsWith('.whl'));
    const hash = createHash('sha256')
      .update(readFileSync(join(temporary, name)))
      .digest('hex');
    if (WHEELS[name] !== hash) throw new Error(`${name} has sha256 ${hash}, which is not one that we pinned`);
    const unpacked = join(here, `unicorn.${process.pid}`);
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked);
    run('python3', ['-m', 'zipfile', '-e', join(temporary, name), unpacked]);
    rmSync(join(here, 'unicorn'), { recursive: true, force: true });
    renameSync(unpacked, join(here, 'unicorn'));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** {source, cflags, libraries}; throws an Error that names both ways where there is no Unicorn. */
export function findUnicorn() {
  const found = fromSystem() ?? wheelFlags();
  if (found) return found;
  try {
    download();
  } catch (error) {
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .pop();
    throw new Error(
      `Unicorn ${VERSION} or newer is needed and was not found.\n` +
        `Either install it so that pkg-config finds it (pkg-config --modversion unicorn),\n` +
        `or let Python's pip fetch the official binary (python3 -m pip download unicorn==${VERSION}), which failed here: ${reason}`,
      { cause: error },
    );
  }
  return wheelFlags();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(findUnicorn()));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
