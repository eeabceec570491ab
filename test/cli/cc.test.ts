/** `mpsemu cc` as a C programmer uses a compiler: on every platform, and everything that can go wrong. */
import { spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import anyTest from 'ava';
import { platforms } from '../../platforms/codes.js';
import { mpsemu } from './command.js';
import { Folder } from './compiling-folder.js';
import { missingTool, missingToolchain, needing } from '../needs.js';

const test = anyTest.serial;
const [node, ...words] = mpsemu;
const good = 'good day, world\n';

for (const { code, os } of platforms) {
  const check = needing(missingToolchain(code) ?? missingTool('llvm-ar'), test);

  check(`${code}: step by step: objects, dependency files, an archive, a program; warnings are shown`, async (t) => {
    const f = new Folder(code);
    const objects = await f.cc(['-c', '-O2', '-Wall', '-MMD', '-MP', 'main.c', 'greet.c']);
    t.is(objects.status, 0, objects.stderr);
    t.regex(objects.stderr, /main\.c:5:7: warning: unused variable .unused./);
    t.regex(f.read('main.d'), /^main\.o: main\.c greeting\.h\s+greeting\.h:\s*$/);
    t.is((await f.run('llvm-ar', ['rcs', 'libgreet.a', 'greet.o'])).status, 0);
    const link = await f.cc(['-o', 'hello', 'main.o', '-L.', '-lgreet', '-lm', '-lmps']);
    t.deepEqual(link, { status: 0, stdout: '', stderr: '' });
    t.is(await f.output(t, 'hello'), good);
    t.is((await f.cc(['-o', 'again', 'main.o', 'libgreet.a'])).status, 0);
    t.is(await f.output(t, 'again'), good);
    t.deepEqual(readdirSync(f.temporary), []);
  });

  check(`${code}: at one go, preprocessed, as assembly, from standard input`, async (t) => {
    const f = new Folder(code);
    const both = await f.cc(['-Wall', '-MMD', '-std=c99', '-pedantic', 'main.c', 'greet.c']);
    t.is(both.status, 0, both.stderr);
    t.regex(both.stderr, /main\.c:5:7: warning/);
    const name = os === 'windows' ? 'a.exe' : 'a.out';
    t.is(await f.output(t, name), good);
    t.is(f.read('a.d'), `${name}: main.c greeting.h\n${name}: greet.c greeting.h\n`);
    const text = await f.cc(['-E', '-P', '-DGREETING="x"', '-include', 'greeting.h', '-x', 'c', '-'], { input: '__FILE__ = GREETING\n' });
    t.true(text.stdout.endsWith('"<stdin>" = "good day"\n'), text.stdout);
    t.is((await f.cc(['-S', 'greet.c'])).status, 0);
    t.regex(f.read('greet.s'), /good day/);
    t.is((await f.cc(['main.c', 'greet.s', '-o', 'third'])).status, 0);
    t.is(await f.output(t, 'third'), good);
    const piped = await f.cc(['-x', 'c', '-', '-x', 'none', 'greet.c', '-o', 'fourth'], {
      input: 'int greet(const char *); int main(void) { greet("pipe"); return 0; }',
    });
    t.is(piped.status, 0, piped.stderr);
    t.is(await f.output(t, 'fourth'), 'good day, pipe\n');
    t.deepEqual(readdirSync(f.temporary), []);
  });

  check(`${code}: errors of the compiler and the linker are status 1 and leave no output`, async (t) => {
    const f = new Folder(code);
    f.write('bad.c', 'int main(void) { return nothing; }\n');
    f.write('lonely.c', 'int nobody(void); int main(void) { return nobody(); }\n');
    for (const [args, message] of [
      [['-c', 'bad.c'], /bad\.c:1:.*nothing/],
      [['-o', 'bad', 'bad.c', 'greet.c'], /bad\.c:1:.*nothing/],
      [['-o', 'lonely', 'lonely.c'], /nobody/],
      [['-c', '-fno-such-option', 'greet.c'], /-fno-such-option/],
      [['-fno-such-option', 'main.c', 'greet.c'], /-fno-such-option/],
      [['main.c', 'greet.c', '-lnothing'], /no library -lnothing/],
      [['main.c', 'greet.c', '-o', 'no/such/folder'], /no.such.folder/],
    ] as [string[], RegExp][]) {
      const { status, stderr } = await f.cc(args);
      t.is(status, 1, `${args.join(' ')}: ${stderr}`);
      t.regex(stderr, message);
      t.notRegex(stderr, /\n\s+at .*js/);
    }
    for (const name of ['bad.o', 'bad', 'lonely', 'a.out', 'a.exe', 'greet.o']) t.false(existsSync(join(f.path, name)), name);
    t.deepEqual(readdirSync(f.temporary), []);
  });
}

const code = 'lii6ll';
const check = needing(missingToolchain(code), test);

check('no output overwrites an input, whatever it is called', async (t) => {
  const f = new Folder(code);
  symlinkSync('main.c', join(f.path, 'link.c'));
  linkSync(join(f.path, 'main.c'), join(f.path, 'hard.c'));
  mkdirSync(join(f.path, 'folder'));
  f.write('words', 'main.c greet.c');
  f.write('main.s', '.text\n');
  f.write('libgreet.a', '!<arch>\n');
  f.write('in.d', f.read('main.c'));
  f.write('prog.lines', f.read('greet.c'));
  const text = f.read('main.c');
  for (const args of [
    ['-o', 'main.c', 'main.c', 'greet.c'],
    ['-o./main.c', 'main.c', 'greet.c'],
    ['-c', 'main.c', '-o', 'folder/../main.c'],
    ['-c', 'main.c', '-o', 'link.c'],
    ['-c', 'link.c', '-o', 'main.c'],
    ['-E', 'main.c', '-o', 'hard.c'],
    ['-c', 'main.c', '-MD', '-MF', 'greeting.h', '-include', 'greeting.h'],
    ['-c', 'main.c', '-Wp,-MD,hard.c'],
    ['main.c', 'greet.c', '-Wl,-Map=greet.c'],
    ['main.c', 'greet.c', '-Wl,-Map,greet.c'],
    ['-o', 'words', '@words'],
    ['-S', 'main.c', 'main.s'],
    ['main.c', '-L.', '-lgreet', '-o', 'libgreet.a'],
    ['-g', 'main.c', '-x', 'c', 'prog.lines', '-o', 'prog'],
    ['main.c', 'greet.c', '-Xlinker', '-Map', '-Xlinker', 'greet.c'],
    ['main.c', 'greet.c', '-Wl,-Map', '-Xlinker', 'greet.c'],
    ['main.c', 'greet.c', '-Wl,--dependency-file=greet.c'],
    ['-c', 'main.c', '--serialize-diagnostics', 'main.c'],
    ['-c', 'main.c', '-foptimization-record-file=hard.c'],
    ['-c', 'main.c', '-MJ', 'hard.c'],
    ['-c', 'main.c', '-MJhard.c'],
    ['-c', '-MD', '-x', 'c', 'in.d'],
    ['-c', '-MD', '-x', 'c', 'in.d', '-o', 'folder/../in.o'],
    ['-MD', '-x', 'c', 'in.d', '-o', 'in'],
    ['-c', 'main.c', '-Xclang', '-dependency-file', '-Xclang', 'main.c'],
    ['-c', 'main.c', '--output=main.c'],
    ['-c', '--save-temps', 'main.c', 'main.s'],
  ]) {
    const { status, stderr } = await f.cc(args);
    t.is(status, 125, `${args.join(' ')}: ${stderr}`);
    t.regex(stderr, /^mpsemu: cc: the output '.*' would overwrite the input '.*'\n$/);
  }
  t.is(f.read('main.c'), text);
  t.is(f.read('in.d'), text);
  const mac = new Folder('xci6ll');
  mkdirSync(join(mac.path, 'prog.dSYM', 'Contents', 'Resources', 'DWARF'), { recursive: true });
  mac.write('prog.dSYM/Contents/Resources/DWARF/prog', text);
  const bundle = await mac.cc(['-g', '-x', 'c', 'prog.dSYM/Contents/Resources/DWARF/prog', 'greet.c', '-o', 'prog']);
  t.is(bundle.status, 125, bundle.stderr);
  t.true(existsSync(join(f.path, 'link.c')));
});

check('odd names: spaces, other alphabets, dashes, at signs', async (t) => {
  const f = new Folder(code);
  mkdirSync(join(f.path, 'ein Ordner'));
  for (const [from, to] of [
    ['main.c', 'ein Ordner/-häupt sache.c'],
    ['greet.c', '@dawn.c'],
    ['greeting.h', 'ein Ordner/greeting.h'],
  ]) {
    f.write(to, f.read(from));
  }
  f.write('-dash.c', f.read('greet.c'));
  t.is((await f.cc(['-Iein Ordner', '-o', '-out', '--', 'ein Ordner/-häupt sache.c', '-dash.c'])).status, 0);
  t.is(await f.output(t, './-out'), good);
  const second = await f.cc(['-o', 'ein Ordner/программа', 'main.c', '@dawn.c']);
  t.is(second.status, 0, second.stderr);
  t.is(await f.output(t, 'ein Ordner/программа'), good);
});

check('-### and -v show the commands, --version the compiler', async (t) => {
  const f = new Folder(code);
  const dry = await f.cc(['-###', '-DX=a b', 'main.c', 'greet.c', '-o', 'hello']);
  t.is(dry.status, 0);
  t.regex(dry.stderr, /clang.* '-DX=a b' .* -c main\.c -o .*\n.*clang.* -c greet\.c -o .*\n.*ld\.lld.* -o hello /);
  t.false(existsSync(join(f.path, 'hello')));
  const loud = await f.cc(['-v', 'main.c', 'greet.c', '-o', 'hello']);
  t.regex(loud.stderr, /clang.* -c main\.c[\s\S]*ld\.lld.* -o hello/);
  t.is(await f.output(t, 'hello'), good);
  t.regex((await f.cc(['--version'])).stdout, /clang version/);
  t.is((await f.cc(['-print-file-name=x'])).stdout, 'x\n');
});

check('link choices: -no-pie, -s, -u, -nostdlib, --no-mps, -Wl', async (t) => {
  const f = new Folder(code);
  for (const flags of [['-no-pie'], ['-s'], ['-rdynamic', '-pthread'], ['-Wl,-z,now', '-Xlinker', '--no-gc-sections'], ['--no-mps']]) {
    const { status, stderr } = await f.cc([...flags, '-w', 'main.c', 'greet.c', '-o', 'hello']);
    t.is(status, 0, stderr);
    t.is(await f.output(t, 'hello'), good, flags.join(' '));
  }
  f.write('client.c', '#include "mps.h"\nint main(void) { mps_arena_t a; return mps_arena_create_k(&a, 0, mps_args_none); }\n');
  t.regex((await f.cc(['--no-mps', 'client.c'])).stderr, /undefined symbol: mps_/);
  t.regex((await f.cc(['main.c', 'greet.c', '-Wl,--no-such-option'])).stderr, /no-such-option/);
  f.write('bare.c', 'void _start(void) { __asm__("mov $60, %eax; xor %edi, %edi; syscall"); }\n');
  const bare = await f.cc(['-nostdlib', 'bare.c', '-o', 'bare']);
  t.is(bare.status, 0, bare.stderr);
  t.is(await f.output(t, 'bare'), '');
});

check('linking objects alone writes no dependency file', async (t) => {
  const f = new Folder(code);
  t.is((await f.cc(['-c', '-w', 'main.c', 'greet.c'])).status, 0);
  const before = readdirSync(f.path);
  for (const flags of [['-MD'], ['-MMD', '-MP'], ['-MD', '-MF', 'named.d'], ['-MD', '-MT', 'x'], ['-O2', '-MJ', 'base.json']]) {
    const { status, stdout, stderr } = await f.cc([...flags, 'main.o', 'greet.o', '-o', 'p']);
    t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' }, flags.join(' '));
    t.deepEqual(readdirSync(f.path).sort(), [...before, 'p'].sort(), flags.join(' '));
  }
});

check('what the file system refuses is one line, and no fault of the command', async (t) => {
  const f = new Folder(code);
  for (const name of ['folder', 'folder.o', 'hello.lines']) mkdirSync(join(f.path, name));
  for (const [args, expected, message] of [
    [['@folder'], 126, /^mpsemu: cc: the response file 'folder' can't be read: .*directory.*\n$/],
    [['main.c', 'folder.o'], 126, /^mpsemu: cc: the input 'folder\.o' is a directory\n$/],
    [['main.c', 'folder'], 126, /^mpsemu: cc: the input 'folder' is a directory\n$/],
    [['-x', 'c', 'folder'], 126, /^mpsemu: cc: the input 'folder' is a directory\n$/],
    [
      ['-w', 'main.c', 'greet.c', '-MD', '-MF', 'folder', '-o', 'x'],
      1,
      /^mpsemu: cc: the dependency file 'folder' can't be written: .*\n$/,
    ],
    [
      ['-w', '-g', 'main.c', 'greet.c', '-o', 'hello'],
      0,
      /^mpsemu: cc: no line table beside hello: hello\.lines is there already, and is no line table\n$/,
    ],
    [['-w', '-g', 'main.c', 'greet.c', '-o', 'n'.repeat(300)], 1, /too long/i],
  ] as [string[], number, RegExp][]) {
    const { status, stderr } = await f.cc(args);
    t.is(status, expected, `${args.join(' ')}: ${stderr}`);
    t.regex(stderr, message);
    t.notRegex(stderr, /\n\s+at .*js/);
  }
  const command = [node, ...words, 'cc', '--platform', code].join(' ');
  const lost = await f.run('sh', ['-c', `TMPDIR=/no/such/folder ${command} main.c greet.c`]);
  t.is(lost.status, 127);
  t.regex(lost.stderr, /^mpsemu: cc: no temporary folder can be made in '\/no\/such\/folder' \(TMPDIR\): .*\n$/);
  const gone = await f.run('sh', ['-c', `mkdir gone && cd gone && rmdir ../gone && exec ${command} -c ../main.c`]);
  t.is(gone.status, 127);
  t.regex(gone.stderr, /^mpsemu: cc: the working directory is not there: .*\n$/);
});

check('long names of options are the short ones', async (t) => {
  const f = new Folder(code);
  for (const args of [
    ['--output=hello', '-w', 'main.c', 'greet.c'],
    ['-w', 'main.c', 'greet.c', '--output', 'hello'],
  ]) {
    const { status, stderr } = await f.cc(args);
    t.is(status, 0, stderr);
    t.is(await f.output(t, 'hello'), good);
    rmSync(join(f.path, 'hello'));
  }
  t.is((await f.cc(['--compile', '--define-macro=X=1', 'greet.c'])).status, 0);
  t.true(existsSync(join(f.path, 'greet.o')));
  t.false(existsSync(join(f.path, 'a.out')));
});

check('what the linker would make of -shared is refused in its own words too', async (t) => {
  for (const [platform, option] of [
    ['lii6ll', '-shared'],
    ['lii6ll', '--shared'],
    ['lii6ll', '-Bshareable'],
    ['lii6ll', '-r'],
    ['w3i6mv', '/dll'],
    ['w3i6mv', '-DLL'],
    ['xci6ll', '-dylib'],
    ['xci6ll', '-bundle'],
    ['lii6ll', '-ohello'],
  ]) {
    const f = new Folder(platform);
    for (const words of [[`-Wl,${option}`], ['-Xlinker', option]]) {
      const { status, stderr } = await f.cc([...words, 'main.c', 'greet.c']);
      t.is(status, 125, `${words.join(' ')}: ${stderr}`);
      t.regex(stderr, /^mpsemu: cc: .*\n$/);
    }
  }
});

for (const other of ['lii6ll', 'xci6ll', 'w3i6mv']) {
  check(`${other}: a device for the output, assembly without warnings about our flags, link errors by the source's name`, async (t) => {
    const f = new Folder(other);
    const device = await f.cc(['-g', '-w', 'main.c', 'greet.c', '-o', '/dev/null']);
    if (other !== 'w3i6mv') t.deepEqual(device, { status: 0, stdout: '', stderr: '' });
    f.write('empty.s', '.text\n');
    for (const flags of [['-c'], ['-g', '-c']]) t.deepEqual(await f.cc([...flags, 'empty.s']), { status: 0, stdout: '', stderr: '' });
    // For macOS clang never warns of it.
    if (other !== 'xci6ll') t.regex((await f.cc(['-c', '-funroll-loops', 'empty.s'])).stderr, /unused.*-funroll-loops/);
    f.write('lonely.c', 'int nobody(void); int main(void) { return nobody(); }\n');
    const lonely = await f.cc(['lonely.c']);
    t.regex(lonely.stderr, /lonely\.c/);
    t.notRegex(lonely.stderr, /mpsemu-cc-/);
  });
}

needing(missingToolchain(code) ?? missingTool('ar'), test)("macOS: an archive of GNU ar's is answered with the way out", async (t) => {
  const f = new Folder('xci6ll');
  t.is((await f.cc(['-c', '-w', 'main.c', 'greet.c'])).status, 0);
  t.is((await f.run('ar', ['rcs', 'libgreet.a', 'greet.o'])).status, 0);
  const { status, stderr } = await f.cc(['main.o', 'libgreet.a', '-o', 'hello']);
  t.is(status, 1);
  t.regex(stderr, /\nmpsemu: cc: .*AR=llvm-ar\)\n/);
});

test('a missing compiler is one line that says how to get it', async (t) => {
  const f = new Folder(code);
  for (const [platform, name] of [
    ['lii6ll', 'clang'],
    ['lii3gc', 'gcc-i686-linux-gnu'],
    ['xca6ll', 'clang'],
  ]) {
    const { status, stderr } = await f.cc(['--platform', platform, '-c', 'main.c'], { path: `${delimiter}/nowhere` });
    t.is(status, 127);
    t.regex(stderr, new RegExp(`^mpsemu: cc: the tool '.*' is not installed: on Debian, 'apt-get install ${name}' brings it\n$`));
  }
});

check('an interrupted compilation leaves no temporary files', async (t) => {
  const f = new Folder(code);
  const child = spawn(node, [...words, 'cc', '--platform', code, '-x', 'c', '-', '-o', 'x'], {
    cwd: f.path,
    env: { ...process.env, TMPDIR: f.temporary },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // It waits for its standard input.
  while (!readdirSync(f.temporary).some((name) => name.startsWith('mpsemu-cc-'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  const signal = await new Promise((resolve) => child.on('close', (_, s) => resolve(s)));
  child.stdin.end();
  t.is(signal, 'SIGTERM');
  t.deepEqual(
    readdirSync(f.temporary).filter((name) => name.startsWith('mpsemu-')),
    [],
  );
});

for (const other of ['lii6ll', 'w3i6mv', 'xca6ll', 'fri3gc']) {
  const builds = needing(missingToolchain(other) ?? missingTool('llvm-ar'), test);

  builds(`${other}: make builds an archive and a program with it, and again when a header changes`, async (t) => {
    const f = new Folder(other);
    const variables = [`CC=${mpsemu.join(' ')} cc --platform ${other}`, 'AR=llvm-ar'];
    const first = await f.run('make', variables);
    t.is(first.status, 0, first.stderr);
    t.is(await f.output(t, 'hello'), good);
    t.is((await f.run('make', ['-q', ...variables])).status, 0);
    f.write('greeting.h', f.read('greeting.h').replace('good day', 'good eve'));
    t.is((await f.run('make', variables)).status, 0);
    t.is(await f.output(t, 'hello'), good.replace('day', 'eve'));
  });

  needing(missingToolchain(other) ?? missingTool('llvm-ar', 'cmake'), test)(`${other}: cmake takes it for a compiler`, async (t) => {
    const f = new Folder(other);
    const compiler = [...mpsemu, 'cc', '--platform', other].join(';');
    const configure = await f.run('cmake', ['-S', '.', '-B', 'build', `-DCMAKE_C_COMPILER=${compiler}`, '-DCMAKE_AR=/usr/bin/llvm-ar']);
    t.is(configure.status, 0, configure.stderr);
    const build = await f.run('cmake', ['--build', 'build']);
    t.is(build.status, 0, build.stderr);
    t.is(await f.output(t, 'build/hello'), good);
  });
}
