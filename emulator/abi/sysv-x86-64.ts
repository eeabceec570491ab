/** System V x86-64 (Linux, FreeBSD, macOS): classification by eightbytes. Source: the AMD64 psABI, 3.2.3. */
import { present } from '../present.js';
import { Fxsave } from '../cpu/fxsave.js';
import { X86 } from '../cpu/registers.js';
import { x8664 } from '../cpu/x86-64.js';
import { roundUp, whole, type Convention, type Piece, type Placed, type Plan } from './placement.js';
import { isFloat, scalars, type Signature, type Type } from './types.js';

const INTEGERS = x8664.roles('sysv-x86-64').arguments;

/** Class of each eightbyte: true = SSE. Undefined: MEMORY. */
function classify(type: Type): boolean[] | undefined {
  if (type.size > 16 || type.size === 0) return undefined;
  const parts = scalars(type);
  if (parts.some((part) => part.type.kind === 'D')) return undefined;
  return Array.from({ length: Math.ceil(type.size / 8) }, (_, i) => parts.filter((p) => p.offset >> 3 === i).every((p) => isFloat(p.type)));
}

/** A struct that holds one long double and nothing else comes back in st0 (classes X87, X87UP). */
function x87Member(type: Type): Type | undefined {
  const parts = type.kind === 'struct' ? scalars(type) : [];
  return parts.length === 1 && parts[0].type.kind === 'D' ? parts[0].type : undefined;
}

export const sysvX8664: Convention = {
  model: { word: 8, long: 8, longDouble: 16, longDoubleFormat: 'x87', align8: 8 },
  stackArguments: 8,
  redZone: 128,
  sp: X86.rsp,
  pc: X86.rip,
  integerArguments: INTEGERS,
  vectorArguments: 8,
  vectorBase: Fxsave.xmm,
  vectorCount: X86.rax,
  place(signature: Signature): Plan {
    let integers = 0;
    let vectors = 0;
    let stack = 0;
    const take = (type: Type): Placed => {
      const classes = type.kind === 'D' ? undefined : classify(type);
      const wantVectors = classes?.filter((sse) => sse).length ?? 0;
      const wantIntegers = (classes?.length ?? 0) - wantVectors;
      if (!classes || integers + wantIntegers > 6 || vectors + wantVectors > 8) {
        stack = roundUp(stack, Math.max(8, type.kind === 'D' || type.align === 16 ? 16 : 8));
        const placed = whole(type, { in: 'stack', offset: stack });
        stack += roundUp(type.size, 8);
        return placed;
      }
      const pieces = classes.map((sse, i): Piece => ({
        place: sse ? { in: 'vector', index: vectors++ } : { in: 'integer', slot: INTEGERS[integers++] },
        offset: 8 * i,
        size: Math.min(8, type.size - 8 * i),
      }));
      return { type, pieces, byReference: false };
    };
    const { result } = signature;
    const memory = result.kind === 'struct' && !classify(result) && !x87Member(result);
    if (memory) integers = 1;
    return {
      args: signature.args.map(take),
      result: memory ? { type: result, memory: true } : resultOf(result),
      ...(memory && { hidden: { in: 'integer', slot: X86.rdi } as const, hiddenReturn: X86.rax }),
      stackBytes: stack,
      calleePops: 0,
      integers,
      vectors,
    };
  },
};

function resultOf(type: Type): Placed {
  if (type.kind === 'D') return whole(type, { in: 'st0' });
  const x87 = x87Member(type);
  if (x87) return { ...whole(type, { in: 'st0' }), x87 };
  const free = [X86.rax, X86.rdx];
  let vectors = 0;
  const pieces = (classify(type) ?? []).map((sse, i): Piece => ({
    place: sse ? { in: 'vector', index: vectors++ } : { in: 'integer', slot: present(free.shift(), 'a result register') },
    offset: 8 * i,
    size: Math.min(8, type.size - 8 * i),
  }));
  return { type, pieces, byReference: false };
}
