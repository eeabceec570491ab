/**
 * Programs of this machine as oracles: its own Linux, its C library, qemu's user mode. They run in one fixed
 * environment: limits, locale, time zone and tunables of whoever runs the tests change nothing. What else belongs to
 * the machine (its kernel, its processor) is left to each comparison.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingTool } from './missing.js';

interface Oracle {
  compiler: string;
  /** Runs its programs, where this machine's processor does not. */
  emulator?: string[];
}

/** By platform code. */
const oracles: Record<string, Oracle> = {
  lii6gc: { compiler: 'gcc' },
  lii3gc: { compiler: 'i686-linux-gnu-gcc' },
  // A plain processor: newer ones give signal frames vector state of their own.
  lia6gc: { compiler: 'aarch64-linux-gnu-gcc', emulator: ['qemu-aarch64', '-cpu', 'cortex-a57'] },
};

/** As far as this machine allows. The stack has a limit, since without one Linux lays memory out upwards. */
const LIMITS = `for limit in '-s 8192' '-v unlimited' '-d unlimited' '-n 256'; do
  if (ulimit -S $limit) 2>/dev/null; then ulimit -S $limit; fi
done
umask 022
exec "$@"`;

function spawnHere(command: string[]) {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
  return spawnSync('/bin/sh', ['-c', LIMITS, 'sh', ...command], {
    encoding: 'latin1',
    env,
    cwd: tmpdir(),
    timeout: 120_000,
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What `command` prints. A program that fails, or can't be run, is an error. */
export function runHere(command: string[], status = 0): string {
  const result = spawnHere(command);
  if (result.status !== status)
    throw new Error(`${command.join(' ')} ended with ${result.status ?? result.signal ?? result.error}: ${result.stderr}`);
  return result.stdout;
}

export function runOracle(code: string, program: string, args: string[] = [], status = 0): string {
  return runHere([...(oracles[code].emulator ?? []), program, ...args], status);
}

/** What a program prints, and how it ends, whatever that is. */
export function runToEnd(code: string, program: string, args: string[] = []): { stdout: string; stderr: string; status: number | string } {
  const { stdout, stderr, status, signal, error } = spawnHere([...(oracles[code].emulator ?? []), program, ...args]);
  return { stdout, stderr, status: status ?? signal ?? String(error) };
}

/** Static programs against glibc, placed or position-independent, or against musl. */
export type StaticKind = 'static' | 'static-pie' | 'musl';

/** Debian has it for the machine's own CPU alone. */
const MUSL = 'musl-gcc';

export function missingMusl(code: string): string | undefined {
  return code === 'lii6gc' ? missingTool(MUSL) : `there is no ${MUSL} for ${code}`;
}

/** A static program against the C library of the oracle's compiler. */
export function compileOracle(code: string, sources: string[], output: string, flags: string[] = [], kind: StaticKind = 'static'): void {
  const all = ['-O1', '-w', kind === 'static-pie' ? '-static-pie' : '-static', '-pthread', ...flags, '-o', output, ...sources, '-lm'];
  const { status, stderr } = spawnSync(kind === 'musl' ? MUSL : oracles[code].compiler, all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the native program does not compile:\n${stderr}`);
}

const known = new Map<string, string | undefined>();

function lacking(code: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'this machine is no x86-64 Linux';
  const { compiler, emulator = [] } = oracles[code];
  const tool = missingTool(compiler, ...emulator.slice(0, 1));
  if (tool !== undefined) return tool;
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const [source, program] = [join(directory, 'a.c'), join(directory, 'a')];
    writeFileSync(source, '#include <features.h>\n#ifndef __GLIBC__\n#error\n#endif\nint main(void) { return 0; }\n');
    compileOracle(code, [source], program);
    runOracle(code, program);
    return undefined;
  } catch (error) {
    return `programs for ${code} can't be built with glibc and run here: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Why programs of this platform can't be compared with here; undefined if they can. */
export function missingOracle(code: string): string | undefined {
  if (!known.has(code)) known.set(code, lacking(code));
  return known.get(code);
}
