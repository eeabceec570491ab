/**
 * Source lines of the loaded images: from the line table beside a program (NAME.lines), else out of its debug
 * information, which takes llvm-dwarfdump. Read when a line is first asked for.
 */
import { basename } from 'node:path';
import type { LoadedImage } from '../emulator/loader/link.js';
import { BadLineTable, digestOf, LineTable } from '../emulator/loader/line-table.js';
import { readRegularFile } from '../emulator/loader/regular-file.js';
import type { LineSource } from '../emulator/process/code-names.js';
import { debugFile, linesBeside, linesOf } from '../platforms/toolchain/debug-lines.js';
import { ToolchainError } from '../platforms/toolchain/tools.js';

/** More than any program's: the whole text must fit into memory. */
const LARGEST_TABLE = 1 << 26;

/** `note` is told, once, what stands in the way of lines that there could be. */
export function sourceLines(note: (text: string) => void): LineSource {
  const tables = new Map<string, LineTable | undefined>();
  let told = false;

  const tell = (text: string): void => {
    if (!told) note(text);
    told = true;
  };

  /** The table beside the program. */
  const readKept = (path: string, bytes: Uint8Array): LineTable | undefined => {
    const file = linesBeside(path);
    const text = readRegularFile(file, LARGEST_TABLE);
    if (text === undefined) return undefined;
    try {
      if (typeof text === 'string') throw new BadLineTable(text);
      return LineTable.parse(Buffer.from(text.buffer, text.byteOffset, text.length).toString(), digestOf(bytes));
    } catch (error) {
      if (!(error instanceof BadLineTable)) throw error;
      tell(`the line table ${basename(file)} is not used: ${error.message}`);
      return undefined;
    }
  };

  const read = (path: string): LineTable | undefined => {
    const bytes = readRegularFile(path);
    if (bytes === undefined || typeof bytes === 'string') return undefined;
    const kept = readKept(path, bytes);
    if (kept) return kept;
    const debug = debugFile(path, bytes);
    if (debug === undefined) return undefined;
    try {
      return linesOf(path, bytes, debug);
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      tell(`no source lines of ${basename(path)}: ${error.message.trim().split('\n')[0]}`);
      return undefined;
    }
  };

  return ({ image }: LoadedImage, offset) => {
    if (!tables.has(image.path)) tables.set(image.path, read(image.path));
    return tables.get(image.path)?.find(offset);
  };
}
