/**
 * ARM64: AAPCS64 (Linux) and Apple's variant, which packs stacked arguments at their
 * natural alignment and puts variable ones on the stack. Sources: AAPCS64;
 * Apple's "Writing ARM64 code for Apple platforms".
 */
import { arm64 as cpu } from '../cpu/arm64.js';
import { A64 } from '../cpu/registers.js';
import { roundUp, type Convention, type Piece, type Placed, type Plan } from './placement.js';
import { isFloat, scalars, type Signature, type Type } from './types.js';

/** Homogeneous floating-point aggregate of one to four members: their count and size. */
function homogeneous(type: Type): { count: number; size: number } | undefined {
  const parts = scalars(type);
  const first = parts[0]?.type;
  if (!first || !isFloat(first) || parts.length > 4 || parts.some((p) => p.type.kind !== first.kind)) return undefined;
  return { count: parts.length, size: first.size };
}

export function arm64(apple: boolean): Convention {
  const place = (signature: Signature): Plan => {
    let integers = 0;
    let vectors = 0;
    let stack = 0;
    const onStack = (type: Type, size: number, byReference: boolean): Placed => {
      const align = byReference ? 8 : apple && type.kind !== 'struct' ? type.align : Math.max(8, Math.min(16, type.align));
      stack = roundUp(stack, align);
      const piece: Piece = { place: { in: 'stack', offset: stack }, offset: 0, size };
      stack += apple && type.kind !== 'struct' ? size : roundUp(size, 8);
      return { type, pieces: [piece], byReference };
    };
    const take = (type: Type): Placed => {
      const floats = homogeneous(type);
      if (floats) {
        if (vectors + floats.count > 8) {
          vectors = 8;
          return onStack(type, type.size, false);
        }
        const pieces = Array.from({ length: floats.count }, (_, i): Piece => ({
          place: { in: 'vector', index: vectors++ },
          offset: i * floats.size,
          size: floats.size,
        }));
        return { type, pieces, byReference: false };
      }
      const byReference = type.kind === 'struct' && type.size > 16;
      const size = byReference ? 8 : type.size;
      const count = Math.ceil(size / 8);
      if (integers + count > 8) {
        integers = 8;
        return onStack(type, size, byReference);
      }
      const pieces = Array.from({ length: count }, (_, i): Piece => ({
        place: { in: 'integer', slot: integers++ },
        offset: 8 * i,
        size: Math.min(8, size - 8 * i),
      }));
      return { type, pieces, byReference };
    };
    const { result } = signature;
    const memory = result.kind === 'struct' && result.size > 16 && !homogeneous(result);
    const args = signature.args.map(take);
    return {
      args,
      result: memory ? { type: result, memory: true } : resultOf(result),
      ...(memory && { hidden: { in: 'integer', slot: A64.x8 } as const }),
      stackBytes: roundUp(stack, 8),
      calleePops: 0,
      integers,
      vectors,
    };
  };
  return {
    model: { word: 8, long: 8, longDouble: apple ? 8 : 16, longDoubleFormat: apple ? 'double' : 'quad', align8: 8 },
    stackArguments: 0,
    redZone: apple ? 128 : 0,
    sp: A64.sp,
    pc: A64.pc,
    link: A64.lr,
    integerArguments: cpu.roles(apple ? 'apple-arm64' : 'aapcs64').arguments,
    vectorArguments: 8,
    vectorBase: 0,
    place,
  };
}

function resultOf(type: Type): Placed {
  const floats = homogeneous(type);
  const pieces = floats
    ? Array.from({ length: floats.count }, (_, i): Piece => ({
        place: { in: 'vector', index: i },
        offset: i * floats.size,
        size: floats.size,
      }))
    : Array.from({ length: Math.ceil(type.size / 8) }, (_, i): Piece => ({
        place: { in: 'integer', slot: i },
        offset: 8 * i,
        size: Math.min(8, type.size - 8 * i),
      }));
  return { type, pieces, byReference: false };
}
