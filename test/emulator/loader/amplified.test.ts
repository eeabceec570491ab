/** Small files that say much: work and memory stay in proportion to the file, or it is refused; and so does what is mapped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LoadError, type Image } from '../../../emulator/loader/image.js';
import { parseImage } from '../../../emulator/loader/load.js';
import { fixturePath, runProgram } from '../../guests/harness.js';
import { bytesOf } from './images.js';
import * as amplified from './structures/amplified.js';
import { damaged } from './structures/damage.js';
import { originals } from './structures/originals.js';
import { MEMORY, trial } from './structures/trial.js';

const folder = mkdtempSync(join(tmpdir(), 'mpsemu-amplified-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Parses; the image or the message, and seconds of CPU time. */
function parse(bytes: Uint8Array): { result: Image | string; seconds: number } {
  const began = process.cpuUsage();
  let result: Image | string;
  try {
    result = parseImage(bytes, 'amplified');
    // Names are read when they are asked for.
    void result.symbols.list;
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    result = error.message;
  }
  const { user, system } = process.cpuUsage(began);
  return { result, seconds: (user + system) / 1e6 };
}

test('many functions in many sections', (t) => {
  // One after the other they take a tenth of a second; each looked up in all sections, half a minute.
  const { result, seconds } = parse(amplified.manyFunctions(bytesOf('x86-64-gcc-exec'), 60_000));
  t.true(typeof result !== 'string' && result.symbols.list.length >= 60_000, String(result));
  t.true(seconds < 5, `${seconds} s`);
});

test('many procedure linkage tables', (t) => {
  const bytes = bytesOf('x86-64-clang-pie');
  const once = parse(bytes).result as Image;
  const { result } = parse(amplified.manyLinkageTables(bytes, 2000));
  t.true(once.symbols.list.some(({ name }) => name.endsWith('@plt')));
  t.deepEqual((result as Image).symbols.list, once.symbols.list);
});

for (const cpu of ['x86-64', 'arm64']) {
  test(`many stubs of a Mach-O file for ${cpu}`, (t) => {
    const { result } = parse(amplified.manyStubs(bytesOf(`macho-${cpu}-program`), 4096));
    t.is(result, 'amplified: the sections of stubs have more than the 4096 indirect symbols');
  });
}

test('segments and sections that share the file’s contents are mapped within the limit of memory, or refused', (t) => {
  const size = 4 << 20;
  const cases = [
    ...['lii6ll', 'lia6ll', 'fri6ll'].map((code) => [code, amplified.sharedSegments] as const),
    ...['w3i3mv', 'w3i6mv'].map((code) => [code, amplified.sharedSections] as const),
  ];
  for (const [code, share] of cases) {
    const path = join(folder, code);
    writeFileSync(path, share(readFileSync(fixturePath(code, 'hello')), 40, size));
    const error = t.throws(() => runProgram(path, code, { memory: 64 << 20 }), { instanceOf: LoadError }, code);
    t.is(error.message, `${path}: it does not fit in the ${64 << 20} bytes of memory that it may hold`);
    const { status, machine } = runProgram(path, code, { memory: 512 << 20 });
    t.deepEqual(status, { kind: 'exit', code: 0 }, code);
    t.true(machine.process.engine.peakResidentBytes > 40 * size, code);
  }
});

for (const format of ['PE32', 'PE32+']) {
  test(`${format}: thread-local data that memory can't hold`, (t) => {
    const original = originals[format]().find(({ name, beside }) => beside && name.includes('program'));
    if (!original) return t.fail('the sample program is not there');
    const structure = [...original.layout.structures.keys()].indexOf('TLS directory');
    const field = original.layout.structures.get('TLS directory')?.findIndex(({ name }) => name === 'SizeOfZeroFill') ?? -1;
    t.true(structure >= 0 && field >= 0);
    for (const edge of [BigInt(MEMORY) / 2n, BigInt(MEMORY), 0x3fffffffn]) {
      const bytes = damaged(original.layout, [{ kind: 'set', structure, field, value: { from: 'edge', edge } }]);
      const { kind, message, held } = trial(original, bytes, join(folder, 'log'));
      t.true(held <= MEMORY);
      if (edge < MEMORY) t.is(kind, 'exit');
      else t.regex(message, /: no memory for its first thread: a stack of \d+ bytes \(SizeOfStackReserve\) and thread-local data$/);
    }
  });
}
