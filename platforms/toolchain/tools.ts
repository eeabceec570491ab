/** Running the installed compilers and linkers; a missing one is one clear message. */
import { accessSync, constants, statSync } from 'node:fs';
import type { IOType } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { whenEnded } from './ending.js';

/** Loaded when it is wanted: most runs start and end without. */
const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process');

export class ToolchainError extends Error {
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

export function usage(message: string): ToolchainError {
  return new ToolchainError(message, 125);
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error && 'code' in error;

/** A file system's refusal as one line: `what` can't be had, and why. What is no such refusal stays as it is. */
export function refusedBySystem(what: string, error: unknown, status?: number): unknown {
  if (!isSystemError(error)) return error;
  const reason = /^\w+: ([^,]*)/.exec(error.message)?.[1] ?? error.message;
  return new ToolchainError(`${what}: ${reason}`, status ?? (error.code === 'ENOENT' ? 127 : 126));
}

const found = new Map<string, string>();

/** Debian's package of each tool. */
const packages: Record<string, string> = {
  clang: 'clang',
  'ld.lld': 'lld',
  'ld64.lld': 'lld',
  'lld-link': 'lld',
  dsymutil: 'llvm',
  gcc: 'gcc',
  'i686-linux-gnu-gcc': 'gcc-i686-linux-gnu',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Path of a tool: its plain name, or with Debian's version suffix, the newest first. */
export function toolPath(name: string): string {
  const known = found.get(name);
  if (known !== undefined) return known;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const versions = Array.from({ length: 20 }, (_, i) => `${name}-${33 - i}`);
  for (const candidate of [name, ...versions]) {
    const path = folders.map((folder) => join(folder, candidate)).find(isExecutable);
    if (path === undefined) continue;
    found.set(name, path);
    return path;
  }
  const from = packages[name] ?? (name.startsWith('llvm-') ? 'llvm' : undefined);
  const way = from === undefined ? 'install it' : `on Debian, 'apt-get install ${from}' brings it`;
  throw new ToolchainError(`the tool '${name}' is not installed: ${way}`, 127);
}

export function hasTool(name: string): boolean {
  try {
    toolPath(name);
    return true;
  } catch {
    return false;
  }
}

export interface RunAt {
  cwd?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
}

const placed = ({ cwd, env }: RunAt): { cwd?: string; env?: NodeJS.ProcessEnv } => ({
  ...(cwd !== undefined && { cwd }),
  ...(env && { env: { ...process.env, ...env } }),
});

/** Run a tool for its output; its own messages become the error. */
export function run(name: string, args: string[], at: RunAt = {}): Promise<string> {
  const path = toolPath(name);
  return new Promise((resolve, reject) => {
    childProcess().execFile(path, args, { maxBuffer: 1 << 26, ...placed(at) }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const text = (stderr || stdout || error.message).trim();
      reject(new ToolchainError(`${name} failed:\n${text}`));
    });
  });
}

/** The same, waiting for it. */
export function runNow(name: string, args: string[]): string {
  const path = toolPath(name);
  try {
    return childProcess().execFileSync(path, args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const text = String((error as { stderr?: unknown }).stderr || (error as Error).message).trim();
    throw new ToolchainError(`${name} failed:\n${text}`);
  }
}

export interface ToolResult {
  status: number;
  /** Its messages, where they were not passed through. */
  messages: string;
}

/** Run a tool whose messages the user sees as they come (`inherit`), or which are kept: all, or what it says on standard error. */
export function runTool(name: string, args: string[], stdio: 'inherit' | 'keep' | 'keep-errors', at: RunAt = {}): Promise<ToolResult> {
  const path = toolPath(name);
  return new Promise((resolve, reject) => {
    const child = childProcess().spawn(path, args, {
      stdio: {
        inherit: 'inherit' as const,
        keep: ['ignore', 'pipe', 'pipe'] as IOType[],
        'keep-errors': ['inherit', 'inherit', 'pipe'] as IOType[],
      }[stdio],
      ...placed(at),
    });
    const done = whenEnded(() => child.kill());
    const pieces: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr?.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', (error) => {
      done();
      reject(new ToolchainError(`${name} can't be run: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      done();
      const died = signal === null ? '' : `${name} was ended by ${signal}\n`;
      resolve({ status: code ?? 1, messages: Buffer.concat(pieces).toString() + died });
    });
  });
}
