/**
 * IA-32: cdecl and stdcall of Windows, System V i386 (Linux), and FreeBSD's use of
 * it, which returns small structs in registers. Everything is passed on the
 * stack. Sources: System V ABI i386 supplement; the output of the compilers.
 */
import { Fxsave } from '../cpu/fxsave.js';
import { X86 } from '../cpu/registers.js';
import { roundUp, whole, type Convention, type Place, type Placed, type Plan } from './placement.js';
import { isFloat, scalars, type Signature, type Type } from './types.js';

interface Variant {
  windows: boolean;
  /** Small structs (1, 2, 4, 8 bytes) come back in eax and edx. */
  smallStructsInRegisters: boolean;
  /** The callee pops the arguments. */
  pops: boolean;
}

export function ia32(variant: Variant): Convention {
  const { windows } = variant;
  const convention: Convention = {
    model: { word: 4, long: 4, longDouble: windows ? 8 : 12, longDoubleFormat: windows ? 'double' : 'x87', align8: windows ? 8 : 4 },
    stackArguments: 4,
    redZone: 0,
    sp: X86.rsp,
    pc: X86.rip,
    integerArguments: [],
    vectorArguments: 0,
    vectorBase: Fxsave.xmm,
    place(signature: Signature): Plan {
      let stack = 0;
      const take = (type: Type): Placed => {
        const placed = whole(type, { in: 'stack', offset: stack });
        stack += roundUp(type.size, 4);
        return placed;
      };
      const memory = signature.result.kind === 'struct' && !inRegisters(signature.result, variant);
      let hidden: Place | undefined;
      if (memory) {
        hidden = { in: 'stack', offset: 0 };
        stack = 4;
      }
      const args = signature.args.map(take);
      return {
        args,
        result: memory ? { type: signature.result, memory: true } : resultOf(signature.result, windows),
        ...(hidden && { hidden, hiddenReturn: X86.rax }),
        stackBytes: stack,
        calleePops: variant.pops && !signature.variadic ? stack : memory && !windows ? 4 : 0,
        integers: 0,
        vectors: 0,
      };
    },
  };
  return convention;
}

function inRegisters(type: Type, variant: Variant): boolean {
  return variant.smallStructsInRegisters && [1, 2, 4, 8].includes(type.size);
}

function resultOf(type: Type, windows: boolean): Placed {
  if (isFloat(type)) return whole(type, { in: 'st0' });
  // Where small structs come back in registers, one float or double does so as a scalar would (not on Windows).
  const parts = scalars(type);
  if (type.kind === 'struct' && !windows && parts.length === 1 && isFloat(parts[0].type))
    return { ...whole(type, { in: 'st0' }), x87: parts[0].type };
  const pieces = [{ place: { in: 'integer', slot: X86.rax } as const, offset: 0, size: Math.min(4, type.size) }];
  if (type.size > 4) pieces.push({ place: { in: 'integer', slot: X86.rdx } as never, offset: 4, size: type.size - 4 });
  return { type, pieces, byReference: false };
}
