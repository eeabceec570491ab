/**
 * Thread-local variables of Mach-O images: each variable has a descriptor {thunk, key,
 * offset}; code calls the thunk with the descriptor's address. dyld gives each image a
 * key and each thread a copy of the image's template on first use.
 * Source: dyld's threadLocalVariables.c, mach-o/loader.h (S_THREAD_LOCAL_*).
 */
import type { ImageTls } from '../../emulator/loader/image.js';
import type { LoadedImages } from '../../emulator/loader/link.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { posixThread, type PosixThread } from '../posix/posix-thread.js';
import { TSD_OFFSET, TSD_SLOTS } from './threads.js';

interface Block {
  owner: PosixThread;
  address: number;
  size: number;
}

export class ThreadLocals {
  /** Templates by key. Keys are taken from the end of the array, pthread_key_create's from its beginning. */
  private readonly templates = new Map<number, ImageTls>();
  private readonly blocks: Block[] = [];
  private readonly free: { address: number; size: number }[] = [];
  private next = 0;
  private limit = 0;

  constructor(
    /** New zeroed pages. */
    private readonly grow: (bytes: number) => number | undefined,
    private readonly thunk: number,
  ) {}

  /** Fill in the descriptors of all images. */
  install(images: LoadedImages, setWord: (address: number, value: number) => void): void {
    for (const { image, base } of images.list) {
      if (!image.tls?.descriptors?.length) continue;
      const key = TSD_SLOTS - 1 - this.templates.size;
      this.templates.set(key, image.tls);
      for (const descriptor of image.tls.descriptors) {
        setWord(base + descriptor, this.thunk);
        setWord(base + descriptor + 8, key);
      }
    }
  }

  /** The thunk's slow path: the thread has no copy yet. */
  readonly slowPath: HostFunction = hostFunction('tlv_allocate_and_initialize', 'p(p)', (call, descriptor) =>
    this.address(call, descriptor),
  );

  private address(call: HostCall, descriptor: number): number {
    const memory = call.supervisor;
    const key = memory.word(descriptor + 8);
    const offset = memory.word(descriptor + 16);
    const template = this.templates.get(key);
    if (!template)
      return call.process.end({ kind: 'error', text: `thread-local variable descriptor 0x${descriptor.toString(16)} has no key` });
    const owner = posixThread(call.thread);
    const slot = owner.identity + TSD_OFFSET + 8 * key;
    let block = memory.word(slot);
    if (block === 0) {
      block = this.allocate(owner, template.size, template.align);
      memory.fill(block, template.size, 0);
      memory.write(block, template.data);
      memory.setWord(slot, block);
    }
    return block + offset;
  }

  private allocate(owner: PosixThread, bytes: number, align: number): number {
    const size = Math.ceil(bytes / 16) * 16;
    const reused = this.free.findIndex((f) => f.size === size && f.address % align === 0);
    let address = reused >= 0 ? this.free.splice(reused, 1)[0].address : Math.ceil(this.next / align) * align;
    if (reused < 0) {
      if (this.next === 0 || address + size > this.limit) {
        const step = Math.ceil((size + align) / 65536) * 65536;
        const base = this.grow(step);
        if (base === undefined) throw new Error('no memory for thread-local variables');
        address = Math.ceil(base / align) * align;
        this.limit = base + step;
      }
      this.next = address + size;
    }
    this.blocks.push({ owner, address, size });
    return address;
  }

  /** The thread has ended. */
  release(owner: PosixThread): void {
    for (let i = this.blocks.length - 1; i >= 0; i--) {
      if (this.blocks[i].owner !== owner) continue;
      this.free.push(this.blocks[i]);
      this.blocks.splice(i, 1);
    }
  }
}
