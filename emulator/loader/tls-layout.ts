/**
 * Static thread-local storage of ELF images: variant II below the thread pointer
 * (x86), variant I above it after a two-word header (ARM64).
 * Source: Drepper, "ELF Handling For Thread-Local Storage", and the psABIs.
 */
import type { MemoryView } from '../memory/memory-view.js';
import type { LoadedImage } from './link.js';

export interface TlsBlock {
  module: LoadedImage;
  /** From the thread pointer to the block: negative in variant II. */
  offset: number;
}

export interface TlsLayout {
  blocks: TlsBlock[];
  /** Bytes below the thread pointer (variant II), or from it on, header included (variant I). */
  size: number;
  align: number;
  /** Copy the templates for a thread whose thread pointer is `tp`; the memory is zero. */
  initialise(memory: Pick<MemoryView, 'write'>, tp: number): void;
}

const VARIANT_1_HEADER = 16;

export function tlsLayout(list: LoadedImage[]): TlsLayout {
  const variant1 = list[0]?.image.cpu === 'arm64';
  let size = variant1 ? VARIANT_1_HEADER : 0;
  let align = 16;
  const blocks: TlsBlock[] = [];
  for (const module of list) {
    const { tls } = module.image;
    if (!tls || module.image.format !== 'elf') continue;
    align = Math.max(align, tls.align);
    if (variant1) {
      size = Math.ceil(size / tls.align) * tls.align;
      blocks.push({ module, offset: size });
      size += tls.size;
    } else {
      size = Math.ceil((size + tls.size) / tls.align) * tls.align;
      blocks.push({ module, offset: -size });
    }
  }
  return {
    blocks,
    size,
    align,
    initialise(memory, tp) {
      for (const { module, offset } of blocks) if (module.image.tls) memory.write(tp + offset, module.image.tls.data);
    },
  };
}
