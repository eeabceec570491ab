/**
 * How a layer describes its events: a sentence for each event and each of its details, and what kind of value a
 * detail is. The types that emitters and listeners are checked against follow from the kinds (`DetailsOf`); so do
 * the documentation (docs/trace.md) and the notation of the trace file.
 */
export type DetailKind =
  /** A guest address. */
  | 'address'
  /** The address of guest code, which has a function's name and perhaps a source line. */
  | 'code'
  /** Pointer-sized, but only passed through: any bits. */
  | 'word'
  /** Several words. */
  | 'words'
  /** A quantity or a code. */
  | 'number'
  | 'text'
  /** An object or list as JSON has it. */
  | 'record';

export interface Detail<T> {
  readonly kind: DetailKind;
  readonly meaning: string;
  /** Never there: it carries the type. */
  readonly value?: T;
}

export interface EventDescription {
  readonly meaning: string;
  readonly details: Readonly<Record<string, Detail<unknown>>>;
}

export type EventSchema = Readonly<Record<string, EventDescription>>;

/** From a schema to the type of each event's details. */
export type DetailsOf<S extends EventSchema> = {
  [E in keyof S]: { [D in keyof S[E]['details']]: S[E]['details'][D] extends Detail<infer T> ? T : never };
};

export function event<D extends EventDescription['details']>(meaning: string, details: D): { meaning: string; details: D } {
  return { meaning, details };
}

/** A number that may be absent from the trace. */
type Maybe<T> = Detail<T | undefined>;

const detail = <T>(kind: DetailKind, meaning: string): Detail<T> => ({ kind, meaning });

export const address = (meaning: string): Detail<number> => detail('address', meaning);
export const maybeAddress = (meaning: string): Maybe<number> => detail('address', meaning);
export const code = (meaning: string): Detail<number> => detail('code', meaning);
export const words = (meaning: string): Detail<readonly bigint[]> => detail('words', meaning);
export const word = (meaning: string): Detail<bigint> => detail('word', meaning);
export const number = (meaning: string): Detail<number> => detail('number', meaning);
export const maybeNumber = (meaning: string): Maybe<number> => detail('number', meaning);
export const text = <T extends string = string>(meaning: string): Detail<T> => detail('text', meaning);
export const record = <T>(meaning: string): Detail<T> => detail('record', meaning);
