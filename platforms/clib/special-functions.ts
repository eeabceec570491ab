/**
 * erf, erfc, tgamma and lgamma: Stephen Moshier's Cephes library as WebAssembly, which calculates the same on every
 * host. Written here is what a C library has beyond it: the special values, which Cephes treats as errors (C99 F.9.5),
 * results below the least normal number, and lgamma around its zeros at 1 and 2, where Cephes keeps the absolute error
 * small but not the relative one (test/platforms/clib/special-functions.test.ts has the bounds).
 */
import { createRequire } from 'node:module';

/** What is used of the package, whose own types its exports hide. */
type Cephes = Record<'erf' | 'erfc' | 'gamma' | 'lgam', (x: number) => number>;

let loaded: Cephes | undefined;

/** Compiled when a program first wants it: that takes longer than many programs run. */
function cephes(): Cephes {
  return (loaded ??= createRequire(import.meta.url)('cephes') as Cephes);
}

export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  return Math.abs(x) >= 6 ? Math.sign(x) : x === 0 ? x : cephes().erf(x);
}

export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x <= -6) return 2;
  return x < 26.5 ? cephes().erfc(x) : x < 27.3 ? erfcBelowNormal(x) : 0;
}

/** By the asymptotic series (Abramowitz and Stegun 7.1.23), rounded to fewer bits only by the last product. */
function erfcBelowNormal(x: number): number {
  // The square of 24 bits is exact; halved, since its exponential itself is below the normal numbers.
  const high = Math.fround(x);
  const root = Math.exp((-high * high) / 2);
  const r = 1 / (2 * x * x);
  const series = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r * (1 - 13 * r))))));
  return ((root * Math.exp((high - x) * (high + x)) * series) / (x * Math.sqrt(Math.PI))) * root;
}

export function tgamma(x: number): number {
  if (Number.isNaN(x) || x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN;
  if (Math.abs(x) < 1e-17) return 1 / x;
  if (x > 171.7) return Infinity;
  if (x >= -170) return cephes().gamma(x);
  if (x < -184) return Math.floor(x) % 2 === 0 ? 0 : -0;
  // By recurrence from where the result is a normal number; the sums are exact.
  let product = 1;
  for (let i = 0; i < 16; i++) product *= x + i;
  return cephes().gamma(x + 16) / product;
}

/** log |gamma(x)|. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (Math.abs(x) < 1e-17) return -Math.log(Math.abs(x));
  if (x < 0.5 || x > 2.5) return cephes().lgam(x);
  return x > 1.5 ? lgammaFrom2(x - 2) : lgammaFrom2(x - 1) - Math.log1p(x - 1);
}

/** zeta(n) - 1 for n = 2, 3, ... (Abramowitz and Stegun, table 23.3). */
const zetaLess1 = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914, 0.008349277381922827,
  0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
  6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.4901554828365043e-8, 7.45071178983543e-9,
];
const ONE_LESS_EULER = 0.42278433509846713;

/** lgamma(2 + t) for |t| <= 1/2: t (1 - Euler's constant) + sum of (-t)^n (zeta(n) - 1) / n (Abramowitz and Stegun 6.1.33). */
function lgammaFrom2(t: number): number {
  const sum = zetaLess1.reduceRight((rest, zeta, i) => zeta / (i + 2) - t * rest, 0);
  return t * (ONE_LESS_EULER + t * sum);
}
