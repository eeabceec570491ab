/** What `mpsemu cc` leaves beside the program says nothing of temporary files, and nothing of an earlier program. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import test from 'ava';
import { missingToolchain, needing } from '../needs.js';
import { Folder } from './compiling-folder.js';

const crash =
  'static int at(int *p) { return *p; }\nint main(int count, char **words) {\n  (void)words;\n  return at((int *)8 + count);\n}\n';

const on = (code: string): ReturnType<typeof needing> => needing(missingToolchain(code), test.serial);

for (const code of ['lii6gc', 'lii6ll', 'fri6ll', 'w3i6mv', 'xci6ll', 'xca6ll']) {
  const gcc = code.endsWith('gc');

  on(code)(`${code}: the lines of a program go when it is compiled anew without -g, and nobody else's file`, async (t) => {
    const f = new Folder(code);
    f.write('crash.c', crash);
    t.is((await f.cc(['-g', 'crash.c', '-o', 'crash'])).status, 0);
    t.true(existsSync(`${f.path}/crash.lines`));
    t.is((await f.cc(['crash.c', '-o', 'crash'])).status, 0);
    t.false(existsSync(`${f.path}/crash.lines`));
    f.write('crash.lines', '{"mine":1}');
    t.is((await f.cc(['crash.c', '-o', 'crash'])).status, 0);
    t.is(f.read('crash.lines'), '{"mine":1}');
    // With -g it stays too, be it a link to somebody's file or what nobody reads from.
    const kept = /^mpsemu: cc: no line table beside crash: crash\.lines is there already, and is no line table\n$/;
    t.regex((await f.cc(['-g', 'crash.c', '-o', 'crash'])).stderr, kept);
    t.is(f.read('crash.lines'), '{"mine":1}');
    f.write('precious', 'precious');
    rmSync(`${f.path}/crash.lines`);
    symlinkSync('precious', `${f.path}/crash.lines`);
    t.regex((await f.cc(['-g', 'crash.c', '-o', 'crash'])).stderr, kept);
    t.is(f.read('precious'), 'precious');
    rmSync(`${f.path}/crash.lines`);
    execFileSync('mkfifo', [`${f.path}/crash.lines`]);
    t.regex((await f.cc(['-g', 'crash.c', '-o', 'crash'])).stderr, kept);
  });

  on(code)(`${code}: maps and the preprocessor's own rules name sources`, async (t) => {
    const f = new Folder(code);
    f.write('crash.c', crash);
    const option = code.startsWith('w3') ? '-Wl,/map:crash.map' : code.startsWith('xc') ? '-Wl,-map,crash.map' : '-Wl,-Map=crash.map';
    const { status, stderr } = await f.cc(['crash.c', '-o', 'crash', option, '-Wp,-MMD,crash.d']);
    t.is(status, 0, stderr);
    t.is(f.read('crash.d'), 'crash.o: crash.c\n');
    t.regex(f.read('crash.map'), /crash\.(c|o)\b/);
    t.notRegex(f.read('crash.map'), /mpsemu-cc-/);
  });

  if (!gcc) {
    on(code)(`${code}: -flto keeps the lines that -g asks for, and makes none without`, async (t) => {
      const f = new Folder(code);
      f.write('crash.c', crash);
      const flags = ['-O1', '-flto', 'crash.c', '-o', 'crash'];
      t.is((await f.cc(flags)).status, 0);
      t.deepEqual(
        readdirSync(f.path).filter((name) => /^crash\.(lines|dSYM)$/.test(name)),
        [],
      );
      t.is((await f.cc(['-g', ...flags])).status, 0);
      t.regex((await f.mpsemu(['run', '--platform', code, 'crash'])).stderr, /main\+0x\w+ \(crash\.c:[14]\)/);
    });
  }
}

for (const code of ['lii6gc', 'lii3gc', 'w3i6mv', 'w3i3mv', 'xci6ll', 'fri3gc']) {
  on(code)(`${code}: an instruction of AVX is said to be one`, async (t) => {
    const f = new Folder(code);
    f.write('sum.c', 'float a[64];\nint main(void) { for (int i = 0; i < 64; i++) a[i] += i; return 0; }\n');
    const { status, stderr } = await f.cc(['-O3', '-mavx2', 'sum.c', '-o', 'sum']);
    t.is(status, 0, stderr);
    const death = await f.mpsemu(['run', '--platform', code, 'sum']);
    t.is(death.status, 128 + 4);
    t.regex(death.stderr, /instruction 0x\w+: v\w+ .* \(the emulated processor has no AVX\)\n/);
    f.write('ud2.c', 'int main(void) { __asm__("ud2"); return 0; }\n');
    t.is((await f.cc(['ud2.c', '-o', 'ud2'])).status, 0);
    t.notRegex((await f.mpsemu(['run', '--platform', code, 'ud2'])).stderr, /AVX/);
  });
}

on('lii6gc')('arguments that are not UTF-8 are refused, U+FFFD itself is none of them', async (t) => {
  const f = new Folder('lii6gc');
  f.write('words.c', '#include <stdio.h>\nint main(int c, char **v) { for (int i = 1; i < c; i++) puts(v[i]); return 0; }\n');
  t.is((await f.cc(['words.c', '-o', 'words'])).status, 0);
  const shell = (bytes: string): ReturnType<Folder['run']> =>
    f.run('sh', ['-c', `exec "$@" "$(printf '${bytes}')"`, 'sh', ...f.command(['run', '--platform', 'lii6gc', 'words', '--'])]);
  const refused = await shell('a\\377');
  t.is(refused.status, 125);
  t.is(refused.stderr, "mpsemu: the argument 'a\ufffd' is not UTF-8\n");
  t.is((await shell('\\357\\277\\275')).stdout, '\ufffd\n');
});
