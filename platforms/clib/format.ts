/**
 * printf's formatting: every conversion of C99 7.19.6.1, with the differences between the C libraries
 * (null pointers, %p, NaNs). Works completely before anything is written.
 */
import type { VarArgs } from '../../emulator/abi/abi.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { exponential, fixed, hexadecimal, isNegative } from './decimal.js';
import type { FormattedText } from './formatted-text.js';
import type { Amount, Conversion, Format } from './format-parse.js';
import type { CLibTraits } from './traits.js';

/** Conversion of a wide character that the C locale has no byte for. */
export class IllegalSequence extends Error {}

/** A width, a precision, an argument's number or a length that no int holds. */
export class TooLong extends Error {}

const INT_MAX = 0x7fffffff;
/** More digits than any double has: those that follow are zeros. */
const DIGITS = 1100;

export interface Formatted {
  text: FormattedText;
  /** %n: where to store which count, in how many bytes. */
  stores: { address: number; value: number; size: 1 | 2 | 4 | 8 }[];
}

export interface FormatContext {
  memory: MemoryView;
  traits: CLibTraits;
  /** Where the text is put together. */
  out: FormattedText;
  /** For %m. */
  errorText(): string;
}

type Argument = number | bigint;

const SPACE = 0x20;
const ZERO = 0x30;

export function format(context: FormatContext, parsed: Format, args: VarArgs): Formatted {
  const values: Argument[] = [];
  for (let i = 0; i < parsed.arguments.length; i++) {
    const what = parsed.arguments[i] ?? 'int';
    values.push(what === 'int' ? args.int() : fetch(what, args, context.traits));
  }
  const out = context.out.clear();
  const stores: Formatted['stores'] = [];
  for (const part of parsed.parts) {
    if (typeof part === 'string') out.text(part);
    else if (part.kind === 'n')
      stores.push({ address: Number(values[part.argument]), value: out.length, size: storeSize(part, context.traits) });
    else convert(context, out, part, values);
    if (out.length > INT_MAX) throw new TooLong();
  }
  return { text: out, stores };
}

function integerBytes(size: Conversion['size'], traits: CLibTraits): 4 | 8 {
  if (size === 'l') return traits.longSize;
  if (size === 'z' || size === 't') return traits.wordSize;
  return size === 'll' || size === 'j' || size === 'L' ? 8 : 4;
}

function storeSize(conversion: Conversion, traits: CLibTraits): 1 | 2 | 4 | 8 {
  return conversion.size === 'hh' ? 1 : conversion.size === 'h' ? 2 : integerBytes(conversion.size, traits);
}

/** The argument of a conversion. Words of 8 bytes are bigints, so that every bit is printed. */
function fetch({ kind, size }: Conversion, args: VarArgs, traits: CLibTraits): Argument {
  switch (kind) {
    case 'd':
    case 'i':
      return integerBytes(size, traits) === 8 ? args.longlong() : args.int();
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return integerBytes(size, traits) === 8 ? args.ulonglong() : args.unsigned();
    case 'c':
      return size === 'l' ? args.unsigned() : args.int();
    case 's':
    case 'n':
      return args.pointer();
    case 'p':
      return traits.wordSize === 8 ? args.ulonglong() : args.pointer();
    default:
      return size === 'L' ? args.longdouble() : args.double();
  }
}

/** Zeros that a precision adds before or after the digits, and what follows them. */
interface Zeros {
  before?: number;
  after?: number;
  suffix?: string;
}
type Pad = (prefix: string, body: string, zero: boolean, zeros?: Zeros) => void;

/** A string or a number with nothing asked for beside it: the most frequent conversions. Undefined: there is more to it. */
function plainly({ kind, size }: Conversion, value: Argument): string | undefined {
  if (kind === 'd' || kind === 'u' || kind === 'i') return size === 'hh' || size === 'h' ? undefined : value.toString();
  return kind === 'x' && size !== 'hh' && size !== 'h' ? value.toString(16) : undefined;
}

function convert(context: FormatContext, out: FormattedText, conversion: Conversion, values: Argument[]): void {
  if (conversion.bare) {
    const value = values[conversion.argument];
    if (conversion.kind === 's' && conversion.size !== 'l') return out.bytes(stringBytes(context, Number(value), false, undefined));
    const text = plainly(conversion, value);
    if (text !== undefined) return out.text(text);
  }
  let { left } = conversion;
  let width = amount(conversion.width, values) ?? 0;
  if (width < 0) {
    left = true;
    width = -width;
  }
  let precision = amount(conversion.precision, values);
  if (precision !== undefined && precision < 0) precision = undefined;
  if (width > INT_MAX || (precision ?? 0) > INT_MAX) throw new TooLong();
  const value = conversion.argument >= 0 ? values[conversion.argument] : 0;
  const { kind } = conversion;
  /** Prefix (sign, 0x), then zeros or spaces up to the width. */
  const pad: Pad = (prefix, body, zero, { before = 0, after = 0, suffix = '' } = {}) => {
    const missing = width - prefix.length - before - body.length - after - suffix.length;
    if (!left && !zero) out.repeat(SPACE, missing);
    out.text(prefix);
    if (!left && zero) out.repeat(ZERO, missing);
    out.repeat(ZERO, before);
    out.text(body);
    out.repeat(ZERO, after);
    out.text(suffix);
    if (left) out.repeat(SPACE, missing);
  };
  const bytes = (body: Uint8Array): void => {
    if (!left) out.repeat(SPACE, width - body.length);
    out.bytes(body);
    if (left) out.repeat(SPACE, width - body.length);
  };
  switch (kind) {
    case 'm':
      return pad('', context.errorText(), false);
    case 'c':
      return bytes(conversion.size === 'l' ? narrow([Number(value)], context.traits) : Uint8Array.of(Number(value)));
    case 's':
      return bytes(stringBytes(context, Number(value), conversion.size === 'l', precision));
    case 'p':
      return pointer(context.traits, value, pad, conversion, precision);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': {
      const { prefix, body, before } = integer(conversion, value, precision);
      return pad(prefix, body, conversion.zero && precision === undefined, { before });
    }
    default: {
      const { prefix, finite, body, after, suffix } = floating(conversion, Number(value), precision, context.traits);
      return pad(prefix, body, conversion.zero && finite, { after, suffix });
    }
  }
}

function amount(given: Amount, values: Argument[]): number | undefined {
  return typeof given === 'object' ? Number(values[given.argument]) : given;
}

function integer(conversion: Conversion, value: Argument, precision: number | undefined): { prefix: string; body: string; before: number } {
  const { kind, size, alternative } = conversion;
  if (size === 'hh') value = kind === 'd' || kind === 'i' ? (Number(value) << 24) >> 24 : Number(value) & 0xff;
  if (size === 'h') value = kind === 'd' || kind === 'i' ? (Number(value) << 16) >> 16 : Number(value) & 0xffff;
  const base = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10;
  const negative = value < 0;
  let body = (negative ? -value : value).toString(base);
  const zero = body === '0';
  if (zero && precision === 0) body = '';
  const before = Math.max(0, (precision ?? 0) - body.length);
  let prefix = '';
  if (kind === 'd' || kind === 'i') prefix = negative ? '-' : conversion.plus ? '+' : conversion.space ? ' ' : '';
  else if (kind === 'o' && alternative && before === 0 && !body.startsWith('0')) body = '0' + body;
  else if (base === 16 && alternative && !zero) prefix = '0x';
  return kind === 'X' ? { prefix: prefix.toUpperCase(), body: body.toUpperCase(), before } : { prefix, body, before };
}

function pointer(traits: CLibTraits, value: Argument, pad: Pad, conversion: Conversion, precision: number | undefined): void {
  const hex = value.toString(16);
  if (traits.os === 'windows') return pad('', hex.toUpperCase().padStart(2 * traits.wordSize, '0'), false);
  if (traits.os === 'linux' && (value === 0n || value === 0)) return pad('', '(nil)', false);
  const sign = traits.os === 'linux' ? (conversion.plus ? '+' : conversion.space ? ' ' : '') : '';
  pad(`${sign}0x`, hex, conversion.zero && precision === undefined, { before: Math.max(0, (precision ?? 1) - hex.length) });
}

function stringBytes({ memory, traits }: FormatContext, address: number, wide: boolean, precision: number | undefined): Uint8Array {
  if (address === 0) {
    // glibc prints nothing where "(null)" does not fit.
    const text = traits.os === 'linux' && precision !== undefined && precision < 6 ? '' : '(null)'.slice(0, precision);
    return Uint8Array.from(text, (c) => c.charCodeAt(0));
  }
  if (!wide) return memory.cBytes(address, precision);
  const characters: number[] = [];
  for (let at = address; precision === undefined || characters.length < precision; at += traits.wcharSize) {
    const character = traits.wcharSize === 2 ? memory.u16(at) : memory.u32(at);
    if (character === 0) break;
    characters.push(character);
  }
  return narrow(characters, traits);
}

/** Wide characters in the C locale: ASCII with glibc, one for each byte with the others. */
function narrow(characters: number[], traits: CLibTraits): Uint8Array {
  const limit = traits.os === 'linux' ? 0x80 : 0x100;
  if (characters.some((c) => c >= limit)) throw new IllegalSequence();
  return Uint8Array.from(characters);
}

interface FloatingText {
  /** Digits and point; then `after` zeros, and the exponent. */
  body: string;
  after: number;
  suffix: string;
}

function floating(
  conversion: Conversion,
  value: number,
  precision: number | undefined,
  traits: CLibTraits,
): FloatingText & { prefix: string; finite: boolean } {
  const upper = conversion.kind < 'a';
  const negative = isNegative(value);
  let sign = negative ? '-' : conversion.plus ? '+' : conversion.space ? ' ' : '';
  let text: FloatingText = { body: '', after: 0, suffix: '' };
  const finite = Number.isFinite(value);
  if (Number.isNaN(value)) {
    // The default NaN of x86 is negative: glibc prints its sign, the BSDs none, UCRT its name.
    text.body = traits.os === 'windows' && negative ? 'nan(ind)' : 'nan';
    if (traits.os === 'freebsd' || traits.os === 'macos') sign = '';
  } else if (!finite) text.body = 'inf';
  else {
    const kind = conversion.kind.toLowerCase();
    const { alternative } = conversion;
    if (kind === 'f') text = fixedText(value, precision ?? 6, alternative);
    else if (kind === 'e') text = exponentialText(value, precision ?? 6, alternative);
    else if (kind === 'g') text = generalText(value, precision ?? 6, alternative);
    else {
      sign += '0x';
      text = hexadecimalText(conversion, value, precision, traits);
    }
  }
  if (!upper) return { prefix: sign, finite, ...text };
  const { body, after, suffix } = text;
  return { prefix: sign.toUpperCase(), finite, body: body.toUpperCase(), after, suffix: suffix.toUpperCase() };
}

function hexadecimalText(conversion: Conversion, value: number, precision: number | undefined, traits: CLibTraits): FloatingText {
  const shown = precision === undefined ? undefined : Math.min(precision, DIGITS);
  const lead = conversion.size === 'L' && traits.longDouble === 'x87' ? 4 : 1;
  const hex = hexadecimal(value, shown, lead, traits.os === 'freebsd' || traits.os === 'macos');
  const point = hex.fraction !== '' || conversion.alternative ? '.' : '';
  return {
    body: `${hex.first}${point}${hex.fraction}`,
    after: precision === undefined ? 0 : precision - Math.min(precision, DIGITS),
    suffix: `p${hex.exponent < 0 ? '-' : '+'}${Math.abs(hex.exponent)}`,
  };
}

function fixedText(value: number, precision: number, alternative: boolean): FloatingText {
  const shown = Math.min(precision, DIGITS);
  const { whole, fraction } = fixed(value, shown);
  return { body: precision > 0 || alternative ? `${whole}.${fraction}` : whole, after: precision - shown, suffix: '' };
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function exponentialText(value: number, precision: number, alternative: boolean): FloatingText {
  const shown = Math.min(precision, DIGITS);
  const { digits, exponent } = exponential(value, shown);
  return {
    body: `${digits[0]}${precision > 0 || alternative ? '.' : ''}${digits.slice(1)}`,
    after: precision - shown,
    suffix: exponentText(exponent),
  };
}

function generalText(value: number, given: number, alternative: boolean): FloatingText {
  const precision = given || 1;
  const shown = Math.min(precision, DIGITS);
  const { digits, exponent } = exponential(value, shown - 1);
  const trim = (text: string): string => (alternative ? text : text.replace(/0+$/, ''));
  const after = alternative ? precision - shown : 0;
  if (exponent < -4 || exponent >= precision) {
    const fraction = trim(digits.slice(1));
    return { body: `${digits[0]}${fraction || alternative ? '.' : ''}${fraction}`, after, suffix: exponentText(exponent) };
  }
  const all = exponent < 0 ? '0'.repeat(-exponent) + digits : digits;
  const point = Math.max(exponent, 0) + 1;
  const fraction = trim(all.slice(point));
  return { body: `${all.slice(0, point)}${fraction || alternative ? '.' : ''}${fraction}`, after, suffix: '' };
}
