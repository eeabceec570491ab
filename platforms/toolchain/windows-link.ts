/**
 * Linking for Windows. A PE import names its library, so a function that nobody provides can't be left to the loader
 * as elsewhere: it becomes an import from the C library, which does not have it; running the program then says so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../codes.js';
import type { Prototype } from './prototypes.js';
import { writeStub } from './stubs.js';
import { run, ToolchainError } from './tools.js';

function lldLink(p: Platform, files: string[]): Promise<string> {
  const safe = p.cpu === 'ia32' ? ['/safeseh:no'] : [];
  return run('lld-link', [
    '/entry:mainCRTStartup',
    '/subsystem:console',
    '/nodefaultlib',
    '/brepro',
    '/debug:symtab',
    '/errorlimit:0',
    ...safe,
    ...files,
  ]);
}

/** Functions that the linker did not find, from its messages. IA-32 names have an underscore, and @BYTES where the callee pops them. */
function missing(p: Platform, message: string): Prototype[] {
  return [...message.matchAll(/undefined symbol: (\S+)/g)].map(([, symbol]) => {
    const [, name, bytes] = (p.cpu === 'ia32' ? /^_?(.*?)(?:@(\d+))?$/ : /^(.*)()$/).exec(symbol)!;
    return { name, library: 'c', ...(bytes ? { stdcallBytes: Number(bytes) } : {}) };
  });
}

export async function linkWindows(p: Platform, files: string[], allowMissing: boolean): Promise<void> {
  try {
    await lldLink(p, files);
  } catch (error) {
    const absent = error instanceof ToolchainError && allowMissing ? missing(p, error.message) : [];
    if (absent.length === 0) throw error;
    const directory = mkdtempSync(join(tmpdir(), 'mpsemu-missing-'));
    try {
      const library = join(directory, 'missing.lib');
      await writeStub(p, 'c', absent, [], library);
      await lldLink(p, [...files, library]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}
