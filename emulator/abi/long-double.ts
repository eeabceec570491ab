/** long double as the x87's 80-bit format and IEEE binary128, to and from numbers. Intel SDM vol. 1, 4.2; IEEE 754-2008. */

const scratch = new DataView(new ArrayBuffer(8));

function parts(value: number): { negative: boolean; exponent: number; high: number; low: number } {
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  return { negative: high >>> 31 === 1, exponent: (high >>> 20) & 0x7ff, high: high & 0xfffff, low: scratch.getUint32(4) };
}

/** 64-bit significand with explicit integer bit, 15-bit exponent, sign. */
export function toExtended(value: number, view: DataView, offset: number): void {
  const { negative, exponent, high, low } = parts(value);
  let significand = (BigInt(high) << 32n) | BigInt(low);
  let biased = 0;
  if (exponent === 0x7ff) {
    biased = 0x7fff;
    significand = (significand << 11n) | (1n << 63n);
  } else if (exponent !== 0) {
    biased = exponent - 1023 + 16383;
    significand = (significand << 11n) | (1n << 63n);
  } else if (significand !== 0n) {
    let shift = 0;
    while (((significand << BigInt(shift)) & (1n << 63n)) === 0n) shift++;
    significand <<= BigInt(shift);
    // A subnormal double is significand * 2^-1074, so its top bit weighs 2^(63 - shift - 1074).
    biased = 63 - shift - 1074 + 16383;
  }
  view.setBigUint64(offset, significand, true);
  view.setUint16(offset + 8, biased | (negative ? 0x8000 : 0), true);
}

export function fromExtended(view: DataView, offset: number): number {
  const significand = view.getBigUint64(offset, true);
  const top = view.getUint16(offset + 8, true);
  return fromParts(
    top >>> 15 === 1,
    (top & 0x7fff) - 16383,
    significand,
    63n,
    (top & 0x7fff) === 0x7fff,
    (significand & ((1n << 63n) - 1n)) === 0n,
  );
}

/** IEEE binary128: 112-bit fraction. */
export function toQuad(value: number, view: DataView, offset: number): void {
  const { negative, exponent, high, low } = parts(value);
  let fraction = (BigInt(high) << 32n) | BigInt(low);
  let biased = 0;
  if (exponent === 0x7ff) {
    biased = 0x7fff;
    fraction <<= 60n;
  } else if (exponent !== 0) {
    biased = exponent - 1023 + 16383;
    fraction <<= 60n;
  } else if (fraction !== 0n) {
    let shift = 1;
    while (((fraction << BigInt(shift)) & (1n << 52n)) === 0n) shift++;
    fraction = ((fraction << BigInt(shift)) & ((1n << 52n) - 1n)) << 60n;
    biased = 1 - shift - 1023 + 16383;
  }
  const bits = (BigInt(negative ? 1 : 0) << 127n) | (BigInt(biased) << 112n) | fraction;
  view.setBigUint64(offset, bits & 0xffffffffffffffffn, true);
  view.setBigUint64(offset + 8, bits >> 64n, true);
}

export function fromQuad(view: DataView, offset: number): number {
  const bits = (view.getBigUint64(offset + 8, true) << 64n) | view.getBigUint64(offset, true);
  const exponent = Number((bits >> 112n) & 0x7fffn);
  const fraction = bits & ((1n << 112n) - 1n);
  const significand = exponent === 0 ? fraction : fraction | (1n << 112n);
  return fromParts(bits >> 127n === 1n, (exponent || 1) - 16383, significand, 112n, exponent === 0x7fff, fraction === 0n);
}

/** value = significand * 2^(exponent - point), rounded to nearest even. */
function fromParts(negative: boolean, exponent: number, significand: bigint, point: bigint, special: boolean, infinite: boolean): number {
  const sign = negative ? -1 : 1;
  if (special) return infinite ? sign * Infinity : NaN;
  if (significand === 0n) return sign * 0;
  const top = significand.toString(2).length;
  // Keep 53 bits, fewer for subnormal results.
  const scale = exponent - Number(point);
  const lowest = Math.max(scale + top - 53, -1074);
  const drop = BigInt(lowest - scale);
  let kept = significand;
  if (drop > 0n) {
    const half = 1n << (drop - 1n);
    const rest = significand & ((1n << drop) - 1n);
    kept = significand >> drop;
    if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++;
  }
  const power = drop > 0n ? lowest : scale;
  return sign * scaled(Number(kept), power);
}

function scaled(value: number, power: number): number {
  let result = value;
  let left = power;
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  // Downwards in one exact step where possible: kept bits were chosen so that the result is exact.
  if (left < -1000) {
    result *= 2 ** -(1000 - 52);
    left += 1000 - 52;
  }
  return result * 2 ** left;
}
