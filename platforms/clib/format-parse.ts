/** A printf format taken apart: literal text and conversions with their flags, widths, sizes and argument numbers (C99 7.19.6.1, POSIX n$). */
import { latin1 } from './byte-builder.js';

export type Size = '' | 'hh' | 'h' | 'l' | 'll' | 'j' | 'z' | 't' | 'L' | 'I32';

/** A number in the format, or the argument that gives it. */
export type Amount = number | { argument: number } | undefined;

export interface Conversion {
  text: string;
  left: boolean;
  plus: boolean;
  space: boolean;
  alternative: boolean;
  zero: boolean;
  /** Without flags, width and precision, and its argument is there. */
  bare: boolean;
  width: Amount;
  precision: Amount;
  size: Size;
  kind: string;
  /** Number of its argument, -1 = none. */
  argument: number;
}

export type Part = string | Conversion;

const pattern =
  /%(?:(\d+)\$)?([-+ #0']*)(?:(\d+)|\*(?:(\d+)\$)?()|)(?:\.(?:(-?\d+)|\*(?:(\d+)\$)?()|))?(hh|h|ll|l|j|z|t|L|q|I64|I32|I|w)?([a-zA-Z%])/y;
/** Groups: 1 position, 2 flags, 3 width, 4 position of *, 5 set if *, 6 precision, 7 position of *, 8 set if *, 9 size, 10 kind. */

/** Of arguments with a number (NL_ARGMAX of glibc; more in a row are possible, but nobody's). */
const ARGUMENTS = 4096;

export class TooManyArguments extends Error {}

export interface Format {
  parts: Part[];
  /** What each argument is, in order: 'int' of a *, or a conversion. */
  arguments: ('int' | Conversion)[];
}

/** Formats that are kept, and how long each may be. */
const KEPT = 512;
const KEPT_LENGTH = 1024;

/** Formats taken apart before, by where they were found: a program has few, and uses them often. */
export class Formats {
  private readonly known = new Map<number, { text: Uint8Array; format: Format }>();

  constructor(private readonly windows: boolean) {}

  /** Of `text`, which lies at `address` now. */
  at(address: number, text: Uint8Array): Format {
    const known = this.known.get(address);
    if (known && same(known.text, text)) return known.format;
    const format = parseFormat(latin1(text), this.windows);
    if (text.length > KEPT_LENGTH) return format;
    if (this.known.size === KEPT) this.known.clear();
    this.known.set(address, { text, format });
    return format;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `text` holds one character for each byte. */
export function parseFormat(text: string, windows: boolean): Format {
  const out: Part[] = [];
  const args: ('int' | Conversion)[] = [];
  let next = 0;
  const take = (position: string | undefined, what: 'int' | Conversion): number => {
    const number = position === undefined ? next++ : Number(position) - 1;
    if (number >= ARGUMENTS) throw new TooManyArguments();
    args[number] = what;
    return number;
  };
  for (let at = 0; at < text.length;) {
    const percent = text.indexOf('%', at);
    if (percent < 0) {
      out.push(text.slice(at));
      break;
    }
    if (percent > at) out.push(text.slice(at, percent));
    pattern.lastIndex = percent;
    const m = pattern.exec(text);
    if (!m) {
      out.push('%');
      at = percent + 1;
      continue;
    }
    at = pattern.lastIndex;
    if (m[10] === '%') {
      out.push('%');
      continue;
    }
    const conversion: Conversion = {
      text: m[0],
      left: m[2].includes('-'),
      plus: m[2].includes('+'),
      space: m[2].includes(' '),
      alternative: m[2].includes('#'),
      zero: m[2].includes('0'),
      bare: m[2] === '' && m[3] === undefined && m[5] === undefined && !m[0].includes('.'),
      width: m[3] !== undefined ? Number(m[3]) : undefined,
      precision: undefined,
      size: sizeOf(m[9]),
      kind: m[10],
      argument: -1,
    };
    if (m[5] !== undefined) conversion.width = { argument: take(m[4], 'int') };
    if (m[8] !== undefined) conversion.precision = { argument: take(m[7], 'int') };
    else if (m[6] !== undefined) conversion.precision = Number(m[6]);
    else if (/\./.test(m[0])) conversion.precision = 0;
    if (m[9] === 'I' && !windows) {
      out.push(m[0]);
      continue;
    }
    // XSI's and Windows' capitals for wide text.
    if (conversion.kind === 'S' || conversion.kind === 'C') {
      conversion.kind = conversion.kind.toLowerCase();
      conversion.size = conversion.size === 'h' ? '' : 'l';
    }
    if (!'diuoxXcspnfFeEgGaA'.includes(conversion.kind)) {
      if (conversion.kind === 'm' && !windows) out.push(conversion);
      else out.push(m[0]);
      continue;
    }
    conversion.argument = take(m[1], conversion);
    out.push(conversion);
  }
  return { parts: out, arguments: args };
}

function sizeOf(text: string | undefined): Size {
  switch (text) {
    case 'q':
    case 'I64':
      return 'll';
    case 'I':
      return 'z';
    case 'w':
      return 'l';
    default:
      return (text ?? '') as Size;
  }
}
