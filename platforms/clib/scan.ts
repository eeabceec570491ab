/** scanf's matching (C99 7.19.6.2): reads from a cursor, and says what to store where; nothing is stored or taken yet. */
import type { VarArgs } from '../../emulator/abi/abi.js';
import { toExtended, toQuad } from '../../emulator/abi/long-double.js';
import { isSpace, readInteger, readReal } from './read-number.js';
import type { CLibTraits } from './traits.js';

export interface ScanSource {
  /** The next byte; -1 = end. */
  next(): number;
  mark(): unknown;
  reset(mark: unknown): void;
}

export interface Scanned {
  /** Conversions stored, or -1: the input ended before the first. */
  result: number;
  stores: { address: number; bytes: Uint8Array }[];
  /** Bytes of the input. */
  read: number;
  /** A number was too large for what the library reads it as (ERANGE). */
  outOfRange: boolean;
}

const directive = /%(\*)?(\d+)?(hh|h|ll|l|j|z|t|L|q|I64|I32)?(\[\^?\]?[^\]]*\]|[a-zA-Z%])/y;

/** FreeBSD and macOS gather a number in a buffer (BUF of vfscanf.c, less the NUL): the rest of a longer one is the next input. */
const BSD_DIGITS = 512;

const integerPrefix: Record<number, RegExp> = {
  0: /^[+-]?(0(x[0-9a-f]*|[0-7]*)|[1-9]\d*)?$/i,
  8: /^[+-]?[0-7]*$/,
  10: /^[+-]?\d*$/,
  16: /^[+-]?(0(x[0-9a-f]*)?|[0-9a-f]*)$/i,
};
const realPrefix =
  /^[+-]?(i|in|inf|infi|infin|infini|infinit|infinity|n|na|nan|nan\(\w*\)?|0x[0-9a-f]*\.?[0-9a-f]*(p[+-]?\d*)?|(\d+\.?\d*|\.\d+)(e[+-]?\d*)?|\.?)$/i;

export function scan(format: string, source: ScanSource, args: VarArgs, traits: CLibTraits): Scanned {
  const bsd = traits.os === 'freebsd' || traits.os === 'macos';
  const stores: Scanned['stores'] = [];
  let assigned = 0;
  let converted = 0;
  let read = 0;
  let outOfRange = false;
  const take = (): number => {
    const byte = source.next();
    if (byte >= 0) read++;
    return byte;
  };
  /** Look at the next byte and go back. */
  const peek = (): number => {
    const mark = source.mark();
    const byte = source.next();
    if (byte >= 0) source.reset(mark);
    return byte;
  };
  const skipSpace = (): void => {
    while (isSpace(peek())) take();
  };
  const end = (inputFailed: boolean): Scanned => ({
    result: inputFailed && converted === 0 ? -1 : assigned,
    stores,
    read,
    outOfRange,
  });
  const item = (prefix: RegExp, width: number): string => {
    let text = '';
    let shape = '';
    while (text.length < width) {
      const byte = peek();
      if (byte < 0 || !prefix.test(shape + String.fromCharCode(byte))) break;
      const character = String.fromCharCode(take());
      text += character;
      shape = shortened(shape + character, prefix === integerPrefix[16]);
    }
    return text;
  };
  for (let at = 0; at < format.length;) {
    const character = format.charCodeAt(at);
    if (isSpace(character)) {
      skipSpace();
      at++;
      continue;
    }
    directive.lastIndex = at;
    const m = character === 0x25 ? directive.exec(format) : null;
    if (!m || m[4] === '%') {
      if (m) skipSpace();
      at = m ? directive.lastIndex : at + 1;
      const byte = peek();
      if (byte !== character) return end(byte < 0);
      take();
      continue;
    }
    at = directive.lastIndex;
    const [, star, widthText, size = '', kind] = m;
    const width = widthText === undefined || Number(widthText) === 0 ? Infinity : Number(widthText);
    const digits = Math.min(width, bsd ? BSD_DIGITS : Infinity);
    const store = (bytes: Uint8Array): void => {
      converted++;
      if (star) return;
      stores.push({ address: args.pointer(), bytes });
      assigned++;
    };
    if (kind === 'n') {
      if (!star) stores.push({ address: args.pointer(), bytes: integerBytes(BigInt(read), integerLength(size, traits)) });
      continue;
    }
    if (kind !== 'c' && kind !== 'C' && kind[0] !== '[') skipSpace();
    if (peek() < 0) return end(true);
    switch (kind) {
      case 'd':
      case 'u':
      case 'i':
      case 'o':
      case 'x':
      case 'X':
      case 'p': {
        const base = kind === 'i' ? 0 : kind === 'o' ? 8 : kind === 'd' || kind === 'u' ? 10 : 16;
        const text = item(integerPrefix[base], digits);
        const { negative, magnitude, used } = readInteger((i) => (i < text.length ? text.charCodeAt(i) : -1), base);
        if (used === 0 || used !== text.length) return end(false);
        const length = integerLength(kind === 'p' ? 'z' : size, traits);
        const { value, range } = saturated(negative, magnitude, kind === 'd' || kind === 'i', length, traits);
        outOfRange ||= range;
        store(integerBytes(value, length));
        break;
      }
      case 'a':
      case 'A':
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': {
        const text = item(realPrefix, digits);
        const real = readReal((i) => (i < text.length ? text.charCodeAt(i) : -1), Infinity, size === '');
        if (real.used === 0 || real.used !== text.length) return end(false);
        store(realBytes(real.double, real.single, size, traits));
        break;
      }
      case 'c':
      case 'C': {
        const bytes: number[] = [];
        const wanted = width === Infinity ? 1 : width;
        while (bytes.length < wanted && peek() >= 0) bytes.push(take());
        // C wants all of them; who has some is content on the systems that are no Windows.
        if (bytes.length < wanted && traits.os === 'windows') return end(true);
        store(characters(bytes, size === 'l' || kind === 'C', false, traits));
        break;
      }
      case 's':
      case 'S': {
        const bytes: number[] = [];
        while (bytes.length < width && peek() >= 0 && !isSpace(peek())) bytes.push(take());
        store(characters(bytes, size === 'l' || kind === 'S', true, traits));
        break;
      }
      default: {
        if (kind[0] !== '[') return end(false);
        const member = setOf(kind.slice(1, -1));
        const bytes: number[] = [];
        while (bytes.length < width && peek() >= 0 && member(peek())) bytes.push(take());
        if (bytes.length === 0) return end(false);
        store(characters(bytes, size === 'l', true, traits));
      }
    }
  }
  return end(false);
}

/** A prefix of a number with its long rows of digits cut, since only their kind matters: else a row costs its square. */
function shortened(text: string, hexadecimal: boolean): string {
  if (text.length < 128) return text;
  const row = text.includes('(') ? /(\w)\w{24,}/g : hexadecimal || /x/i.test(text) ? /([0-9a-f])[0-9a-f]{24,}/gi : /(\d)\d{24,}/g;
  return text.replace(row, '$11111');
}

function integerLength(size: string, traits: CLibTraits): number {
  switch (size) {
    case 'hh':
      return 1;
    case 'h':
      return 2;
    case 'l':
      return traits.longSize;
    case 'z':
    case 't':
      return traits.wordSize;
    case '':
    case 'I32':
      return 4;
    default:
      return 8;
  }
}

/**
 * glibc reads numbers as strtol and strtoul do, those of more than a long as strtoll and strtoull; the others always take the widest
 * type (strtoimax of FreeBSD and macOS, UCRT's parse_integer<uint64_t>). What is stored then is its low part.
 */
function saturated(
  negative: boolean,
  magnitude: bigint,
  signed: boolean,
  length: number,
  traits: CLibTraits,
): { value: bigint; range: boolean } {
  const bits = BigInt(traits.os === 'linux' ? 8 * Math.max(traits.longSize, length) : 64);
  const most = signed ? (1n << (bits - 1n)) - (negative ? 0n : 1n) : (1n << bits) - 1n;
  const range = magnitude > most;
  if (range && !signed) return { value: most, range };
  const value = range ? most : magnitude;
  return { value: negative ? -value : value, range };
}

function integerBytes(value: bigint, length: number): Uint8Array {
  return new Uint8Array(BigInt64Array.of(BigInt.asIntN(64, value)).buffer, 0, length);
}

function realBytes(double: number, single: number, size: string, traits: CLibTraits): Uint8Array {
  if (size === '') return new Uint8Array(Float32Array.of(single).buffer);
  if (size === 'L' && traits.longDouble !== 'double') return longDoubleBytes(double, traits);
  return new Uint8Array(Float64Array.of(double).buffer);
}

function longDoubleBytes(value: number, traits: CLibTraits): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  if (traits.longDouble === 'quad') toQuad(value, view, 0);
  else toExtended(value, view, 0);
  return new Uint8Array(view.buffer, 0, traits.longDouble === 'quad' ? 16 : 10);
}

function characters(bytes: number[], wide: boolean, terminated: boolean, traits: CLibTraits): Uint8Array {
  const all = terminated ? [...bytes, 0] : bytes;
  if (!wide) return Uint8Array.from(all);
  return new Uint8Array((traits.wcharSize === 2 ? Uint16Array.from(all) : Uint32Array.from(all)).buffer);
}

/** A scan set: ^ first negates, a - between two characters is a range. */
function setOf(text: string): (byte: number) => boolean {
  const negated = text[0] === '^';
  const body = negated ? text.slice(1) : text;
  const members = new Uint8Array(256);
  for (let i = 0; i < body.length; i++) {
    const first = body.charCodeAt(i);
    const range = body[i + 1] === '-' && i + 2 < body.length;
    const last = range ? body.charCodeAt(i + 2) : first;
    for (let c = first; c <= last; c++) members[c] = 1;
    if (range) i += 2;
  }
  return (byte) => (members[byte] === 1) !== negated;
}
