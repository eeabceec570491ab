/** Random values of a type in the signature language, as TypeScript sees them. */
import type { Abi, Value } from '../../../emulator/abi/abi.js';
import { parseSignature, type DataModel, type Type } from '../../../emulator/abi/types.js';
import { there } from '../../there.js';

/** Sizes and alignments as the conventions' platforms have them (compilers say the same). */
export function modelOf(abi: Abi): DataModel {
  const windows = abi.name === 'cdecl' || abi.name === 'stdcall' || abi.name === 'win64';
  const long = abi.wordSize === 8 && !windows ? 8 : 4;
  const longDouble = windows || abi.name === 'apple-arm64' ? 8 : abi.wordSize === 4 ? 12 : 16;
  return {
    word: abi.wordSize,
    long,
    longDouble,
    longDoubleFormat: longDouble === 8 ? 'double' : abi.name === 'aapcs64' ? 'quad' : 'x87',
    align8: abi.wordSize === 8 || windows ? 8 : 4,
  };
}

export function typeOf(text: string, abi: Abi): Type {
  return parseSignature(`${text}()`, modelOf(abi)).result;
}

export function sizeOf(text: string, abi: Abi): number {
  return typeOf(text, abi).size;
}

export function valueOf(text: string, abi: Abi, next: () => number): Value {
  const type = typeOf(text, abi);
  const wide = () => (next() & 0xfffff) * 2 ** 32 + (next() >>> 0);
  switch (type.kind) {
    case 'i':
      return next() | 0;
    case 'u':
      return next() >>> 0;
    case 'l':
      return type.size === 4 ? next() | 0 : wide() * (next() & 1 ? -1 : 1) || 0;
    case 'L':
    case 'p':
    case 'z':
      return type.size === 4 ? next() >>> 0 : wide();
    case 'q':
      return BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next() >>> 0));
    case 'Q':
      return BigInt.asUintN(64, (BigInt(next()) << 32n) | BigInt(next() >>> 0));
    case 'f':
      return Math.fround(((next() | 0) / 256) * 2 ** ((next() % 40) - 20));
    case 'd':
    case 'D':
      return (next() | 0) * 2 ** ((next() % 2000) - 1000);
    default: {
      const bytes = new Uint8Array(type.size);
      const view = new DataView(bytes.buffer);
      for (const { type: member, offset } of there(type.members)) {
        if (member.kind === 'f') view.setFloat32(offset, (next() | 0) / 16, true);
        else if (member.kind === 'd') view.setFloat64(offset, (next() | 0) / 16, true);
        else for (let i = 0; i < member.size; i += 4) view.setUint32(offset + i, next(), true);
      }
      return bytes;
    }
  }
}
