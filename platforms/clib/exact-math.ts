/** The functions of math.h whose results are exact: binary exponents, remainders, rounding, neighbours, fused multiply-add. */
import { isNegative, parts } from './decimal.js';

const scratch = new DataView(new ArrayBuffer(8));

/** value * 2^power, rounded once. */
export function scalbn(value: number, power: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  power = Math.max(-2200, Math.min(2200, Math.trunc(power)));
  while (power > 1000) {
    value *= 2 ** 1000;
    power -= 1000;
  }
  if (power >= -1022 + 0 && power >= -1000) return value * 2 ** power;
  // Downwards: only the last step may round.
  const { fraction, exponent } = frexp(value);
  const target = exponent + power;
  if (target > -1021) return fraction * 2 ** Math.ceil(target / 2) * 2 ** Math.floor(target / 2);
  if (target < -1075) return fraction * 0;
  return fraction * 2 ** -500 * 2 ** (target + 500);
}

export function frexp(value: number): { fraction: number; exponent: number } {
  if (value === 0 || !Number.isFinite(value)) return { fraction: value, exponent: 0 };
  let exponent = 0;
  if (Math.abs(value) < 2 ** -1022) {
    value *= 2 ** 54;
    exponent = -54;
  }
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  exponent += ((high >>> 20) & 0x7ff) - 1022;
  scratch.setUint32(0, (high & 0x800fffff) | (1022 << 20));
  return { fraction: scratch.getFloat64(0), exponent };
}

export function copysign(value: number, sign: number): number {
  return isNegative(value) === isNegative(sign) ? value : -value;
}

/** To the nearest integer, halves to even. */
export function rint(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 2 ** 52)) return value;
  return copysign(magnitude + 2 ** 52 - 2 ** 52, value);
}

/** To the nearest integer, halves away from zero. */
export function round(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < 2 ** 52)) return value;
  const down = Math.floor(magnitude);
  return copysign(magnitude - down >= 0.5 ? down + 1 : down, value);
}

/** value - n * divisor with n the integer nearest to the quotient, and the low bits of n (C99 7.12.10.2-3). */
export function remquo(value: number, divisor: number): { remainder: number; quotient: number } {
  if (Number.isNaN(value) || Number.isNaN(divisor) || !Number.isFinite(value) || divisor === 0) return { remainder: NaN, quotient: 0 };
  if (!Number.isFinite(divisor)) return { remainder: value, quotient: 0 };
  const d = Math.abs(divisor);
  let rest = Math.abs(value);
  // The quotient's low three bits survive if it is first reduced by 8 * d, where that is finite.
  if (d <= 2 ** 1020) rest %= 8 * d;
  let quotient = 0;
  for (const step of [4, 2, 1]) {
    if (step * d <= rest) {
      rest -= step * d;
      quotient += step;
    }
  }
  // Now rest < d: up if it is more than half, or half and the quotient odd.
  const other = d - rest;
  if (rest > other || (rest === other && quotient % 2 === 1)) {
    rest -= d;
    quotient++;
  }
  const remainder = rest === 0 ? copysign(0, value) : isNegative(value) ? -rest : rest;
  return { remainder, quotient: (isNegative(value) !== isNegative(divisor) ? -1 : 1) * (quotient & 7) };
}

export function nextAfter(value: number, towards: number): number {
  if (Number.isNaN(value) || Number.isNaN(towards)) return NaN;
  if (value === towards) return towards;
  if (value === 0) return copysign(2 ** -1074, towards);
  scratch.setFloat64(0, value);
  scratch.setBigInt64(0, scratch.getBigInt64(0) + (towards > value === value > 0 ? 1n : -1n));
  return scratch.getFloat64(0);
}

export function nextAfterFloat(value: number, towards: number): number {
  if (Number.isNaN(value) || Number.isNaN(towards)) return NaN;
  if (value === towards) return towards;
  if (value === 0) return copysign(2 ** -149, towards);
  scratch.setFloat32(0, value);
  scratch.setInt32(0, scratch.getInt32(0) + (towards > value === value > 0 ? 1 : -1));
  return scratch.getFloat32(0);
}

/** x * y + z rounded once, to `bits` bits (53, or 24 for float). */
export function fma(x: number, y: number, z: number, bits: 53 | 24): number {
  // A product that only overflows is not an infinite one.
  if (Number.isFinite(x) && Number.isFinite(y) && !Number.isFinite(z)) return z;
  if (![x, y, z].every(Number.isFinite) || x === 0 || y === 0 || z === 0) {
    const sum = x * y + z;
    // A zero addend: the product alone is rounded once by the multiplication (for double).
    if (z !== 0 || x === 0 || y === 0 || !Number.isFinite(sum)) return sum;
  }
  const [a, b, c] = [parts(x), parts(y), parts(z)];
  const exponent = Math.min(a.exponent + b.exponent, c.exponent);
  const signed = (negative: boolean, value: bigint): bigint => (negative ? -value : value);
  const product = signed(a.negative !== b.negative, a.mantissa * b.mantissa) << BigInt(a.exponent + b.exponent - exponent);
  const total = product + (signed(c.negative, c.mantissa) << BigInt(c.exponent - exponent));
  if (total === 0n) return x * y + z === 0 ? x * y + z : 0;
  return roundTo(total, exponent, bits);
}

/** value * 2^exponent, half to even. */
function roundTo(value: bigint, exponent: number, bits: 53 | 24): number {
  const negative = value < 0n;
  let magnitude = negative ? -value : value;
  const width = magnitude.toString(2).length;
  const lowest = Math.max(exponent + width - bits, bits === 53 ? -1074 : -149);
  if (lowest > exponent) {
    const drop = BigInt(lowest - exponent);
    const rest = magnitude & ((1n << drop) - 1n);
    const half = 1n << (drop - 1n);
    magnitude >>= drop;
    if (rest > half || (rest === half && (magnitude & 1n) === 1n)) magnitude++;
    exponent = lowest;
  }
  const result = scalbn(Number(magnitude), exponent);
  const rounded = bits === 24 ? Math.fround(result) : result;
  return negative ? -rounded : rounded;
}
