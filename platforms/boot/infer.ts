/**
 * Which platform a program file is for, from what the file says: format, CPU,
 * OS note or ABI byte, and the compiler's own mark.
 */
import type { Image } from '../../emulator/loader/image.js';
import { platforms, type OsName, type Platform } from '../codes.js';

/** Platforms that `image` may be for, best evidence applied. */
export function candidates(image: Image, bytes: Uint8Array): Platform[] {
  const os: OsName | undefined = image.format === 'pe' ? 'windows' : image.format === 'macho' ? 'macos' : (image.os ?? 'linux');
  const fits = platforms.filter((p) => p.os === os && p.cpu === image.cpu);
  if (fits.length <= 1) return fits;
  const marked = fits.filter((p) => contains(bytes, `mpsemu-platform=${p.code}`));
  if (marked.length === 1) return marked;
  // ELF .comment: "GCC: (Debian ...)" or "clang version ...".
  const clang = contains(bytes, 'clang version');
  const gcc = contains(bytes, 'GCC: (');
  if (clang !== gcc) return fits.filter((p) => (p.compiler === 'clang') === clang);
  return fits;
}

function contains(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text, 0, 'latin1');
}
