/** Exact decimal and hexadecimal digits of doubles, rounded half to even as C99 recommends (7.19.6.1). */

const scratch = new DataView(new ArrayBuffer(8));

export interface Parts {
  negative: boolean;
  /** value = mantissa * 2^exponent, exactly. */
  mantissa: bigint;
  exponent: number;
}

export function isNegative(value: number): boolean {
  scratch.setFloat64(0, value);
  return scratch.getUint8(0) >>> 7 === 1;
}

export function parts(value: number): Parts {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return { negative: bits >> 63n === 1n, mantissa: biased === 0 ? fraction : fraction | (1n << 52n), exponent: (biased || 1) - 1075 };
}

const powers: bigint[] = [1n];

function power10(n: number): bigint {
  if (n < 400) {
    for (let i = powers.length; i <= n; i++) powers.push(powers[i - 1] * 10n);
    return powers[n];
  }
  return 10n ** BigInt(n);
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}

/** |value| / 10^scale as an integer. */
function scaled(value: number, scale: number): bigint {
  const { mantissa, exponent } = parts(value);
  let numerator = exponent > 0 ? mantissa << BigInt(exponent) : mantissa;
  let denominator = exponent < 0 ? 1n << BigInt(-exponent) : 1n;
  if (scale < 0) numerator *= power10(-scale);
  else denominator *= power10(scale);
  return divideToEven(numerator, denominator);
}

/** The language's own toFixed and toExponential are exact, take so many digits, and round ties away from zero. */
const LANGUAGE_DIGITS = 100;
const LANGUAGE_LIMIT = 1e21;

/** |value| lies halfway between two decimals of `places` digits after the point: twice it times a power of two is an odd integer. */
function isTie(value: number, places: number): boolean {
  const doubled = value * 2 ** (places + 1);
  return Number.isInteger(doubled) && doubled % 2 !== 0;
}

/** Digits of |value| with `precision` of them after the point. */
export function fixed(value: number, precision: number): { whole: string; fraction: string } {
  const size = Math.abs(value);
  if (precision <= LANGUAGE_DIGITS && size < LANGUAGE_LIMIT && !isTie(size, precision)) {
    const text = size.toFixed(precision);
    const point = precision > 0 ? text.length - precision : text.length + 1;
    return { whole: text.slice(0, point - 1), fraction: text.slice(point) };
  }
  const digits = scaled(value, -precision)
    .toString()
    .padStart(precision + 1, '0');
  return { whole: digits.slice(0, digits.length - precision), fraction: digits.slice(digits.length - precision) };
}

/** The first `precision` + 1 digits of |value|, and the power of ten of the first. */
export function exponential(value: number, precision: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: '0'.repeat(precision + 1), exponent: 0 };
  const size = Math.abs(value);
  if (precision <= LANGUAGE_DIGITS) {
    const text = size.toExponential(precision);
    const mark = text.indexOf('e');
    const exponent = Number(text.slice(mark + 1));
    const places = precision - exponent;
    // Rounding may have carried into another power of ten; a tie with fewer places than digits is one with the places asked for.
    if (places >= 0 && places < 900 && !isTie(size, places) && !isTie(size, places + 1))
      return { digits: precision > 0 ? text[0] + text.slice(2, mark) : text[0], exponent };
  }
  let exponent = Number(size.toExponential().split('e')[1]);
  for (;;) {
    const digits = scaled(value, exponent - precision).toString();
    if (digits.length === precision + 1) return { digits, exponent };
    // The estimate is of the rounded value: off by one at most.
    exponent += digits.length > precision + 1 ? 1 : -1;
  }
}

/**
 * Hexadecimal: `lead` bits before the point (1; 4 for an x87 long double). Digits after the point, or as many
 * as are exact when precision is undefined. `normalise`: subnormal values begin with 1 too (the BSDs).
 */
export function hexadecimal(
  value: number,
  precision: number | undefined,
  lead: 1 | 4,
  normalise = false,
): { first: string; fraction: string; exponent: number } {
  let { mantissa, exponent } = parts(value);
  if (mantissa === 0n) return { first: '0', fraction: '0'.repeat(precision ?? 0), exponent: 0 };
  // A double's fraction has 13 digits; an x87's first digit takes three bits more.
  const subnormal = mantissa < 1n << 52n && lead === 1 && !normalise;
  if (!subnormal) {
    const width = mantissa.toString(2).length;
    mantissa <<= BigInt(53 - width);
    exponent -= 53 - width;
  }
  // mantissa has 53 bits (fewer if subnormal): `lead` of them, then the fraction padded to whole digits.
  const fractionBits = 53 - lead;
  const places = Math.ceil(fractionBits / 4);
  mantissa <<= BigInt(4 * places - fractionBits);
  exponent += fractionBits;
  if (precision !== undefined && precision < places) mantissa = divideToEven(mantissa, 1n << BigInt(4 * (places - precision)));
  const kept = precision === undefined ? places : Math.min(precision, places);
  let text = mantissa.toString(16).padStart(kept + 1, '0');
  if (text.length > kept + 1) {
    // Rounding carried out of a leading f.
    text = '1' + text.slice(2);
    exponent += 4;
  }
  let fraction = text.slice(1);
  fraction = precision === undefined ? fraction.replace(/0+$/, '') : fraction.padEnd(precision, '0');
  return { first: text[0], fraction, exponent };
}
