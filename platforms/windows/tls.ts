/**
 * Thread-local storage: the 64 slots of the TEB and 1024 expansion slots behind
 * TlsAlloc; and the static kind, one block a module in the array that the TEB's
 * ThreadLocalStoragePointer names, made from the images' TLS directories.
 */
import { LoadError, type ImageTls } from '../../emulator/loader/image.js';
import type { LoadedImage, LoadedImages } from '../../emulator/loader/link.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Core } from './core.js';
import { windowsThread } from './windows-thread.js';

type Needs = Pick<Core, 'process' | 'memory' | 'layout' | 'heap'>;

const SLOTS = 64;
const EXPANSION_SLOTS = 1024;

export class Tls {
  private readonly used: boolean[] = [];
  /** The modules that have TLS directories. */
  private modules: { module: LoadedImage; tls: ImageTls }[] = [];

  constructor(private readonly os: Needs) {}

  /** Undefined: all slots are in use. */
  allocate(): number | undefined {
    for (let index = 0; index < SLOTS + EXPANSION_SLOTS; index++) {
      if (!this.used[index]) {
        this.used[index] = true;
        return index;
      }
    }
    return undefined;
  }

  /** A freed slot is zero in every thread when it is used again. */
  release(index: number): boolean {
    if (!this.used[index]) return false;
    this.used[index] = false;
    for (const thread of this.os.process.threads) {
      const address = thread.state === 'ended' ? 0 : this.slot(thread, index, false);
      if (address) this.os.memory.setWord(address, 0);
    }
    return true;
  }

  valid(index: number): boolean {
    return index >= 0 && index < SLOTS + EXPANSION_SLOTS;
  }

  /** Address of a slot of a thread; 0 if its expansion array does not exist (and is not to be, or cannot be made). */
  slot(thread: Thread, index: number, make: boolean): number {
    const { teb } = windowsThread(thread);
    const { memory, layout, heap } = this.os;
    if (index < SLOTS) return teb + layout.teb.tlsSlots + index * layout.wordSize;
    let array = memory.word(teb + layout.teb.tlsExpansionSlots);
    if (array === 0) {
      if (!make) return 0;
      array = heap.allocate(EXPANSION_SLOTS * layout.wordSize);
      if (!array) return 0;
      memory.fill(array, EXPANSION_SLOTS * layout.wordSize, 0);
      memory.setWord(teb + layout.teb.tlsExpansionSlots, array);
      windowsThread(thread).blocks.push(array);
    }
    return array + (index - SLOTS) * layout.wordSize;
  }

  /** Number the modules that have TLS directories and tell each its index. */
  adopt(images: LoadedImages): void {
    this.modules = images.list.flatMap((module) => (module.image.tls ? [{ module, tls: module.image.tls }] : []));
    this.modules.forEach(({ module, tls }, index) => {
      this.checkTemplate(module, tls);
      if (tls.indexOffset !== undefined) this.os.memory.setU32(module.base + tls.indexOffset, index);
    });
  }

  /** The system's loader copies it for each thread, and dies where it can't. */
  private checkTemplate(module: LoadedImage, tls: ImageTls): void {
    const start = module.base + tls.offset;
    try {
      this.os.memory.bytes(start, tls.data.length);
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      throw new LoadError(
        `${module.image.path}: the template of its thread-local data (StartAddressOfRawData 0x${start.toString(16)}, ${tls.data.length} bytes) ` +
          'lies in pages that are not readable; Windows would not start it (0xC0000005)',
      );
    }
  }

  /** The array and the blocks of a new thread, which go with it. Undefined: no memory. */
  prepareThread(teb: number): number[] | undefined {
    if (this.modules.length === 0) return [];
    const { memory, heap, layout } = this.os;
    const blocks = [heap.allocate(this.modules.length * layout.wordSize)];
    for (const { tls } of this.modules) blocks.push(heap.allocate(tls.size + Math.max(tls.align, 1)));
    if (blocks.includes(0)) {
      for (const block of blocks) if (block) heap.release(block);
      return undefined;
    }
    this.modules.forEach(({ module, tls }, index) => {
      const align = Math.max(tls.align, 1);
      const aligned = Math.ceil(blocks[index + 1] / align) * align;
      memory.fill(aligned, tls.size, 0);
      memory.write(aligned, memory.bytes(module.base + tls.offset, tls.data.length));
      memory.setWord(blocks[0] + index * layout.wordSize, aligned);
    });
    memory.setWord(teb + layout.teb.tlsPointer, blocks[0]);
    return blocks;
  }
}
