/** A C program that is no fixture, compiled by the test for every platform, does what a native build of it does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { platforms } from '../../platforms/codes.js';
import { hasTool } from '../../platforms/toolchain/tools.js';
import { compileSource } from './compile.js';
import { root, runProgram } from './harness.js';
import { missingToolchain, needing } from '../needs.js';

const args = ['first', 'the second'];

/** What the program prints on this machine, if it has a compiler. */
function native(): string | undefined {
  if (!hasTool('gcc')) return undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'mpsemu-native-'));
  try {
    const program = join(scratch, 'tour');
    if (spawnSync('gcc', ['-O1', '-w', '-o', program, join(root, 'test', 'guests', 'sources', 'tour.c'), '-lm']).status !== 0)
      return undefined;
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
    return status === 43 ? stdout : undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

let expected = native();

/** Linux starts the x87 with 64 bits of precision, in which a third by three is not 1. Windows and FreeBSD start it with 53. */
function onPlatform(text: string, code: string): string {
  return code === 'lii3gc' ? text.replace('\n10000000000000000 1 1 0\n', '\n10000000000000000 1 0 0\n') : text;
}

for (const { code } of platforms) {
  const check = needing(missingToolchain(code), test.serial);
  for (const optimise of ['-O0', '-O2']) {
    check(`an ordinary C program on ${code}, ${optimise}`, async (t) => {
      const path = await compileSource(code, 'tour.c', [optimise]);
      const { status, stdout, stderr } = runProgram(path, code, { args });
      const text = stdout.replaceAll('\r\n', '\n');
      t.is(stderr, '');
      t.deepEqual(status, { kind: 'exit', code: 43 });
      // Known by construction, whatever the native build says.
      t.regex(text, /^recursion: 10000 50005000$/m);
      t.regex(text, /^longjmp: 77 through 61 frames, 6 2\.75\nlongjmp: 1 through 61 frames, 6 2\.75$/m);
      t.regex(text, /^argument 2: the second$/m);
      t.deepEqual(text.split('\n'), onPlatform((expected ??= text), code).split('\n'));
    });
  }
}
