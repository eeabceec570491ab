/** Builds an oracle program for both sides, and runs it: on the modelled machine, and on what it is compared with. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compile } from '../../platforms/toolchain/cc.js';
import { runProgram } from '../guests/harness.js';
import { missingToolchain } from '../missing.js';
import { compileOracle, missingMusl, missingOracle, runToEnd } from '../oracle.js';
import type { Build, Comparison, OracleProgram } from './programs.js';
import { there } from '../there.js';

const isWindows = (code: string): boolean => code.startsWith('w3');
const wine = ['/usr/lib/wine/wine64', '/usr/bin/wine64'].find((path) => existsSync(path));

/** Why the two sides can't be compared here; undefined if they can. */
export function missingFor({ platform, oracle, build }: Comparison): string | undefined {
  const theirs = isWindows(oracle)
    ? oracle !== 'w3i6mv'
      ? 'Wine runs 64-bit programs only'
      : wine
        ? undefined
        : 'Wine is not installed'
    : missingOracle(oracle);
  return theirs ?? (build === 'library' ? missingToolchain(platform) : build === 'musl' ? missingMusl(platform) : missingOracle(platform));
}

const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-oracles-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));

/** An empty directory for a program that makes files: ours is granted, Wine's is where it starts. */
function directory(): string {
  return mkdtempSync(join(scratch, 'files-'));
}

function include(program: OracleProgram): string[] {
  return ['-I', join(dirname(program.path), '..')];
}

const pathOf = (program: OracleProgram, side: string): string => join(scratch, `${program.name.replace('/', '-')}-${side}`);

const built = new Map<string, Promise<string>>();

/** Each file is made once. */
function once(path: string, make: () => Promise<unknown>): Promise<string> {
  const known = built.get(path) ?? make().then(() => path);
  built.set(path, known);
  return known;
}

function buildOurs(program: OracleProgram, code: string): Promise<string> {
  const output = pathOf(program, `${code}${isWindows(code) ? '.exe' : ''}`);
  const flags = ['-O1', '-w', ...include(program), ...program.flags];
  return once(output, () => compile({ platform: code, sources: [program.path], output, flags, noMps: true }));
}

function buildTheirs(program: OracleProgram, code: string, build: Build): Promise<string> {
  // Wine runs the very file that we do.
  if (isWindows(code)) return buildOurs(program, code);
  const kind = build === 'library' ? 'static' : build;
  const output = pathOf(program, `${code}-${kind}`);
  return once(output, async () => compileOracle(code, [program.path], output, [...include(program), ...program.flags], kind));
}

/** This machine's Linux numbers them as the modelled one. */
function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, other]) => other === number)?.[0] ?? `signal ${number}`;
}

export interface Printed {
  stdout: string;
  status: number | string;
}

export async function runOurs(program: OracleProgram, { platform, build }: Comparison): Promise<Printed> {
  const path = build === 'library' ? await buildOurs(program, platform) : await buildTheirs(program, platform, build);
  const { status, stdout } = runProgram(path, platform, { directories: [{ host: directory(), guest: '/scratch' }] });
  if (status.kind === 'exit') return { stdout, status: status.code };
  if (status.kind === 'signal' && !isWindows(platform)) return { stdout, status: signalName(status.signal) };
  return { stdout, status: 'text' in status ? `${status.kind}: ${status.text}` : status.kind };
}

export async function runTheirs(program: OracleProgram, { oracle, build }: Comparison): Promise<Printed> {
  const path = await buildTheirs(program, oracle, build);
  if (!isWindows(oracle)) return runToEnd(oracle, path);
  const env = { ...process.env, WINEPREFIX: join(scratch, 'wine'), WINEDEBUG: '-all' };
  const { stdout, status, signal, error } = spawnSync(there(wine), [path], {
    env,
    cwd: directory(),
    encoding: 'latin1',
    timeout: 240_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { stdout, status: status ?? signal ?? String(error) };
}
