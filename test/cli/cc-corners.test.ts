/** Corners of `mpsemu cc` that makefiles and odd folders meet. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { missingTool, missingToolchain, needing } from '../needs.js';
import { mpsemu } from './command.js';
import { Folder } from './compiling-folder.js';

const says = '#include <stdio.h>\nint main(void) { puts(__FILE__); fflush(stdout); *(volatile int *)8 = 1; }\n';
const quiet = 'int main(void) { return 0; }\n';

const on = (code: string): ReturnType<typeof needing> => needing(missingToolchain(code), test.serial);

for (const code of ['lii6gc', 'lii6ll', 'lia6gc', 'w3i6mv', 'xca6ll', 'fri3gc']) {
  on(code)(`${code}: files are called what they are, in odd folders and beside folders of a like name`, async (t) => {
    const f = new Folder(code);
    for (const folder of ['here', 'hereabouts', 'e=q', 'sp ünï']) mkdirSync(join(f.path, folder));
    const told = async (folder: string, source: string): Promise<[string, string]> => {
      const program = join(f.path, 'prog');
      t.is((await f.cc(['-g', source, '-o', program], { cwd: join(f.path, folder) })).stderr, '');
      const { stdout, stderr } = await f.mpsemu(['run', '--platform', code, program]);
      return [stdout.trim(), /main\+0x\w+ \((.*)\)/.exec(stderr)?.[1] ?? stderr];
    };
    const away = join(f.path, 'hereabouts', 'away.c');
    f.write('hereabouts/away.c', says);
    t.deepEqual(await told('here', away), [away, `${away}:2`]);
    f.write('e=q/near.c', says);
    t.deepEqual(await told('e=q', 'near.c'), ['near.c', 'near.c:2']);
    f.write('sp ünï/é "x".c', says);
    t.deepEqual(await told('.', 'sp ünï/é "x".c'), ['sp ünï/é "x".c', 'sp ünï/é "x".c:2']);
  });

  on(code)(`${code}: what makefiles give every program is taken`, async (t) => {
    const f = new Folder(code);
    f.write('quiet.c', quiet);
    const libraries = code.startsWith('w3') ? ['-lkernel32', '-lucrt'] : ['-ldl', '-lm', '-lpthread'];
    const { status, stderr } = await f.cc(['-Wl,-O1', 'quiet.c', ...libraries, '-o', 'quiet']);
    t.is(status, 0, stderr);
    t.is(await f.output(t, 'quiet'), '');
    for (const option of ['-fsanitize=address', '-pg', '-fopenmp', '-fprofile-generate', '-march=native']) {
      const refused = await f.cc([option, 'quiet.c']);
      t.is(refused.status, 125, option);
      t.regex(refused.stderr, new RegExp(`^mpsemu: cc: ${option} is not offered: .*\n$`));
    }
    t.is((await f.cc(['--version', 'quiet.c'])).status, 0);
  });

  on(code)(`${code}: lines of a library that -l finds are kept`, async (t) => {
    const f = new Folder(code);
    f.write('crash.c', 'void crash(void) { *(volatile int *)8 = 1; }\n');
    f.write('calls.c', 'void crash(void);\nint main(void) { crash(); }\n');
    t.is((await f.cc(['-g', '-c', 'crash.c'])).status, 0);
    t.is((await f.run('llvm-ar', ['rcs', 'libcrash.a', 'crash.o'])).status, 0);
    const { status, stderr } = await f.cc(['calls.c', '-L.', '-lcrash', '-o', 'calls']);
    t.is(status, 0, stderr);
    t.regex((await f.mpsemu(['run', '--platform', code, 'calls'])).stderr, /crash\+0x\w+ \(crash\.c:1\)/);
  });
}

on('xca6ll')('macOS: the debug information of another build is not believed', async (t) => {
  const f = new Folder('xca6ll');
  f.write('one.c', '#include <stdlib.h>\nint main(void) { abort(); }\n');
  f.write('two.c', '#include <stdlib.h>\n\n\n\nint main(int argc, char **argv) { if (argc > 5) return 3; abort(); }\n');
  t.is((await f.cc(['-g', 'one.c', '-o', 'prog'])).status, 0);
  t.is((await f.cc(['two.c', '-o', 'prog'])).status, 0);
  t.notRegex((await f.mpsemu(['run', '--platform', 'xca6ll', 'prog'])).stderr, /one\.c/);
});

on('lii6ll')('no output overwrites what is read by way of an option', async (t) => {
  const f = new Folder('lii6ll');
  f.write('quiet.c', quiet);
  for (const name of ['script.ld', 'versions', 'order', 'first.h']) f.write(name, '/* */\n');
  for (const args of [
    ['-T', 'script.ld', '-o', 'script.ld'],
    ['-Wl,--version-script=versions', '-o', 'versions'],
    ['-Wl,--version-script,versions', '-o', 'versions'],
    ['-Wl,--symbol-ordering-file=order', '-Wl,-Map=order'],
    ['-includefirst.h', '-c', '-o', 'first.h'],
    ['-imacrosfirst.h', '-c', '-o', 'first.h'],
    ['-Xclang', '-include', '-Xclang', 'first.h', '-c', '-o', 'first.h'],
  ]) {
    const { status, stderr } = await f.cc(['quiet.c', ...args]);
    t.is(status, 125, args.join(' '));
    t.regex(stderr, /^mpsemu: cc: the output '(.*)' would overwrite the input '\1'\n$/);
  }
  // A file that is made may be made again.
  for (let i = 0; i < 2; i++) {
    t.is((await f.cc(['quiet.c', '-Wl,-Map=quiet.map', '-o', 'quiet'])).status, 0);
    t.is((await f.cc(['quiet.c', '-c', '-MD', '-MT', 'quiet.o', '-MF', 'quiet.d', '-o', 'quiet.o'])).status, 0);
  }
});

on('lii6ll')('a library is linked where -nodefaultlibs leaves it to the command line', async (t) => {
  const f = new Folder('lii6ll');
  f.write('says.c', '#include <stdio.h>\nint main(void) { puts("said"); return 0; }\n');
  t.not((await f.cc(['-nodefaultlibs', 'says.c', '-o', 'says'])).status, 0);
  t.is((await f.cc(['-nodefaultlibs', 'says.c', '-lc', '-o', 'says'])).status, 0);
  t.is(await f.output(t, 'says'), 'said\n');
});

for (const code of ['lii6ll', 'w3i6mv', 'xca6ll'])
  on(code)(`${code}: long command lines, long names, and devices for objects`, async (t) => {
    const f = new Folder(code);
    f.write('quiet.c', quiet);
    f.write('macros', Array.from({ length: 20_000 }, (_, i) => `"-DNAME_THAT_IS_LONG_${i}=\\"x y ${i}\\""`).join('\n'));
    const { status, stderr } = await f.cc(['@macros', 'quiet.c', '-o', 'quiet']);
    t.is(status, 0, stderr);
    const long = `${'n'.repeat(240)}.c`;
    f.write(long, quiet);
    t.is((await f.cc([long, '-o', 'quiet'])).status, 0);
    symlinkSync('/dev/zero', join(f.path, 'zero.o'));
    const refused = await f.cc(['quiet.c', 'zero.o']);
    t.is(refused.status, 126);
    t.is(refused.stderr, "mpsemu: cc: the input 'zero.o' is no regular file\n");
    t.deepEqual(readdirSync(f.temporary), []);
  });

needing(missingTool('i686-linux-gnu-gcc') ?? missingToolchain('lii3gc'), test.serial)(
  'gcc: intermediate files are kept in the folder',
  async (t) => {
    const f = new Folder('lii3gc');
    f.write('quiet.c', quiet);
    t.is((await f.cc(['-save-temps', 'quiet.c', '-o', 'prog'])).status, 0);
    for (const end of ['.i', '.s']) t.true(existsSync(join(f.path, `prog-quiet${end}`)));
  },
);

on('lii6ll')('a reader that goes, or a signal, leaves no temporary folder and no compiler behind', async (t) => {
  const f = new Folder('lii6ll');
  const loop = (i: number): string => `int f${i}(int n) { int s = 0; for (int i = 0; i < n; i++) s += (i * ${i}) ^ (s >> 3); return s; }`;
  f.write('long.c', `${Array.from({ length: 4000 }, (_, i) => loop(i)).join('\n')}\n${quiet}`);
  const [node, ...words] = mpsemu;
  for (const end of ['SIGTERM', 'reader'] as const) {
    const child = spawn(node, [...words, 'cc', '--platform', 'lii6ll', '-O2', '-v', 'long.c'], {
      cwd: f.path,
      env: { ...process.env, TMPDIR: f.temporary },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // The compiler has been started when it says what it does.
    await new Promise((resolve) => child.stderr.once('data', resolve));
    if (end === 'reader') child.stderr.destroy();
    else child.kill(end);
    await new Promise((resolve) => child.once('exit', resolve));
    t.deepEqual(readdirSync(f.temporary), [], end);
  }
});

on('lii6ll')("a value of the compiler's is no option of ours", async (t) => {
  const f = new Folder('lii6ll');
  f.write('says.c', '#include <stdio.h>\nint main(void) { puts("said"); return 0; }\n');
  t.is((await f.cc(['-D', '--help', 'says.c', '-o', 'says'])).status, 1);
  t.is((await f.cc(['-MD', '-MT', '--no-mps', 'says.c', '-o', 'says'])).status, 0);
  t.regex(f.read('says.d'), /^--no-mps: /);
});
