/** Damaged chains of ARM64 frame records: they end, and show no caller twice. */
import test from 'ava';
import { Arm64Unwinder } from '../../machine/backtrace/arm64.js';
import type { Frame } from '../../machine/backtrace/frame.js';

const CALL = new Uint8Array([0, 0, 0, 0x94]); // bl

/** The callers of a frame whose record is at 0x1000, on a stack of these words. */
function callers(stack: Record<number, number>): number[] {
  const code = {
    bytes: () => CALL,
    functionAt: () => undefined,
    mainPart: () => undefined,
    isHostReturn: () => false,
    isHandlerReturn: () => false,
  };
  const unwinder = new Arm64Unwinder(code, (address) => stack[address]);
  const found: number[] = [];
  let frame: Frame | undefined = { pc: 0x40, sp: 0x1000, fp: 0x1000, interrupted: false };
  while (found.length < 20 && (frame = unwinder.caller(frame))) found.push(frame.pc);
  return found;
}

test('a chain of records is followed to its end', (t) => {
  t.deepEqual(callers({ 0x1000: 0x1020, 0x1008: 0x44, 0x1020: 0, 0x1028: 0x48 }), [0x44, 0x48]);
});

test('a record that points to itself or below itself is the last', (t) => {
  t.deepEqual(callers({ 0x1000: 0x1000, 0x1008: 0x44 }), [0x44]);
  t.deepEqual(callers({ 0x1000: 0x1020, 0x1008: 0x44, 0x1020: 0x1000, 0x1028: 0x48 }), [0x44, 0x48]);
});
