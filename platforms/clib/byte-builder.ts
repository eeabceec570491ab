/** Bytes put together piece by piece. */
export class ByteBuilder {
  private buffer = new Uint8Array(128);
  length = 0;

  private room(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const bigger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more));
    bigger.set(this.buffer.subarray(0, this.length));
    this.buffer = bigger;
  }

  /** One byte for each character. */
  text(text: string): void {
    this.room(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
  }

  bytes(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  byte(byte: number): void {
    this.room(1);
    this.buffer[this.length++] = byte;
  }

  repeat(byte: number, count: number): void {
    if (count <= 0) return;
    this.room(count);
    this.buffer.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

export function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return out;
}

export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
