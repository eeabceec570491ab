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
// Linked in, Unicorn's forty thousand symbols are bound when the module is made, not each time that it is loaded.
const STATIC = { library: 'libunicorn.a', link: ['-Wl,--exclude-libs,ALL', '-Wl,-Bsymbolic', '-Wl,--gc-sections', '-pthread', '-lm'] };
const DYNAMIC = { library: 'libunicorn.2.dylib', link: ['-Wl,-rpath,@loader_path/../../unicorn/unicorn/lib'] };
/**
 * How a program of its own (the bare loop) links Unicorn: as a library, which the system loads near where translated code
 * will lie. In the program itself, which lies far away, each block's call of a helper would be an indirect one
 * (measured on x86-64: a quarter of the speed, on ARM64's loop two fifths), and the measure would flatter us.
 */
const LIBRARY_OF_PROGRAM = {
  linux: ['../unicorn/unicorn/lib/libunicorn.so.2', '-Wl,-rpath,$ORIGIN/../unicorn/unicorn/lib', '-lm'],
  darwin: ['../unicorn/unicorn/lib/libunicorn.2.dylib', '-Wl,-rpath,@loader_path/../unicorn/unicorn/lib'],
};
/** The wheels of unicorn 2.1.4 that we know how to use, by `process.platform-process.arch`: pip's name of the host, the file's sha256, its library. */
const WHEELS = {
  'linux-x64': {
    host: 'manylinux2014_x86_64',
    sha256: '9d6e6dea140560de4ebd8446661f7ef84a357d428c14a3ef09dacd306ec8c239',
    ...STATIC,
  },
  'linux-arm64': {
    host: 'manylinux2014_aarch64',
    sha256: 'bd1fb0c9af5f57e356d8a96928b4fe045b2e18f308ef23b481d5f970008aa722',
    ...STATIC,
  },
  'darwin-x64': {
    host: 'macosx_10_9_x86_64',
    sha256: '2a6f738fab5fabffa56af1e7bbf16ea1e91466c342f8dc64f125bd70f36c6b80',
    ...DYNAMIC,
  },
  'darwin-arm64': {
    host: 'macosx_11_0_arm64',
    sha256: 'd6c93e0f60328d8f4a1792af3f834137a28050fcc2305f2ec01efe8558a9844e',
    ...DYNAMIC,
  },
};
const HOST = `${process.platform}-${process.arch}`;

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
    const libraries = words('--libs');
    return { source: 'system', cflags: words('--cflags'), libraries, program: libraries };
  } catch {
    return null;
  }
}

function wheelFlags(wheel) {
  if (wheel === undefined) return null;
  if (!existsSync(join(here, 'unicorn', 'unicorn', 'lib', wheel.library))) return null;
  // Seen from `build`, where the tools run: make can't have a path of the user's that holds a blank.
  const root = '../unicorn/unicorn';
  return {
    source: `wheel ${VERSION}`,
    cflags: [`-I${root}/include`],
    libraries: [`${root}/lib/${wheel.library}`, ...wheel.link],
    program: LIBRARY_OF_PROGRAM[process.platform],
  };
}

function download(wheel) {
  if (wheel === undefined) throw new Error(`there is no official binary for ${HOST} that we know`);
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
      '--platform',
      wheel.host,
      '-d',
      temporary,
      `unicorn==${VERSION}`,
    ]);
    const name = readdirSync(temporary).find((file) => file.endsWith('.whl'));
    const hash = createHash('sha256')
      .update(readFileSync(join(temporary, name)))
      .digest('hex');
    if (wheel.sha256 !== hash) throw new Error(`${name} has sha256 ${hash}, which is not one that we pinned`);
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

/** {source, cflags, libraries (of the module), program (libraries of a program)}; throws an Error that names both ways where there is no Unicorn. */
export function findUnicorn() {
  const wheel = WHEELS[HOST];
  const found = fromSystem() ?? wheelFlags(wheel);
  if (found) return found;
  try {
    download(wheel);
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
  return wheelFlags(wheel);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(JSON.stringify(findUnicorn()));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
