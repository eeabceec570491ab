/**
 * Logarithms to the x87's 64 bits. glibc for IA-32 takes them with FYL2X (y * log2 x) and returns st(0) as it is, not rounded to
 * double: log(8) / log(2) is 3 there, and programs that truncate such quotients depend on it.
 * (Intel SDM vol. 2, FYL2X; what glibc 2.36 returns was measured.) Fixed-point arithmetic, 160 bits after the point.
 */
import { frexp } from './exact-math.js';

const BITS = 160n;

/** ln(numerator / denominator) = 2 artanh((n - d) / (n + d)), for quotients near 1. */
function naturalLogarithm(numerator: bigint, denominator: bigint): bigint {
  const z = ((numerator - denominator) << BITS) / (numerator + denominator);
  const square = (z * z) >> BITS;
  let sum = 0n;
  let power = z;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = (power * square) >> BITS;
  }
  return 2n * sum;
}

const LN2 = naturalLogarithm(2n, 1n);
const LN10 = 3n * LN2 + naturalLogarithm(10n, 8n);

/** 64 bits of a fixed-point magnitude, to nearest, ties to even, and their exponent. */
function roundTo64(magnitude: bigint): { significand: bigint; exponent: number } {
  const exponent = magnitude.toString(2).length - 1;
  const drop = BigInt(exponent - 63);
  if (drop <= 0n) return { significand: magnitude << -drop, exponent };
  const half = 1n << (drop - 1n);
  const rest = magnitude & ((1n << drop) - 1n);
  let significand = magnitude >> drop;
  if (rest > half || (rest === half && (significand & 1n) === 1n)) significand++;
  return significand >> 64n === 0n ? { significand, exponent } : { significand: significand >> 1n, exponent: exponent + 1 };
}

/** The x87's constants are rounded to what its registers hold (FLDLN2, FLDLG2). */
function registerConstant(value: bigint): bigint {
  const { significand, exponent } = roundTo64(value);
  return significand << BigInt(exponent - 63);
}

const FLDLN2 = registerConstant(LN2);
const FLDLG2 = registerConstant((LN2 << BITS) / LN10);

/** A fixed-point number as the ten bytes of the extended format. */
function extendedBytes(value: bigint): Uint8Array {
  const negative = value < 0n;
  const { significand, exponent } = roundTo64(negative ? -value : value);
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, significand, true);
  view.setUint16(8, (exponent - Number(BITS) + 16383) | (negative ? 0x8000 : 0), true);
  return bytes;
}

/** The logarithm of a positive finite number; undefined: none, or 0, which is exact as it is, or `name` is no logarithm. */
export function extendedLogarithm(name: string, x: number): Uint8Array | undefined {
  if (name !== 'log' && name !== 'log2' && name !== 'log10') return undefined;
  if (!(x > 0) || x === Infinity || x === 1) return undefined;
  let { fraction, exponent } = frexp(x);
  if (fraction < Math.SQRT1_2) {
    fraction *= 2;
    exponent--;
  }
  const natural = naturalLogarithm(BigInt(fraction * 2 ** 53), 2n ** 53n);
  const binary = (natural << BITS) / LN2 + (BigInt(exponent) << BITS);
  if (name === 'log2') return extendedBytes(binary);
  return extendedBytes((binary * (name === 'log' ? FLDLN2 : FLDLG2)) >> BITS);
}
