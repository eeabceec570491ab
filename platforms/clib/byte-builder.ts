/** Room that a builder keeps from one use to the next. */
const KEPT = 8192;
/** Below this a loop is quicker than what starts up to copy or fill many. */
const FEW = 32;

/** Bytes put together piece by piece. */
export class ByteBuilder {
  private buffer = new Uint8Array(128);
  length = 0;

  /** Empty again, with its room kept for what comes next. */
  clear(): void {
    this.length = 0;
    if (this.buffer.length > KEPT) this.buffer = new Uint8Array(KEPT);
  }

  private room(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const bigger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more));
    bigger.set(this.buffer.subarray(0, this.length));
    this.buffer = bigger;
  }

  /** One byte for each character. */
  text(text: string): void {
    this.room(text.length);
    const { buffer, length } = this;
    for (let i = 0; i < text.length; i++) buffer[length + i] = text.charCodeAt(i);
    this.length = length + text.length;
  }

  bytes(bytes: Uint8Array): void {
    this.room(bytes.length);
    const { buffer, length } = this;
    if (bytes.length < FEW) for (let i = 0; i < bytes.length; i++) buffer[length + i] = bytes[i];
    else buffer.set(bytes, length);
    this.length = length + bytes.length;
  }

  byte(byte: number): void {
    this.room(1);
    this.buffer[this.length++] = byte;
  }

  repeat(byte: number, count: number): void {
    if (count <= 0) return;
    this.room(count);
    const { buffer, length } = this;
    if (count < FEW) for (let i = 0; i < count; i++) buffer[length + i] = byte;
    else buffer.fill(byte, length, length + count);
    this.length = length + count;
  }

  /** What there is, to be looked at before the builder is used again. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

export function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
