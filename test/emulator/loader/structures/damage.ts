/** Damage done to an image by who knows its structures: what fast-check draws, and how it is applied to a layout. */
import fc from 'fast-check';
import type { Field, Layout, Stream } from './layout.js';
import { streamBytes, tokens, type Token } from './streams.js';

/** Where a field's new value comes from. Numbers are taken modulo what there is to choose from. */
type Source =
  | { from: 'edge'; edge: bigint }
  /** A place, address or size of something else in this image: tables overlap, name themselves, or reach beyond. */
  | { from: 'mark'; mark: number; delta: bigint }
  | { from: 'near'; delta: bigint }
  | { from: 'bit'; bit: number }
  /** What lies in another field. */
  | { from: 'field'; structure: number; field: number };

export type Damage =
  | { kind: 'set'; structure: number; field: number; value: Source }
  | { kind: 'copy' | 'swap' | 'fill'; table: number; entry: number; other: number }
  | { kind: 'stream'; stream: number; tokens: Token[] }
  | { kind: 'move'; from: number; to: number; length: number }
  | { kind: 'cut'; mark: number; delta: number };

/** What is large or small for some width, and what is just so after one more step. */
const EDGES = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 47, 48, 52, 53, 62, 63, 64].flatMap((bit) => [
  (1n << BigInt(bit)) - 1n,
  1n << BigInt(bit),
]);
const PAGES = [4095n, 4096n, 4097n, 16384n, 65536n, 0x1fffffn, 0x3fffffffn, 0x40000000n, 0x40000001n];
const BELOW = [1n, 2n, 4n, 8n, 16n, 24n, 4095n, 4096n, 65536n].flatMap((less) => [(1n << 64n) - less, (1n << 32n) - less]);

const small = fc.constantFrom(0n, 0n, 0n, 1n, -1n, 2n, -2n, 4n, -4n, 8n, -8n, 16n, -16n, 4096n, -4096n);
const source: fc.Arbitrary<Source> = fc.oneof(
  fc.record({ from: fc.constant('edge' as const), edge: fc.constantFrom(...EDGES, ...PAGES, ...BELOW) }),
  fc.record({ from: fc.constant('mark' as const), mark: fc.nat(), delta: small }),
  fc.record({ from: fc.constant('near' as const), delta: fc.bigInt(-17n, 17n) }),
  fc.record({ from: fc.constant('bit' as const), bit: fc.nat(63) }),
  fc.record({ from: fc.constant('field' as const), structure: fc.nat(), field: fc.nat() }),
);

const one: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), structure: fc.nat(), field: fc.nat(), value: source }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('copy' as const, 'swap' as const, 'fill' as const),
      table: fc.nat(),
      entry: fc.nat(),
      other: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stream' as const), stream: fc.nat(), tokens }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('move' as const), from: fc.nat(), to: fc.nat(), length: fc.integer({ min: 1, max: 96 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), mark: fc.nat(), delta: fc.integer({ min: -16, max: 16 }) }) },
);

export const damages = fc.array(one, { minLength: 1, maxLength: 4 });

/** A damaged copy. */
export function damaged(layout: Layout, list: readonly Damage[]): Uint8Array {
  let bytes = layout.bytes.slice();
  const marks = layout.marks;
  const structures = [...layout.structures.values()];
  const field = (structure: number, index: number): Field => pick(pick(structures, structure), index);
  const place = (index: number): number => Number(pick(marks, index) % BigInt(bytes.length));
  for (const each of list) {
    switch (each.kind) {
      case 'set': {
        const { at, size } = field(each.structure, each.field);
        put(bytes, at, size, valueOf(each.value, layout, layout.value(at, size), marks, field));
        break;
      }
      case 'copy':
      case 'swap':
      case 'fill': {
        if (layout.tables.length === 0) break;
        const { at, entry, count } = pick(layout.tables, each.table);
        const [one, other] = [at + entry * (each.entry % count), at + entry * (each.other % count)];
        const [oldOne, oldOther] = [bytes.slice(one, one + entry), bytes.slice(other, other + entry)];
        if (each.kind === 'fill') for (let i = 0; i < count; i++) overwrite(bytes, at + i * entry, oldOne);
        else overwrite(bytes, other, oldOne);
        if (each.kind === 'swap') overwrite(bytes, one, oldOther);
        break;
      }
      case 'stream': {
        if (layout.streams.length === 0) break;
        const stream: Stream = pick(layout.streams, each.stream);
        overwrite(bytes, stream.at, streamBytes(stream, each.tokens));
        break;
      }
      case 'move':
        bytes.copyWithin(place(each.to), place(each.from), Math.min(bytes.length, place(each.from) + each.length));
        break;
      case 'cut':
        bytes = bytes.slice(0, Math.max(0, place(each.mark) + each.delta));
        // Nothing is left to damage behind the end.
        return bytes;
    }
  }
  return bytes;
}

function valueOf(
  value: Source,
  layout: Layout,
  old: bigint,
  marks: readonly bigint[],
  field: (structure: number, index: number) => Field,
): bigint {
  switch (value.from) {
    case 'edge':
      return value.edge;
    case 'mark':
      return pick(marks, value.mark) + value.delta;
    case 'near':
      return old + value.delta;
    case 'bit':
      return old ^ (1n << BigInt(value.bit));
    case 'field': {
      const other = field(value.structure, value.field);
      return layout.value(other.at, other.size);
    }
  }
}

function put(bytes: Uint8Array, at: number, size: number, value: bigint): void {
  for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
}

function overwrite(bytes: Uint8Array, at: number, piece: Uint8Array): void {
  if (at < bytes.length) bytes.set(piece.subarray(0, bytes.length - at), at);
}

function pick<T>(from: readonly T[], index: number): T {
  return from[index % from.length];
}
