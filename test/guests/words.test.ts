/** Pointer-sized words that only pass through come back with all their bits: tagged and NaN-boxed ones, on every platform. */
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { compileSource } from './compile.js';
import { runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

const WORDS = [
  0xffffffffffffffffn,
  0xdeadbeefcafef00dn,
  0x7ff8000000000001n,
  0xfffe000000000003n,
  0x8000000000000001n,
  0x0020000000000001n,
  5n,
];

/** What the program prints of one word where it arrives. */
function passed(word: bigint, os: string): string[] {
  const line = (where: string, value: bigint): string => `${where} ${value.toString(16).padStart(16, '0')}`;
  if (os === 'windows') {
    return [
      line('argument', word),
      line('code', word & 0xffffffffn),
      line('begun', word),
      line('specific', word),
      line('once', word),
      line('context', word & ~3n),
      line('information', 0n),
      line('information', word),
    ];
  }
  return ['argument', 'result', 'specific', 'destructor', 'exit'].map((where) => line(where, word));
}

for (const { code, os, wordSize } of platforms) {
  const check = needing(missingToolchain(code), test.serial);
  check(`what threads, keys and exceptions pass on keeps its bits, on ${code}`, async (t) => {
    const { stdout, status } = runProgram(await compileSource(code, 'words.c'), code);
    const words = WORDS.map((word) => BigInt.asUintN(8 * wordSize, word));
    const expected = words.flatMap((word) => passed(word, os));
    if (os !== 'windows') expected.push(...words.map((word) => `atexit ${word.toString(16).padStart(16, '0')}`));
    t.deepEqual(stdout.replaceAll('\r', '').trimEnd().split('\n'), expected);
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });

  check(`closures, masks and patterns keep their bits through the MPS, on ${code}`, async (t) => {
    const { stdout, status } = runProgram(await compileSource(code, 'closures.c'), code);
    const round = ['root', 'area', 'walk', 'apply'].map((what) => `${what}: seen, 0 wrong`);
    t.deepEqual(stdout.replaceAll('\r', '').trimEnd().split('\n'), [...Array(5).fill(round).flat(), 'boxed: 42, tag kept']);
    t.deepEqual(status, { kind: 'exit', code: 0 });
  });
}
