/** `mpsemu cc`: what it makes, and what it says when it can't. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseImage } from '../../../emulator/loader/load.js';
import { candidates } from '../../../platforms/boot/infer.js';
import { platform, platforms, type Platform } from '../../../platforms/codes.js';
import { compile, ToolchainError } from '../../../platforms/toolchain/cc.js';
import { targetOf } from '../../../platforms/toolchain/targets.js';
import { hasTool, toolPath } from '../../../platforms/toolchain/tools.js';

const linkers = { windows: 'lld-link', macos: 'ld64.lld', linux: 'ld.lld', freebsd: 'ld.lld' };
const available = (p: Platform): boolean => hasTool(targetOf(p).compiler) && hasTool(linkers[p.os]);

async function inDirectory<T>(action: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'cc-test-'));
  try {
    return await action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function make(
  p: Platform,
  directory: string,
  text: string,
  options: { flags?: string[]; allowMissing?: boolean } = {},
): Promise<string> {
  const source = join(directory, 'program.c');
  const output = join(directory, 'program');
  writeFileSync(source, text);
  await compile({
    platform: p.code,
    sources: [source],
    output,
    flags: options.flags ?? ['-O2'],
    ...(options.allowMissing && { allowMissing: true }),
  });
  return output;
}

const greeting = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';
const missing = 'int nobody_has_this(void);\nint main(void) { return nobody_has_this(); }\n';
/** One of each of what a CPU may leave to the compiler's support routines. */
const arithmetic = `#include <stdio.h>
volatile unsigned long long n = 1000000007, d = 97; volatile long double x = 3; volatile double e = 2.5; volatile int k = 3;
_Thread_local int counter; static void count(void) __attribute__((constructor)); static void count(void) { counter++; }
int main(void) {
  char frame[40000]; frame[k] = (char)k;
  double _Complex z = e + 1i * e; z = z * z / z;
  printf("%d %d\\n", (int)(n / d + n % d) + (int)(x * x / x) + __builtin_popcountll(n) + __builtin_ctzll(d) + (int)(n << k >> k) + (int)(unsigned long long)e + (int)__real__ z, frame[k] + counter);
#ifdef __SIZEOF_INT128__
  unsigned __int128 w = n; printf("%d\\n", (int)(w * w / d % d) + (int)(double)w);
#endif
  return 0;
}
`;

for (const p of platforms) {
  const check = available(p) ? test : test.skip;

  check(`${p.code}: the file says which platform it is for, and is the same each time`, async (t) => {
    await inDirectory(async (directory) => {
      const bytes = readFileSync(await make(p, directory, greeting));
      const image = parseImage(bytes, 'program');
      t.is(image.kind, 'executable');
      t.is(image.cpu, p.cpu);
      t.is(image.os, p.os);
      t.deepEqual(
        candidates(image, bytes).map((c) => c.code),
        [p.code],
      );
      t.true(image.symbols.some((s) => /^_?main$/.test(s.name)));
      t.true(readFileSync(await make(p, directory, greeting)).equals(bytes));
    });
  });

  check(`${p.code}: a function that nobody provides is a link error that names it, or an import`, async (t) => {
    await inDirectory(async (directory) => {
      const error = await t.throwsAsync(make(p, directory, missing), { instanceOf: ToolchainError });
      t.regex(error.message, /nobody_has_this/);
      // PE has no place for an import without a library.
      if (p.os === 'windows') return;
      const image = parseImage(readFileSync(await make(p, directory, missing, { allowMissing: true })), 'program');
      t.true(image.imports.some((i) => i.name === 'nobody_has_this'));
    });
  });

  check(`${p.code}: support routines for what the CPU lacks are linked in`, async (t) => {
    for (const level of ['-O0', '-O2', '-Os']) {
      await t.notThrowsAsync(
        inDirectory((directory) =>
          make(p, directory, arithmetic, { flags: [level, ...(p.os === 'windows' ? ['-fstack-protector-strong'] : [])] }),
        ),
      );
    }
  });

  check(`${p.code}: an error in the program is the compiler's own message`, async (t) => {
    await inDirectory(async (directory) => {
      const error = await t.throwsAsync(make(p, directory, 'int main(void) { return nothing; }\n'), { instanceOf: ToolchainError });
      t.regex(error.message, /program\.c:1:.*nothing/);
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
    const error = await t.throwsAsync(make(platform('lii6gc')!, directory, greeting, { flags: ['-lnothing'] }), {
      instanceOf: ToolchainError,
    });
    t.is(error.message, 'there is no library -lnothing for lii6gc: no libnothing.a and no -L says where to look');
  });
});
