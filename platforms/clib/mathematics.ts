/**
 * math.h: double, float (f) and long double (l). The exact functions are exact; erf, erfc and gamma are those of
 * `special-functions.ts`; the other transcendental ones are the host's, to about one unit in the last place; long
 * double has the precision of double. Errors go to errno where the C library does that (C99 7.12.1: NaN from no NaN is
 * EDOM, infinity from finite arguments ERANGE).
 */
import type { Arguments, Returned, Signature } from '../../emulator/abi/signature.js';
import { toExtended, toQuad } from '../../emulator/abi/long-double.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { OsName } from '../codes.js';
import { isNegative } from './decimal.js';
import { copysign, fma, frexp, nextAfter, nextAfterFloat, remquo, rint, round, scalbn } from './exact-math.js';
import { extendedLogarithm } from './extended-logarithm.js';
import type { CLibrary } from './library.js';
import { erf, erfc, lgamma, tgamma } from './special-functions.js';

type Real = (...x: number[]) => number;

const one: Record<string, Real> = {
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  cos: Math.cos,
  sin: Math.sin,
  tan: Math.tan,
  acosh: Math.acosh,
  asinh: Math.asinh,
  atanh: Math.atanh,
  cosh: Math.cosh,
  sinh: Math.sinh,
  tanh: Math.tanh,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  fabs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  rint,
  nearbyint: rint,
  round,
  erf,
  erfc,
  tgamma,
  lgamma,
  logb: (x) => (x === 0 ? -Infinity : Number.isFinite(x) ? frexp(x).exponent - 1 : Number.isNaN(x) ? NaN : Infinity),
};

const two: Record<string, Real> = {
  atan2: Math.atan2,
  // Exact for integers where Math.pow may be off by one unit; IEEE 754's 1 for pow(1, y) and pow(-1, inf).
  pow: (x, y) => (x === 1 || y === 0 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) ? 1 : x ** y),
  hypot: Math.hypot,
  fmod: (x, y) => x % y,
  remainder: (x, y) => remquo(x, y).remainder,
  drem: (x, y) => remquo(x, y).remainder,
  copysign,
  fdim: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x > y ? x - y : 0),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
};

/** Functions that never report an error. */
const quiet = new Set([
  'fabs',
  'ceil',
  'floor',
  'trunc',
  'rint',
  'nearbyint',
  'round',
  'copysign',
  'fmax',
  'fmin',
  'atan',
  'atan2',
  'cbrt',
  'erf',
  'tanh',
  'asinh',
]);
/** Results of 0 that come from underflow. */
const underflows = new Set(['exp', 'exp2', 'pow', 'ldexp', 'scalbn', 'scalbln', 'erfc', 'tgamma', 'fma']);

const [LEAST, GREATEST] = [-2147483648, 2147483647];
/** FP_ILOGB0 and FP_ILOGBNAN of each math.h; glibc's are those of x86, and generic ones for other CPUs. */
const ILOGB: Record<OsName, { zero: number; nan: number }> = {
  linux: { zero: LEAST, nan: LEAST },
  freebsd: { zero: -GREATEST, nan: GREATEST },
  macos: { zero: LEAST, nan: LEAST },
  windows: { zero: LEAST, nan: GREATEST },
};
const ILOGB_GENERIC = { zero: -GREATEST, nan: GREATEST };

/** What fpclassify gives: NaN, infinity, zero, subnormal, normal. */
const CLASSES: Record<OsName, readonly [number, number, number, number, number]> = {
  linux: [0, 1, 2, 3, 4],
  freebsd: [2, 1, 16, 8, 4],
  macos: [1, 2, 3, 5, 4],
  windows: [2, 1, 0, -2, -1],
};

export function mathFunctions(library: CLibrary): HostFunction[] {
  const { traits } = library;
  const functions: HostFunction[] = [];

  const report = (name: string, result: number, args: number[]): number => {
    if (!traits.mathErrno || quiet.has(name)) return result;
    if (Number.isNaN(result)) {
      if (!args.some(Number.isNaN)) library.setErrno('EDOM');
    } else if (!Number.isFinite(result)) {
      if (args.every(Number.isFinite)) library.setErrno('ERANGE');
    } else if (result === 0 && underflows.has(name) && args.every(Number.isFinite) && args[0] !== 0) library.setErrno('ERANGE');
    return result;
  };

  /** The three variants of a function. `exact` gives the float variant where rounding the double's result is not enough. */
  const define = <const S extends string>(
    name: string,
    shape: (type: 'd' | 'f' | 'D') => S & Signature<S>,
    run: (call: HostCall, single: boolean, ...args: Arguments<S>) => Returned<S>,
  ): void => {
    for (const [suffix, type] of [
      ['', 'd'],
      ['f', 'f'],
      ['l', 'D'],
    ] as const) {
      functions.push(hostFunction<S>(name + suffix, shape(type), (call, ...args) => run(call, type === 'f', ...args)));
    }
  };
  /** glibc for IA-32 returns logarithms in st(0) with all its bits, the errors as elsewhere. */
  const keepsBits = traits.os === 'linux' && traits.wordSize === 4;
  const narrow = (single: boolean, value: number): number => (single ? Math.fround(value) : value);

  for (const [name, f] of Object.entries(one)) {
    define(
      name,
      (t) => `${t}(${t})`,
      (call, single, x) => {
        const rounded = report(name, narrow(single, f(x)), [x]);
        return (keepsBits && call.fn.name === name && extendedLogarithm(name, x)) || rounded;
      },
    );
  }
  for (const [name, f] of Object.entries(two)) {
    define(
      name,
      (t) => `${t}(${t}${t})`,
      (_call, single, x, y) => report(name, narrow(single, f(x, y)), [x, y]),
    );
  }
  define(
    'fma',
    (t) => `${t}(${t}${t}${t})`,
    (_call, single, x, y, z) => report('fma', fma(x, y, z, single ? 24 : 53), [x, y, z]),
  );
  define(
    'nextafter',
    (t) => `${t}(${t}${t})`,
    (_call, single, x, y) => (single ? nextAfterFloat(x, y) : nextAfter(x, y)),
  );
  define(
    'nexttoward',
    (t) => `${t}(${t}D)`,
    (_call, single, x, y) => (single ? nextAfterFloat(x, y) : nextAfter(x, y)),
  );
  for (const name of ['ldexp', 'scalbn']) {
    define(
      name,
      (t) => `${t}(${t}i)`,
      (_call, single, x, n) => report(name, narrow(single, scalbn(x, n)), [x]),
    );
  }
  define(
    'scalbln',
    (t) => `${t}(${t}l)`,
    (_call, single, x, n) => report('scalbln', narrow(single, scalbn(x, n)), [x]),
  );
  define(
    'frexp',
    (t) => `${t}(${t}p)`,
    (call, _single, x, place) => {
      const { fraction, exponent } = frexp(x);
      call.memory.setU32(place, exponent);
      return fraction;
    },
  );
  define(
    'modf',
    (t) => `${t}(${t}p)`,
    (call, single, x, place) => {
      const whole = Math.trunc(x);
      if (single) call.memory.setF32(place, whole);
      else storeReal(call, place, whole, call.fn.name === 'modfl', library);
      return copysign(Number.isFinite(x) ? x - whole : Number.isNaN(x) ? NaN : 0, x);
    },
  );
  define(
    'remquo',
    (t) => `${t}(${t}${t}p)`,
    (call, _single, x, y, place) => {
      const { remainder, quotient } = remquo(x, y);
      call.memory.setU32(place, quotient);
      return report('remquo', remainder, [x, y]);
    },
  );
  define(
    'nan',
    (t) => `${t}(p)`,
    (_call) => NaN,
  );
  const special = traits.os === 'linux' && library.process.cpu === 'arm64' ? ILOGB_GENERIC : ILOGB[traits.os];
  define(
    'ilogb',
    (t) => `i(${t})`,
    (_call, _single, x) => (x === 0 ? special.zero : Number.isFinite(x) ? frexp(x).exponent - 1 : Number.isNaN(x) ? special.nan : GREATEST),
  );
  for (const [name, f] of [
    ['lrint', rint],
    ['lround', round],
  ] as const) {
    define(
      name,
      (t) => `${traits.longSize === 8 ? 'q' : 'l'}(${t})`,
      (_call, _single, x) => (traits.longSize === 8 ? toLongLong(f(x)) : toInt(f(x))),
    );
    define(
      `l${name}`,
      (t) => `q(${t})`,
      (_call, _single, x) => toLongLong(f(x)),
    );
  }
  functions.push(...classification(CLASSES[traits.os]));
  return functions;
}

/** Out of range: the least integer, as the processors' conversions give. */
function toInt(value: number): number {
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : -(2 ** 31);
}

function toLongLong(value: number): bigint {
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(value) : -(2n ** 63n);
}

function storeReal(call: HostCall, place: number, value: number, long: boolean, { traits }: CLibrary): void {
  if (!long || traits.longDouble === 'double') return call.memory.setF64(place, value);
  const view = new DataView(new ArrayBuffer(16));
  (traits.longDouble === 'quad' ? toQuad : toExtended)(value, view, 0);
  call.memory.write(place, new Uint8Array(view.buffer, 0, traits.longDouble === 'quad' ? 16 : 10));
}

/** What the macros of math.h call in some headers. */
function classification([nan, infinite, zero, subnormal, normal]: (typeof CLASSES)[OsName]): HostFunction[] {
  const classify = (x: number, least: number): number =>
    Number.isNaN(x) ? nan : !Number.isFinite(x) ? infinite : x === 0 ? zero : Math.abs(x) < least ? subnormal : normal;
  const out: HostFunction[] = [];
  for (const [suffix, type] of [
    ['', 'd'],
    ['f', 'f'],
    ['l', 'D'],
    ['d', 'd'],
  ] as const) {
    const add = (name: string, run: (x: number) => number): void => {
      out.push(hostFunction(`${name}${suffix}`, `i(${type})`, (_call, x) => run(x)));
    };
    add('__isnan', (x) => (Number.isNaN(x) ? 1 : 0));
    add('__isinf', (x) => (x === Infinity ? 1 : x === -Infinity ? -1 : 0));
    add('__isfinite', (x) => (Number.isFinite(x) ? 1 : 0));
    add('__finite', (x) => (Number.isFinite(x) ? 1 : 0));
    add('__signbit', (x) => (isNegative(x) ? 1 : 0));
    add('__fpclassify', (x) => classify(x, type === 'f' ? 2 ** -126 : 2 ** -1022));
  }
  return out;
}
