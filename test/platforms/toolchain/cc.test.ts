/** `mpsemu cc`: what it makes, and what it says when it can't. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseImage } from '../../../emulator/loader/load.js';
import { projectRoot } from '../../../platforms/boot/boot.js';
import { candidates } from '../../../platforms/boot/infer.js';
import { platform, platforms, type Platform } from '../../../platforms/codes.js';
import { compile, ToolchainError } from '../../../platforms/toolchain/cc.js';
import { toolPath } from '../../../platforms/toolchain/tools.js';
import { missingToolchain, needing } from '../../needs.js';
import { there } from '../../there.js';

const guests = join(projectRoot(), 'test', 'platforms', 'toolchain', 'guests');

async function inDirectory<T>(action: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'cc-test-'));
  try {
    return await action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Link a program of `guests`. */
async function make(
  p: Platform,
  directory: string,
  name: string,
  options: { flags?: string[]; allowMissing?: boolean } = {},
): Promise<string> {
  const output = join(directory, 'program');
  await compile({
    platform: p.code,
    sources: [join(guests, name)],
    output,
    flags: options.flags ?? ['-O2'],
    ...(options.allowMissing && { allowMissing: true }),
  });
  return output;
}

for (const p of platforms) {
  const check = needing(missingToolchain(p.code));

  check(`${p.code}: the file says which platform it is for, and is the same each time`, async (t) => {
    await inDirectory(async (directory) => {
      const bytes = readFileSync(await make(p, directory, 'greeting.c'));
      const image = parseImage(bytes, 'program');
      t.is(image.kind, 'executable');
      t.is(image.cpu, p.cpu);
      t.is(image.os, p.os);
      t.deepEqual(
        candidates(image, bytes).map((c) => c.code),
        [p.code],
      );
      t.true(image.symbols.list.some((s) => /^_?main$/.test(s.name)));
      t.true(readFileSync(await make(p, directory, 'greeting.c')).equals(bytes));
    });
  });

  check(`${p.code}: a function that nobody provides is a link error that names it, or an import`, async (t) => {
    await inDirectory(async (directory) => {
      const error = await t.throwsAsync(make(p, directory, 'missing.c'), { instanceOf: ToolchainError });
      t.regex(error.message, /nobody_has_this/);
      // PE has no place for an import without a library.
      if (p.os === 'windows') return;
      const image = parseImage(readFileSync(await make(p, directory, 'missing.c', { allowMissing: true })), 'program');
      t.true(image.imports.some((i) => i.name === 'nobody_has_this'));
    });
  });

  check(`${p.code}: support routines for what the CPU lacks are linked in`, async (t) => {
    for (const level of ['-O0', '-O2', '-Os']) {
      await t.notThrowsAsync(
        inDirectory((directory) =>
          make(p, directory, 'arithmetic.c', { flags: [level, ...(p.os === 'windows' ? ['-fstack-protector-strong'] : [])] }),
        ),
      );
    }
  });

  check(`${p.code}: an error in the program is the compiler's own message`, async (t) => {
    await inDirectory(async (directory) => {
      const error = await t.throwsAsync(make(p, directory, 'faulty.c'), { instanceOf: ToolchainError });
      t.regex(error.message, /faulty\.c:1:.*nothing/);
    });
  });
}

test('a compiler that is not installed is one clear line', (t) => {
  const error = t.throws(() => toolPath('no-such-compiler'), { instanceOf: ToolchainError });
  t.is(error.message, "the tool 'no-such-compiler' is not installed: install it");
  t.is(error.status, 127);
});

test('a library that is not there is named', async (t) => {
  await inDirectory(async (directory) => {
    const error = await t.throwsAsync(make(there(platform('lii6gc')), directory, 'greeting.c', { flags: ['-lnothing'] }), {
      instanceOf: ToolchainError,
    });
    t.is(error.message, 'there is no library -lnothing for lii6gc: no libnothing.a and no -L says where to look');
  });
});
