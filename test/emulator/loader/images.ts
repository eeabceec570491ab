/** The sample images, unpacked, and an address space without a CPU to link them in. */
import { gunzipSync } from 'node:zlib';
import { LoadedImages } from '../../../emulator/loader/link.js';
import { parseImage } from '../../../emulator/loader/load.js';
import type { Image } from '../../../emulator/loader/image.js';
import { samples } from './samples.js';

export const names = Object.keys(samples);

export function bytesOf(name: string): Uint8Array {
  return new Uint8Array(gunzipSync(Buffer.from(samples[name], 'base64')));
}

export function imageOf(name: string): Image {
  return parseImage(bytesOf(name), name);
}

/** Pages made on first touch; an access outside of what was mapped throws. */
export class FakeSpace {
  readonly pages = new Map<number, Uint8Array>();
  readonly mapped: { base: number; limit: number; prot: number }[] = [];
  readonly wordSize = 8;

  map(base: number, size: number, prot: number): void {
    if (base % 4096 !== 0 || size % 4096 !== 0 || base < 0 || size <= 0) throw new Error(`map of [${base}, +${size})`);
    this.mapped.push({ base, limit: base + size, prot });
  }

  protect(base: number, size: number, prot: number): boolean {
    const found = this.mapped.find((m) => m.base === base && m.limit === base + size);
    if (!found) throw new Error('protects what it did not map');
    found.prot = prot;
    return true;
  }

  protectionAt(address: number): number | undefined {
    return this.mapped.find((m) => address >= m.base && address < m.limit)?.prot;
  }

  private at(address: number): DataView {
    if (!this.mapped.some((m) => address >= m.base && address < m.limit))
      throw new Error(`access to 0x${address.toString(16)}, which is not mapped`);
    const page = Math.floor(address / 4096);
    let bytes = this.pages.get(page);
    if (!bytes) this.pages.set(page, (bytes = new Uint8Array(4096)));
    return new DataView(bytes.buffer, address % 4096, 1);
  }

  bytes(address: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.at(address + i).getUint8(0));
  }

  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const view = this.at(address + done);
      const part = bytes.subarray(done, done + 4096 - view.byteOffset);
      new Uint8Array(view.buffer).set(part, view.byteOffset);
      done += part.length;
    }
  }

  u32(address: number): number {
    return new DataView(this.bytes(address, 4).buffer).getUint32(0, true);
  }

  word(address: number, size: 4 | 8 = 8): number {
    return this.u32(address) + (size === 8 ? this.u32(address + 4) * 2 ** 32 : 0);
  }

  setU32(address: number, value: number): void {
    this.write(address, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  setU64(address: number, value: bigint): void {
    this.setU32(address, Number(value & 0xffffffffn));
    this.setU32(address + 4, Number(value >> 32n));
  }
}

export function linker(space: FakeSpace, pageSize = 4096): LoadedImages {
  return new LoadedImages(space, space, pageSize);
}

/** Address of what no image provides. */
export const ELSEWHERE = 0x600000;
