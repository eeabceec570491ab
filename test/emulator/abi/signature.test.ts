/**
 * What the compiler makes of a signature. The lines marked as errors are the test: should one of them compile, `tsc` fails.
 */
import test from 'ava';
import { parseSignature, type DataModel } from '../../../emulator/abi/types.js';
import type { VarArgs, Word } from '../../../emulator/abi/abi.js';
import type { Arguments, Result } from '../../../emulator/abi/signature.js';
import { hostFunction, type HostCall } from '../../../emulator/process/host-call.js';

/** Compiles where A and B are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(yes: T): T => yes;

test('each letter is the type that the language says', (t) => {
  same<Same<Arguments<'v(iulLpz)'>, [number, number, number, number, number, number]>>(true);
  same<Same<Arguments<'v(qQw)'>, [bigint, bigint, Word]>>(true);
  same<Same<Arguments<'v(fdDV)'>, [number, number, number, VarArgs]>>(true);
  same<Same<Arguments<'p(p{i{dd}q}i)'>, [number, Uint8Array, number]>>(true);
  same<Same<Arguments<'i(pp.)'>, [number, number]>>(true);
  same<Same<Arguments<'i()'>, []>>(true);
  same<Same<Result<'v(p)'>, void>>(true);
  same<Same<Result<'{dd}(p)'>, Uint8Array>>(true);
  same<Same<Result<'w(p)'>, Word>>(true);
  same<Same<Arguments<'{di}({ii}w)'>, [Uint8Array, Word]>>(true);
  const model: DataModel = { word: 8, long: 8, longDouble: 16, longDoubleFormat: 'x87', align8: 8 };
  t.deepEqual(
    parseSignature('p(p{i{dd}q}iw)', model).args.map((arg) => [arg.kind, arg.size]),
    [
      ['p', 8],
      ['struct', 32],
      ['i', 4],
      ['w', 8],
    ],
  );
});

test('a body that is not what its signature says does not compile', (t) => {
  const made = [
    hostFunction('right', 'i(pwq)', (_call, address, word, wide) => (BigInt(address) === word + wide ? 1 : 0)),
    hostFunction('fewer', 'i(ppp)', () => 0),
    hostFunction('nothing', 'v(p)', () => {}),
    hostFunction('variadic', 'i(p.)', (call) => call.varargs().int()),
    // @ts-expect-error an address is no word
    hostFunction('mixed', 'i(p)', (_call, address: bigint) => Number(address)),
    // @ts-expect-error a word is no address
    hostFunction('mixed', 'i(w)', (call, word) => call.memory.u32(word)),
    // @ts-expect-error more parameters than arguments
    hostFunction('more', 'i(p)', (_call, a: number, b: number) => a + b),
    // @ts-expect-error a result of another type
    hostFunction('result', 'q(p)', (_call, a) => a),
    // @ts-expect-error no result
    hostFunction('none', 'i(p)', () => undefined),
    // @ts-expect-error a result of a function that has none
    hostFunction('some', 'v(p)', () => 1),
    // @ts-expect-error no variable arguments
    hostFunction('fixed', 'i(p)', (call) => call.varargs().int()),
    // @ts-expect-error a struct is bytes
    hostFunction('struct', 'i({ii})', (_call, pair: number) => pair),
  ];
  t.is(made.length, 12);
});

test('a text that is no signature does not compile', (t) => {
  const bad = (text: string) =>
    t.throws(() => parseSignature(text, { word: 4, long: 4, longDouble: 12, longDoubleFormat: 'x87', align8: 4 }));
  // @ts-expect-error no such letter
  hostFunction('letter', 'i(x)', () => 0);
  bad('i(x)');
  // @ts-expect-error not closed
  hostFunction('open', 'i(p', () => 0);
  bad('i(p');
  // @ts-expect-error a struct that is not closed
  hostFunction('struct', 'i({i)', () => 0);
  bad('i({i)');
  // @ts-expect-error two results
  hostFunction('results', 'ip(p)', () => 0);
  bad('ip(p)');
  const text: string = 'i(p)';
  // @ts-expect-error not known to the compiler
  hostFunction('unknown', text, () => 0);
});

test('a call of the guest that is not what its signature says does not compile', (t) => {
  const calls = (call: HostCall): void => {
    const count: number = call.callGuest(4096, 'i(pw)', [4096, 1n]);
    call.callGuest(count, 'v()', []);
    // @ts-expect-error too few
    call.callGuest(4096, 'i(pp)', [1]);
    // @ts-expect-error too many
    call.callGuest(4096, 'i(pp)', [1, 2, 3]);
    // @ts-expect-error a word is passed with all its bits
    call.callGuest(4096, 'i(w)', [1]);
    // @ts-expect-error the result of a bigint function
    const wide: number = call.callGuest(4096, 'Q(p)', [1]);
    // @ts-expect-error void has no result
    const nothing: number = call.callGuest(wide, 'v(p)', [1]);
    // @ts-expect-error a HostFunction is made by hostFunction() alone
    call.process.defineHostFunction({ name: 'by hand', signature: 'i(p)', run: () => nothing, convention: undefined }, 'test');
  };
  t.is(calls.length, 1);
});
