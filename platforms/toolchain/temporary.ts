/** A temporary directory that is gone when its user is done, however that ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whenEnded } from './ending.js';
import { refusedBySystem } from './tools.js';

function newDirectory(prefix: string): string {
  try {
    return mkdtempSync(prefix);
  } catch (error) {
    throw refusedBySystem(`no temporary folder can be made in '${tmpdir()}' (TMPDIR)`, error);
  }
}

export async function withTemporaryDirectory<T>(name: string, action: (directory: string) => Promise<T>): Promise<T> {
  const directory = newDirectory(join(tmpdir(), `mpsemu-${name}-`));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const done = whenEnded(remove);
  try {
    return await action(directory);
  } finally {
    done();
    remove();
  }
}
