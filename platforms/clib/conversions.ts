/** strtol, strtod, their kin, and integer arithmetic (C99 7.20.1, 7.20.6). */
import type { Signature } from '../../emulator/abi/signature.js';
import { hostFunction, type HostBody, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { isSpace, readInteger, readReal, type IntegerText } from './read-number.js';
import type { CLibrary } from './library.js';

export function conversionFunctions(library: CLibrary): HostFunction[] {
  const { traits } = library;

  /** Skip spaces, read with `read`, store the end pointer. */
  const reading = <T extends { used: number }>(
    call: HostCall,
    text: number,
    end: number,
    read: (at: (index: number) => number) => T,
  ): T => {
    if (end !== 0) library.probeWrite(call, end, traits.wordSize);
    const { memory } = call;
    let start = text;
    while (isSpace(memory.u8(start))) start++;
    const result = read((index) => memory.u8(start + index));
    call.process.clock.advance(start - text + result.used);
    if (end !== 0) memory.setWord(end, result.used === 0 ? text : start + result.used);
    return result;
  };

  const signed = ({ negative, magnitude }: IntegerText, bits: number): bigint => {
    const value = negative ? -magnitude : magnitude;
    const most = (1n << BigInt(bits - 1)) - 1n;
    if (value <= most && value >= -most - 1n) return value;
    library.setErrno('ERANGE');
    return value < 0 ? -most - 1n : most;
  };

  const unsigned = ({ negative, magnitude }: IntegerText, bits: number): bigint => {
    const most = (1n << BigInt(bits)) - 1n;
    if (magnitude <= most) return negative ? BigInt.asUintN(bits, -magnitude) : magnitude;
    library.setErrno('ERANGE');
    return most;
  };

  const integer =
    (convert: (text: IntegerText, bits: number) => bigint, bits: number) =>
    (call: HostCall, text: number, end: number, base: number): bigint => {
      if (base < 0 || base === 1 || base > 36) {
        library.setErrno('EINVAL');
        return 0n;
      }
      return convert(
        reading(call, text, end, (at) => readInteger(at, base)),
        bits,
      );
    };

  const real = (call: HostCall, text: number, end: number, single: boolean) => {
    const result = reading(call, text, end, (at) => readReal(at, Infinity, single));
    if (result.range) library.setErrno('ERANGE');
    return result;
  };

  const long = traits.longSize * 8;
  // A long of 64 bits travels as a bigint ('q'), so that no bit is lost.
  const l = long === 64 ? 'q' : 'l';
  const L = long === 64 ? 'Q' : 'L';
  const asLong = (value: bigint): number | bigint => (long === 64 ? value : Number(value));
  const fn = <const S extends string>(names: string[], signature: Signature<S>, run: HostBody<S>): HostFunction[] =>
    names.map((name) => hostFunction<S>(name, signature, run));
  const renamed = (name: string): string[] => (traits.os === 'linux' ? [name, `__isoc23_${name}`] : [name]);
  const decimal = (bits: number) => (call: HostCall, text: number) =>
    integer((t) => BigInt.asIntN(bits, t.negative ? -t.magnitude : t.magnitude), bits)(call, text, 0, 10);

  return [
    fn(renamed('strtol'), `${l}(ppi)`, (call, text, end, base) => asLong(integer(signed, long)(call, text, end, base))),
    fn(renamed('strtoul'), `${L}(ppi)`, (call, text, end, base) => asLong(integer(unsigned, long)(call, text, end, base))),
    fn(
      [...renamed('strtoll'), ...renamed('strtoimax'), ...(traits.os === 'windows' ? ['_strtoi64'] : ['strtoq'])],
      'q(ppi)',
      integer(signed, 64),
    ),
    fn(
      [...renamed('strtoull'), ...renamed('strtoumax'), ...(traits.os === 'windows' ? ['_strtoui64'] : ['strtouq'])],
      'Q(ppi)',
      integer(unsigned, 64),
    ),
    fn(['atoi'], 'i(p)', (call, text) => Number(decimal(32)(call, text))),
    fn(['atol'], `${l}(p)`, (call, text) => asLong(decimal(long)(call, text))),
    fn(['atoll'], 'q(p)', decimal(64)),
    fn(['strtod'], 'd(pp)', (call, text, end) => real(call, text, end, false).double),
    fn(['strtof'], 'f(pp)', (call, text, end) => real(call, text, end, true).single),
    fn(['strtold'], 'D(pp)', (call, text, end) => real(call, text, end, false).double),
    fn(['atof'], 'd(p)', (call, text) => real(call, text, 0, false).double),
    fn(['abs'], 'i(i)', (_call, value) => Math.abs(value) | 0),
    fn(['labs'], `${l}(${l})`, (_call, value: number | bigint) => (value < 0 ? -value : value)),
    fn(['llabs', 'imaxabs'], 'q(q)', (_call, value) => (value < 0n ? -value : value)),
    fn(['div'], '{ii}(ii)', (_call, a, b) => new Uint8Array(Int32Array.of(quotient(a, b), b === 0 ? 0 : a % b).buffer)),
    fn(['ldiv'], `{${l}${l}}(${l}${l})`, (_call, a: number | bigint, b: number | bigint) =>
      typeof a === 'bigint'
        ? wide(a, b as bigint)
        : new Uint8Array(Int32Array.of(quotient(a, b as number), b === 0 ? 0 : a % (b as number)).buffer),
    ),
    fn(['lldiv', 'imaxdiv'], '{qq}(qq)', (_call, a, b) => wide(a, b)),
  ].flat();
}

/** Dividing by zero is undefined; the result is 0. */
function quotient(a: number, b: number): number {
  return b === 0 ? 0 : Math.trunc(a / b);
}

function wide(a: bigint, b: bigint): Uint8Array {
  return new Uint8Array(BigInt64Array.of(b === 0n ? 0n : BigInt.asIntN(64, a / b), b === 0n ? 0n : a % b).buffer);
}
