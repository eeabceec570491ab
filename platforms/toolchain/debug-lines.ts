/**
 * Line tables out of DWARF, which every platform's compilers write and llvm-dwarfdump reads, whether it lies in an ELF
 * or PE file or, for Mach-O, in the bundle that dsymutil makes from the object files.
 */
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Image } from '../../emulator/loader/image.js';
import { parseImage } from '../../emulator/loader/load.js';
import { digestOf, isLineTable, LineTable, type LineRow, type LineSequence } from '../../emulator/loader/line-table.js';
import { isRegularFile } from '../../emulator/loader/regular-file.js';
import { Prot } from '../../emulator/engine.js';
import { runNow } from './tools.js';

/** Where a program's line table is kept. */
export const linesBeside = (path: string): string => `${path}.lines`;

/** Where a Mach-O program's debug information is kept, as Apple's compilers do. */
export const debugBundle = (path: string): string => `${path}.dSYM`;

const MACH_O_64 = 0xfeedfacf;
const LC_UUID = 0x1b;
/** Offsets in struct mach_header_64 and its size (mach-o/loader.h). */
const HEADER = { ncmds: 16, size: 32 };

/** What a Mach-O program and its debug information have in common, and no other build. */
function machUuid(bytes: Uint8Array): string | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.length < HEADER.size || data.readUInt32LE(0) !== MACH_O_64) return undefined;
  for (let at = HEADER.size, left = data.readUInt32LE(HEADER.ncmds); left > 0 && at + 24 <= data.length; left--) {
    if (data.readUInt32LE(at) === LC_UUID) return data.toString('hex', at + 8, at + 24);
    at += Math.max(8, data.readUInt32LE(at + 4));
  }
  return undefined;
}

/** The file that holds the debug information of the program or object at `path`, if it has any. */
export function debugFile(path: string, bytes: Uint8Array): string | undefined {
  // The name of a section, in the table of names of an ELF or COFF file or in a Mach-O object's own.
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('debug_line')) return path;
  const bundled = join(debugBundle(path), 'Contents', 'Resources', 'DWARF', basename(path));
  return isRegularFile(bundled) && machUuid(readFileSync(bundled)) === machUuid(bytes) ? bundled : undefined;
}

/** What llvm-dwarfdump says of one unit's files. */
class Files {
  readonly folders = new Map<number, string>();
  readonly names = new Map<number, { name: string; folder: number }>();
  version = 4;

  name(index: number): string {
    const file = this.names.get(index);
    if (!file) return '';
    // Folder 0 is where the compiler ran, which paths are relative to.
    const folder = file.folder === 0 ? undefined : this.folders.get(file.folder);
    const path = folder === undefined || file.name.startsWith('/') ? file.name : `${folder}/${file.name}`;
    return path.replace(/^(\.\/)+/, '').replaceAll('/./', '/');
  }
}

/** llvm-dwarfdump writes bytes that are not printable ASCII in octal. */
function unescaped(name: string): string {
  if (!name.includes('\\')) return name;
  const bytes = name.replace(/\\([0-7]{3}|.)/g, (_, what: string) =>
    what.length === 3 ? String.fromCharCode(parseInt(what, 8)) : what === 't' ? '\t' : what === 'n' ? '\n' : what,
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The rows in `llvm-dwarfdump --debug-line`'s text, by address. */
function parseDump(text: string): LineSequence[] {
  const sequences: LineSequence[] = [];
  let files = new Files();
  let rows: LineRow[] = [];
  let described = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('0x')) {
      const [address, row, , file, ...rest] = line.split(/\s+/);
      const offset = parseInt(address, 16);
      if (rest.includes('end_sequence')) {
        sequences.push({ rows, limit: offset });
        rows = [];
        continue;
      }
      const next = { offset, file: files.name(Number(file)), line: Number(row) };
      const before = rows.at(-1);
      // Of several rows at one address the last one counts; a row that says the same again says nothing.
      if (before?.offset === offset) rows[rows.length - 1] = next;
      else if (before?.line !== next.line || before.file !== next.file) rows.push(next);
    } else if (line.startsWith('debug_line[')) {
      files = new Files();
      rows = [];
    } else {
      const folder = /^include_directories\[\s*(\d+)\] = "(.*)"$/.exec(line);
      const file = /^file_names\[\s*(\d+)\]:$/.exec(line);
      const name = /^\s+name: "(.*)"$/.exec(line);
      const place = /^\s+dir_index: (\d+)$/.exec(line);
      if (folder) files.folders.set(Number(folder[1]), unescaped(folder[2]));
      else if (file) described = Number(file[1]);
      else if (name) files.names.set(described, { name: unescaped(name[1]), folder: 0 });
      else if (place) files.names.set(described, { name: files.names.get(described)?.name ?? '', folder: Number(place[1]) });
    }
  }
  return sequences;
}

/** Code that the linker left out has sequences at addresses where nothing is. */
function inCode(image: Image, { rows, limit }: LineSequence): boolean {
  const [first] = rows;
  return (
    first !== undefined && image.segments.some((s) => (s.prot & Prot.Exec) !== 0 && first.offset >= s.offset && limit <= s.offset + s.size)
  );
}

/** The line table of the program at `path`, from its debug information. */
export function linesOf(path: string, bytes: Uint8Array, debug: string): LineTable {
  const image = parseImage(bytes, path);
  const text = runNow('llvm-dwarfdump', ['--debug-line', debug]);
  const sequences = parseDump(text).map(({ rows, limit }) => ({
    rows: rows.map((row) => ({ ...row, offset: row.offset - image.preferredBase })),
    limit: limit - image.preferredBase,
  }));
  return new LineTable(sequences.filter((sequence) => inCode(image, sequence)));
}

/** Is there room for a line table beside the program, or one of a program before it? What somebody else has put there stays. */
export function ownsLines(path: string): boolean {
  const beside = linesBeside(path);
  const there = lstatSync(beside, { throwIfNoEntry: false });
  return there === undefined || (there.isFile() && isLineTable(readFileSync(beside, 'utf8')));
}

/** The program at `path` is made anew without lines: a table of those that it had would be another's. */
export function dropLines(path: string): void {
  if (ownsLines(path)) rmSync(linesBeside(path), { force: true });
}

/** Write the line table of `path`, out of the debug information of `debugged`: itself, or what was linked alike with it. */
export function keepLines(path: string, debugged = path): void {
  const bytes = readFileSync(debugged);
  const debug = debugFile(debugged, bytes);
  if (debug !== undefined) writeFileSync(linesBeside(path), linesOf(debugged, bytes, debug).store(digestOf(readFileSync(path))));
}
