/** The export trie of a Mach-O file: a prefix tree of symbol names. Source: mach-o/loader.h. */
import type { Image } from './image.js';
import type { Reader } from './reader.js';

export class Stream {
  at = 0;

  constructor(
    private readonly r: Reader,
    readonly bytes: Uint8Array,
    private readonly what: string,
  ) {}

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    if (this.ended) this.r.fail(`${this.what} ends in the middle`);
    return this.bytes[this.at++];
  }

  /** Numbers are 64 bits; one above 2^63 is a negative number of a sum modulo 2^64. */
  uleb(): number {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    return this.r.fail(`${this.what} holds a number that is too long`);
  }

  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    return this.r.fail(`${this.what} holds a number that is too long`);
  }

  string(): string {
    const text = this.r.stringIn(this.bytes, this.at, `a name in ${this.what}`);
    this.at += text.length + 1;
    return text;
  }
}

const FLAG = { KIND: 3, ABSOLUTE: 2, REEXPORT: 8, STUB: 16 } as const;

export function exportTrie(r: Reader, bytes: Uint8Array, image: Image): void {
  if (bytes.length === 0) return;
  const stream = new Stream(r, bytes, 'the export trie');
  const pending: { at: number; prefix: string }[] = [{ at: 0, prefix: '' }];
  const seen = new Set<number>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { at, prefix } = next;
    if (at < 0 || at >= bytes.length || seen.has(at) || prefix.length > 4096) r.fail('the export trie is damaged');
    seen.add(at);
    stream.at = at;
    const size = stream.uleb();
    const children = stream.at + size;
    if (size < 0 || children >= bytes.length) r.fail('a node of the export trie is too long');
    if (size > 0) {
      const flags = stream.uleb();
      r.countText(prefix.length, 'the export trie');
      const name = prefix.replace(/^_/, '');
      if (flags & FLAG.REEXPORT) {
        stream.uleb();
        const other = stream.string().replace(/^_/, '') || name;
        if (other !== name) image.exports.set(name, { name, offset: 0, size: 0, kind: 'forward', forward: other });
      } else {
        const offset = stream.uleb();
        const kind = (flags & FLAG.KIND) === FLAG.ABSOLUTE ? 'absolute' : (flags & FLAG.KIND) === 1 ? 'tls' : 'function';
        if (kind !== 'absolute' && !(offset >= 0 && offset < image.span)) r.fail(`the export ${name} lies outside of the image`);
        image.exports.set(name, { name, offset, size: 0, kind });
      }
    }
    stream.at = children;
    const count = stream.byte();
    // Each child takes a label and a number, but nodes may overlap.
    if (pending.length + count > bytes.length) r.fail('the export trie has more children than bytes');
    for (let i = 0; i < count; i++) {
      const label = stream.string();
      pending.push({ at: stream.uleb(), prefix: prefix + label });
    }
  }
}
