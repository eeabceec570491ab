/**
 * erf, erfc, tgamma and lgamma. The error functions by their series and continued fraction (Abramowitz and Stegun
 * 7.1.6, 7.1.14), gamma by Stirling's series after recurrence (6.1.40): accurate to a few units in the last place.
 */

const LOG_ROOT_TWO_PI = 0.9189385332046727;

export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  if (a >= 6) return Math.sign(x);
  if (a > 2.5) return Math.sign(x) * (1 - erfcTail(a));
  // 2/sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!: all terms positive.
  let term = a;
  let sum = a;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * a * a) / (2 * n + 1);
    sum += term;
  }
  const value = (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  return x < 0 ? -value : x === 0 ? x : value;
}

/** erfc for x > 2 or so, by the continued fraction from the far end. */
function erfcTail(x: number): number {
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction);
  // exp(-x^2) with the square split, so that its rounding error does not grow.
  const high = Math.fround(x);
  const square = Math.exp(-high * high) * Math.exp(-(x - high) * (x + high));
  return square / ((x + fraction) * Math.sqrt(Math.PI));
}

export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0.5) return 1 - erf(x);
  if (x < 2) return 1 - erf(x);
  return x > 27.3 ? 0 : erfcTail(x);
}

function stirling(x: number): number {
  const r = 1 / (x * x);
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r / 156)))))) / x;
}

/** sin(pi x), the whole part taken off exactly. */
function sinPi(x: number): number {
  const whole = Math.round(x);
  return (whole % 2 === 0 ? 1 : -1) * Math.sin(Math.PI * (x - whole));
}

/** log |gamma(x)|. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (x === 1 || x === 2) return 0;
  if (Math.abs(x) < 1e-17) return -Math.log(Math.abs(x));
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  let product = 1;
  let at = x;
  while (at < 12) product *= at++;
  return (at - 0.5) * Math.log(at) - at + LOG_ROOT_TWO_PI + stirling(at) - Math.log(product);
}

const factorials: number[] = [1];
for (let i = 1; i <= 170; i++) factorials.push(i * factorials[i - 1]);

export function tgamma(x: number): number {
  if (Number.isNaN(x) || x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN;
  if (Math.abs(x) < 1e-17) return 1 / x;
  if (x > 171.7) return Infinity;
  if (Number.isInteger(x)) return factorials[x - 1];
  if (x < 0.5) return x < -184 ? (Math.floor(x) % 2 === 0 ? 0 : -0) : Math.PI / (sinPi(x) * tgamma(1 - x));
  let product = 1;
  let at = x;
  while (at < 12) product *= at++;
  // at^(at - 1/2) in two factors, so that it does not overflow before it is divided.
  const half = Math.pow(at, at / 2 - 0.25);
  return (half * Math.exp(-at + LOG_ROOT_TWO_PI + stirling(at)) * half) / product;
}
