/** Which loader a file wants, by its first bytes. */
import { parseElf } from './elf.js';
import { LoadError, type Image } from './image.js';
import { parseMacho } from './macho.js';
import { parsePe } from './pe.js';

export function parseImage(bytes: Uint8Array, path: string): Image {
  if (bytes.length === 0) throw new LoadError(`${path}: the file is empty`);
  const [a, b, c, d] = bytes;
  if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return parseElf(bytes, path);
  if (a === 0x4d && b === 0x5a) return parsePe(bytes, path);
  if (a === 0xcf && b === 0xfa && c === 0xed && d === 0xfe) return parseMacho(bytes, path);
  if (a === 0xca && b === 0xfe && c === 0xba && d === 0xbe)
    throw new LoadError(`${path}: a universal (fat) Mach-O file; extract the slice for one CPU first`);
  if (a === 0xce && b === 0xfa && c === 0xed && d === 0xfe)
    throw new LoadError(`${path}: a 32-bit Mach-O file; macOS programs must be x86-64 or arm64`);
  throw new LoadError(`${path}: not an executable: its first bytes are neither ELF, PE nor Mach-O`);
}
