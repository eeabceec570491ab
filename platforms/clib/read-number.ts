/** Numbers as C spells them (strtol, strtod, scanf): read from a source of bytes, exactly rounded. */

export interface IntegerText {
  negative: boolean;
  magnitude: bigint;
  /** Bytes used, 0 = no number. */
  used: number;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 9 && byte <= 13);
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x57 : 99;
}

/**
 * At most `limit` bytes from `text` (from index 0; a function so that no byte beyond is looked at).
 * C99 7.20.1.4: sign, 0x where the base allows it, digits.
 */
export function readInteger(text: (index: number) => number, base: number, limit = Infinity): IntegerText {
  let at = 0;
  const peek = (): number => (at < limit ? text(at) : -1);
  let negative = false;
  if (peek() === 0x2d || peek() === 0x2b) {
    negative = peek() === 0x2d;
    at++;
  }
  let used = 0;
  if ((base === 0 || base === 16) && peek() === 0x30) {
    used = at + 1;
    if (at + 1 < limit && (text(at + 1) | 0x20) === 0x78 && at + 2 < limit && digitOf(text(at + 2)) < 16) {
      at += 2;
      base = 16;
    } else if (base === 0) base = 8;
  } else if (base === 0) base = 10;
  let magnitude = 0n;
  let small = 0;
  let count = 0;
  for (let digit = digitOf(peek()); digit < base; digit = digitOf(peek())) {
    // Nine digits at a time stay exact in a number.
    small = small * base + digit;
    if (++count === 8) {
      // No type holds more: only the length of the number is of interest from there on.
      if (magnitude < HUGE) magnitude = magnitude * BigInt(base) ** 8n + BigInt(small);
      small = count = 0;
    }
    at++;
    used = at;
  }
  return { negative, magnitude: magnitude * BigInt(base) ** BigInt(count) + BigInt(small), used };
}

const HUGE = 1n << 256n;

export interface RealText {
  /** Bytes used, 0 = no number. */
  used: number;
  double: number;
  single: number;
  /** Overflow to infinity or underflow (a subnormal or zero from digits that are not zero). */
  range: boolean;
}

/** A tie of doubles has at most 767 significant decimal digits (of hexadecimal ones, 14 are enough). */
const SIGNIFICANT = 800;

/** C99 7.20.1.3: decimal, hexadecimal, inf, infinity, nan, nan(chars). */
export function readReal(text: (index: number) => number, limit = Infinity, single = false): RealText {
  let at = 0;
  const peek = (ahead = 0): number => (at + ahead < limit ? text(at + ahead) : -1);
  const word = (letters: string): boolean => {
    for (let i = 0; i < letters.length; i++) if ((peek(i) | 0x20) !== letters.charCodeAt(i)) return false;
    return true;
  };
  let negative = false;
  if (peek() === 0x2d || peek() === 0x2b) {
    negative = peek() === 0x2d;
    at++;
  }
  const result = (value: number, used: number, range = false, exactSingle = Math.fround(value)): RealText => ({
    used,
    double: negative ? -value : value,
    single: negative ? -exactSingle : exactSingle,
    range,
  });
  if (word('inf')) return result(Infinity, at + (word('infinity') ? 8 : 3));
  if (word('nan')) {
    let end = 3;
    if (peek(end) === 0x28) {
      let close = end + 1;
      while (digitOf(peek(close)) < 36 || peek(close) === 0x5f) close++;
      if (peek(close) === 0x29) end = close + 1;
    }
    return result(NaN, at + end);
  }
  const hex = peek() === 0x30 && (peek(1) | 0x20) === 0x78 && (digitOf(peek(2)) < 16 || (peek(2) === 0x2e && digitOf(peek(3)) < 16));
  const base = hex ? 16 : 10;
  if (hex) at += 2;
  // Leading zeros and what comes after SIGNIFICANT digits are counted and not kept.
  let digits = '';
  let beyond = false;
  let scale = 0;
  let seen = false;
  let point = false;
  for (; ; at++) {
    const byte = peek();
    if (byte === 0x2e && !point) {
      point = true;
      continue;
    }
    if (digitOf(byte) >= base) break;
    seen = true;
    if (digits.length < SIGNIFICANT) {
      if (digits !== '' || byte !== 0x30) digits += String.fromCharCode(byte);
      if (point) scale--;
    } else {
      beyond ||= byte !== 0x30;
      if (!point) scale++;
    }
  }
  if (beyond) {
    // The last digit says on which side of a tie the number lies.
    digits += '1';
    scale--;
  }
  if (!seen) return { used: 0, double: 0, single: 0, range: false };
  let used = at;
  const mark = hex ? 0x70 : 0x65;
  if ((peek() | 0x20) === mark) {
    let ahead = 1;
    const minus = peek(1) === 0x2d;
    if (minus || peek(1) === 0x2b) ahead++;
    if (digitOf(peek(ahead)) < 10) {
      let exponent = 0;
      for (; digitOf(peek(ahead)) < 10; ahead++) exponent = Math.min(exponent * 10 + digitOf(peek(ahead)), 1e9);
      scale = (hex ? 4 * scale : scale) + (minus ? -exponent : exponent);
      at += ahead;
      used = at;
    } else if (hex) scale *= 4;
  } else if (hex) scale *= 4;
  const significand = BigInt(hex ? `0x0${digits}` : digits);
  if (significand === 0n) return result(0, used);
  // Far beyond either end, before powers of the scale are made.
  if (!hex && digits.length + scale > 400) return result(Infinity, used, true);
  if (!hex && digits.length + scale < -400) return result(0, used, true);
  const double = hex ? roundBinary(significand, scale, 53, -1074, 1023) : Number(`${digits}e${scale}`);
  let float = Math.fround(double);
  if (single) float = hex ? roundBinary(significand, scale, 24, -149, 127) : singleOf(significand, scale, double);
  const smallest = single ? 2 ** -126 : 2 ** -1022;
  const value = single ? float : double;
  return result(double, used, value === Infinity || value < smallest, float);
}

/** significand * 2^scale to `bits` bits, half to even. */
function roundBinary(significand: bigint, scale: number, bits: number, least: number, greatest: number): number {
  const width = significand.toString(2).length;
  if (width + scale > greatest + 2) return Infinity;
  if (width + scale < least - 1) return 0;
  const lowest = Math.max(scale + width - bits, least);
  let kept = significand;
  let power = scale;
  if (lowest > scale) {
    const drop = BigInt(lowest - scale);
    const rest = significand & ((1n << drop) - 1n);
    const half = 1n << (drop - 1n);
    kept = significand >> drop;
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++;
    power = lowest;
  }
  // At most 53 bits (unless the significand was short): two exact steps.
  const value = Number(kept) * 2 ** Math.max(power, -1000) * 2 ** Math.min(0, power + 1000);
  return value >= 2 ** (greatest + 1) ? Infinity : value;
}

/** The float nearest to significand * 10^scale: rounding the double again may go wrong on a tie. */
function singleOf(significand: bigint, scale: number, double: number): number {
  const float = Math.fround(double);
  if (float === double || !Number.isFinite(double)) return float;
  const below = Math.abs(float) < double ? float : nextFloat(float, -1);
  const above = nextFloat(below, 1);
  const middle = below + (above === Infinity ? 2 ** 104 : above - below) / 2;
  if (double !== middle) return float;
  // The double is a tie of floats: which side is the true value on?
  const scratch = new DataView(new ArrayBuffer(8));
  scratch.setFloat64(0, middle);
  const bits = scratch.getBigUint64(0);
  let mantissa = (bits & 0xfffffffffffffn) | (1n << 52n);
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1075;
  let exact = significand;
  if (exponent > 0) mantissa <<= BigInt(exponent);
  else exact <<= BigInt(-exponent);
  if (scale > 0) exact *= 10n ** BigInt(scale);
  else mantissa *= 10n ** BigInt(-scale);
  return exact === mantissa ? float : exact > mantissa ? above : below;
}

function nextFloat(value: number, direction: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + direction);
  return view.getFloat32(0);
}
