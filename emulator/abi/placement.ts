/** Where a convention puts each argument and the result, worked out once for each signature. */
import type { Signature, Type, DataModel } from './types.js';

export type Place =
  | { in: 'integer'; slot: number }
  | { in: 'vector'; index: number }
  /** Offset from the first stacked argument. */
  | { in: 'stack'; offset: number }
  /** The x87 register stack's top. */
  | { in: 'st0' };

export interface Piece {
  place: Place;
  /** Part of the value: [offset, offset + size). */
  offset: number;
  size: number;
}

export interface Placed {
  type: Type;
  pieces: Piece[];
  /** The pieces hold the address of a copy. */
  byReference: boolean;
  /** A struct of one floating member that is returned in st0: that member's type. */
  x87?: Type;
}

export interface Plan {
  args: Placed[];
  result: Placed | { type: Type; memory: true };
  /** Where the address of the result's memory is passed. */
  hidden?: Place;
  /** The hidden pointer comes back in this register. */
  hiddenReturn?: number;
  stackBytes: number;
  /** Bytes that the callee pops beside the return address. */
  calleePops: number;
  /** Register arguments taken by the named arguments. */
  integers: number;
  vectors: number;
}

export interface Convention {
  model: DataModel;
  /** Bytes between SP at a function's entry and its first stacked argument. */
  stackArguments: number;
  redZone: number;
  sp: number;
  pc: number;
  /** Register that holds the return address; undefined: it is on the stack. */
  link?: number;
  integerArguments: readonly number[];
  vectorArguments: number;
  /** Where vector register 0 lies in the float area. */
  vectorBase: number;
  /** Variadic calls pass floats in the integer register of their position too. */
  floatsInBoth?: boolean;
  /** Variadic calls pass the number of vector registers here. */
  vectorCount?: number;
  place(signature: Signature): Plan;
}

/** One value in one place. */
export function whole(type: Type, place: Place): Placed {
  return { type, pieces: [{ place, offset: 0, size: type.size }], byReference: false };
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
