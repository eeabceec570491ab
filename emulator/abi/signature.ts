/**
 * The signature language of abi.ts, read by the compiler: what a signature's text says about the TypeScript types of
 * arguments and result. A function written or called with another type or number of arguments doesn't compile.
 */
import type { VarArgs, Word } from './abi.js';

interface Scalars {
  i: number;
  u: number;
  l: number;
  L: number;
  p: number;
  z: number;
  w: Word;
  q: bigint;
  Q: bigint;
  f: number;
  d: number;
  D: number;
  V: VarArgs;
}

/** What follows the struct whose opening brace has been taken. */
type AfterStruct<S> = S extends `}${infer Rest}`
  ? Rest
  : S extends `{${infer Inner}`
    ? AfterStruct<AfterStruct<Inner>>
    : S extends `${infer _ extends keyof Scalars}${infer Rest}`
      ? AfterStruct<Rest>
      : never;

/** The type that S begins with, and what follows it. */
type First<S> = S extends `{${infer Members}`
  ? [Uint8Array, AfterStruct<Members>]
  : S extends `${infer Letter extends keyof Scalars}${infer Rest}`
    ? [Scalars[Letter], Rest]
    : never;

/** At most 16 arguments: a bound lets the compiler compare generic signatures. */
type List<S, Done extends unknown[] = []> = S extends ')' | '.)'
  ? Done
  : Done['length'] extends 16
    ? never
    : First<S> extends [infer T, infer Rest]
      ? List<Rest, [...Done, T]>
      : never;

/** An interface, not conditional types by themselves: the compiler then compares generic methods by name, without expanding them. */
interface Parsed<S> {
  arguments: S extends `${string}(${infer Rest}` ? List<Rest> : never;
  result: S extends `v(${string}` ? void : S extends `${infer R}(${string}` ? (First<R> extends [infer T, ''] ? T : never) : never;
}

/** The named arguments. */
export type Arguments<S> = Parsed<S>['arguments'];

/** What a call of a function of this signature gives. */
export type Result<S> = Parsed<S>['result'];

/** What such a function may return: a double or long double also as the ten bytes of an x87 register. */
export type Returned<S> = S extends `${'d' | 'D'}(${string}` ? number | Uint8Array : Result<S>;

/** S, where it is a literal in the signature language; anything else doesn't compile. */
export type Signature<S extends string> = S &
  ([Arguments<S>] extends [never] ? BadSignature : [Result<S>] extends [never] ? BadSignature : unknown);
type BadSignature = 'a signature is RESULT(ARGUMENTS) in the letters of abi.ts';
