/**
 * Linking for Windows with what nobody provides. A PE import names its library, so such a function can't be left to the
 * loader as elsewhere: it becomes an import from the C library, which does not have it; running the program then says so.
 */
import { join, relative } from 'node:path';
import type { Platform } from '../codes.js';
import type { Prototype } from './prototypes.js';
import { writeStub } from './stubs.js';
import { withTemporaryDirectory } from './temporary.js';
import { runTool, type ToolResult } from './tools.js';

/** Functions that the linker did not find, from its messages. IA-32 names have an underscore, and @BYTES where the callee pops them. */
function missing(p: Platform, message: string): Prototype[] {
  return [...message.matchAll(/undefined symbol: (\S+)/g)].flatMap(([, symbol]) => {
    const match = (p.cpu === 'ia32' ? /^_?(.*?)(?:@(\d+))?$/ : /^(.*)()$/).exec(symbol);
    return match ? [{ name: match[1], library: 'c', ...(match[2] ? { stdcallBytes: Number(match[2]) } : {}) }] : [];
  });
}

export async function linkWindows(p: Platform, args: string[]): Promise<ToolResult> {
  const first = await runTool('lld-link', args, 'keep');
  const absent = first.status === 0 ? [] : missing(p, first.messages);
  if (absent.length === 0) return first;
  return withTemporaryDirectory('missing', async (directory) => {
    const library = join(directory, 'missing.lib');
    await writeStub(p, { library: 'c', functions: absent, output: library });
    return runTool('lld-link', [...args, relative(process.cwd(), library)], 'keep');
  });
}
