/** Memory for tests of the MPS: virtual pages mapped to frames of one buffer, with protection that only the mutator obeys. */
import { Access, GuestFault, type MemoryView } from '../../platforms/port.js';
import { there } from '../there.js';

export class MockMemory implements MemoryView {
  private readonly frames = new Map<number, number>();
  private readonly freeFrames: number[] = [];
  private readonly view: DataView;
  private lastPage = -1;
  private lastFrame = 0;

  constructor(
    readonly physicalMemory: ArrayBuffer,
    readonly wordSize: 4 | 8,
    readonly pageSize: number,
  ) {
    this.view = new DataView(physicalMemory);
    for (let f = physicalMemory.byteLength / pageSize - 1; f >= 0; f--) this.freeFrames.push(f);
  }

  get freePages(): number {
    return this.freeFrames.length;
  }
  map(base: number, limit: number): boolean {
    if ((limit - base) / this.pageSize > this.freeFrames.length) return false;
    for (let page = base / this.pageSize; page < limit / this.pageSize; page++) {
      if (this.frames.has(page)) throw new Error(`page ${page.toString(16)} mapped twice`);
      const frame = there(this.freeFrames.pop());
      new Uint8Array(this.physicalMemory, frame * this.pageSize, this.pageSize).fill(0xcc);
      this.frames.set(page, frame);
    }
    return true;
  }
  unmap(base: number, limit: number): void {
    this.lastPage = -1;
    for (let page = base / this.pageSize; page < limit / this.pageSize; page++) {
      const frame = this.frames.get(page);
      if (frame === undefined) throw new Error(`page ${page.toString(16)} unmapped twice`);
      this.freeFrames.push(frame);
      this.frames.delete(page);
    }
  }

  physical(address: number, access: number): number {
    const page = Math.floor(address / this.pageSize);
    if (page !== this.lastPage) {
      const frame = this.frames.get(page);
      if (frame === undefined) throw new GuestFault(address, access);
      this.lastPage = page;
      this.lastFrame = frame;
    }
    return this.lastFrame * this.pageSize + (address % this.pageSize);
  }
  private r(address: number): number {
    return this.physical(address, Access.Read);
  }
  private w(address: number): number {
    return this.physical(address, Access.Write);
  }
  u8(a: number): number {
    return this.view.getUint8(this.r(a));
  }
  u16(a: number): number {
    return this.view.getUint16(this.r(a), true);
  }
  u32(a: number): number {
    return this.view.getUint32(this.r(a), true);
  }
  i32(a: number): number {
    return this.view.getInt32(this.r(a), true);
  }
  u64(a: number): bigint {
    return this.view.getBigUint64(this.r(a), true);
  }
  f32(a: number): number {
    return this.view.getFloat32(this.r(a), true);
  }
  f64(a: number): number {
    return this.view.getFloat64(this.r(a), true);
  }
  word(a: number): number {
    const at = this.r(a);
    const lo = this.view.getUint32(at, true);
    return this.wordSize === 4 ? lo : this.view.getUint32(at + 4, true) * 0x100000000 + lo;
  }
  bits(a: number): bigint {
    return this.wordSize === 8 ? this.u64(a) : BigInt(this.u32(a));
  }
  setBits(a: number, v: bigint): void {
    if (this.wordSize === 8) this.setU64(a, v);
    else this.setU32(a, Number(BigInt.asUintN(32, v)));
  }
  setU8(a: number, v: number): void {
    this.view.setUint8(this.w(a), v);
  }
  setU16(a: number, v: number): void {
    this.view.setUint16(this.w(a), v, true);
  }
  setU32(a: number, v: number): void {
    this.view.setUint32(this.w(a), v, true);
  }
  setU64(a: number, v: bigint): void {
    this.view.setBigUint64(this.w(a), v, true);
  }
  setF32(a: number, v: number): void {
    this.view.setFloat32(this.w(a), v, true);
  }
  setF64(a: number, v: number): void {
    this.view.setFloat64(this.w(a), v, true);
  }
  setWord(a: number, v: number): void {
    const at = this.w(a);
    this.view.setUint32(at, v >>> 0, true);
    if (this.wordSize === 8) this.view.setUint32(at + 4, Math.floor(v / 0x100000000) >>> 0, true);
  }
  bytes(a: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.u8(a + i));
  }
  write(a: number, bytes: Uint8Array): void {
    bytes.forEach((b, i) => this.setU8(a + i, b));
  }
  fill(a: number, length: number, value: number): void {
    for (let i = 0; i < length; i++) this.setU8(a + i, value);
  }
  cBytes(a: number, limit = 4096): Uint8Array {
    let n = 0;
    while (n < limit && this.u8(a + n) !== 0) n++;
    return this.bytes(a, n);
  }
  cString(a: number, limit?: number): string {
    return new TextDecoder().decode(this.cBytes(a, limit));
  }
}
