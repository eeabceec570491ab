/** Windows x64: four positions shared by integers and floats, 32 bytes of home space, odd sizes by reference. Source: Microsoft's x64 convention. */
import { Fxsave } from '../cpu/fxsave.js';
import { X86 } from '../cpu/registers.js';
import { x8664 } from '../cpu/x86-64.js';
import { roundUp, whole, type Convention, type Place, type Placed, type Plan } from './placement.js';
import { isFloat, type Signature, type Type } from './types.js';

const INTEGERS = x8664.roles('win64').arguments;

function fits(type: Type): boolean {
  return type.kind !== 'struct' || [1, 2, 4, 8].includes(type.size);
}

export const win64: Convention = {
  model: { word: 8, long: 4, longDouble: 8, longDoubleFormat: 'double', align8: 8 },
  stackArguments: 8,
  redZone: 0,
  sp: X86.rsp,
  pc: X86.rip,
  integerArguments: INTEGERS,
  vectorArguments: 4,
  vectorBase: Fxsave.xmm,
  floatsInBoth: true,
  place(signature: Signature): Plan {
    const memory = signature.result.kind === 'struct' && !fits(signature.result);
    let position = memory ? 1 : 0;
    const take = (type: Type): Placed => {
      const index = position++;
      const byReference = !fits(type);
      const place: Place =
        index >= 4
          ? { in: 'stack', offset: 8 * index }
          : isFloat(type)
            ? { in: 'vector', index }
            : { in: 'integer', slot: INTEGERS[index] };
      return byReference ? { type, pieces: [{ place, offset: 0, size: 8 }], byReference } : whole(type, place);
    };
    const args = signature.args.map(take);
    const { result } = signature;
    return {
      args,
      result: memory
        ? { type: result, memory: true }
        : whole(result, isFloat(result) ? { in: 'vector', index: 0 } : { in: 'integer', slot: X86.rax }),
      ...(memory && { hidden: { in: 'integer', slot: X86.rcx } as const, hiddenReturn: X86.rax }),
      // The home space of the four register positions comes first.
      stackBytes: Math.max(32, roundUp(8 * position, 8)),
      calleePops: 0,
      integers: position,
      vectors: position,
    };
  },
};
