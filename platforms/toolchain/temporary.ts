/** A temporary directory that is gone when its user is done, also where a signal ends the command. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusedBySystem } from './tools.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const inUse = new Set<string>();

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  inUse.delete(directory);
  if (inUse.size === 0) for (const signal of signals) process.removeListener(signal, endedBy);
}

function endedBy(signal: NodeJS.Signals): void {
  for (const directory of inUse) remove(directory);
  process.kill(process.pid, signal);
}

function newDirectory(prefix: string): string {
  try {
    return mkdtempSync(prefix);
  } catch (error) {
    throw refusedBySystem(`no temporary folder can be made in '${tmpdir()}' (TMPDIR)`, error);
  }
}

export async function withTemporaryDirectory<T>(name: string, action: (directory: string) => Promise<T>): Promise<T> {
  const directory = newDirectory(join(tmpdir(), `mpsemu-${name}-`));
  if (inUse.size === 0) for (const signal of signals) process.on(signal, endedBy);
  inUse.add(directory);
  try {
    return await action(directory);
  } finally {
    remove(directory);
  }
}
