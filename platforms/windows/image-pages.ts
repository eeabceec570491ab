/**
 * Page protection of an image's sections. What a section lets its pages be written is copied on writing: a page of
 * `.data` is PAGE_WRITECOPY until somebody has written to it, which the loader is the first to do (addresses of
 * imports, relocations, the TLS index).
 */
import { Access } from '../../emulator/engine.js';
import type { ImageSegment } from '../../emulator/loader/image.js';
import type { LoadedImage } from '../../emulator/loader/link.js';
import { Page, PAGE_SIZE } from './memory-constants.js';

export function pageStateOf(prot: number): number {
  const write = (prot & Access.Write) !== 0;
  if (prot & Access.Fetch) return write ? Page.EXECUTE_WRITECOPY : Page.EXECUTE_READ;
  if (write) return Page.WRITECOPY;
  return prot & Access.Read ? Page.READONLY : Page.NOACCESS;
}

/** Pages that a segment takes, from the image's base on. */
export function pagesOf({ offset, size }: ImageSegment): { from: number; to: number } {
  return { from: Math.floor(offset / PAGE_SIZE), to: Math.ceil((offset + size) / PAGE_SIZE) };
}

/** Pages that the loader has written. */
export function writtenByLoader({ image, base }: LoadedImage): Set<number> {
  const pages = new Set<number>();
  const moved = base !== image.preferredBase;
  for (const { offset, kind, value } of image.relocations) {
    if (!moved && 'base' in value) continue;
    pages.add(Math.floor(offset / PAGE_SIZE));
    pages.add(Math.floor((offset + (kind === 'word64' ? 7 : 3)) / PAGE_SIZE));
  }
  if (image.tls?.indexOffset !== undefined) pages.add(Math.floor(image.tls.indexOffset / PAGE_SIZE));
  return pages;
}
