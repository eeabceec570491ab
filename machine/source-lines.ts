/**
 * Source lines of the loaded images: from the line table beside a program (NAME.lines), else out of its debug
 * information, which takes llvm-dwarfdump. Read when a line is first asked for.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { LoadedImage } from '../emulator/loader/link.js';
import { digestOf, LineTable } from '../emulator/loader/line-table.js';
import type { LineSource } from '../emulator/process/code-names.js';
import { debugFile, linesBeside, linesOf } from '../platforms/toolchain/debug-lines.js';
import { ToolchainError } from '../platforms/toolchain/tools.js';

/** `note` is told, once, what stands in the way of lines that there could be. */
export function sourceLines(note: (text: string) => void): LineSource {
  const tables = new Map<string, LineTable | undefined>();
  let told = false;

  const read = (path: string): LineTable | undefined => {
    if (!existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    const beside = linesBeside(path);
    const kept = existsSync(beside) ? LineTable.parse(readFileSync(beside, 'utf8'), digestOf(bytes)) : undefined;
    if (kept) return kept;
    const debug = debugFile(path, bytes);
    if (debug === undefined) return undefined;
    try {
      return linesOf(path, bytes, debug);
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      if (!told) note(`no source lines of ${basename(path)}: ${error.message.trim().split('\n')[0]}`);
      told = true;
      return undefined;
    }
  };

  return ({ image }: LoadedImage, offset) => {
    if (!tables.has(image.path)) tables.set(image.path, read(image.path));
    return tables.get(image.path)?.find(offset);
  };
}
