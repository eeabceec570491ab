/**
 * Generated streams of bytes with a grammar: opcodes with their operands, tries whose children go in circles, blocks of
 * relocations whose sizes are wrong. Sources: mach-o/loader.h (opcodes), the PE/COFF specification, gABI (DT_RELR).
 */
import fc from 'fast-check';
import type { Stream } from './layout.js';

export interface Token {
  byte: number;
  numbers: bigint[];
}

const number = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt(0n, 64n) },
  { weight: 2, arbitrary: fc.bigInt(0n, 0x4000n) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      0xffffn,
      0x10000n,
      0x7fffffffn,
      0x80000000n,
      0xfffffff8n,
      1n << 40n,
      (1n << 53n) - 1n,
      1n << 53n,
      1n << 63n,
      (1n << 64n) - 8n,
      (1n << 64n) - 1n,
    ),
  },
);

export const tokens: fc.Arbitrary<Token[]> = fc.array(
  fc.record({ byte: fc.nat(255), numbers: fc.array(number, { minLength: 2, maxLength: 3 }) }),
  { minLength: 1, maxLength: 24 },
);

/** Operands that follow an opcode, by its upper half; 'n' is a name. */
const REBASE: Record<number, string> = { 2: 'u', 3: 'u', 6: 'u', 7: 'u', 8: 'uu' };
const BIND: Record<number, string> = { 2: 'u', 4: 'n', 6: 'u', 7: 'u', 8: 'u', 10: 'u', 12: 'uu' };

export function streamBytes({ kind, size }: Stream, list: readonly Token[]): Uint8Array {
  const out: number[] = [];
  const little = (value: bigint, width: number): void => {
    for (let i = 0; i < width; i++) out.push(Number((value >> BigInt(8 * i)) & 0xffn));
  };
  const opcodes = (operands: Record<number, string>, known: number): void => {
    for (const { byte, numbers } of list) {
      // Mostly a known opcode; segments mostly ones that exist.
      const opcode = byte % 8 === 0 ? byte : ((byte % known) << 4) | ((byte >> 4) % 4);
      out.push(opcode);
      [...(operands[opcode >> 4] ?? '')].forEach((operand, i) => {
        if (operand === 'n') out.push(0x5f, 0x61 + (byte % 26), 0);
        else out.push(...uleb(numbers[i % numbers.length]));
      });
    }
  };
  switch (kind) {
    case 'rebase opcodes':
      opcodes(REBASE, 9);
      break;
    case 'bind opcodes':
      opcodes(BIND, 13);
      break;
    case 'export trie':
      for (const { byte, numbers } of list) {
        const terminal = byte % 3 === 0 ? [] : [...uleb(BigInt(byte & 0x1f)), ...uleb(numbers[0])];
        out.push(terminal.length, ...terminal, byte % 4);
        // Children are nodes of this stream: later ones, this one, earlier ones.
        for (let i = 0; i < byte % 4; i++) out.push(0x61 + i, 0, ...uleb(numbers[i % numbers.length] % BigInt(2 * out.length + 1)));
      }
      break;
    case 'relative words':
      for (const { numbers } of list) for (const value of numbers) little(value, 8);
      break;
    case 'relocation blocks':
      for (const { byte, numbers } of list) {
        little(numbers[0], 4);
        little(byte % 4 === 0 ? numbers[1] : BigInt(8 + 2 * (byte % 8)), 4);
        for (let i = 0; i < byte % 8; i++) little(numbers[1] | (byte % 2 === 0 ? 0x3000n : 0xa000n), 2);
      }
      break;
    case 'uleb numbers':
      for (const { numbers } of list) for (const value of numbers) out.push(...uleb(value));
      break;
    case 'words':
      for (const { numbers } of list) for (const value of numbers) little(value, 4);
  }
  return Uint8Array.from(out.slice(0, size));
}

function uleb(value: bigint): number[] {
  const out: number[] = [];
  do {
    out.push(Number(value & 0x7fn) | (value > 0x7fn ? 0x80 : 0));
    value >>= 7n;
  } while (value > 0n);
  return out;
}
