/** Running the installed compilers and linkers; a missing one is one clear message. */
import { execFile, execFileSync } from 'node:child_process';

export class ToolchainError extends Error {
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

const found = new Map<string, string>();

/** Path of a tool: its plain name, or with Debian's version suffix. */
export function toolPath(name: string): string {
  let path = found.get(name);
  if (path !== undefined) return path;
  for (const candidate of [name, `${name}-19`, `${name}-18`, `${name}-17`, `${name}-16`, `${name}-15`, `${name}-14`]) {
    try {
      path = execFileSync('/bin/sh', ['-c', `command -v ${candidate}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
      found.set(name, path);
      return path;
    } catch {
      continue;
    }
  }
  throw new ToolchainError(`the compiler or linker '${name}' is not installed: run 'make toolchain' as root`, 127);
}

export function hasTool(name: string): boolean {
  try {
    toolPath(name);
    return true;
  } catch {
    return false;
  }
}

/** Run a tool; its own messages become the error. */
export function run(name: string, args: string[], cwd?: string): Promise<string> {
  const path = toolPath(name);
  return new Promise((resolve, reject) => {
    execFile(path, args, { maxBuffer: 1 << 26, ...(cwd !== undefined && { cwd }) }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const text = (stderr || stdout || error.message).trim();
      reject(new ToolchainError(`${name} failed:\n${text}`));
    });
  });
}
