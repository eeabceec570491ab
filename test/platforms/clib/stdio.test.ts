/** Streams and files: buffering, positions, text mode, and that nothing outside of the granted directories is reached. */
import test from 'ava';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prot } from '../../../emulator/engine.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import { TestLibrary } from './harness.js';

function withDirectory(run: (host: string, outside: string) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'files-'));
  try {
    mkdirSync(join(base, 'granted'));
    writeFileSync(join(base, 'secret'), 'secret');
    run(join(base, 'granted'), base);
  } finally {
    rmSync(base, { recursive: true });
  }
}

function fopen(c: TestLibrary, path: string, mode: string): number {
  return c.call('fopen', [c.text(path), c.text(mode)]) as number;
}

test('what is written can be read, from any place', (t) => {
  withDirectory((host) => {
    const c = new TestLibrary('lii6gc', [{ host, guest: '/data' }]);
    const f = fopen(c, '/data/a.txt', 'w+');
    t.not(f, 0);
    t.is(c.call('fprintf', [f, c.text('line %d\n')], [1]), 7);
    t.is(c.call('fputs', [c.text('second\n'), f]), 1);
    t.is(c.call('ftell', [f]), 14);
    t.is(c.call('fseek', [f, 5, 0]), 0);
    const buffer = c.space(64);
    t.is(c.call('fread', [buffer, 1, 64, f]), 9);
    t.is(c.read(buffer).slice(0, 9), '1\nsecond\n');
    t.is(c.call('feof', [f]), 1);
    c.call('rewind', [f]);
    t.is(c.call('fgetc', [f]), 'l'.charCodeAt(0));
    t.is(c.call('ftell', [f]), 1);
    c.call('fwrite', [c.text('INE'), 3, 1, f]);
    t.is(c.call('fclose', [f]), 0);
    t.is(readFileSync(join(host, 'a.txt'), 'utf8'), 'lINE 1\nsecond\n');
    const a = fopen(c, 'a.txt', 'a');
    c.call('fputc', [33, a]);
    c.call('fclose', [a]);
    t.is(readFileSync(join(host, 'a.txt'), 'utf8'), 'lINE 1\nsecond\n!');
    t.is(c.call('rename', [c.text('/data/a.txt'), c.text('/data/b.txt')]), 0);
    t.is(c.call('remove', [c.text('/data/b.txt')]), 0);
    t.is(fopen(c, '/data/b.txt', 'r'), 0);
    t.is(c.errno, 2);
    t.is(c.call('fgetc', [f]), -1, 'a closed stream');
    t.is(c.errno, 9);
    c.close();
  });
});

test('nothing outside of the granted directories is reached', (t) => {
  withDirectory((host, base) => {
    symlinkSync(join(base, 'secret'), join(host, 'link'));
    symlinkSync(base, join(host, 'up'));
    const c = new TestLibrary('lii6gc', [{ host, guest: '/data' }]);
    for (const path of [
      join(base, 'secret'),
      '/data/../secret',
      '/data/link',
      '/data/up/secret',
      '../secret',
      '/etc/passwd',
      '/data/../../etc/passwd',
    ]) {
      t.is(fopen(c, path, 'r'), 0, path);
      t.true([2, 13].includes(c.errno), path);
    }
    t.is(fopen(c, '/data/up/new', 'w'), 0);
    t.is(fopen(c, '/data', 'w'), 0);
    t.is(c.errno, 21);
    c.close();
    const none = new TestLibrary('lii6gc');
    t.is(fopen(none, 'x', 'w'), 0);
    t.is(none.errno, 13);
    none.close();
  });
});

test('a granted directory’s own entry, and what lies above it, stay', (t) => {
  withDirectory((host, base) => {
    const inner = join(host, 'inner');
    mkdirSync(inner);
    mkdirSync(join(base, 'other'));
    writeFileSync(join(host, 'file'), 'x');
    const c = new TestLibrary('lii6gc', [
      { host, guest: '/a/data' },
      { host: inner, guest: '/inner' },
      { host: join(base, 'other'), guest: '/other' },
    ]);
    const [ENOENT, EACCES, EBUSY, ENOTDIR] = [2, 13, 16, 20];
    const fails = (name: string, paths: string[], errno: number): void => {
      c.errno = 0;
      t.is(
        c.call(
          name,
          paths.map((path) => c.text(path)),
        ),
        -1,
        `${name} ${paths.join(' ')}`,
      );
      t.is(c.errno, errno, `${name} ${paths.join(' ')}`);
    };
    fails('remove', ['/a/data'], EBUSY);
    fails('remove', ['/a/data/'], EBUSY);
    fails('remove', ['/a/data/inner'], EBUSY); // it is granted under another name
    fails('remove', ['/a'], EBUSY);
    fails('remove', ['/'], EBUSY);
    fails('rename', ['/a/data', '/other/x'], EBUSY);
    fails('rename', ['/other', '/a/data/x'], EBUSY);
    fails('rename', ['/a/data/file', '/inner'], EBUSY);
    fails('rename', ['/a/data/file', '/x'], EACCES);
    fails('remove', ['/nowhere'], ENOENT);
    fails('remove', ['/a/data/file/x'], ENOTDIR);
    t.is(fopen(c, '/a/data/file/x', 'r'), 0);
    t.is(c.errno, ENOTDIR);
    t.is(fopen(c, '/nowhere/x', 'w'), 0);
    t.is(c.errno, ENOENT);
    t.true(existsSync(inner) && existsSync(join(base, 'other')) && existsSync(join(host, 'file')));
    c.close();
  });
});

test('offsets, lines and widths of any size cost what they hold', (t) => {
  const c = new TestLibrary('lii6gc', []);
  const file = c.call('tmpfile', []) as number;
  t.is(c.call('fseek', [file, 2 ** 40, 0]), 0);
  t.is(c.call('fputc', [120, file]), 120);
  t.is(c.call('ftell', [file]), 2 ** 40 + 1);
  t.is(c.call('fseek', [file, 2 ** 40 - 1, 0]), 0);
  t.is(c.call('fgetc', [file]), 0);
  t.is(c.call('fgetc', [file]), 120);
  const small = c.space(16);
  const printed = (text: string, ...args: number[]): number => c.call('snprintf', [small, 16, c.text(text)], args) as number;
  // What glibc returns.
  t.is(printed('%999999999d', 1), 999_999_999);
  t.is(c.read(small), ' '.repeat(15));
  t.is(printed('%.400000000d', 1), 400_000_000);
  t.is(c.read(small), '0'.repeat(15));
  t.is(printed('%.100000000f', 1), 100_000_002);
  t.is(c.read(small), `1.${'0'.repeat(13)}`);
  t.is(printed('%-999999999d', 1), 999_999_999);
  t.is(c.read(small), `1${' '.repeat(14)}`);
  t.is(printed('%#.3000g', 1), 3001);
  t.is(printed('%.3000e', 1.5), 3006);
  t.is(printed('%.3000a', 1), 3007);
  for (const text of ['%2147483648d', '%.2147483648d', '%2147483647d%d', '%99999999999999999999d', '%5000$d']) {
    c.errno = 0;
    t.is(printed(text, 1, 1), -1, text);
    t.is(c.errno, 75, text); // EOVERFLOW
  }
  c.close();
});

test('Windows: text mode, backslashes, no replacing rename', (t) => {
  withDirectory((host) => {
    const c = new TestLibrary('w3i6mv', [{ host, guest: 'C:\\data' }]);
    const f = fopen(c, 'c:\\DATA\\x.txt', 'w');
    c.call('fputs', [c.text('a\nb\n'), f]);
    c.call('fclose', [f]);
    t.is(readFileSync(join(host, 'x.txt'), 'latin1'), 'a\r\nb\r\n');
    const r = fopen(c, 'C:/data/x.txt', 'r');
    const line = c.space(16);
    c.call('fgets', [line, 16, r]);
    t.is(c.read(line), 'a\n');
    c.call('fclose', [r]);
    const b = fopen(c, 'C:/data/x.txt', 'rb');
    t.is(c.call('fread', [line, 1, 16, b]), 6);
    writeFileSync(join(host, 'y.txt'), '');
    t.is(c.call('rename', [c.text('C:\\data\\x.txt'), c.text('C:\\data\\y.txt')]), -1);
    t.is(c.errno, 17);
    c.close();
  });
});

test('output is buffered by lines, errors not at all', (t) => {
  const c = new TestLibrary('w3i6mv');
  const [stdout, stderr] = [1, 2].map((n) => c.call('__acrt_iob_func', [n]) as number);
  c.call('fputs', [c.text('part'), stdout]);
  t.is(c.stdout, '');
  c.call('fputs', [c.text('err'), stderr]);
  t.is(c.stderr, 'err');
  c.call('putchar', [10]);
  t.is(c.stdout, 'part\n');
  t.is(c.call('setvbuf', [stdout, 0, 0, 512]), 0);
  c.call('puts', [c.text('full')]);
  t.is(c.stdout, 'part\n');
  c.call('fflush', [0]);
  t.is(c.stdout, 'part\nfull\n');
  c.close();
});

test('fread into a protected page takes nothing from the stream', (t) => {
  const c = new TestLibrary('xca6ll');
  c.process.engine.mapPages(0x30000000, 16384, Prot.None);
  c.stdin = 'abcdef';
  const stdin = c.space(16);
  c.memory.setU32(stdin, 0x454c4946);
  t.throws(() => c.call('fread', [0x30000000, 1, 3, stdin]), { instanceOf: GuestFault });
  t.throws(() => c.call('fgets', [0x30000000, 3, stdin]), { instanceOf: GuestFault });
  c.process.engine.protectPages(0x30000000, 16384, Prot.RW);
  t.is(c.call('fread', [0x30000000, 1, 3, stdin]), 3);
  t.is(c.read(0x30000000), 'abc');
  c.close();
});
