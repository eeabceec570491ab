/** Command lines that are longer than the system passes on go to the tools in a response file, which all of them read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTemporaryDirectory } from './temporary.js';
import { runTool, type RunAt, type ToolResult } from './tools.js';

/** Bytes: of one word Linux takes 128 KiB, of all words with the environment two megabytes. */
const MOST = 100_000;

const quoted = (word: string): string => `"${word.replace(/["\\]/g, '\\$&')}"`;

/** runTool, whatever the length of the arguments. */
export function runWithArguments(
  name: string,
  args: string[],
  stdio: 'inherit' | 'keep' | 'keep-errors',
  at: RunAt = {},
): Promise<ToolResult> {
  if (args.reduce((sum, arg) => sum + arg.length + 1, 0) < MOST) return runTool(name, args, stdio, at);
  return withTemporaryDirectory('args', (directory) => {
    const file = join(directory, 'arguments');
    writeFileSync(file, args.map(quoted).join('\n'));
    return runTool(name, [...(name === 'lld-link' ? ['--rsp-quoting=posix'] : []), `@${file}`], stdio, at);
  });
}
